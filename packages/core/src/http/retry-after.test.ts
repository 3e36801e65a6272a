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

  it('never gives a negative or endless pause, or a time that is none, whatever the headers say', () => {
    const digits = fc.stringMatching(/^[+-]?\d{1,400}(\.\d{1,20})?(e\d{1,4})?$/)
    const date = fc.tuple(
      fc.constantFrom('Mon, 02 Mar', 'Monday, 31-Feb-'),
      fc.nat(999_999),
      fc.constantFrom('09:00:07', '99:99:99'),
    )
    const text = fc.oneof(
      digits,
      date.map((parts) => `${parts.join(' ')} GMT`),
      fc.stringMatching(/^[\x20-\x7e]*$/),
      fc.constantFrom('1e308', '-1e308', '1e-5', 'NaN', 'Infinity', '0x10', '1,5', '--1'),
    )
    const names = [
      'retry-after',
      'retry-after-ms',
      'x-ms-retry-after-ms',
      'x-ratelimit-reset',
      'x-ratelimit-remaining',
      'x-ratelimit-limit',
    ]
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, text])), { requiredKeys: [] })
    fc.assert(
      fc.property(headers, (given) => {
        const { retryAfterMs, resetAtMs, remaining, limit } = signs(given as Record<string, string>)
        expect(retryAfterMs ?? 0).toBeGreaterThanOrEqual(0)
        expect(new Date(now + (retryAfterMs ?? 0)).getTime()).not.toBeNaN()
        for (const number of [retryAfterMs, resetAtMs, remaining, limit])
          expect(Number.isFinite(number ?? 0)).toBe(true)
      }),
      { seed: 20_261_126, numRuns: 3000 },
    )
  })
})
