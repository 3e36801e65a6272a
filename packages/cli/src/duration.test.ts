import { expect, test } from 'vitest'
import { CommandError } from './command-error.js'
import { daysOf, spokenDuration } from './duration.js'

test.each([
  ['30d', 30],
  ['2w', 14],
  ['1D', 1],
  [' 52w ', 364],
  ['3650d', 3650],
])('daysOf() reads %j as %d days', (text, days) => {
  expect(daysOf(text, '--expiring-within')).toBe(days)
})

test.each(['', '30', 'd', '0d', '-3d', '1.5d', '3651d', '9999999d', '30days', '2m', '1e3d', '٣d'])(
  'daysOf() refuses %j and says how it is written',
  (text) => {
    expect(() => daysOf(text, '--expiring-within')).toThrow(CommandError)
    expect(() => daysOf(text, '--expiring-within')).toThrow(`--expiring-within ${JSON.stringify(text)}`)
  },
)

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [8_400, '8 s'],
  [59_700, '1 min 00 s'],
  [190_000, '3 min 10 s'],
  [3_600_000, '1 h 00 min'],
  [90_061_000, '25 h 01 min'],
])('spokenDuration() says %d ms as %s', (milliseconds, words) => {
  expect(spokenDuration(milliseconds)).toBe(words)
})
