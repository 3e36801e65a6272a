/** What a client may spend on sending again, and what one retry costs: the numbers of the AWS SDKs' standard mode. */
const capacity = 500
const costs = { fault: 14, throttle: 5 } as const
/** What a call that needed no retry gives back. */
const smallChange = 1

/**
 * One purse for the retries of all calls.
 *
 * A call that succeeds gives back what its retries took, so that passing faults never empty it. Against a service that stays down it
 * is empty after some 35 retries; from then on calls fail at their first try, instead of sending everything four times.
 */
export class RetryQuota {
  #left = capacity

  /** Pays for one retry and tells what it cost; `undefined` when there is not enough left. */
  spend(kind: keyof typeof costs): number | undefined {
    const cost = costs[kind]
    if (this.#left < cost) return undefined
    this.#left -= cost
    return cost
  }

  /** A call that spent so much has succeeded. */
  succeed(spent: number): void {
    this.#left = Math.min(capacity, this.#left + Math.max(spent, smallChange))
  }
}
