import { describe, expect, test } from 'vitest'
import type { WireProgress } from './wire.js'
import { beginningOf, cut, duration, endsInWords, nameOf, plural, progressInWords, timeInWords } from './words.js'

const progress: WireProgress = {
  state: 'running',
  message: null,
  usersDone: 1_200,
  usersTotal: null,
  tokens: 1,
  failures: 0,
  skipped: 0,
  waitingSeconds: 0,
  etaSeconds: null,
  requests: 0,
  retries: 0,
  throttledMs: 0,
  complete: null,
  startedAt: '2026-11-26T09:00:00.000Z',
  endedAt: null,
}

describe('where a report stands', () => {
  test.each<[Partial<WireProgress>, string]>([
    [{}, 'Reading: 1,200 users, 1 token.'],
    [{ usersTotal: 3_000, tokens: 4_500 }, 'Reading: 1,200 of 3,000 users, 4,500 tokens.'],
    [
      { failures: 2, waitingSeconds: 29.2, etaSeconds: 200 },
      'Reading: 1,200 users, 1 token, 2 could not be read. Azure DevOps asked for a pause of 30 s. About 3 min 20 s left.',
    ],
    [{ state: 'sign-in-needed' }, 'Waiting for you to sign in again: 1,200 users, 1 token.'],
    [{ state: 'done' }, 'Complete: 1,200 users, 1 token.'],
    [{ state: 'done', failures: 1 }, 'Ended, but incomplete: 1,200 users, 1 token, 1 could not be read.'],
    [{ state: 'cancelled' }, 'Cancelled: 1,200 users, 1 token.'],
    [{ state: 'failed' }, 'Failed: 1,200 users, 1 token.'],
  ])('%o', (change, sentence) => {
    expect(progressInWords({ ...progress, ...change })).toBe(sentence)
  })
})

describe('when a token ends', () => {
  test.each([
    [{ status: 'active', noExpiry: false, daysLeft: 28 }, 'in 28 days'],
    [{ status: 'expiring', noExpiry: false, daysLeft: 1 }, 'in 1 day'],
    [{ status: 'expiring', noExpiry: false, daysLeft: 0 }, 'today'],
    [{ status: 'expired', noExpiry: false, daysLeft: -1 }, 'within the last day'],
    [{ status: 'expired', noExpiry: false, daysLeft: -3 }, '2 days ago'],
    [{ status: 'active', noExpiry: true, daysLeft: null }, 'never'],
    [{ status: 'revoked', noExpiry: false, daysLeft: null }, 'revoked'],
    [{ status: 'active', noExpiry: false, daysLeft: null }, 'unknown'],
  ] as const)('%o: %s', (row, words) => {
    expect(endsInWords(row)).toBe(words)
  })
})

describe('a text of anybody', () => {
  test('stays as it is while it fits', () => {
    expect(beginningOf('x'.repeat(120))).toBeUndefined()
    expect(beginningOf('a\nb\nc\nd')).toBeUndefined()
  })

  test('is folded behind its beginning when it is long, or has many lines', () => {
    expect(beginningOf('x'.repeat(40_000))).toBe(`${'x'.repeat(60)}… (40,000 characters)`)
    expect(beginningOf('\nfirst\nb\nc\nd\ne')).toBe('first… (14 characters)')
  })

  test('is never cut within a character', () => {
    expect(cut('ab😀', 3)).toBe('ab')
    expect(cut('ab😀', 4)).toBe('ab😀')
  })

  test('has a word when it is empty', () => {
    expect(nameOf({ token: null })).toBe('(no name)')
    expect(nameOf({ token: '  \n' })).toBe('(no name)')
    expect(nameOf({ token: ' ci ' })).toBe(' ci ')
  })
})

test('times are in UTC, and what is no time stays as it is', () => {
  expect(timeInWords('2026-11-26T09:05:07.000Z')).toBe('2026-11-26 09:05 UTC')
  expect(timeInWords('2026-11-26T<b>Z')).toBe('2026-11-26T<b>Z')
})

test('numbers and durations read as people write them', () => {
  expect([plural(1, 'token'), plural(0, 'token'), plural(12_345, 'token')]).toEqual([
    '1 token',
    '0 tokens',
    '12,345 tokens',
  ])
  expect([0.2, 59, 61, 7_300].map((seconds) => duration(seconds))).toEqual(['1 s', '59 s', '1 min 1 s', '2 h 1 min'])
})
