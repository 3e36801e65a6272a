import { onAbort } from './abort.js'

/**
 * The only source of time and of waiting. Give a client another one and no test waits for the wall clock.
 *
 * `sleep` is a pause we mean to take; `timer` is a guard that we hope never fires. They are apart so that a test clock can skip
 * pauses without firing guards.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` as soon as the signal aborts. Leaves no timer and no listener behind. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` after `ms` milliseconds unless the returned function is called first. */
  timer(ms: number, fire: () => void): () => void
}

/** Longest delay `setTimeout` takes; beyond it Node fires at once. */
const longestDelayMs = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(
        () => {
          release()
          resolve()
        },
        Math.min(Math.max(ms, 0), longestDelayMs),
      )
      const release =
        signal === undefined
          ? () => undefined
          : onAbort(signal, () => {
              clearTimeout(timeout)
              reject(signal.reason as Error)
            })
    }),
  timer: (ms, fire) => {
    const timeout = setTimeout(fire, Math.min(Math.max(ms, 0), longestDelayMs))
    return () => clearTimeout(timeout)
  },
}
