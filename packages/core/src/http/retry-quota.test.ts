import { describe, expect, it } from 'vitest'
import { RetryQuota } from './retry-quota.js'

describe('RetryQuota', () => {
  it('has 35 tries after faults, 100 after refusals', () => {
    for (const [pause, tries] of [
      ['fault', 35],
      ['throttle', 100],
    ] as const) {
      const quota = new RetryQuota()
      let taken = 0
      while (quota.take(pause)) taken++
      expect(taken).toBe(tries)
      expect(quota.isUsedUp).toBe(true)
    }
  })

  it('gets back what a try cost that succeeded, a little from calls that needed none, and never more than it had', () => {
    const quota = new RetryQuota()
    while (quota.take('fault'));
    quota.succeeded('fault')
    expect(quota.take('fault')).toBe(true)
    expect(quota.take('fault')).toBe(false)
    for (let calls = 0; calls < 14; calls++) quota.succeeded(undefined)
    expect(quota.take('fault')).toBe(true)
    for (let calls = 0; calls < 10_000; calls++) quota.succeeded('fault')
    let taken = 0
    while (quota.take('fault')) taken++
    expect(taken).toBe(35)
  })
})
