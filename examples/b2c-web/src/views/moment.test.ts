import { expect, test } from 'vitest'
import { distanceInWords } from './moment.js'

const now = new Date('2026-11-26T09:00:00Z')

test.each([
  ['2026-11-26T09:59:59Z', 'in 59 minutes'],
  ['2026-11-26T09:01:00Z', 'in 1 minute'],
  ['2026-11-26T09:00:59Z', 'within a minute'],
  ['2026-11-26T09:00:00Z', 'within a minute'],
  ['2026-11-26T08:59:59Z', 'just now'],
  ['2026-11-26T08:30:00Z', '30 minutes ago'],
  ['2026-11-26T10:59:00Z', 'in 119 minutes'],
  ['2026-11-26T12:59:00Z', 'in 3 hours'],
  ['2026-11-28T08:59:00Z', 'in 47 hours'],
  ['2026-11-30T09:00:00Z', 'in 4 days'],
  ['2026-11-23T09:00:00Z', '3 days ago'],
])('distanceInWords() says of %s: %s', (at, words) => {
  expect(distanceInWords(new Date(at), now)).toBe(words)
})
