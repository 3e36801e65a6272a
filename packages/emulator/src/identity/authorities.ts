import type { Directory, Person } from './directory.js'
import { clouds, hostsOf, isNamed, personalTenant } from './tenants.js'
import type { B2cTenant, CloudName, EntraTenant, ExternalIdTenant, Tenant, UserFlow } from './tenants.js'

/** Where a client asks for a sign-in: what the host and the first segments of a path mean. */
export type Authority = SharedAuthority | TenantAuthority | UserFlowAuthority | ExternalAuthority

/** `/common`, `/organizations`, `/consumers`: the tenant is known when the person is. */
export interface SharedAuthority {
  readonly kind: 'shared'
  readonly cloud: CloudName
  readonly host: string
  readonly audience: 'common' | 'organizations' | 'consumers'
}
export interface TenantAuthority {
  readonly kind: 'entra'
  readonly host: string
  readonly tenant: EntraTenant
}
export interface UserFlowAuthority {
  readonly kind: 'b2c'
  readonly host: string
  readonly tenant: B2cTenant
  readonly userFlow: UserFlow
}
export interface ExternalAuthority {
  readonly kind: 'external-id'
  readonly host: string
  readonly tenant: ExternalIdTenant
}

export type AuthorityLookup =
  | { readonly kind: 'found'; readonly authority: Authority; readonly rest: readonly string[] }
  | { readonly kind: 'unknown-tenant'; readonly tenant: string }
  | { readonly kind: 'unknown-user-flow'; readonly tenant: B2cTenant; readonly userFlow: string }

/** Every host this directory answers for. */
export function knownHosts(directory: Directory): ReadonlySet<string> {
  return new Set([
    ...Object.values(clouds).flatMap((cloud) => cloud.aliases),
    ...directory.tenants.flatMap((tenant) => hostsOf(tenant)),
  ])
}

/**
 * Reads host and path as the services do: without case, a tenant by id, domain or name, and for B2C the user flow as the next
 * segment or as `?p=`.
 */
export function lookUpAuthority(
  directory: Directory,
  host: string,
  segments: readonly string[],
  userFlowInQuery: string | null,
): AuthorityLookup {
  const cloud = cloudOf(host)
  if (cloud !== undefined) return lookUpEntra(directory, cloud, segments)
  const path = segments[0]?.toLowerCase() === 'tfp' ? segments.slice(1) : segments
  const [name = '', ...rest] = path
  const tenant = directory.tenants.find((candidate) => hostsOf(candidate).includes(host) && isNamed(candidate, name))
  if (tenant?.kind === 'b2c') return lookUpUserFlow(tenant, host, rest, userFlowInQuery)
  if (tenant?.kind === 'external-id') return { kind: 'found', authority: { kind: 'external-id', host, tenant }, rest }
  return { kind: 'unknown-tenant', tenant: name }
}

const cloudNames = Object.keys(clouds) as CloudName[]

export const cloudOf = (host: string): CloudName | undefined =>
  cloudNames.find((name) => clouds[name].aliases.includes(host))

function lookUpEntra(directory: Directory, cloud: CloudName, segments: readonly string[]): AuthorityLookup {
  const [name = '', ...rest] = segments
  const { host } = clouds[cloud]
  const audience = name.toLowerCase()
  if (audience === 'common' || audience === 'organizations' || audience === 'consumers')
    return { kind: 'found', authority: { kind: 'shared', cloud, host, audience }, rest }
  const tenant = directory.tenants.find(
    (candidate) => candidate.kind === 'entra' && candidate.cloud === cloud && isNamed(candidate, name),
  )
  if (tenant?.kind !== 'entra') return { kind: 'unknown-tenant', tenant: name }
  return { kind: 'found', authority: { kind: 'entra', host, tenant }, rest }
}

function lookUpUserFlow(
  tenant: B2cTenant,
  host: string,
  path: readonly string[],
  inQuery: string | null,
): AuthorityLookup {
  const [name, rest] = inQuery === null ? [path[0] ?? '', path.slice(1)] : [inQuery, path]
  const userFlow = tenant.userFlows.find((flow) => flow.name.toLowerCase() === name.toLowerCase())
  if (userFlow === undefined) return { kind: 'unknown-user-flow', tenant, userFlow: name }
  return { kind: 'found', authority: { kind: 'b2c', host, tenant, userFlow }, rest }
}

/** The path under the host by which discovery names this authority: `/{tenant id}`, `/common`, `/{domain}/{user flow}`. */
export function authorityPath(authority: Authority): string {
  switch (authority.kind) {
    case 'shared':
      return `/${authority.audience}`
    case 'b2c':
      return `/${authority.tenant.name.toLowerCase()}.onmicrosoft.com/${authority.userFlow.name.toLowerCase()}`
    case 'entra':
    case 'external-id':
      return `/${authority.tenant.id}`
  }
}

/** The one tenant of this authority; `undefined` where the person decides. */
export function tenantOf(authority: Authority): Tenant | undefined {
  if (authority.kind !== 'shared') return authority.tenant
  return authority.audience === 'consumers' ? personalTenant : undefined
}

/** The issuer that discovery announces. On `/common` and `/organizations` the tenant is the literal `{tenantid}`. */
export const announcedIssuer = (authority: Authority): string =>
  issuerFor(authority, tenantOf(authority)?.id ?? '{tenantid}')

/** The issuer of an ID token for someone of this tenant. */
export function issuerFor(authority: Authority, tenantId: string): string {
  switch (authority.kind) {
    case 'shared':
    case 'entra':
      return `https://${authority.host}/${tenantId}/v2.0`
    case 'external-id':
      return `https://${issuerHost(authority, tenantId)}/${tenantId}/v2.0`
    case 'b2c':
      return authority.tenant.issuerFormat === 'tenant'
        ? `https://${authority.host}/${tenantId}/v2.0/`
        : `https://${authority.host}/tfp/${tenantId}/${authority.userFlow.name.toLowerCase()}/v2.0/`
  }
}

/** External ID signs as `<tenant id>.ciamlogin.com` whatever subdomain was asked; a custom domain signs as itself. */
function issuerHost({ host, tenant }: ExternalAuthority, tenantId: string): string {
  return host === tenant.customDomain ? host : `${tenantId}.ciamlogin.com`
}

/** Every issuer that a token of this tenant may carry, access tokens of version 1.0 included. */
export function issuersOf(tenant: Tenant): readonly string[] {
  switch (tenant.kind) {
    case 'entra': {
      const { host, tokenServiceHost } = clouds[tenant.cloud]
      return [issuerFor({ kind: 'entra', host, tenant }, tenant.id), `https://${tokenServiceHost}/${tenant.id}/`]
    }
    case 'external-id':
      return hostsOf(tenant).map((host) => issuerFor({ kind: 'external-id', host, tenant }, tenant.id))
    case 'b2c':
      return hostsOf(tenant).flatMap((host) =>
        tenant.userFlows.map((userFlow) => issuerFor({ kind: 'b2c', host, tenant, userFlow }, tenant.id)),
      )
  }
}

/**
 * What a code or a refresh token is bound to. Entra's are good at any path of the same cloud that admits the person; those of B2C
 * at the same user flow only.
 */
export function grantRealm(authority: Authority): string {
  switch (authority.kind) {
    case 'shared':
      return `entra:${authority.cloud}`
    case 'entra':
      return `entra:${authority.tenant.cloud}`
    case 'b2c':
      return `b2c:${authority.tenant.id}:${authority.userFlow.name.toLowerCase()}`
    case 'external-id':
      return `external-id:${authority.tenant.id}`
  }
}

/** What a browser's session is bound to: one for a cloud of Entra ID, one for each tenant of B2C and External ID. */
export const sessionRealm = (authority: Authority): string =>
  authority.kind === 'b2c' ? `b2c:${authority.tenant.id}` : grantRealm(authority)

/** The tenants whose people may sign in here. */
export function admittedTenantIds(directory: Directory, authority: Authority): readonly string[] {
  if (authority.kind !== 'shared') return [authority.tenant.id]
  const inCloud = directory.tenants.filter((tenant) => tenant.kind === 'entra' && tenant.cloud === authority.cloud)
  const isPersonal = (tenant: Tenant): boolean => tenant.id === personalTenant.id
  switch (authority.audience) {
    case 'common':
      return inCloud.map(({ id }) => id)
    case 'organizations':
      return inCloud.filter((tenant) => !isPersonal(tenant)).map(({ id }) => id)
    case 'consumers':
      return inCloud.filter(isPersonal).map(({ id }) => id)
  }
}

export const admits = (directory: Directory, authority: Authority, person: Person): boolean =>
  admittedTenantIds(directory, authority).includes(person.tenantId)
