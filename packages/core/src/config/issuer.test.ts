import { describe, expect, test } from 'vitest'
import { b2c, externalId, multiTenant, singleTenant, type Authority } from './authority.js'
import { couldIssue, expectedIssuer, issuerFault } from './issuer.js'

const tenantId = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
const other = 'ffffffff-4bd1-4594-8c10-f33ab37e1fde'
const customers = b2c({ tenantName: 'fab', userFlows: { signUpSignIn: 'B2C_1_susi' } })

describe('issuerFault()', () => {
  test.each<[string, Authority, string]>([
    ['a tenant', singleTenant({ tenant: tenantId }), `https://login.microsoftonline.com/${tenantId}/v2.0`],
    ['a domain', singleTenant({ tenant: 'contoso.com' }), `https://login.microsoftonline.com/${other}/v2.0`],
    [
      'China',
      singleTenant({ tenant: tenantId, cloud: 'china' }),
      `https://login.partner.microsoftonline.cn/${tenantId}/v2.0`,
    ],
    [
      'several tenants',
      multiTenant({ audience: 'common', allowedTenants: 'any' }),
      'https://login.microsoftonline.com/{tenantid}/v2.0',
    ],
    [
      'consumers',
      multiTenant({ audience: 'consumers' }),
      'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
    ],
    ['B2C', customers, `https://fab.b2clogin.com/${tenantId}/v2.0/`],
    ['B2C with the user flow', customers, `https://fab.b2clogin.com/tfp/${tenantId}/b2c_1_susi/v2.0/`],
    ['B2C at a custom domain', { ...customers, domain: 'login.fab.com' }, `https://login.fab.com/${tenantId}/v2.0/`],
    [
      'B2C at a custom domain with the old issuer',
      { ...customers, domain: 'login.fab.com' },
      `https://fab.b2clogin.com/${tenantId}/v2.0/`,
    ],
    ['External ID', externalId({ tenantName: 'w', tenantId }), `https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`],
    [
      'External ID by name',
      externalId({ tenantName: 'w', tenantId }),
      'https://w.ciamlogin.com/w.onmicrosoft.com/v2.0',
    ],
    [
      'External ID at a custom domain',
      externalId({ tenantName: 'w', tenantId, domain: 'login.w.com' }),
      `https://login.w.com/${tenantId}/v2.0`,
    ],
  ])('finds none with %s', (_, authority, issuer) => {
    expect(issuerFault(authority, 'signUpSignIn', issuer)).toBeUndefined()
    expect(issuerFault(authority, 'signUpSignIn', issuer.toUpperCase())).toBeUndefined()
  })

  test.each<[string, Authority, string]>([
    ['another tenant', singleTenant({ tenant: tenantId }), `https://login.microsoftonline.com/${other}/v2.0`],
    ['another cloud', singleTenant({ tenant: tenantId }), `https://login.microsoftonline.us/${tenantId}/v2.0`],
    [
      'a template where a tenant is meant',
      singleTenant({ tenant: 'contoso.com' }),
      'https://login.microsoftonline.com/{tenantid}/v2.0',
    ],
    [
      'no template where it is needed',
      multiTenant({ audience: 'common', allowedTenants: 'any' }),
      `https://login.microsoftonline.com/${tenantId}/v2.0`,
    ],
    ['another version', singleTenant({ tenant: tenantId }), `https://sts.windows.net/${tenantId}/`],
    ['plain http', singleTenant({ tenant: tenantId }), `http://login.microsoftonline.com/${tenantId}/v2.0`],
    ['a longer path', singleTenant({ tenant: tenantId }), `https://login.microsoftonline.com/${tenantId}/v2.0/x`],
    [
      'a host in front',
      singleTenant({ tenant: tenantId }),
      `https://evil.example/login.microsoftonline.com/${tenantId}/v2.0`,
    ],
    ['another B2C tenant', { ...customers, tenantId }, `https://fab.b2clogin.com/${other}/v2.0/`],
    ['another user flow', customers, `https://fab.b2clogin.com/tfp/${tenantId}/b2c_1_other/v2.0/`],
    [
      'another External ID tenant',
      externalId({ tenantName: 'w', tenantId }),
      `https://${other}.ciamlogin.com/${other}/v2.0`,
    ],
  ])('finds %s', (_, authority, issuer) => {
    expect(issuerFault(authority, 'signUpSignIn', issuer)).toContain(issuer)
  })
})

describe('expectedIssuer()', () => {
  const template = 'https://login.microsoftonline.com/{tenantid}/v2.0'

  test('puts the tenant of the token into the template', () => {
    expect(expectedIssuer(template, tenantId)).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0`)
  })

  test.each([undefined, '', 'common', '../evil', `${tenantId}/x`, 7, {}])('takes no token of the tenant %j', (tid) => {
    expect(expectedIssuer(template, tid)).toBeUndefined()
  })

  test('leaves an issuer without a template as it is', () => {
    expect(expectedIssuer('https://a.example/v2.0', undefined)).toBe('https://a.example/v2.0')
  })
})

test('couldIssue() takes any tenant of an authority of several, and nothing else', () => {
  const authority = multiTenant({ audience: 'organizations', allowedTenants: 'any' })
  expect(couldIssue(authority, `https://login.microsoftonline.com/${tenantId}/v2.0`)).toBe(true)
  expect(couldIssue(authority, 'https://login.microsoftonline.com/common/v2.0')).toBe(false)
})
