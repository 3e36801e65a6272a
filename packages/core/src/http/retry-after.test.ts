import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLimitSigns } from './retry-after.js'

const now = Date.parse('2026-03-02T09:00:00Z')
const signs = (headers: Record<string, string>) => readLimitSigns(new Headers(headers), now)

describe('readLimitSigns', () => {
  it.each([
    ['2', 2000],
    ['1.5', 1500],
    ['0', 0],
    ['-5', 0],
    ['1e9', 1e12],
    ['Mon, 02 Mar 2026 09:00:07 GMT', 7000],
    ['Mon, 02 Mar 2026 08:00:00 GMT', 0],
    ['Monday, 02-Mar-26 09:00:07 GMT', 7000],
    ['abc', undefined],
    ['soon 5', undefined],
    ['', undefined],
    ['5 seconds', undefined],
  ])('R5: reads Retry-After %j as %j ms', (value, expected) => {
    expect(signs({ 'Retry-After': value }).retryAfterMs).toBe(expected)
  })

  it('R5: prefers milliseconds where the service sends them', () => {
    expect(signs({ 'retry-after-ms': '250', 'retry-after': '9' }).retryAfterMs).toBe(250)
    expect(signs({ 'x-ms-retry-after-ms': '750', 'retry-after': '9' }).retryAfterMs).toBe(750)
  })

  it('reads what is left of the limit, and takes the reset for a time, not for a pause', () => {
    const found = signs({
      'X-RateLimit-Limit': '200',
      'x-ratelimit-remaining': '12.5',
      'X-RateLimit-Reset': String(now / 1000 + 60),
      'X-RateLimit-Delay': '0.7',
      'X-RateLimit-Resource': 'AzureDevOps/ATCPU',
    })
    expect(found).toEqual({
      retryAfterMs: undefined,
      delayed: true,
      remaining: 12.5,
      limit: 200,
      resetAtMs: now + 60_000,
      resource: 'AzureDevOps/ATCPU',
    })
  })

  it('never gives a negative or endless pause, whatever the header says', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7e]*$/), (value) => {
        const { retryAfterMs } = signs({ 'retry-after': value })
        expect(retryAfterMs === undefined || (retryAfterMs >= 0 && Number.isFinite(retryAfterMs))).toBe(true)
      }),
    )
  })
})
