import { absoluteTime, relativeTime } from './time.js'
import { expect, it } from 'vitest'

const now = new Date('2026-04-10T12:00:00Z')
const at = (ms: number): Date => new Date(now.getTime() + ms)
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

it.each([
  [30 * day - 5000, 'in 30 days'],
  [119 * day, 'in 119 days'],
  [365 * day, 'in 1 year'],
  [200 * day, 'in 7 months'],
  [day, 'in 1 day'],
  [5 * hour, 'in 5 hours'],
  [-3 * minute, '3 minutes ago'],
  [-2 * day, '2 days ago'],
  [20_000, 'in less than a minute'],
  [-20_000, 'just now'],
])('%i ms from now is “%s”', (distance, words) => {
  expect(relativeTime(at(distance), now)).toBe(words)
})

it('writes times in UTC, whatever the zone of the server', () => {
  expect(absoluteTime(new Date('2026-12-31T23:30:59+01:00'))).toBe('2026-12-31 22:30 UTC')
})
