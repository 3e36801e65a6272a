import { readFileSync } from 'node:fs'
import { ConfigurationError, type ConfigurationFault } from '../errors.js'
import { Secret } from '../secret.js'
import { b2c, externalId, isGuid, multiTenant, singleTenant, type Authority } from './authority.js'
import { isLoopbackHost, readAuthConfig, type AuthConfig } from './authority-config.js'
import type { ClientCredential } from './authority-credential.js'
import { cloudOfHost, type Cloud } from './cloud.js'

/** What the environment says about sign-in; `new AuthClient(authConfigFromEnv())` takes it as it is. */
export interface AuthConfigFromEnv extends AuthConfig {
  /** `SCOPE`, split at spaces and commas; empty when it is not set. */
  readonly scopes: readonly string[]
  /** `ENDPOINT`: address of the protected API to call. */
  readonly endpoint: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** The variables of a sign-in, by the names that Microsoft's samples use. One that is empty counts as not set. */
export interface SignInVariables {
  /** Id of the application, a GUID (_Application (client) ID_). */
  readonly CLIENT_ID: string
  /** Value of a client secret of the application; not the secret's id. */
  readonly CLIENT_SECRET?: string
  /** Instead of a secret: a PEM file with the certificate and its private key. */
  readonly CLIENT_CERTIFICATE_PATH?: string
  /** The tenant that may sign in: its id or a domain of it. `organizations`, `common` or `consumers` for many. */
  readonly TENANT_ID?: string
  /**
   * The same as an address: `https://login.microsoftonline.com/<tenant>`, also of a national cloud; `https://<name>.ciamlogin.com/<tenant id>` for
   * External ID; `https://<name>.b2clogin.com/<domain>/<user flow>` for B2C.
   */
  readonly AUTHORITY?: string
  /** External ID at a custom domain: `https://login.fabrikam.com/<tenant id>/v2.0`. */
  readonly OIDC_AUTHORITY?: string
  /** With `organizations` and `common`: the ids of the tenants that are let in, with commas between them, or `any`. */
  readonly ALLOWED_TENANTS?: string
  /** Azure AD B2C: the name in front of `.onmicrosoft.com`. */
  readonly B2C_TENANT_NAME?: string
  /** B2C: the user flow that signs people in, such as `B2C_1_susi`. */
  readonly SIGNUPSIGNIN_USER_FLOW?: string
  /** B2C: the user flow for one's profile. Without it there is no such page. */
  readonly EDITPROFILE_USER_FLOW?: string
  /** B2C: the user flow for a forgotten password. Without it a forgotten password ends the sign-in. */
  readonly RESETPASSWORD_USER_FLOW?: string
  /** B2C and External ID: the host under which the directory is reached instead, such as `login.fabrikam.com`. */
  readonly CUSTOM_DOMAIN?: string
  /** Where people come back to, as it is registered: scheme, host, port and path. */
  readonly REDIRECT_URI?: string
  /** Instead of it: only the path, on `http://localhost:PORT`. Default `/getAToken`. */
  readonly REDIRECT_PATH?: string
  /** The port that goes with the path. Default 5000. */
  readonly PORT?: string
  /** Scopes of an API that the application calls for people, with spaces or commas between them. */
  readonly SCOPE?: string
  /** Address of that API. */
  readonly ENDPOINT?: string
}

/**
 * Reads the sign-in configuration from environment variables, by the names that Microsoft's samples use.
 *
 * - `CLIENT_ID`, and `CLIENT_SECRET` or `CLIENT_CERTIFICATE_PATH` (a PEM file with certificate and private key)
 * - who may sign in, one of: `AUTHORITY` (such as `https://login.microsoftonline.com/contoso.onmicrosoft.com`), `TENANT_ID`, or
 *   `B2C_TENANT_NAME` with `SIGNUPSIGNIN_USER_FLOW` (and `EDITPROFILE_USER_FLOW`, `RESETPASSWORD_USER_FLOW`)
 * - `CUSTOM_DOMAIN`: host under which the directory is reached instead (B2C and External ID), such as `login.fabrikam.com`
 * - `OIDC_AUTHORITY`, in place of `AUTHORITY`: External ID at a custom domain, such as `https://login.fabrikam.com/<tenant id>/v2.0`
 * - `ALLOWED_TENANTS` for `/common` and `/organizations`: tenant ids, or `any`
 * - `REDIRECT_URI`, or `REDIRECT_PATH` (default `/getAToken`) on `http://localhost:PORT` (default 5000)
 * - `SCOPE` and `ENDPOINT` of the API to call
 *
 * A variable that is empty counts as not set.
 *
 * @throws {@link ConfigurationError} Naming every variable that is missing or wrong.
 */
export function authConfigFromEnv(env: Environment = process.env): AuthConfigFromEnv {
  const read = reader(env)
  const readings = {
    authority: readAuthority(read),
    clientId: found(read('CLIENT_ID'), 'CLIENT_ID'),
    credential: readCredential(read),
    redirectUri: readRedirectUri(read),
  }
  const scopes = readScopes(read)
  const endpoint = readEndpoint(read)
  const { authority, clientId, credential, redirectUri } = readings
  const config = {
    authority: authority.value,
    clientId: clientId.value,
    credential: credential.value,
    redirectUri: redirectUri.value,
  }

  const own = [...Object.values(readings), scopes, endpoint].flatMap(({ faults }) => faults)
  const further = readAuthConfig(config)
    .faults.map((fault) => ({ ...fault, field: variableOf(fault.field, readings) }))
    // What could not be read at all was said in terms of its variable already.
    .filter(({ field }) => !own.some((fault) => fault.field === field))
  if (own.length + further.length > 0) throw new ConfigurationError([...own, ...further])

  // Without faults nothing is missing.
  return { ...(config as AuthConfig), scopes: scopes.value ?? [], endpoint: endpoint.value }
}

/** A value from the environment, what was wrong with it, and which variable each field came from. */
interface Reading<T> {
  readonly value: T | undefined
  readonly faults: readonly ConfigurationFault[]
  readonly variables: Readonly<Record<string, string>>
}

type Read = (name: keyof SignInVariables) => string | undefined

const reader =
  (env: Environment): Read =>
  (name) => {
    const value = env[name]?.trim()
    return value === '' ? undefined : value
  }

/** Variables of fields that have one of their own, whatever the authority came from. */
const fieldVariables: Readonly<Record<string, string>> = {
  domain: 'CUSTOM_DOMAIN',
  allowedTenants: 'ALLOWED_TENANTS',
  userFlows: 'SIGNUPSIGNIN_USER_FLOW',
  'userFlows.signUpSignIn': 'SIGNUPSIGNIN_USER_FLOW',
  'userFlows.editProfile': 'EDITPROFILE_USER_FLOW',
  'userFlows.resetPassword': 'RESETPASSWORD_USER_FLOW',
}

/** The variable behind a field such as `authority.tenantId`: the field's own, or that of the value it is part of. */
function variableOf(field: string, readings: Readonly<Record<string, Pick<Reading<unknown>, 'variables'>>>): string {
  const [root = '', ...rest] = field.split('.')
  const variables = readings[root]?.variables ?? {}
  const path = rest.join('.')
  return variables[path] ?? fieldVariables[path] ?? variables[''] ?? field
}

function readAuthority(read: Read): Reading<Authority> {
  const reading = readDirectory(read)
  const [authority, domain] = [reading.value, read('CUSTOM_DOMAIN')]
  if (authority === undefined || domain === undefined) return reading
  if (authority.kind !== 'b2c' && authority.kind !== 'external-id') {
    return nothing('CUSTOM_DOMAIN', 'Only Azure AD B2C and External ID have custom domains.', 'Unset it.')
  }
  return { ...reading, value: { ...authority, domain } }
}

function readDirectory(read: Read): Reading<Authority> {
  const [authority, tenant, b2cName] = [read('AUTHORITY'), read('TENANT_ID'), read('B2C_TENANT_NAME')]
  const [oidcAuthority, customDomain] = [read('OIDC_AUTHORITY'), read('CUSTOM_DOMAIN')]
  if (b2cName !== undefined && authority !== undefined) return setTwice('AUTHORITY', 'B2C_TENANT_NAME')
  if (oidcAuthority !== undefined) {
    if (b2cName !== undefined) return setTwice('OIDC_AUTHORITY', 'B2C_TENANT_NAME')
    if (authority !== undefined) return setTwice('OIDC_AUTHORITY', 'AUTHORITY')
    // It names a domain itself.
    if (customDomain !== undefined) return setTwice('OIDC_AUTHORITY', 'CUSTOM_DOMAIN')
    return readOidcAuthority(oidcAuthority)
  }
  if (b2cName !== undefined) {
    const value = b2c({ tenantName: b2cName, tenantId: tenant, userFlows: readUserFlows(read) })
    return found(value, 'B2C_TENANT_NAME', { tenantId: 'TENANT_ID' })
  }
  if (authority !== undefined) return readAuthorityText(authority, read)
  if (tenant !== undefined) return found(entra(tenant, 'public', read), 'TENANT_ID')
  return nothing(
    'AUTHORITY',
    'Neither AUTHORITY, TENANT_ID nor B2C_TENANT_NAME is set.',
    'Set AUTHORITY, such as https://login.microsoftonline.com/<tenant id>.',
  )
}

const setTwice = (variable: string, other: string): Reading<never> =>
  nothing(variable, `It is set, and ${other} too.`, 'Unset the one that is not meant.')

/** External ID at a custom domain: the address has no name of the tenant, only its id. */
function readOidcAuthority(text: string): Reading<Authority> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:') return nothing('OIDC_AUTHORITY', 'It is no https address.', exampleOidcAuthority)
  const host = url.hostname.toLowerCase()
  if (cloudOfHost(host) !== undefined || /\.(?:ciamlogin|b2clogin)\.com$/.test(host)) {
    return nothing('OIDC_AUTHORITY', `${JSON.stringify(host)} is no custom domain.`, 'Put it into AUTHORITY instead.')
  }
  const [tenantId = '', version, ...rest] = url.pathname.split('/').filter((segment) => segment !== '')
  if (!isGuid(tenantId) || (version ?? 'v2.0') !== 'v2.0' || rest.length > 0) {
    return nothing('OIDC_AUTHORITY', 'Its path is not the id of a tenant (a GUID).', exampleOidcAuthority)
  }
  // <tenant id>.ciamlogin.com is a host of every such tenant: the one that its issuer has.
  return found(externalId({ tenantName: tenantId, tenantId, domain: host }), 'OIDC_AUTHORITY')
}

const exampleOidcAuthority = 'Set it to an address such as https://login.fabrikam.com/<tenant id>/v2.0.'

const isUrl = (text: string): boolean => /^[a-z]+:\/\//i.test(text)

/** `AUTHORITY` is an address, or just the tenant. */
function readAuthorityText(text: string, read: Read): Reading<Authority> {
  if (!isUrl(text)) return found(entra(text, 'public', read), 'AUTHORITY')
  if (!URL.canParse(text)) return nothing('AUTHORITY', 'It is no address.', exampleAuthority)
  const url = new URL(text)
  if (url.protocol !== 'https:') return nothing('AUTHORITY', 'It is not an https address.', exampleAuthority)
  const [first = '', second] = url.pathname.split('/').filter((segment) => segment !== '')
  const host = url.hostname.toLowerCase()
  const cloud = cloudOfHost(host)
  if (cloud !== undefined) {
    if (first === '') return nothing('AUTHORITY', 'It names no tenant.', exampleAuthority)
    return found(entra(first, cloud, read), 'AUTHORITY')
  }
  const name = host.split('.')[0] ?? ''
  if (host.endsWith('.ciamlogin.com')) {
    const tenantId = isGuid(first) ? first : (read('TENANT_ID') ?? '')
    return found(externalId({ tenantName: name, tenantId }), 'AUTHORITY', { tenantId: 'TENANT_ID' })
  }
  if (host.endsWith('.b2clogin.com')) {
    const flows = readUserFlows(read)
    const signUpSignIn = flows.signUpSignIn === '' && second !== 'v2.0' ? (second ?? '') : flows.signUpSignIn
    return found(b2c({ tenantName: name, userFlows: { ...flows, signUpSignIn } }), 'AUTHORITY')
  }
  return nothing(
    'AUTHORITY',
    `${JSON.stringify(host)} is no sign-in host of Microsoft.`,
    `${exampleAuthority} A custom domain goes into CUSTOM_DOMAIN or OIDC_AUTHORITY.`,
  )
}

const exampleAuthority = 'Set it to an address such as https://login.microsoftonline.com/<tenant id>.'

function entra(tenant: string, cloud: Cloud, read: Read): Authority {
  const audience = tenant.toLowerCase()
  if (audience === 'consumers') return multiTenant({ audience })
  if (audience === 'common' || audience === 'organizations') {
    const allowed = read('ALLOWED_TENANTS')
    const allowedTenants = allowed === 'any' ? 'any' : (allowed?.split(/[\s,]+/) ?? [])
    return multiTenant({ audience, cloud, allowedTenants })
  }
  return singleTenant({ tenant, cloud })
}

function readUserFlows(read: Read) {
  return {
    signUpSignIn: read('SIGNUPSIGNIN_USER_FLOW') ?? '',
    editProfile: read('EDITPROFILE_USER_FLOW'),
    resetPassword: read('RESETPASSWORD_USER_FLOW'),
  }
}

function readCredential(read: Read): Reading<ClientCredential> {
  const secret = read('CLIENT_SECRET')
  // A Secret, so that whoever prints the configuration prints no secret.
  if (secret !== undefined) return found({ secret: new Secret(secret) }, 'CLIENT_SECRET')
  const path = read('CLIENT_CERTIFICATE_PATH')
  if (path === undefined) {
    return nothing(
      'CLIENT_SECRET',
      'Neither CLIENT_SECRET nor CLIENT_CERTIFICATE_PATH is set.',
      'Set CLIENT_SECRET to the value of a client secret of the app registration.',
    )
  }
  try {
    const pem = readFileSync(path, 'utf8')
    // The key stands in the same file; given apart, it does not show when the configuration is printed.
    const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0] ?? ''
    return found({ certificate, privateKey: new Secret(pem) }, 'CLIENT_CERTIFICATE_PATH')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return nothing(
      'CLIENT_CERTIFICATE_PATH',
      `The file cannot be read (${code}).`,
      'Give the path of a readable PEM file.',
    )
  }
}

function readRedirectUri(read: Read): Reading<string> {
  const whole = read('REDIRECT_URI')
  if (whole !== undefined) return found(whole, 'REDIRECT_URI')
  const port = read('PORT') ?? '5000'
  const path = read('REDIRECT_PATH') ?? '/getAToken'
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return nothing('PORT', `${JSON.stringify(port)} is no port.`, 'Give a number from 1 to 65535.')
  }
  if (!/^\/[^/\\?#\s][^\\?#\s]*$/.test(path)) {
    return nothing('REDIRECT_PATH', `${JSON.stringify(path)} is no path.`, 'Give a path such as /getAToken.')
  }
  return found(`http://localhost:${port}${path}`, 'REDIRECT_PATH')
}

function readScopes(read: Read): Reading<readonly string[]> {
  const text = read('SCOPE') ?? ''
  // A list as the samples' Python had it.
  if (/["'[\]]/.test(text)) {
    return nothing('SCOPE', 'It has brackets or quotation marks.', 'Give the scopes alone, with spaces between them.')
  }
  return found(
    text.split(/[\s,]+/).filter((scope) => scope !== ''),
    'SCOPE',
  )
}

function readEndpoint(read: Read): Reading<string | undefined> {
  const endpoint = read('ENDPOINT')
  if (endpoint === undefined) return found(undefined, 'ENDPOINT')
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (safe) return found(endpoint, 'ENDPOINT')
  return nothing(
    'ENDPOINT',
    'It is no https address.',
    'Give the address of the API; plain http is for localhost only.',
  )
}

/** A value, and which variable each of its fields came from; `''` stands for the value itself. */
function found<T>(value: T, variable: string, fields: Readonly<Record<string, string>> = {}): Reading<T> {
  return { value, faults: [], variables: { '': variable, ...fields } }
}

function nothing(variable: string, problem: string, fix: string): Reading<never> {
  return { value: undefined, faults: [{ field: variable, problem, fix }], variables: { '': variable } }
}
