import type { Pause } from './verdict.js'

/** What another try costs, by what it follows: a service that throttles says when it will be well, one that fails does not. */
const costs = { fault: 14, throttle: 5, none: 5 } as const satisfies Record<Pause, number>

const full = 500

/**
 * Tries that all calls of a client share. A service that is down costs some 35 of them in all, not three for every user; good answers
 * earn them back. The numbers are those of the AWS SDKs, whose clients have lived with them for years.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html} (standard mode)
 */
export class RetryQuota {
  #left = full

  /** Whether nothing is left for another try after a fault. */
  get isUsedUp(): boolean {
    return this.#left < costs.fault
  }

  /** Takes what another try costs; `false` when that is not there any more. */
  take(pause: Pause): boolean {
    if (this.#left < costs[pause]) return false
    this.#left -= costs[pause]
    return true
  }

  /** A call succeeded: what its last try cost comes back, or a little if it needed none. */
  succeeded(lastPause: Pause | undefined): void {
    this.#left = Math.min(full, this.#left + (lastPause === undefined ? 1 : costs[lastPause]))
  }
}
