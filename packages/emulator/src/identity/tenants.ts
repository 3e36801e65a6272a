import { guidOf, isGuid } from './ids.js'

/** A tenant of Microsoft Entra ID, reached at the sign-in host of its cloud. */
export interface EntraTenantSeed {
  readonly kind: 'entra'
  /** First domain, such as `contoso.onmicrosoft.com`. */
  readonly domain: string
  /** Tenant id. Default: a GUID that always belongs to the domain. */
  readonly id?: string
  readonly displayName?: string
  /** Default: `public`. */
  readonly cloud?: CloudName
}

/** A tenant of Azure AD B2C, reached at `<name>.b2clogin.com` and at its custom domain. */
export interface B2cTenantSeed {
  readonly kind: 'b2c'
  /** The name before `.b2clogin.com` and `.onmicrosoft.com`. */
  readonly name: string
  readonly id?: string
  readonly displayName?: string
  readonly userFlows: readonly UserFlow[]
  /** Host of a custom domain, such as `login.fabrikam.example`. */
  readonly customDomain?: string
  /** `tenant` (default) gives `https://<host>/<id>/v2.0/`, `user-flow` gives `https://<host>/tfp/<id>/<user flow>/v2.0/`. */
  readonly issuerFormat?: 'tenant' | 'user-flow'
  /** The claim that names the user flow. Default: `tfp`; old user flows send `acr`. */
  readonly userFlowClaim?: 'tfp' | 'acr'
  /** `redirect` (default) sends the app AADB2C90118; `within-sign-in` resets inside the sign-in, as newer user flows do. */
  readonly forgotPassword?: 'redirect' | 'within-sign-in'
  /** `required` refuses to redirect after a sign-out without `id_token_hint`. Default: `optional`. */
  readonly idTokenHintAtSignOut?: 'optional' | 'required'
}

/** A tenant of Microsoft Entra External ID, reached at `<name>.ciamlogin.com` and at its custom domain. */
export interface ExternalIdTenantSeed {
  readonly kind: 'external-id'
  /** The name before `.ciamlogin.com` and `.onmicrosoft.com`. */
  readonly name: string
  readonly id?: string
  readonly displayName?: string
  /** Host of a custom domain, such as `login.woodgrove.example`. */
  readonly customDomain?: string
}

export type TenantSeed = EntraTenantSeed | B2cTenantSeed | ExternalIdTenantSeed

/** A user flow (policy) of a B2C tenant. */
export interface UserFlow {
  /** As registered, such as `B2C_1_susi`; paths compare it without case. */
  readonly name: string
  readonly kind: 'sign-up-sign-in' | 'edit-profile' | 'reset-password'
}

/** A tenant with everything a seed may leave out. */
export type Tenant = EntraTenant | B2cTenant | ExternalIdTenant
export type EntraTenant = Required<EntraTenantSeed>
export type B2cTenant = Complete<B2cTenantSeed>
export type ExternalIdTenant = Complete<ExternalIdTenantSeed>
type Complete<Seed extends { readonly customDomain?: string }> = Required<Omit<Seed, 'customDomain'>> & {
  readonly customDomain: string | undefined
}

/** A national cloud of Entra ID. */
export type CloudName = 'public' | 'us-government' | 'china' | 'france' | 'germany' | 'singapore'

interface Cloud {
  /** Host of sign-in pages, endpoints and issuers. */
  readonly host: string
  /** Name under which MSAL files tokens of this cloud. */
  readonly preferredCache: string
  /** Every host that means this cloud. */
  readonly aliases: readonly string[]
  /** Host of the issuer of version 1.0 access tokens. */
  readonly tokenServiceHost: string
}

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  public: {
    host: 'login.microsoftonline.com',
    preferredCache: 'login.windows.net',
    aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
    tokenServiceHost: 'sts.windows.net',
  },
  'us-government': {
    host: 'login.microsoftonline.us',
    preferredCache: 'login.microsoftonline.us',
    aliases: ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
    tokenServiceHost: 'sts.windows.net',
  },
  china: {
    host: 'login.partner.microsoftonline.cn',
    preferredCache: 'login.partner.microsoftonline.cn',
    aliases: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    tokenServiceHost: 'sts.chinacloudapi.cn',
  },
  france: sovereign('login.sovcloud-identity.fr'),
  germany: sovereign('login.sovcloud-identity.de'),
  singapore: sovereign('login.sovcloud-identity.sg'),
}

function sovereign(host: string): Cloud {
  return { host, preferredCache: host, aliases: [host], tokenServiceHost: host }
}

/** The one tenant of every personal Microsoft account. */
export const personalTenant: EntraTenant = {
  kind: 'entra',
  id: '9188040d-6c67-4c5b-b112-36a304b66dad',
  domain: 'live.com',
  displayName: 'Personal accounts',
  cloud: 'public',
}

export function completeTenant(seed: TenantSeed): Tenant {
  switch (seed.kind) {
    case 'entra':
      return { cloud: 'public', displayName: seed.domain, ...seed, id: tenantId(seed.id, seed.domain) }
    case 'b2c':
      return {
        issuerFormat: 'tenant',
        userFlowClaim: 'tfp',
        forgotPassword: 'redirect',
        idTokenHintAtSignOut: 'optional',
        displayName: seed.name,
        ...seed,
        customDomain: seed.customDomain?.toLowerCase(),
        id: tenantId(seed.id, `${seed.name}.b2clogin.com`),
      }
    case 'external-id':
      return {
        displayName: seed.name,
        ...seed,
        customDomain: seed.customDomain?.toLowerCase(),
        id: tenantId(seed.id, `${seed.name}.ciamlogin.com`),
      }
    default: {
      const unreachable: never = seed
      throw new TypeError(`tenants: "kind" must be entra, b2c or external-id: ${JSON.stringify(unreachable)}`)
    }
  }
}

/** Every host at which a tenant signs people in, the usual one first. */
export function hostsOf(tenant: Tenant): readonly string[] {
  const custom = tenant.kind !== 'entra' && tenant.customDomain !== undefined ? [tenant.customDomain] : []
  switch (tenant.kind) {
    case 'entra':
      return clouds[tenant.cloud].aliases
    case 'b2c':
      return [`${tenant.name.toLowerCase()}.b2clogin.com`, ...custom]
    case 'external-id':
      return [`${tenant.name.toLowerCase()}.ciamlogin.com`, `${tenant.id}.ciamlogin.com`, ...custom]
  }
}

/** Whether a path segment or a seed names this tenant: by id, domain or (B2C, External ID) bare name. */
export function isNamed(tenant: Tenant, name: string): boolean {
  const wanted = name.toLowerCase()
  if (wanted === tenant.id) return true
  if (tenant.kind === 'entra') return wanted === tenant.domain.toLowerCase()
  const own = tenant.name.toLowerCase()
  return wanted === own || wanted === `${own}.onmicrosoft.com`
}

/** The domain under which a tenant's people and scopes are written. */
export const domainOf = (tenant: Tenant): string =>
  tenant.kind === 'entra' ? tenant.domain : `${tenant.name}.onmicrosoft.com`

function tenantId(given: string | undefined, name: string): string {
  if (given === undefined) return guidOf('tenant', name)
  if (!isGuid(given)) throw new TypeError(`tenants: the id of ${name} must be a GUID, not ${JSON.stringify(given)}`)
  return given.toLowerCase()
}
