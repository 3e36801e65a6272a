/** A signal of one's own that also ends when the parent's does. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  readonly abort: (reason?: unknown) => void
  /** Unties it from the parent; a parent that lives for ten thousand calls must not remember ten thousand of them. */
  readonly release: () => void
}

/** Those who follow a signal, behind one listener: a dozen calls at a time are no leak, and Node must not warn of one. */
class Followers {
  static readonly #of = new WeakMap<AbortSignal, Followers>()
  readonly #signal: AbortSignal
  readonly #runs = new Set<() => void>()
  readonly #tell = (): void => {
    for (const run of [...this.#runs]) run()
  }

  static of(signal: AbortSignal): Followers {
    const known = Followers.#of.get(signal) ?? new Followers(signal)
    Followers.#of.set(signal, known)
    return known
  }

  private constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(run: () => void): void {
    if (this.#runs.size === 0) this.#signal.addEventListener('abort', this.#tell, { once: true })
    this.#runs.add(run)
  }

  remove(run: () => void): void {
    this.#runs.delete(run)
    if (this.#runs.size === 0) this.#signal.removeEventListener('abort', this.#tell)
  }
}

/** Calls `run` once when the signal aborts, at once if it already has; the returned function ends that. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run()
    return () => undefined
  }
  const followers = Followers.of(signal)
  followers.add(run)
  return () => followers.remove(run)
}

/** Makes a signal that follows `parent` and can be aborted alone. Call `release` when the work is over. */
export function linkSignal(parent?: AbortSignal): LinkedSignal {
  const controller = new AbortController()
  const release = parent === undefined ? () => undefined : onAbort(parent, () => controller.abort(parent.reason))
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), release }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let release: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    release?.()
  }
}
