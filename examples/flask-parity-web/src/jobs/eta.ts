import type { ScanProgress } from '@patkit/core'

/** Fewer users say nothing about the others. */
const leastUsers = 5

/**
 * Seconds a scan will probably take until its end; `null` while that cannot be said. Users that an earlier run had read cost nothing, and
 * pauses that are over say nothing about the rest; one that is under way is added.
 *
 * @param elapsedMs - Milliseconds since this run of the scan began.
 * @param now - Milliseconds since 1970-01-01 UTC.
 */
export function toEta(scan: ScanProgress | undefined, elapsedMs: number, now: number): number | null {
  if (scan?.total === undefined) return null
  const { total, done, recalled, throttledMs, waitingUntil } = scan
  const read = done - recalled
  if (read < leastUsers) return null
  const msPerUser = Math.max(elapsedMs - throttledMs, 0) / read
  const waitingMs = waitingUntil === undefined ? 0 : Math.max(waitingUntil.getTime() - now, 0)
  return Math.round(((total - done) * msPerUser + waitingMs) / 1000)
}
