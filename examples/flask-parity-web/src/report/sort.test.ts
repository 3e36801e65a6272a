import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noFilter } from './filter.js'
import {
  addressQuery,
  compareKeys,
  comparison,
  nextSorting,
  readSorting,
  sortColumns,
  sortingToQuery,
  sortKey,
  usualSorting,
  type Sorting,
} from './sort.js'
import type { WireRow } from './wire.js'

const row: WireRow = {
  id: '1',
  owner: 'Ada',
  ownerMail: null,
  ownerType: null,
  token: 'ci',
  status: 'active',
  scopes: [],
  fullAccess: false,
  allOrganizations: false,
  overLongLife: false,
  noExpiry: false,
  created: '2026-06-01T08:00:00.000Z',
  expires: '2026-12-24T18:00:00.000Z',
  daysLeft: 28,
}

const sorted = (rows: readonly Partial<WireRow>[], sorting: Sorting): Partial<WireRow>[] => {
  const whole = rows.map((change) => ({ row: { ...row, ...change }, change }))
  const compare = comparison(sorting)
  return whole.sort((a, b) => compare(a.row, b.row)).map(({ change }) => change)
}

const sortings: fc.Arbitrary<Sorting> = fc.record({
  column: fc.constantFrom(...sortColumns),
  direction: fc.constantFrom('ascending' as const, 'descending' as const),
})

describe('an order in an address', () => {
  test('comes out as it went in, and is left out when it is the usual one', () => {
    fc.assert(
      fc.property(sortings, (sorting) => {
        expect(readSorting(new URLSearchParams(sortingToQuery(sorting)))).toEqual(sorting)
        expect(readSorting(addressQuery({ ...noFilter, text: 'x' }, sorting))).toEqual(sorting)
      }),
    )
    expect(sortingToQuery(usualSorting)).toEqual({})
    expect(readSorting(new URLSearchParams('sort=secret&dir=desc'))).toEqual(usualSorting)
  })

  test('turns round when the head of its column is clicked again', () => {
    expect(nextSorting(usualSorting, 'expires')).toEqual({ column: 'expires', direction: 'descending' })
    expect(nextSorting({ column: 'expires', direction: 'descending' }, 'expires')).toEqual(usualSorting)
    expect(nextSorting(usualSorting, 'owner')).toEqual({ column: 'owner', direction: 'ascending' })
  })
})

describe('tokens are sorted', () => {
  test('by their end: the next one first, those without an end and those that no longer work behind, in either direction', () => {
    const rows = [
      { status: 'expired', expires: '2020-01-01T00:00:00.000Z' },
      { noExpiry: true, expires: '9999-12-31T00:00:00.000Z' },
      { expires: '2027-01-01T00:00:00.000Z' },
      { expires: '2026-12-01T00:00:00.000Z' },
    ] as const
    const [expired, never, late, soon] = rows
    expect(sorted(rows, usualSorting)).toEqual([soon, late, never, expired])
    expect(sorted(rows, { column: 'expires', direction: 'descending' })).toEqual([late, soon, never, expired])
  })

  test('by name as people sort, what has no name behind', () => {
    const rows = [{ token: null }, { token: 'b' }, { token: 'Ä' }, { token: '' }, { token: 'a' }, { token: 'B' }]
    const names = (direction: Sorting['direction']) =>
      sorted(rows, { column: 'token', direction }).map(({ token }) => token)
    expect(names('ascending').slice(0, 4)).toEqual(['a', 'Ä', 'b', 'B'])
    expect(names('descending').slice(0, 4)).toEqual(['B', 'b', 'Ä', 'a'])
    expect(names('descending').slice(4)).toEqual([null, ''])
  })

  test('by status: what needs attention first', () => {
    const rows = [{ status: 'revoked' }, { status: 'expired' }, { status: 'active' }, { status: 'expiring' }] as const
    expect(sorted(rows, { column: 'status', direction: 'ascending' }).map(({ status }) => status)).toEqual([
      'expiring',
      'active',
      'expired',
      'revoked',
    ])
  })

  test('consistently, whatever their names and times are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('2026-01-01T00:00:00.000Z', 'a', 'A', '0'))
    const rows = fc.record({ token: fc.option(text), owner: text, expires: fc.option(text), created: fc.option(text) })
    fc.assert(
      fc.property(rows, rows, rows, sortings, (a, b, c, { column, direction }) => {
        const key = (change: Partial<WireRow>): string => sortKey({ ...row, ...change }, column)
        const order = (left: string, right: string): number => Math.sign(compareKeys(left, right, direction))
        const [x, y, z] = [key(a), key(b), key(c)]
        expect(order(x, y) + order(y, x)).toBe(0)
        if (order(x, y) <= 0 && order(y, z) <= 0) expect(order(x, z)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
