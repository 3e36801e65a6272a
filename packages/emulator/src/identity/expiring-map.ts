import type { IdentityClock } from './time.js'

/**
 * Remembers values for a while, and never more than `capacity` of them: an emulator that runs for weeks, or is asked a million
 * times, keeps its memory. The oldest value goes first.
 */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>()
  readonly #clock: IdentityClock
  readonly #capacity: number

  constructor(clock: IdentityClock, capacity: number) {
    this.#clock = clock
    this.#capacity = capacity
  }

  set(key: string, value: Value, lifeSeconds: number): void {
    this.#entries.delete(key)
    this.#makeRoom()
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + lifeSeconds * 1000 })
  }

  /** The value, unless it was never there or its time is over. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.expiresAt > this.#clock.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** The value, which is gone afterwards: one-time tokens are taken, never read. */
  take(key: string): Value | undefined {
    const value = this.get(key)
    this.#entries.delete(key)
    return value
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  *values(): IterableIterator<Value> {
    const now = this.#clock.now()
    for (const { value, expiresAt } of this.#entries.values()) if (expiresAt > now) yield value
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size < this.#capacity) return
      this.#entries.delete(key)
    }
  }
}
