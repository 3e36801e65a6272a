import { describe, expect, test } from 'vitest'
import { flagChoices, noFilter, passes, readFilter } from './filter.js'
import { cards, charts, Tally } from './totals.js'
import type { WireRow } from './wire.js'

function row(change: Partial<WireRow> = {}): WireRow {
  return {
    id: '1',
    owner: 'Ada',
    ownerMail: null,
    ownerType: null,
    token: 'ci',
    status: 'active',
    scopes: ['vso.code'],
    fullAccess: false,
    allOrganizations: false,
    overLongLife: false,
    noExpiry: false,
    created: '2026-06-01T08:00:00.000Z',
    expires: '2026-12-24T18:00:00.000Z',
    daysLeft: 28,
    ...change,
  }
}

/** One of each kind. */
const rows: readonly WireRow[] = [
  row(),
  row({ status: 'expiring', expires: '2026-11-30T00:00:00.000Z' }),
  row({ status: 'expired', expires: '2025-01-01T00:00:00.000Z', fullAccess: true }),
  row({ status: 'revoked', daysLeft: null, allOrganizations: true }),
  row({ fullAccess: true, scopes: ['app_token'] }),
  row({ allOrganizations: true, scopes: ['vso.code', 'vso.build'] }),
  row({ overLongLife: true, expires: '2027-11-01T00:00:00.000Z' }),
  row({ noExpiry: true, expires: '9999-12-31T00:00:00.000Z', daysLeft: null }),
  row({ expires: 'not a time', daysLeft: null }),
]

function tallyOf(counted: readonly WireRow[]): Tally {
  const tally = new Tally()
  for (const each of counted) tally.add(each)
  return tally
}

const matching = (query: string): number => {
  const filter = readFilter(new URLSearchParams(query))
  return rows.filter((each) => passes(each, filter)).length
}

describe('a figure', () => {
  test.each(cards)('$label counts what its link shows', ({ name, query }) => {
    const count = tallyOf(rows).totals()[name]
    expect(count).toBeGreaterThan(0)
    expect(matching(query)).toBe(count)
  })

  test('is there for every flag that can be filtered by', () => {
    for (const flag of flagChoices) expect(cards.some(({ query }) => query.endsWith(`flag=${flag}`))).toBe(true)
    expect(matching('')).toBe(rows.filter((each) => passes(each, noFilter)).length)
  })
})

describe('a chart', () => {
  test('of months has working tokens by the month of their end, and its bars show them', () => {
    const { months } = tallyOf(rows).totals()
    expect(months).toEqual([
      ['2026-11', 1],
      ['2026-12', 3],
      ['2027-11', 1],
    ])
    for (const [month, count] of months) expect(matching(charts[0].queryOf(month))).toBe(count)
  })

  test('of scopes has the most frequent first', () => {
    expect(tallyOf(rows).totals().scopes).toEqual([
      ['vso.code', 6],
      ['app_token', 1],
      ['vso.build', 1],
    ])
    expect(charts[1].queryOf('a&b c')).toBe('status=working&scope=a%26b+c')
  })

  test('has at most 13 months and 10 scopes', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      row({
        scopes: [`vso.${index}`],
        expires: new Date(Date.UTC(2026, index, 15)).toISOString(),
      }),
    )
    const { months, scopes } = tallyOf(many).totals()
    expect([months.length, scopes.length]).toEqual([13, 10])
    expect(months[0]).toEqual(['2026-01', 1])
  })
})

test('what is taken out again leaves no trace', () => {
  const tally = tallyOf(rows)
  for (const each of rows) tally.add(each, -1)
  expect(tally.totals()).toEqual(new Tally().totals())
})
