/** The only source of time and of waiting in the identity half. A test gives another one and waits for nothing. */
export interface IdentityClock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Seconds since 1970-01-01 UTC, the unit of every date in a token. */
export const inSeconds = (ms: number): number => Math.floor(ms / 1000)

/** The form in which the service writes a time into an error: `2026-11-20 08:15:30Z`. */
export const serviceTimestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
