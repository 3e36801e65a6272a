import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace } from './pace.js'

const limit = 200
const returnPerSecond = limit / 300
const quiet = { retryAfterMs: undefined, delayed: false, resetAtMs: undefined, resource: undefined }

/** A service that counts units over five minutes, a client that could send every `eagerMs`, and a pace in between. */
function run({
  permittedPerSecond,
  usedShare,
  eagerMs,
  requests,
}: Record<'permittedPerSecond' | 'usedShare' | 'eagerMs' | 'requests', number>) {
  const pace = new Pace()
  const cost = returnPerSecond / permittedPerSecond
  let used = limit * usedShare
  let now = 0
  let ranDry = 0
  const sentAt: number[] = []
  for (let n = 0; n < requests; n++) {
    const at = Math.max(now + eagerMs, pace.nextAt(now + eagerMs))
    pace.take(at)
    used = Math.max(0, used - (returnPerSecond * (at - now)) / 1000) + cost
    now = at
    sentAt.push(at)
    if (used > limit) ranDry++
    // Whole numbers, as the service sends them.
    pace.learn({ ...quiet, limit, remaining: Math.max(0, Math.floor(limit - used)) }, now)
  }
  const lastThird = sentAt.slice(-Math.floor(requests / 3))
  const rate = (lastThird.length - 1) / (((lastThird.at(-1) ?? 0) - (lastThird[0] ?? 0)) / 1000)
  return { ranDry, share: rate / permittedPerSecond }
}

describe('Pace', () => {
  it.each([
    { permittedPerSecond: 50, usedShare: 0.6, eagerMs: 4, requests: 30_000 },
    { permittedPerSecond: 50, usedShare: 0.92, eagerMs: 4, requests: 12_000 },
    { permittedPerSecond: 5, usedShare: 0.8, eagerMs: 10, requests: 3000 },
    { permittedPerSecond: 400, usedShare: 0.9, eagerMs: 1, requests: 60_000 },
  ])('settles near the permitted rate without running dry: %j', (situation) => {
    const { ranDry, share } = run(situation)
    expect(ranDry).toBe(0)
    expect(share).toBeGreaterThan(0.95)
    expect(share).toBeLessThan(1.05)
  })

  it('does not hold back a client that stays far below the limit', () => {
    const { share } = run({ permittedPerSecond: 50, usedShare: 0, eagerMs: 100, requests: 1000 })
    expect(share).toBeCloseTo(10 / 50, 2)
  })

  it('forgets the limit when the service stops showing it', () => {
    const pace = new Pace()
    for (let n = 0; n < 50; n++) pace.learn({ ...quiet, limit, remaining: 20 - Math.floor(n / 5) }, n * 20)
    pace.take(1000)
    expect(pace.nextAt(1000)).toBeGreaterThan(950)
    for (let n = 0; n < 30; n++) pace.learn({ ...quiet, limit: undefined, remaining: undefined }, 2000)
    expect(pace.nextAt(2000)).toBe(2000)
  })

  it('never holds a request back for ever, whatever the service says is left of whatever limit', () => {
    const number = fc.oneof(
      fc.double({ min: -1e10, max: 1e10, noNaN: true }),
      fc.constantFrom(0, 1e-300, 1, 200, undefined),
    )
    const answer = fc.record({ remaining: number, limit: number, afterMs: fc.nat(10_000) })
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 30 }), (answers) => {
        const pace = new Pace()
        let now = 0
        for (const { remaining, limit, afterMs } of answers) {
          now = Math.max(now + afterMs, pace.nextAt(now + afterMs))
          expect(Number.isFinite(now)).toBe(true)
          pace.take(now)
          pace.learn({ ...quiet, remaining, limit }, now)
        }
      }),
      { seed: 20_261_126, numRuns: 1000 },
    )
  })
})
