import type { ConfigurationFault } from '../errors.js'
import { cloudNames, signInHosts, type Cloud } from './cloud.js'

/** Who may sign in, and where. Make one with {@link singleTenant}, {@link multiTenant}, {@link b2c} or {@link externalId}. */
export type Authority = SingleTenantAuthority | MultiTenantAuthority | B2cAuthority | ExternalIdAuthority

/** The people (and guests) of one organization. */
export interface SingleTenantAuthority {
  readonly kind: 'single-tenant'
  /** Tenant id (a GUID) or one of the tenant's domains, such as `'contoso.onmicrosoft.com'`. */
  readonly tenant: string
  /** Default `'public'`. */
  readonly cloud?: Cloud | undefined
}

/** People of several organizations, or with personal accounts. */
export type MultiTenantAuthority = OrganizationsAuthority | ConsumersAuthority

/** People of several organizations; with `'common'` personal accounts too. */
export interface OrganizationsAuthority {
  readonly kind: 'multi-tenant'
  readonly audience: 'organizations' | 'common'
  /**
   * Ids (GUIDs) of the tenants whose people are let in, or the literal `'any'`: everybody who has any Microsoft account of this audience
   * gets in then, so the application must decide by itself whom it serves. Personal accounts are the tenant
   * {@link PERSONAL_ACCOUNTS_TENANT}.
   */
  readonly allowedTenants: readonly string[] | 'any'
  /** Default `'public'`. */
  readonly cloud?: Cloud | undefined
}

/** Personal Microsoft accounts only. */
export interface ConsumersAuthority {
  readonly kind: 'multi-tenant'
  readonly audience: 'consumers'
}

/** Customers in an Azure AD B2C tenant. */
export interface B2cAuthority {
  readonly kind: 'b2c'
  /** The name before `.onmicrosoft.com`, such as `'fabrikamb2c'`. */
  readonly tenantName: string
  readonly userFlows: UserFlows
  /** Tenant id; when given, tokens of another tenant are refused by it too. */
  readonly tenantId?: string | undefined
  /** Host of a custom domain, such as `'login.fabrikam.com'`. Default `<tenantName>.b2clogin.com`. */
  readonly domain?: string | undefined
}

/** Names of the user flows (policies) of a B2C tenant, such as `'B2C_1_susi'`. */
export interface UserFlows {
  readonly signUpSignIn: string
  readonly editProfile?: string | undefined
  /** Needed only if the sign-in flow leaves the reset to the application (it then answers with AADB2C90118). */
  readonly resetPassword?: string | undefined
}

/** Which user flow: a key of {@link UserFlows}. */
export type UserFlowName = keyof UserFlows

/** Customers in a Microsoft Entra External ID tenant. */
export interface ExternalIdAuthority {
  readonly kind: 'external-id'
  /** The name before `.ciamlogin.com` and `.onmicrosoft.com`. */
  readonly tenantName: string
  /** Tenant id, a GUID: the issuer of the tokens bears it. */
  readonly tenantId: string
  /** Host of a custom domain. Default `<tenantName>.ciamlogin.com`. */
  readonly domain?: string | undefined
}

/** The one tenant that all personal Microsoft accounts belong to. */
export const PERSONAL_ACCOUNTS_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Lets the people of one organization sign in.
 *
 * Nothing is checked here: `AuthClient` reports every fault of its configuration at once.
 */
export function singleTenant(options: Omit<SingleTenantAuthority, 'kind'>): SingleTenantAuthority {
  return { kind: 'single-tenant', ...options }
}

/**
 * Lets people of several organizations, or with personal accounts, sign in.
 *
 * Closed unless opened: `allowedTenants` is a list of tenant ids, or the literal `'any'`.
 *
 * @example
 * ```ts
 * import { multiTenant } from '@patkit/core'
 *
 * export const authority = multiTenant({
 *   audience: 'organizations',
 *   allowedTenants: ['aaaabbbb-0000-cccc-1111-dddd2222eeee'],
 * })
 * ```
 */
export function multiTenant(options: Omit<OrganizationsAuthority, 'kind'>): OrganizationsAuthority
export function multiTenant(options: Omit<ConsumersAuthority, 'kind'>): ConsumersAuthority
export function multiTenant(
  options: Omit<OrganizationsAuthority, 'kind'> | Omit<ConsumersAuthority, 'kind'>,
): MultiTenantAuthority {
  return { kind: 'multi-tenant', ...options }
}

/**
 * Lets the customers of an Azure AD B2C tenant sign up, sign in, edit their profile and reset their password.
 *
 * @remarks Microsoft gives no new B2C tenants since 2025-05-01; {@link externalId} is the successor.
 */
export function b2c(options: Omit<B2cAuthority, 'kind'>): B2cAuthority {
  return { kind: 'b2c', ...options }
}

/** Lets the customers of a Microsoft Entra External ID tenant sign up and sign in. */
export function externalId(options: Omit<ExternalIdAuthority, 'kind'>): ExternalIdAuthority {
  return { kind: 'external-id', ...options }
}

/** Host at which the people of this authority sign in. */
export function authorityHost(authority: Authority): string {
  switch (authority.kind) {
    case 'single-tenant':
      return signInHosts[authority.cloud ?? 'public']
    case 'multi-tenant':
      return signInHosts[authority.audience === 'consumers' ? 'public' : (authority.cloud ?? 'public')]
    case 'b2c':
      return (authority.domain ?? `${authority.tenantName}.b2clogin.com`).toLowerCase()
    case 'external-id':
      return (authority.domain ?? `${authority.tenantName}.ciamlogin.com`).toLowerCase()
    default: {
      const unreachable: never = authority
      return unreachable
    }
  }
}

/** Address under which this authority is described and signs people in, without a slash at the end. */
export function authorityUrl(authority: Authority, userFlow: UserFlowName = 'signUpSignIn'): string {
  return `https://${authorityHost(authority)}/${authorityPath(authority, userFlow)}`
}

function authorityPath(authority: Authority, userFlow: UserFlowName): string {
  switch (authority.kind) {
    case 'single-tenant':
      return authority.tenant.toLowerCase()
    case 'multi-tenant':
      return authority.audience
    case 'b2c': {
      const policy = userFlowPolicy(authority, userFlow)
      if (policy === undefined) throw new TypeError(`userFlows.${userFlow} is not configured.`)
      return `${b2cTenantSegment(authority)}/${policy}`
    }
    case 'external-id':
      return authority.tenantId.toLowerCase()
    default: {
      const unreachable: never = authority
      return unreachable
    }
  }
}

/** Name of a user flow as configured; `undefined` when it is not, or when the authority has none. */
export function userFlowPolicy(authority: Authority, userFlow: UserFlowName): string | undefined {
  return authority.kind === 'b2c' ? authority.userFlows[userFlow] : undefined
}

/** Names the authority whatever the user flow: tokens and sessions of different authorities must never meet under one key. */
export function authorityKey(authority: Authority): string {
  return authority.kind === 'b2c'
    ? `https://${authorityHost(authority)}/${b2cTenantSegment(authority)}`
    : authorityUrl(authority)
}

const b2cTenantSegment = ({ tenantId, tenantName }: B2cAuthority): string =>
  (tenantId ?? `${tenantName}.onmicrosoft.com`).toLowerCase()

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i
const tenantLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
// A policy becomes part of a path: a slash, a question mark or a percent sign would lead somewhere else.
const policyName = /^[a-z0-9][a-z0-9_-]{0,127}$/i

/** Whether a text is a GUID, in whatever case. */
export function isGuid(text: unknown): text is string {
  return typeof text === 'string' && guid.test(text)
}

/** Finds everything that is wrong with an authority; nothing is taken for granted about its shape. */
export function authorityFaults(authority: unknown): ConfigurationFault[] {
  if (typeof authority !== 'object' || authority === null) return [noAuthority]
  const fields = authority as Record<string, unknown>
  switch (fields.kind) {
    case 'single-tenant':
      return [...tenantFaults(fields.tenant), ...cloudFaults(fields.cloud)]
    case 'multi-tenant':
      return multiTenantFaults(fields)
    case 'b2c':
      return [
        ...tenantNameFaults(fields.tenantName, 'b2clogin.com'),
        ...(fields.tenantId === undefined ? [] : tenantIdFaults(fields.tenantId)),
        ...domainFaults(fields.domain),
        ...userFlowFaults(fields.userFlows),
      ]
    case 'external-id':
      return [
        ...tenantNameFaults(fields.tenantName, 'ciamlogin.com'),
        ...tenantIdFaults(fields.tenantId),
        ...domainFaults(fields.domain),
      ]
    default:
      return [noAuthority]
  }
}

const noAuthority: ConfigurationFault = {
  field: 'authority',
  problem: 'It is missing or of no known kind.',
  fix: 'Make it with singleTenant(), multiTenant(), b2c() or externalId().',
}

const sharedAudiences = ['common', 'organizations', 'consumers']

function tenantFaults(tenant: unknown): ConfigurationFault[] {
  if (isGuid(tenant)) return []
  const at = 'authority.tenant'
  if (typeof tenant !== 'string' || tenant === '') {
    return [fault(at, 'It is missing.', 'Give the tenant id (a GUID) or a domain of the tenant.')]
  }
  if (sharedAudiences.includes(tenant.toLowerCase())) {
    return [fault(at, `${quote(tenant)} is no tenant.`, `Use multiTenant({ audience: '${tenant.toLowerCase()}', … }).`)]
  }
  if (hostName.test(tenant)) return []
  return [
    fault(
      at,
      `${quote(tenant)} is neither a tenant id nor a domain.`,
      'Give the tenant id (a GUID) or a domain such as contoso.onmicrosoft.com.',
    ),
  ]
}

function multiTenantFaults({ audience, allowedTenants, cloud }: Record<string, unknown>): ConfigurationFault[] {
  if (typeof audience !== 'string' || !sharedAudiences.includes(audience)) {
    return [
      fault(
        'authority.audience',
        audience === undefined ? 'It is missing.' : `${quote(audience)} is not an audience.`,
        "Give 'organizations', 'common' or 'consumers'.",
      ),
      ...cloudFaults(cloud),
    ]
  }
  if (audience === 'consumers') return []
  return [...allowedTenantsFaults(allowedTenants), ...cloudFaults(cloud)]
}

function allowedTenantsFaults(allowed: unknown): ConfigurationFault[] {
  const at = 'authority.allowedTenants'
  if (allowed === 'any') return []
  if (!Array.isArray(allowed) || allowed.length === 0) {
    return [
      fault(
        at,
        'Nobody is let in: the list is missing or empty.',
        "List the ids of the tenants to let in, or say 'any' to let in every Microsoft account.",
      ),
    ]
  }
  const wrong = (allowed as unknown[]).find((tenant) => !isGuid(tenant))
  if (wrong === undefined) return []
  return [
    fault(
      at,
      `${quote(wrong)} is not a tenant id.`,
      'Give tenant ids (GUIDs): tokens name their tenant by its id, never by a domain.',
    ),
  ]
}

function cloudFaults(cloud: unknown): ConfigurationFault[] {
  if (cloud === undefined || cloudNames.some((name) => name === cloud)) return []
  return [fault('authority.cloud', `${quote(cloud)} is not a cloud.`, `Give one of ${cloudNames.join(', ')}.`)]
}

function tenantNameFaults(name: unknown, host: string): ConfigurationFault[] {
  const at = 'authority.tenantName'
  if (typeof name !== 'string' || name === '') {
    return [fault(at, 'It is missing.', `Give the name before .${host}, such as fabrikam.`)]
  }
  if (tenantLabel.test(name)) return []
  return [fault(at, `${quote(name)} is more than a name.`, `Give only the part before .onmicrosoft.com or .${host}.`)]
}

function tenantIdFaults(tenantId: unknown): ConfigurationFault[] {
  if (isGuid(tenantId)) return []
  const problem =
    typeof tenantId === 'string' && tenantId !== '' ? `${quote(tenantId)} is not a GUID.` : 'It is missing.'
  return [fault('authority.tenantId', problem, 'Give the tenant id from the overview page of the tenant.')]
}

function domainFaults(domain: unknown): ConfigurationFault[] {
  if (domain === undefined || (typeof domain === 'string' && hostName.test(domain))) return []
  return [
    fault(
      'authority.domain',
      `${quote(domain)} is not a host name.`,
      'Give the host alone, without https:// and without a path, such as login.fabrikam.com.',
    ),
  ]
}

function userFlowFaults(userFlows: unknown): ConfigurationFault[] {
  if (typeof userFlows !== 'object' || userFlows === null) {
    return [fault('authority.userFlows', 'They are missing.', 'Give at least { signUpSignIn }.')]
  }
  const flows = userFlows as Record<string, unknown>
  const faults = (['signUpSignIn', 'editProfile', 'resetPassword'] as const).flatMap((name) => {
    const policy = flows[name]
    if (policy === undefined && name !== 'signUpSignIn') return []
    if (typeof policy === 'string' && policyName.test(policy)) return []
    const problem =
      typeof policy === 'string' && policy !== ''
        ? `${quote(policy)} is not the name of a user flow.`
        : 'It is missing.'
    return [fault(`authority.userFlows.${name}`, problem, 'Give the name as in the portal, such as B2C_1_susi.')]
  })
  if (faults.length > 0) return faults
  const names = Object.values(flows).filter((policy) => typeof policy === 'string')
  if (new Set(names.map((name) => name.toLowerCase())).size === names.length) return []
  return [
    fault(
      'authority.userFlows',
      'Two of them are the same.',
      'Give each its own user flow, or leave out what you do not have.',
    ),
  ]
}

function fault(field: string, problem: string, fix: string): ConfigurationFault {
  return { field, problem, fix }
}

/** Quotes what was given, short and on one line. */
function quote(given: unknown): string {
  if (typeof given !== 'string') return `A value of type ${given === null ? 'null' : typeof given}`
  return JSON.stringify(given.length > 80 ? `${given.slice(0, 77)}...` : given)
}
