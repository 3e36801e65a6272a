/**
 * Ends whatever a report is waiting for when the caller aborts or a sink dies.
 *
 * A dead sink leaves the pending promise of the zip library, or of a scan that waits for the service, open for ever. One wait at a
 * time is guarded; `Promise.race` with a promise that lives as long as the report would keep a reaction per wait in memory.
 */
export class Interruption {
  #error: { readonly reason: unknown } | undefined
  #reject: ((reason: unknown) => void) | undefined

  /** Ends the wait under way and every later one with `reason`. The first reason stays. */
  interrupt(reason: unknown): void {
    this.#error ??= { reason }
    this.#reject?.(this.#error.reason)
  }

  /** Throws the reason if there is one. */
  throwIfInterrupted(): void {
    if (this.#error !== undefined) throw this.#error.reason
  }

  /** Waits for `pending`, but not longer than until the interruption. */
  async guard<T>(pending: Promise<T>): Promise<T> {
    if (this.#error !== undefined) pending.catch(() => undefined)
    this.throwIfInterrupted()
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject
        pending.then(resolve, reject)
      })
    } finally {
      this.#reject = undefined
    }
  }
}
