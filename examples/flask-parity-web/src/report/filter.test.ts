import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  filterToQuery,
  flagChoices,
  longestText,
  noFilter,
  passes,
  readFilter,
  statusChoices,
  type TokenFilter,
} from './filter.js'
import type { WireRow } from './wire.js'

const row: WireRow = {
  id: '7d0b1f0e-0000-4000-8000-000000000001',
  owner: 'Ada Łukasik',
  ownerMail: 'ada@fabrikam.example',
  ownerType: 'user',
  token: 'CI <build>; nightly',
  status: 'active',
  scopes: ['vso.code_write', 'vso.build'],
  fullAccess: false,
  allOrganizations: false,
  overLongLife: true,
  noExpiry: false,
  created: '2026-06-01T08:00:00.000Z',
  expires: '2026-12-24T18:00:00.000Z',
  daysLeft: 28,
}

const shows = (filter: Partial<TokenFilter>, change: Partial<WireRow> = {}): boolean =>
  passes({ ...row, ...change }, { ...noFilter, ...filter })

/** A filter as a person can set it: texts without white space at their ends, as they come out of an address. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => value.trim())
  .filter(({ length }) => length <= longestText)
const filters: fc.Arbitrary<TokenFilter> = fc.record({
  text,
  owner: text,
  status: fc.constantFrom('' as const, ...statusChoices),
  withinDays: fc.option(fc.integer({ min: 0, max: 9_999 }), { nil: undefined }),
  month: fc.oneof(
    fc.constant(''),
    fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 7)),
  ),
  scope: text,
  flag: fc.constantFrom('' as const, ...flagChoices),
})

describe('a filter in an address', () => {
  test('comes out as it went in', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(readFilter(new URLSearchParams(filterToQuery(filter).toString()))).toEqual(filter)
      }),
    )
  })

  test('is settled once it was read, whatever stood there', () => {
    const names = fc.constantFrom('q', 'owner', 'status', 'within', 'month', 'scope', 'flag', 'page')
    const values = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('active', '30', '2026-13', '-1'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), (fields) => {
        const filter = readFilter(new URLSearchParams(fields))
        expect(readFilter(new URLSearchParams(filterToQuery(filter).toString()))).toEqual(filter)
      }),
    )
  })

  test('is empty when nothing is filtered', () => {
    expect(filterToQuery(noFilter).toString()).toBe('')
    expect(readFilter(new URLSearchParams('status=strange&within=soon&month=2026-13&flag=x&page=2'))).toEqual(noFilter)
  })

  test('keeps at most 200 UTF-16 units of a text, and no half of a character', () => {
    const { text } = readFilter(new URLSearchParams({ q: `${'x'.repeat(199)}😀 and more` }))
    expect(text).toBe('x'.repeat(199))
  })
})

describe('passes() lets a token through', () => {
  test('without a filter', () => {
    expect(shows({})).toBe(true)
  })

  test.each([
    ['each word occurs somewhere, in any case', { text: 'NIGHTLY ada vso.build' }, true],
    ['all words must occur', { text: 'nightly eve' }, false],
    ['words are text, not patterns or markup', { text: '<build>;' }, true],
    ['the authorization id counts as text', { text: '7d0b1f0e' }, true],
    ['the owner by mail', { owner: '@fabrikam' }, true],
    ['the owner by name, in any case', { owner: 'łukasik' }, true],
    ['the name of a token is not its owner', { owner: 'nightly' }, false],
    ['a scope', { scope: 'vso.build' }, true],
    ['a scope with a suffix', { scope: 'VSO.Code' }, true],
    ['a scope that only begins alike', { scope: 'vso.co' }, false],
    ['a flag that it has', { flag: 'long-life' }, true],
    ['a flag that it has not', { flag: 'full-access' }, false],
    ['the month in which it ends', { month: '2026-12' }, true],
    ['another month', { month: '2027-12' }, false],
    ['days that have whole days before its end', { withinDays: 29 }, true],
    ['too few days', { withinDays: 28 }, false],
    ['working, which is more than active', { status: 'working' }, true],
    ['another status', { status: 'expiring' }, false],
  ] as const)('%s', (_name, filter, expected) => {
    expect(shows(filter)).toBe(expected)
  })

  test('by days only if it still works and has an end', () => {
    expect(shows({ withinDays: 9_999 }, { status: 'expired', daysLeft: -3 })).toBe(false)
    expect(shows({ withinDays: 9_999 }, { status: 'revoked', daysLeft: null })).toBe(false)
    expect(shows({ withinDays: 9_999 }, { noExpiry: true, daysLeft: null })).toBe(false)
    expect(shows({ withinDays: 7 }, { status: 'expiring', daysLeft: 0 })).toBe(true)
  })

  test('by month only if it has one', () => {
    expect(shows({ month: '9999-12' }, { expires: '9999-12-31T23:59:59.000Z', noExpiry: true })).toBe(false)
    expect(shows({ month: '2026-12' }, { expires: 'in 2026-12, perhaps' })).toBe(false)
    expect(shows({ month: '2026-12' }, { expires: null })).toBe(false)
  })

  test('although names are missing', () => {
    expect(shows({ text: 'ada' }, { token: null, ownerMail: null })).toBe(true)
    expect(shows({ text: 'null' }, { token: null, ownerMail: null })).toBe(false)
  })
})
