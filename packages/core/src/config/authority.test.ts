import { describe, expect, test } from 'vitest'
import {
  AuthClient,
  b2c,
  ConfigurationError,
  externalId,
  multiTenant,
  singleTenant,
  type Authority,
  type ConfigurationFault,
} from '../index.js'
import { authorityFaults, authorityKey, authorityUrl } from './authority.js'

const tenantId = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
const susi = { signUpSignIn: 'B2C_1_susi' }

describe('an authority lies where Microsoft says', () => {
  test.each<[string, Authority, string]>([
    ['one tenant', singleTenant({ tenant: tenantId }), `login.microsoftonline.com/${tenantId}`],
    ['a domain', singleTenant({ tenant: 'Contoso.com' }), 'login.microsoftonline.com/contoso.com'],
    [
      'US government',
      singleTenant({ tenant: tenantId, cloud: 'us-government' }),
      `login.microsoftonline.us/${tenantId}`,
    ],
    ['China', singleTenant({ tenant: tenantId, cloud: 'china' }), `login.partner.microsoftonline.cn/${tenantId}`],
    ['France', singleTenant({ tenant: tenantId, cloud: 'france' }), `login.sovcloud-identity.fr/${tenantId}`],
    ['common', multiTenant({ audience: 'common', allowedTenants: 'any' }), 'login.microsoftonline.com/common'],
    [
      'organizations of China',
      multiTenant({ audience: 'organizations', allowedTenants: 'any', cloud: 'china' }),
      'login.partner.microsoftonline.cn/organizations',
    ],
    ['consumers', multiTenant({ audience: 'consumers' }), 'login.microsoftonline.com/consumers'],
    [
      'B2C',
      b2c({ tenantName: 'fabrikamb2c', userFlows: susi }),
      'fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi',
    ],
    [
      'B2C at a custom domain, by tenant id',
      b2c({ tenantName: 'fabrikamb2c', tenantId, domain: 'Login.Fabrikam.com', userFlows: susi }),
      `login.fabrikam.com/${tenantId}/B2C_1_susi`,
    ],
    ['External ID', externalId({ tenantName: 'woodgrove', tenantId }), `woodgrove.ciamlogin.com/${tenantId}`],
    [
      'External ID at a custom domain',
      externalId({ tenantName: 'woodgrove', tenantId, domain: 'login.woodgrove.com' }),
      `login.woodgrove.com/${tenantId}`,
    ],
  ])('%s', (_, authority, address) => {
    expect(authorityFaults(authority)).toEqual([])
    expect(authorityUrl(authority)).toBe(`https://${address}`)
  })

  test('each user flow of B2C has its own address, and all have one key', () => {
    const authority = b2c({ tenantName: 'fabrikamb2c', userFlows: { ...susi, editProfile: 'B2C_1_edit' } })
    expect(authorityUrl(authority, 'editProfile')).toBe(
      'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_edit',
    )
    expect(authorityKey(authority)).toBe('https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com')
  })
})

describe('a fault of an authority is named with its field and its fix', () => {
  test.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'authority', 'singleTenant()'],
    ['a text', 'https://login.microsoftonline.com/common', 'authority', 'singleTenant()'],
    ['an unknown kind', { kind: 'adfs' }, 'authority', 'singleTenant()'],
    ['no tenant', { kind: 'single-tenant' }, 'authority.tenant', 'GUID'],
    ['an empty tenant', singleTenant({ tenant: '' }), 'authority.tenant', 'GUID'],
    ['common as a tenant', singleTenant({ tenant: 'common' }), 'authority.tenant', 'multiTenant'],
    ['the name without its domain', singleTenant({ tenant: 'contoso' }), 'authority.tenant', 'contoso.onmicrosoft.com'],
    ['a tenant with a path', singleTenant({ tenant: 'contoso.com/../x' }), 'authority.tenant', 'domain'],
    ['an address as a tenant', singleTenant({ tenant: 'https://contoso.com' }), 'authority.tenant', 'domain'],
    [
      'a cloud that is none',
      { ...singleTenant({ tenant: tenantId }), cloud: 'mars' },
      'authority.cloud',
      'us-government',
    ],
    ['no audience', { kind: 'multi-tenant' }, 'authority.audience', "'common'"],
    ['an unknown audience', { kind: 'multi-tenant', audience: 'everybody' }, 'authority.audience', "'common'"],
    ['no list of tenants', { kind: 'multi-tenant', audience: 'common' }, 'authority.allowedTenants', "'any'"],
    [
      'an empty list of tenants',
      multiTenant({ audience: 'common', allowedTenants: [] }),
      'authority.allowedTenants',
      "'any'",
    ],
    [
      'a domain in the list of tenants',
      multiTenant({ audience: 'common', allowedTenants: [tenantId, 'contoso.com'] }),
      'authority.allowedTenants',
      'GUIDs',
    ],
    [
      'a true instead of a list',
      { kind: 'multi-tenant', audience: 'common', allowedTenants: true },
      'authority.allowedTenants',
      "'any'",
    ],
    ['no tenant name', b2c({ tenantName: '', userFlows: susi }), 'authority.tenantName', 'b2clogin.com'],
    [
      'a domain as tenant name',
      b2c({ tenantName: 'fabrikamb2c.onmicrosoft.com', userFlows: susi }),
      'authority.tenantName',
      'before .onmicrosoft.com',
    ],
    [
      'a host with scheme',
      b2c({ tenantName: 'a', userFlows: susi, domain: 'https://login.fabrikam.com' }),
      'authority.domain',
      'without https://',
    ],
    ['no user flows', { kind: 'b2c', tenantName: 'a' }, 'authority.userFlows', 'signUpSignIn'],
    [
      'no sign-in flow',
      { kind: 'b2c', tenantName: 'a', userFlows: {} },
      'authority.userFlows.signUpSignIn',
      'B2C_1_susi',
    ],
    [
      'a user flow that leads elsewhere',
      b2c({ tenantName: 'a', userFlows: { signUpSignIn: '../common' } }),
      'authority.userFlows.signUpSignIn',
      'portal',
    ],
    [
      'a user flow with a query',
      b2c({ tenantName: 'a', userFlows: { ...susi, editProfile: 'B2C_1_edit?x' } }),
      'authority.userFlows.editProfile',
      'portal',
    ],
    [
      'the same user flow twice',
      b2c({ tenantName: 'a', userFlows: { ...susi, resetPassword: 'b2c_1_SUSI' } }),
      'authority.userFlows',
      'its own',
    ],
    [
      'a tenant id that is none',
      b2c({ tenantName: 'a', tenantId: 'a', userFlows: susi }),
      'authority.tenantId',
      'overview',
    ],
    ['no tenant id', externalId({ tenantName: 'a', tenantId: '' }), 'authority.tenantId', 'overview'],
  ])('%s', (_, authority, field, fix) => {
    const faults = authorityFaults(authority)
    expect(faults).toHaveLength(1)
    expect(faults[0]?.field).toBe(field)
    expect(faults[0]?.fix).toContain(fix)
  })
})

describe('AuthClient', () => {
  const good = {
    authority: singleTenant({ tenant: tenantId }),
    clientId: tenantId,
    credential: { secret: 'good-secret' },
    redirectUri: 'https://app.example/auth/redirect',
  }
  const faultsOf = (options: object): readonly ConfigurationFault[] => {
    try {
      new AuthClient({ ...good, ...options })
      return []
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      return (error as ConfigurationError).faults
    }
  }

  test('names every fault at once, each with its field and its fix', () => {
    const faults = faultsOf({
      authority: b2c({ tenantName: '', userFlows: { signUpSignIn: '' } }),
      clientId: 'my-app',
      credential: { secret: '' },
      redirectUri: '/getAToken',
      emulator: { origin: 'http://elsewhere.example' },
    })

    expect(faults.map(({ field }) => field)).toEqual([
      'authority.tenantName',
      'authority.userFlows.signUpSignIn',
      'clientId',
      'credential.secret',
      'redirectUri',
      'emulator.origin',
    ])
    for (const { problem, fix } of faults) {
      expect(problem).toMatch(/\.$/)
      expect(fix).toMatch(/\.$/)
    }
  })

  test.each([
    ['', 'missing'],
    ['/getAToken', 'no absolute address'],
    ['http://app.example/auth', 'plain http'],
    ['ftp://localhost/auth', 'no https'],
    ['https://app.example/auth#x', 'fragment'],
    ['https://user:pass@app.example/', 'password'],
    [undefined, 'missing'],
  ])('refuses to come back to %s', (redirectUri, words) => {
    expect(faultsOf({ redirectUri })).toMatchObject([
      { field: 'redirectUri', problem: expect.stringContaining(words) as unknown },
    ])
  })

  test.each(['http://localhost:5000/getAToken', 'http://127.0.0.1/x', 'http://[::1]:5000/', 'https://app.example/'])(
    'comes back to %s',
    (redirectUri) => {
      expect(faultsOf({ redirectUri })).toEqual([])
    },
  )

  test.each([
    'http://elsewhere.example',
    'https://login.microsoftonline.com',
    'http://localhost.evil.example:1',
    'http://localhost:1/path',
    'http://localhost:1/?x',
    'localhost:1',
    '',
    undefined,
    7,
  ])('sends nothing to the emulator %j', (origin) => {
    expect(faultsOf({ emulator: { origin } })).toMatchObject([{ field: 'emulator.origin' }])
  })

  test('refuses an emulator in production', () => {
    const before = process.env.NODE_ENV
    process.env.NODE_ENV = 'production'
    try {
      expect(faultsOf({ emulator: { origin: 'http://localhost:1' } })).toMatchObject([{ field: 'emulator' }])
    } finally {
      if (before === undefined) delete process.env.NODE_ENV
      else process.env.NODE_ENV = before
    }
    expect(faultsOf({ emulator: { origin: 'http://localhost:1' } })).toEqual([])
  })

  test.each([
    ['transactionLifeMs', 0],
    ['transactionLifeMs', 1.5],
    ['tokenCacheTtlMs', -1],
    ['timeouts', { tryMs: 0 }],
    ['timeouts', { callMs: Infinity }],
    ['retry', { tries: 0 }],
  ])('refuses %s: %j', (name, value) => {
    expect(() => new AuthClient({ ...good, [name]: value })).toThrow(RangeError)
  })

  test('shows its authority, application and redirect URI, and writes to none of its options', () => {
    const options = Object.freeze({ ...good, credential: Object.freeze({ secret: 'good-secret' }) })
    const auth = new AuthClient(options)
    expect(auth).toMatchObject({ authority: good.authority, clientId: tenantId, redirectUri: good.redirectUri })
  })
})
