import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthClient, authConfigFromEnv, ConfigurationError } from '../index.js'
import { makeCertificate } from '../../test/auth/support/certificate.js'

const guid = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
const app = { CLIENT_ID: guid, CLIENT_SECRET: 'good-secret' }

const faultsOf = (env: Record<string, string>): [string, string][] => {
  try {
    authConfigFromEnv(env)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).faults.map(({ field, problem, fix }) => [field, `${problem} ${fix}`])
  }
}

describe('authConfigFromEnv() reads who may sign in', () => {
  test.each<[string, Record<string, string>, object]>([
    [
      'from an authority by id',
      { AUTHORITY: `https://login.microsoftonline.com/${guid}` },
      { kind: 'single-tenant', tenant: guid, cloud: 'public' },
    ],
    [
      'from an authority by domain, with a slash',
      { AUTHORITY: 'https://login.microsoftonline.com/contoso.com/' },
      { kind: 'single-tenant', tenant: 'contoso.com' },
    ],
    [
      'from an authority with its version',
      { AUTHORITY: `https://login.microsoftonline.com/${guid}/v2.0` },
      { tenant: guid },
    ],
    ['from an older host', { AUTHORITY: `https://login.windows.net/${guid}` }, { cloud: 'public' }],
    ['from a national cloud', { AUTHORITY: `https://login.microsoftonline.us/${guid}` }, { cloud: 'us-government' }],
    ['from a tenant alone', { AUTHORITY: 'contoso.onmicrosoft.com' }, { tenant: 'contoso.onmicrosoft.com' }],
    ['from TENANT_ID', { TENANT_ID: ` ${guid} ` }, { kind: 'single-tenant', tenant: guid }],
    [
      'of several organizations',
      { AUTHORITY: 'https://login.microsoftonline.com/organizations', ALLOWED_TENANTS: `${guid}, ${guid}` },
      { kind: 'multi-tenant', audience: 'organizations', allowedTenants: [guid, guid] },
    ],
    ['of any account', { TENANT_ID: 'common', ALLOWED_TENANTS: 'any' }, { audience: 'common', allowedTenants: 'any' }],
    ['of personal accounts', { AUTHORITY: 'https://login.microsoftonline.com/consumers' }, { audience: 'consumers' }],
    [
      'of B2C',
      {
        B2C_TENANT_NAME: 'fabrikamb2c',
        SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi',
        EDITPROFILE_USER_FLOW: 'B2C_1_edit',
        RESETPASSWORD_USER_FLOW: 'B2C_1_reset',
      },
      {
        kind: 'b2c',
        tenantName: 'fabrikamb2c',
        userFlows: { signUpSignIn: 'B2C_1_susi', editProfile: 'B2C_1_edit', resetPassword: 'B2C_1_reset' },
      },
    ],
    [
      'of B2C from its address',
      { AUTHORITY: 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi' },
      { kind: 'b2c', tenantName: 'fabrikamb2c', userFlows: { signUpSignIn: 'B2C_1_susi' } },
    ],
    [
      'of External ID',
      { AUTHORITY: `https://woodgrove.ciamlogin.com/${guid}` },
      { kind: 'external-id', tenantName: 'woodgrove', tenantId: guid },
    ],
    [
      'of External ID with TENANT_ID',
      { AUTHORITY: 'https://woodgrove.ciamlogin.com/', TENANT_ID: guid },
      { kind: 'external-id', tenantId: guid },
    ],
    [
      'of External ID at a custom domain',
      { OIDC_AUTHORITY: `https://Login.Woodgrove.example/${guid}/v2.0` },
      { kind: 'external-id', tenantId: guid, domain: 'login.woodgrove.example' },
    ],
    [
      'of External ID at a custom domain, without a version',
      { OIDC_AUTHORITY: `https://login.woodgrove.example/${guid}/` },
      { kind: 'external-id', tenantId: guid, domain: 'login.woodgrove.example' },
    ],
  ])('%s', (_, env, authority) => {
    const config = authConfigFromEnv({ ...app, ...env })
    expect(config.authority).toMatchObject(authority)
    expect(new AuthClient(config)).toHaveProperty('clientId', guid)
  })
})

describe('authConfigFromEnv() reads', () => {
  test('where to come back to, whole or from path and port, and what to ask for', () => {
    const base = { ...app, TENANT_ID: guid }
    expect(authConfigFromEnv(base)).toMatchObject({
      redirectUri: 'http://localhost:5000/getAToken',
      scopes: [],
      endpoint: undefined,
    })
    expect(authConfigFromEnv({ ...base, PORT: '5010', REDIRECT_PATH: '/auth/redirect' }).redirectUri).toBe(
      'http://localhost:5010/auth/redirect',
    )
    expect(authConfigFromEnv({ ...base, REDIRECT_URI: 'https://app.example/x', REDIRECT_PATH: '/y' }).redirectUri).toBe(
      'https://app.example/x',
    )
    expect(authConfigFromEnv({ ...base, SCOPE: ' a/b  c,d ', ENDPOINT: 'https://api.example/me' })).toMatchObject({
      scopes: ['a/b', 'c', 'd'],
      endpoint: 'https://api.example/me',
    })
  })

  test('a certificate from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'patkit-env-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'app.pem')
    const { certificate, privateKey } = makeCertificate()
    writeFileSync(path, `${privateKey}${certificate}`)
    const env = { CLIENT_ID: guid, TENANT_ID: guid, CLIENT_CERTIFICATE_PATH: path }

    expect(new AuthClient(authConfigFromEnv(env))).toHaveProperty('clientId', guid)
    writeFileSync(path, certificate)
    expect(faultsOf(env)).toEqual([['CLIENT_CERTIFICATE_PATH', expect.stringContaining('no private key')]])
    expect(faultsOf({ ...env, CLIENT_CERTIFICATE_PATH: join(folder, 'none.pem') })).toEqual([
      ['CLIENT_CERTIFICATE_PATH', expect.stringContaining('ENOENT')],
    ])
  })

  test('a custom domain of B2C and of External ID', () => {
    const domain = 'login.fabrikam.example'
    const b2cEnv = { ...app, B2C_TENANT_NAME: 'fabrikamb2c', SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi' }
    expect(authConfigFromEnv({ ...b2cEnv, CUSTOM_DOMAIN: domain }).authority).toMatchObject({ kind: 'b2c', domain })
    const external = { ...app, AUTHORITY: `https://woodgrove.ciamlogin.com/${guid}` }
    expect(authConfigFromEnv({ ...external, CUSTOM_DOMAIN: domain }).authority).toMatchObject({
      kind: 'external-id',
      tenantId: guid,
      domain,
    })
  })

  test('the environment of this process unless it is given one', () => {
    expect(() => authConfigFromEnv()).toThrow(/CLIENT_ID/)
  })
})

describe('authConfigFromEnv() names the variable at fault', () => {
  test('all of them at once', () => {
    expect(faultsOf({}).map(([field]) => field)).toEqual(['AUTHORITY', 'CLIENT_SECRET', 'CLIENT_ID'])
  })

  test.each<[string, Record<string, string>, string, string]>([
    [
      'a placeholder',
      { AUTHORITY: 'https://login.microsoftonline.com/Enter_the_Tenant_Name_Here' },
      'AUTHORITY',
      'neither a tenant id',
    ],
    ['no tenant', { AUTHORITY: 'https://login.microsoftonline.com/' }, 'AUTHORITY', 'names no tenant'],
    ['plain http', { AUTHORITY: `http://login.microsoftonline.com/${guid}` }, 'AUTHORITY', 'not an https'],
    ['no address', { AUTHORITY: 'https://' }, 'AUTHORITY', 'no address'],
    ['another host', { AUTHORITY: `https://login.example/${guid}` }, 'AUTHORITY', 'CUSTOM_DOMAIN'],
    [
      'a custom domain of a tenant that cannot have one',
      { TENANT_ID: guid, CUSTOM_DOMAIN: 'login.fabrikam.example' },
      'CUSTOM_DOMAIN',
      'Only Azure AD B2C and External ID',
    ],
    [
      'a custom domain that is an address',
      { B2C_TENANT_NAME: 'fab', SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi', CUSTOM_DOMAIN: 'https://login.fab.example' },
      'CUSTOM_DOMAIN',
      'not a host name',
    ],
    [
      'two authorities',
      { AUTHORITY: guid, B2C_TENANT_NAME: 'fab', SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi' },
      'AUTHORITY',
      'B2C_TENANT_NAME too',
    ],
    [
      'two addresses',
      { AUTHORITY: guid, OIDC_AUTHORITY: `https://login.fab.example/${guid}/v2.0` },
      'OIDC_AUTHORITY',
      'AUTHORITY too',
    ],
    [
      'an address beside B2C',
      { B2C_TENANT_NAME: 'fab', OIDC_AUTHORITY: `https://login.fab.example/${guid}/v2.0` },
      'OIDC_AUTHORITY',
      'B2C_TENANT_NAME too',
    ],
    [
      'two custom domains',
      { CUSTOM_DOMAIN: 'login.fab.example', OIDC_AUTHORITY: `https://login.fab.example/${guid}/v2.0` },
      'OIDC_AUTHORITY',
      'CUSTOM_DOMAIN too',
    ],
    ['a custom domain over plain http', { OIDC_AUTHORITY: `http://a.example/${guid}` }, 'OIDC_AUTHORITY', 'no https'],
    ['a custom domain alone', { OIDC_AUTHORITY: 'login.fab.example' }, 'OIDC_AUTHORITY', 'no https address'],
    [
      'a custom domain without the tenant',
      { OIDC_AUTHORITY: 'https://login.fab.example/fab.onmicrosoft.com/v2.0' },
      'OIDC_AUTHORITY',
      'not the id of a tenant',
    ],
    [
      'a host that is no custom domain',
      { OIDC_AUTHORITY: `https://fab.ciamlogin.com/${guid}/v2.0` },
      'OIDC_AUTHORITY',
      'into AUTHORITY',
    ],
    ['a wrong tenant', { TENANT_ID: 'contoso' }, 'TENANT_ID', 'neither a tenant id'],
    ['nobody allowed', { TENANT_ID: 'common' }, 'ALLOWED_TENANTS', "'any'"],
    ['a domain on the list', { TENANT_ID: 'common', ALLOWED_TENANTS: 'contoso.com' }, 'ALLOWED_TENANTS', 'GUIDs'],
    ['no user flow', { B2C_TENANT_NAME: 'fab' }, 'SIGNUPSIGNIN_USER_FLOW', 'missing'],
    [
      'a wrong user flow',
      { B2C_TENANT_NAME: 'fab', SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi', EDITPROFILE_USER_FLOW: 'a/b' },
      'EDITPROFILE_USER_FLOW',
      'not the name',
    ],
    [
      'a wrong B2C name',
      { B2C_TENANT_NAME: 'fab.onmicrosoft.com', SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi' },
      'B2C_TENANT_NAME',
      'more than a name',
    ],
    ['no tenant of External ID', { AUTHORITY: 'https://woodgrove.ciamlogin.com/' }, 'TENANT_ID', 'missing'],
    ['a wrong application', { TENANT_ID: guid, CLIENT_ID: 'app' }, 'CLIENT_ID', 'not a GUID'],
    ['the id of a secret', { TENANT_ID: guid, CLIENT_SECRET: guid }, 'CLIENT_SECRET', "secret's id"],
    ['an empty secret', { TENANT_ID: guid, CLIENT_SECRET: ' ' }, 'CLIENT_SECRET', 'Neither'],
    ['a wrong redirect URI', { TENANT_ID: guid, REDIRECT_URI: 'http://app.example/' }, 'REDIRECT_URI', 'plain http'],
    ['a wrong path', { TENANT_ID: guid, REDIRECT_PATH: 'getAToken' }, 'REDIRECT_PATH', 'no path'],
    ['a path to another host', { TENANT_ID: guid, REDIRECT_PATH: '//evil.example/' }, 'REDIRECT_PATH', 'no path'],
    ['a wrong port', { TENANT_ID: guid, PORT: '99999' }, 'PORT', 'no port'],
    ['scopes as a list of Python', { TENANT_ID: guid, SCOPE: '["User.ReadBasic.All"]' }, 'SCOPE', 'brackets'],
    ['a wrong endpoint', { TENANT_ID: guid, ENDPOINT: 'http://api.example/' }, 'ENDPOINT', 'https'],
  ])('%s', (_, env, variable, words) => {
    expect(faultsOf({ ...app, ...env })).toEqual([[variable, expect.stringContaining(words)]])
  })
})
