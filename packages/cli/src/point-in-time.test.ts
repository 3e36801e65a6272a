import { expect, test } from 'vitest'
import { pointInTime, spokenTime } from './point-in-time.js'

const now = new Date('2026-03-02T09:00:00Z')

test.each([
  ['30d', 'ahead', '2026-04-01T09:00:00.000Z'],
  ['2w', 'back', '2026-02-16T09:00:00.000Z'],
  ['2026-12-31', 'ahead', '2026-12-31T00:00:00.000Z'],
  ['2026-12-31T18:00Z', 'back', '2026-12-31T18:00:00.000Z'],
  ['2026-12-31T18:00:30.5+02:00', 'ahead', '2026-12-31T16:00:30.500Z'],
] as const)('pointInTime() reads %s, counted %s', (text, direction, time) => {
  expect(pointInTime(text, '--expires', { now, direction }).toISOString()).toBe(time)
})

test.each(['', 'soon', '30', '30m', '2026-02-31', '2026-13-01', '2026-12-31T18:00', '2026-12-31T25:00Z', '12/31/2026'])(
  'pointInTime() refuses %j',
  (text) => {
    expect(() => pointInTime(text, '--expires', { now, direction: 'ahead' })).toThrow(
      `--expires ${JSON.stringify(text)} is no `,
    )
  },
)

test('spokenTime() says the zone', () => {
  expect(spokenTime(now)).toBe('2026-03-02 09:00 UTC')
})
