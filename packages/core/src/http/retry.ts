/** How often and how long a call is tried; every field has a default. */
export interface RetryOptions {
  /** Tries in all, the first included. Default 4. */
  readonly tries?: number
}

/** How long is waited for answers; every field has a default. */
export interface TimeoutOptions {
  /** Milliseconds one try may take, from sending to the last byte of the answer. Default 30,000. */
  readonly tryMs?: number
  /** Milliseconds all tries of a call may take together; pauses the service asks for do not count. Default 120,000. */
  readonly callMs?: number
}

export const retryDefaults = { tries: 4 } as const satisfies RetryOptions
export const timeoutDefaults = { tryMs: 30_000, callMs: 120_000 } as const satisfies TimeoutOptions

/**
 * Whether a request may be sent again when it is unclear what became of it.
 *
 * `repeatable`: reads, and writes that lead to the same end however often they arrive. `once`: creating; sent again only when the
 * service provably did not act, because a second secret that nobody holds is worse than an error.
 */
export type Repeat = 'repeatable' | 'once'

const backoffBaseMs = 500
const throttleBaseMs = 1000
const backoffCapMs = 20_000

/** Full jitter: a random pause up to an exponentially growing bound, so that clients that failed together do not come back together. */
export function backoffMs(tryNumber: number, kind: 'fault' | 'throttle', random: () => number): number {
  const base = kind === 'throttle' ? throttleBaseMs : backoffBaseMs
  return Math.round(Math.min(base * 2 ** (tryNumber - 1), backoffCapMs) * random())
}

const passing = new Set([408, 429, 500, 502, 503, 504])

/** Whether a failure with this status passes, so that another try makes sense. */
export function mayRetryStatus(status: number, headers: Headers): boolean {
  return passing.has(status) && !headers.has('x-vss-hostofflineerror')
}
