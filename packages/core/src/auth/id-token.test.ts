import { describe, expect, test } from 'vitest'
import { b2c, multiTenant, PERSONAL_ACCOUNTS_TENANT, singleTenant } from '../config/authority.js'
import { idTokenFault, type IdTokenExpectation } from './id-token.js'

const tenantId = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
const clientId = '00001111-aaaa-2222-bbbb-3333cccc4444'
const now = Date.parse('2026-11-20T12:00:00Z')
const seconds = now / 1000
const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
const template = 'https://login.microsoftonline.com/{tenantid}/v2.0'
const nonce = 'n-0S6_WzA2Mj'

const expected: IdTokenExpectation = {
  authority: singleTenant({ tenant: tenantId }),
  userFlow: 'signUpSignIn',
  announcedIssuer: issuer,
  clientId,
  nonce,
  now,
}
const good = { iss: issuer, aud: clientId, nonce, tid: tenantId, iat: seconds, nbf: seconds, exp: seconds + 3600 }
const reasonOf = (claims: object, change: Partial<IdTokenExpectation> = {}) =>
  idTokenFault({ ...good, ...claims }, { ...expected, ...change })?.reason

describe('an ID token', () => {
  test('that is right in every part has no fault', () => {
    expect(reasonOf({})).toBeUndefined()
  })

  test.each<[string, object, string | undefined]>([
    ['our id in capitals', { aud: clientId.toUpperCase() }, undefined],
    ['a list of us alone', { aud: [clientId] }, undefined],
    ['a list of several, made out to us', { aud: [clientId, 'other'], azp: clientId }, undefined],
    ['a list of several, made out to another', { aud: [clientId, 'other'], azp: 'other' }, 'audience'],
    ['a list of several, made out to nobody', { aud: [clientId, 'other'] }, 'audience'],
    ['an empty list', { aud: [] }, 'audience'],
    ['a list of others', { aud: ['other'] }, 'audience'],
    ['an audience that contains ours', { aud: `${clientId} other` }, 'audience'],
    ['no audience', { aud: undefined }, 'audience'],
  ])('with %s', (_, claims, reason) => {
    expect(reasonOf(claims)).toBe(reason)
  })

  test.each([undefined, '', 'other', 7, [nonce]])('with the nonce %j is of another sign-in', (value) => {
    expect(reasonOf({ nonce: value })).toBe('nonce')
  })

  test('needs no nonce where none was sent', () => {
    expect(reasonOf({ nonce: undefined }, { nonce: undefined })).toBeUndefined()
  })

  test.each<[string, object, string | undefined]>([
    ['ended 4 minutes ago', { iat: seconds - 100, nbf: seconds - 100, exp: seconds - 240 }, undefined],
    ['ended 5 minutes ago', { iat: seconds - 100, nbf: seconds - 100, exp: seconds - 300 }, 'expired'],
    ['begins in 5 minutes', { iat: seconds + 300, nbf: seconds + 300 }, undefined],
    ['begins in 6 minutes', { iat: seconds + 360, nbf: seconds + 360 }, 'clock'],
    ['begins in 6 minutes, by nbf alone', { nbf: seconds + 360 }, 'clock'],
    ['begins in 6 minutes, by iat alone', { iat: seconds + 360, nbf: undefined }, 'clock'],
    ['was made an hour ago and has ended', { iat: seconds - 7200, nbf: seconds - 7200, exp: seconds - 3600 }, 'clock'],
    ['has no end', { exp: undefined }, 'expired'],
    ['has an end that is no number', { exp: `${seconds + 3600}` }, 'expired'],
  ])('fault 36: that %s', (_, claims, reason) => {
    expect(reasonOf(claims)).toBe(reason)
  })

  test('of several tenants bears the issuer of its own tenant', () => {
    const authority = multiTenant({ audience: 'organizations', allowedTenants: [tenantId.toUpperCase()] })
    const shared = { authority, announcedIssuer: template }
    expect(reasonOf({}, shared)).toBeUndefined()
    expect(reasonOf({ tid: undefined }, shared)).toBe('issuer')
    expect(reasonOf({ tid: 'organizations' }, shared)).toBe('issuer')
    const other = '77777777-7777-4777-8777-777777777777'
    expect(reasonOf({ tid: other }, shared)).toBe('issuer')
    expect(reasonOf({ tid: other, iss: template.replace('{tenantid}', other) }, shared)).toBe('tenant')
  })

  test('of a personal account is good where personal accounts are', () => {
    const personal = { tid: PERSONAL_ACCOUNTS_TENANT, iss: template.replace('{tenantid}', PERSONAL_ACCOUNTS_TENANT) }
    const shared = { announcedIssuer: template }
    const any = { allowedTenants: 'any' } as const
    expect(reasonOf(personal, { ...shared, authority: multiTenant({ audience: 'common', ...any }) })).toBeUndefined()
    expect(reasonOf(personal, { ...shared, authority: multiTenant({ audience: 'organizations', ...any }) })).toBe(
      'tenant',
    )
    const consumers = { authority: multiTenant({ audience: 'consumers' }), announcedIssuer: personal.iss }
    expect(reasonOf(personal, consumers)).toBeUndefined()
    expect(reasonOf({}, consumers)).toBe('issuer')
  })

  test('of B2C names its user flow, in tfp or acr, in any case', () => {
    const authority = b2c({ tenantName: 'fab', userFlows: { signUpSignIn: 'B2C_1_susi' } })
    const announcedIssuer = `https://fab.b2clogin.com/${tenantId}/v2.0/`
    const at = { authority, announcedIssuer }
    const base = { iss: announcedIssuer, tid: undefined }
    expect(reasonOf({ ...base, tfp: 'b2c_1_susi' }, at)).toBeUndefined()
    expect(reasonOf({ ...base, acr: 'B2C_1_SUSI' }, at)).toBeUndefined()
    expect(reasonOf({ ...base, tfp: 'B2C_1_weaker', acr: 'B2C_1_susi' }, at)).toBe('user-flow')
    expect(reasonOf(base, at)).toBe('user-flow')
  })

  test('is refused when the authority announces an issuer that is not its own', () => {
    const foreign = 'https://login.evil.example/v2.0'
    expect(reasonOf({ iss: foreign }, { announcedIssuer: foreign })).toBe('issuer')
  })
})
