import type { SessionToken } from '@patkit/core'
import { describe, expect, it } from 'vitest'
import { daysFromNow, now, sampleToken, sampleUser } from '../test/samples.js'
import { fullColumns, sampleColumns } from './columns.js'
import { toRow } from './rows.js'

const settings = { now, expiringWithinDays: 30 }

describe('toRow()', () => {
  it('puts owner and token side by side, judged at the given time', () => {
    const row = toRow(sampleUser(), sampleToken({ validTo: daysFromNow(12.5), targetAccounts: null }), settings)
    expect(row).toMatchObject({
      owner: 'Ann Example',
      ownerMail: 'ann@fabrikam.com',
      ownerType: 'member',
      token: 'build agent',
      status: 'expiring',
      scopes: ['vso.code', 'vso.build_execute'],
      fullAccess: false,
      allOrganizations: true,
      daysLeft: 12,
      authorizationId: '11111111-2222-4333-8444-555555555555',
    })
  })

  it('names an owner without a display name by the sign-in name, or by the descriptor', () => {
    const nameless = sampleUser({ displayName: null })
    expect(toRow(nameless, sampleToken(), settings).owner).toBe('ann@fabrikam.com')
    expect(toRow({ ...nameless, principalName: ' ' }, sampleToken(), settings).owner).toBe('aad.QW5u')
  })

  it('takes the sign-in name for the mail address only where it is one', () => {
    const mailOf = (principalName: string | null): string | null =>
      toRow(sampleUser({ mailAddress: '', principalName }), sampleToken(), settings).ownerMail
    expect(mailOf('ann@fabrikam.com')).toBe('ann@fabrikam.com')
    expect(mailOf('ann_example.com#EXT#@fabrikam.onmicrosoft.com')).toBeNull()
    expect(mailOf('5f3c5f3c-0000-4000-8000-000000000000')).toBeNull()
    expect(mailOf(null)).toBeNull()
  })

  it('says so when the account of the owner is gone', () => {
    const row = toRow(sampleUser({ isDeletedInOrigin: true }), sampleToken(), settings)
    expect(row.ownerType).toBe('member, deleted')
  })

  it('gives no days left for a revoked token', () => {
    const row = toRow(sampleUser(), sampleToken({ isValid: false }), settings)
    expect(row).toMatchObject({ status: 'revoked', daysLeft: null })
  })

  it('makes a text of whatever the service sends in the place of one', () => {
    const odd = { ...sampleToken(), displayName: { formula: '1+1' }, scope: 7, authorizationId: ['x'] }
    const row = toRow(sampleUser(), odd as unknown as SessionToken, settings)
    expect(row).toMatchObject({ token: '{"formula":"1+1"}', scopes: ['7'], authorizationId: '["x"]' })
  })

  it('survives values that are no JSON', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const odd = { ...sampleToken(), displayName: circular, validTo: new Date(NaN), isValid: 'yes' }
    const row = toRow(sampleUser(), odd as unknown as SessionToken, settings)
    expect(row).toMatchObject({ token: '[not a text]', expires: null, isValid: null })
  })

  it('lets nothing pass that is not on the list of what a report may show', () => {
    const secrets = { token: 'canary', alternateToken: 'canary', publicData: 'canary', claims: { a: 'canary' } }
    const row = toRow(sampleUser(), { ...sampleToken(), ...secrets }, settings)
    expect(JSON.stringify(row)).not.toContain('canary')
  })
})

describe('fullColumns', () => {
  it('are the twelve of the contract, in its order', () => {
    expect(fullColumns.map((column) => column.header).join(' · ')).toBe(
      'Owner · Owner mail · Owner type · Token · Status · Scopes · Full access · All organizations · Created · Expires · Days left · Authorization ID',
    )
  })

  it('fault 50: show a time that is no time as the service wrote it', () => {
    const row = toRow(sampleUser(), sampleToken({ validTo: null, validToText: 'soon' }), settings)
    const expires = fullColumns.find((column) => column.header === 'Expires')
    expect(expires?.value(row)).toBe('soon')
  })
})

describe('sampleColumns', () => {
  it("are the sample's five, with the service's own texts", () => {
    const token = sampleToken({ validFromText: '2026-01-02T03:04:05.1234567', validToText: '2027-01-02T00:00:00' })
    const row = toRow(sampleUser(), token, settings)
    expect(sampleColumns.map((column) => [column.header, column.value(row)])).toEqual([
      ['DisplayName', 'build agent'],
      ['Owner', 'Ann Example'],
      ['isValid', true],
      ['validFrom', '2026-01-02T03:04:05.1234567'],
      ['validTo', '2027-01-02T00:00:00'],
    ])
  })
})
