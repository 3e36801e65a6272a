import { statusOf, stillWorks, toRow } from '@patkit/report'
import { expect, test } from 'vitest'
import { aToken, aUser } from '../test/samples.js'
import { describeFilter, isMeant, readTokenFilter, type RawTokenFilter } from './token-filter.js'

const now = new Date('2026-06-01T00:00:00Z')

function meant(raw: RawTokenFilter, token: Parameters<typeof aToken>[0] = {}): boolean {
  const filter = readTokenFilter(raw, now)
  if (filter === undefined) throw new Error('there is no filter')
  const row = toRow(aUser(), aToken(token), { now, expiringWithinDays: 30 })
  return isMeant(row, filter, now, { statusOf, stillWorks })
}

const everything = { scope: 'app_token', targetAccounts: null }
const expired = { validTo: new Date('2026-05-30T00:00:00Z') }

test('a token has to meet every condition of a filter', () => {
  expect(meant({ fullScope: true, allOrgs: true }, everything)).toBe(true)
  expect(meant({ fullScope: true, allOrgs: true }, { scope: 'app_token' })).toBe(false)
  expect(meant({ fullScope: true, owner: ['ADA@fabrikam.example'] }, everything)).toBe(true)
  expect(meant({ fullScope: true, owner: ['ben@fabrikam.example'] }, everything)).toBe(false)
})

test('without --expired only tokens that still work are meant, with it only those that expired', () => {
  expect(meant({ fullScope: true }, { ...everything, ...expired })).toBe(false)
  expect(meant({ fullScope: true, expired: true }, { ...everything, ...expired })).toBe(true)
  expect(meant({ fullScope: true, expired: true }, everything)).toBe(false)
  expect(meant({ fullScope: true }, { ...everything, isValid: false })).toBe(false)
})

test('--expiring, --no-expiry, --scope, --created-before and --owner each name what they say', () => {
  expect(meant({ expiring: '100d' })).toBe(true)
  expect(meant({ expiring: '90d' })).toBe(false)
  expect(meant({ expiry: false }, { validTo: null, validToText: null })).toBe(true)
  expect(meant({ expiry: false })).toBe(false)
  expect(meant({ scope: ['vso.build,vso.code'] })).toBe(true)
  expect(meant({ scope: ['vso.code_write'] })).toBe(false)
  expect(meant({ createdBefore: '2026-05-02' })).toBe(true)
  expect(meant({ createdBefore: '2026-05-01' })).toBe(false)
  expect(meant({ createdBefore: '30d' })).toBe(true)
  expect(meant({ createdBefore: '30d' }, { validFrom: null })).toBe(false)
  expect(meant({ owner: ['ben@x.example', 'ada lovelace'] })).toBe(true)
  expect(meant({ owner: ['aad.QWRhTG92ZWxhY2U'] })).toBe(true)
})

test('no condition is no filter, and conditions that exclude each other are refused', () => {
  expect(readTokenFilter({}, now)).toBeUndefined()
  expect(() => readTokenFilter({ expired: true, expiring: '3d' }, now)).toThrow(
    'No token can be both --expired and --expiring.',
  )
  expect(() => readTokenFilter({ owner: [' '] }, now)).toThrow('--owner is empty.')
  expect(() => readTokenFilter({ expiring: 'soon' }, now)).toThrow('--expiring "soon" is no number of days.')
})

test('describeFilter() says the conditions as a sentence', () => {
  const filter = readTokenFilter({ fullScope: true, expiring: '1d', owner: ['Ada', 'Ben'] }, now)
  expect(filter && describeFilter(filter)).toBe('that end within 1 day, have full access and belong to ada or ben')
})
