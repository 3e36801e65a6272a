import { describe, expect, it } from 'vitest'
import { dayMs, daysFromNow, now, sampleToken } from '../test/samples.js'
import { daysLeft, flagsOf, statusOf, stillWorks } from './status.js'

const settings = { now, expiringWithinDays: 30 }
const never = new Date('9999-12-31T23:59:59.999Z')

describe('statusOf()', () => {
  it.each([
    ['active', 'ends after the window', { validTo: new Date(daysFromNow(30).getTime() + 1) }],
    ['expiring', 'ends exactly at the end of the window', { validTo: daysFromNow(30) }],
    ['expiring', 'ends in a millisecond', { validTo: new Date(now.getTime() + 1) }],
    ['expired', 'ends now', { validTo: now }],
    ['expired', 'ended, although the service calls it valid', { validTo: daysFromNow(-1), isValid: true }],
    ['expired', 'ended and is called invalid', { validTo: daysFromNow(-1), isValid: false }],
    ['revoked', 'is called invalid before its end', { validTo: daysFromNow(90), isValid: false }],
    ['revoked', 'is called invalid and has no end', { validTo: null, isValid: false }],
    ['active', 'has no end', { validTo: null }],
    ['active', 'ends in the year that means never', { validTo: never }],
    ['active', 'ends in the year that means not set', { validTo: new Date('0001-01-01T00:00:00Z') }],
    ['active', 'is neither called valid nor invalid', { validTo: daysFromNow(90), isValid: null }],
  ] as const)('fault 53: calls a token %s that %s', (status, _, fields) => {
    expect(statusOf(sampleToken(fields), settings)).toBe(status)
  })

  it('calls nothing expiring when the window has no days', () => {
    expect(statusOf(sampleToken({ validTo: new Date(now.getTime() + 1) }), { now, expiringWithinDays: 0 })).toBe(
      'active',
    )
  })

  it('gives statuses of which two still work', () => {
    const working = (['active', 'expiring', 'expired', 'revoked'] as const).filter(stillWorks)
    expect(working).toEqual(['active', 'expiring'])
  })
})

describe('flagsOf()', () => {
  it('fault 54: finds full access by the scope app_token, alone or among others', () => {
    expect(flagsOf(sampleToken({ scope: 'app_token' })).fullScope).toBe(true)
    expect(flagsOf(sampleToken({ scope: 'vso.code  app_token' })).fullScope).toBe(true)
    expect(flagsOf(sampleToken({ scope: 'app_token_like' })).fullScope).toBe(false)
    expect(flagsOf(sampleToken({ scope: null })).fullScope).toBe(false)
  })

  it('fault 54: takes a missing or empty list of organizations for all of them', () => {
    expect(flagsOf(sampleToken({ targetAccounts: null })).allOrganizations).toBe(true)
    expect(flagsOf(sampleToken({ targetAccounts: [] })).allOrganizations).toBe(true)
    expect(flagsOf(sampleToken({ targetAccounts: ['one'] })).allOrganizations).toBe(false)
  })

  it('calls a life over-long from 180 days and a moment', () => {
    const validFrom = daysFromNow(-1)
    const life = (ms: number): boolean =>
      flagsOf(sampleToken({ validFrom, validTo: new Date(validFrom.getTime() + ms) })).overLongLife
    expect(life(180 * dayMs)).toBe(false)
    expect(life(180 * dayMs + 1)).toBe(true)
  })

  it.each([
    ['null', null],
    ['the year 9999', never],
    ['the year 1', new Date('0001-01-01T00:00:00Z')],
  ])('finds no expiry, and so an over-long life, where the end is %s', (_, validTo) => {
    expect(flagsOf(sampleToken({ validTo }))).toMatchObject({ noExpiry: true, overLongLife: true })
  })

  it('takes an end that is no time for unknown, not for none', () => {
    expect(flagsOf(sampleToken({ validTo: null, validToText: 'soon' })).noExpiry).toBe(false)
  })
})

describe('daysLeft()', () => {
  it.each([
    [1.5, 1],
    [1, 1],
    [0.5, 0],
    [0, 0],
    [-0.5, -1],
    [-10, -10],
  ])('rounds %f days down to %i', (days, whole) => {
    expect(daysLeft(sampleToken({ validTo: daysFromNow(days) }), now)).toBe(whole)
  })

  it('is null for a token without an end', () => {
    expect(daysLeft(sampleToken({ validTo: null }), now)).toBeNull()
    expect(daysLeft(sampleToken({ validTo: never }), now)).toBeNull()
  })
})
