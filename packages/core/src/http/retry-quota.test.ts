import { describe, expect, it } from 'vitest'
import { RetryQuota } from './retry-quota.js'

/** Retries until nothing is left. */
function exhaust(quota: RetryQuota, kind: 'fault' | 'throttle' = 'fault'): number {
  let retries = 0
  while (quota.spend(kind) !== undefined) retries++
  return retries
}

describe('RetryQuota', () => {
  it('R8: pays for 35 retries of a service that stays down, and no more', () => {
    const quota = new RetryQuota()
    expect(exhaust(quota)).toBe(35)
    expect(exhaust(quota)).toBe(0)
  })

  it('R8: takes less for a refusal by the rate limit', () => {
    expect(exhaust(new RetryQuota(), 'throttle')).toBe(100)
  })

  it('R8: gets back what a call spent that succeeds, and a little from one that needed no retry', () => {
    const quota = new RetryQuota()
    exhaust(quota)
    quota.succeed(3 * 14)
    expect(exhaust(quota)).toBe(3)
    for (let call = 0; call < 14; call++) quota.succeed(0)
    expect(exhaust(quota)).toBe(1)
  })

  it('R8: never holds more than it began with', () => {
    const quota = new RetryQuota()
    for (let call = 0; call < 1000; call++) quota.succeed(14)
    expect(exhaust(quota)).toBe(35)
  })
})
