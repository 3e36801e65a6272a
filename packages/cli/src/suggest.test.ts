import { expect, test } from 'vitest'
import { closest, didYouMean } from './suggest.js'

const words = ['all', 'active', 'expired', 'expiring']

test.each([
  ['actve', 'active'],
  ['Expired', 'expired'],
  ['expirng', 'expiring'],
  ['xepired', 'expired'],
  ['al', 'all'],
])('closest() takes %s for %s', (typed, meant) => {
  expect(closest(typed, words)).toBe(meant)
})

test.each(['zebra', '', 'x'])('closest() guesses nothing for %j', (typed) => {
  expect(closest(typed, words)).toBeUndefined()
})

test('didYouMean() is a question, or nothing', () => {
  expect(didYouMean('.xslx', ['.xlsx', '.csv'])).toBe('Did you mean .xlsx?')
  expect(didYouMean('.docx', ['.csv'])).toBeUndefined()
})
