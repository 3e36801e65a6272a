import type { Client } from './clients.js'
import type { Directory } from './directory.js'

/** An API for which access tokens are issued. */
export interface ResourceSeed {
  /** Application id of the API: the audience of its tokens. */
  readonly id: string
  readonly displayName: string
  /** Id, domain or name of the tenant it is registered in. Absent: exists in every tenant of Entra ID and External ID. */
  readonly tenant?: string
  /** Other names of the resource in a scope, such as `api://…` or `https://fabrikamb2c.onmicrosoft.com/api`. */
  readonly identifierUris?: readonly string[]
  /** Short names of the scopes it knows, such as `demo.read`. */
  readonly scopes: readonly string[]
  /** What `/.default` grants. Default: all its scopes. */
  readonly defaultScopes?: readonly string[]
  /** Version of its access tokens. Default: 2. Azure DevOps takes version 1. */
  readonly tokenVersion?: 1 | 2
  /** `emulator`: the protected web API `/api/me` takes its tokens, and asks for the first of its scopes. Default: `elsewhere`. */
  readonly servedBy?: 'emulator' | 'elsewhere'
}

export interface Resource {
  readonly id: string
  readonly displayName: string
  readonly tenantId: string | undefined
  readonly names: readonly string[]
  readonly scopes: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly tokenVersion: 1 | 2
  readonly servedBy: 'emulator' | 'elsewhere'
}

/** Application id of Azure DevOps, the audience of the access tokens it takes. */
export const azureDevOpsResource = '499b84ac-1321-427f-aa17-267ca6975798'

/** Application id of Microsoft Graph. */
export const graphResource = '00000003-0000-0000-c000-000000000000'

/** The APIs of Microsoft's that every directory has. */
export const firstPartyResources: readonly ResourceSeed[] = [
  {
    id: azureDevOpsResource,
    displayName: 'Azure DevOps',
    identifierUris: ['https://app.vssps.visualstudio.com'],
    scopes: [
      'user_impersonation',
      ...['vso.profile', 'vso.graph', 'vso.graph_manage', 'vso.tokens', 'vso.tokenadministration', 'vso.pats'],
      ...['vso.pats_manage', 'vso.project', 'vso.work', 'vso.code', 'vso.build'],
    ],
    defaultScopes: ['user_impersonation'],
    tokenVersion: 1,
  },
  {
    id: graphResource,
    displayName: 'Microsoft Graph',
    identifierUris: ['https://graph.microsoft.com'],
    scopes: [
      ...['User.Read', 'User.ReadBasic.All', 'User.Read.All', 'Mail.Read', 'Directory.Read.All'],
      ...['Application.Read.All', 'Application.ReadWrite.All'],
    ],
    defaultScopes: ['User.Read'],
  },
]

export type OidcScope = 'openid' | 'profile' | 'email' | 'offline_access'

/** What a client asks for, read from `scope`. */
export interface ScopeRequest {
  readonly oidc: ReadonlySet<OidcScope>
  /** One entry for each API, in the order of the text. */
  readonly apis: readonly ApiRequest[]
}

/** What a client asks of one API. */
export interface ApiRequest {
  readonly resource: Resource
  /** Short names; for `/.default` what it grants. */
  readonly scopes: readonly string[]
  /** As the client wrote them: the response repeats them so that MSAL finds the token in its cache. */
  readonly written: readonly string[]
  readonly isDefault: boolean
}

export type ScopeFault =
  | { readonly kind: 'unknown-resource'; readonly resource: string }
  | { readonly kind: 'unknown-scope'; readonly scope: string; readonly resource: Resource }
  | { readonly kind: 'default-with-others' }

const oidcScopes: readonly string[] = ['openid', 'profile', 'email', 'offline_access'] satisfies OidcScope[]
const isOidcScope = (text: string): text is OidcScope => oidcScopes.includes(text)

/** The APIs of a directory, and the reading of `scope` against them. */
export class ResourceRegistry {
  readonly #resources: readonly Resource[]
  readonly #directory: Directory

  constructor(directory: Directory, seeds: readonly ResourceSeed[]) {
    this.#directory = directory
    this.#resources = seeds.map((seed) => completeResource(directory, seed))
  }

  /** The API of this id or URI, for a client of this tenant. */
  find(name: string, tenantId: string): Resource | undefined {
    const wanted = normalized(name)
    return this.#resources.find((resource) => resource.names.includes(wanted) && this.#isIn(resource, tenantId))
  }

  byId(id: string): Resource | undefined {
    return this.#resources.find((resource) => resource.id === id.toLowerCase())
  }

  /** Splits `scope` by API. A bare scope is Microsoft Graph's; the bare client id means a token for the client itself. */
  parse(text: string, client: Client): ScopeRequest | ScopeFault {
    const words = text.split(/\s+/).filter((word) => word !== '')
    const asked = new Map<string, { resource: Resource; written: string[]; scopes: string[] }>()
    for (const word of words.filter((candidate) => !isOidcScope(candidate))) {
      const { resourceName, scope } = splitScope(word, client)
      const resource =
        resourceName === client.clientId ? this.#itself(client) : this.find(resourceName, client.tenantId)
      if (resource === undefined) return { kind: 'unknown-resource', resource: resourceName }
      if (scope !== '.default' && !resource.scopes.includes(scope)) return { kind: 'unknown-scope', scope, resource }
      const { written, scopes } = asked.get(resource.id) ?? { written: [], scopes: [] }
      asked.set(resource.id, { resource, written: [...written, word], scopes: [...scopes, scope] })
    }
    const apis = [...asked.values()].map(apiRequest)
    if (apis.some((api) => api.isDefault && api.written.length > 1)) return { kind: 'default-with-others' }
    return { oidc: new Set(words.filter(isOidcScope)), apis }
  }

  #isIn(resource: Resource, tenantId: string): boolean {
    if (resource.tenantId !== undefined) return resource.tenantId === tenantId
    return this.#directory.tenant(tenantId).kind !== 'b2c'
  }

  /** The APIs whose tokens the emulator's own web API takes. */
  servedHere(): readonly Resource[] {
    return this.#resources.filter(({ servedBy }) => servedBy === 'emulator')
  }

  /** An application may ask for a token for itself, whether or not it is registered as an API. */
  #itself(client: Client): Resource {
    return this.byId(client.clientId) ?? applicationAsResource(client)
  }
}

const applicationAsResource = ({ clientId, displayName, tenantId }: Client): Resource => ({
  id: clientId,
  displayName,
  tenantId,
  names: [clientId],
  scopes: [],
  defaultScopes: [],
  tokenVersion: 2,
  servedBy: 'elsewhere',
})

interface Asked {
  readonly resource: Resource
  readonly written: readonly string[]
  readonly scopes: readonly string[]
}

function apiRequest({ resource, written, scopes }: Asked): ApiRequest {
  const isDefault = scopes.includes('.default')
  return { resource, written, isDefault, scopes: isDefault ? resource.defaultScopes : [...new Set(scopes)] }
}

function splitScope(word: string, client: Client): { resourceName: string; scope: string } {
  if (word === client.clientId) return { resourceName: word, scope: '.default' }
  const slash = word.lastIndexOf('/')
  if (slash === -1) return { resourceName: graphResource, scope: word }
  return { resourceName: word.slice(0, slash), scope: word.slice(slash + 1) }
}

/** Without the slash at the end: a resource that has one is written `https://app.vssps.visualstudio.com//.default`. */
const normalized = (name: string): string => name.toLowerCase().replace(/\/$/, '')

function completeResource(directory: Directory, seed: ResourceSeed): Resource {
  const id = seed.id.toLowerCase()
  return {
    id,
    displayName: seed.displayName,
    tenantId: seed.tenant === undefined ? undefined : directory.tenant(seed.tenant).id,
    names: [id, `api://${id}`, ...(seed.identifierUris ?? []).map(normalized)],
    scopes: seed.scopes,
    defaultScopes: seed.defaultScopes ?? seed.scopes,
    tokenVersion: seed.tokenVersion ?? 2,
    servedBy: seed.servedBy ?? 'elsewhere',
  }
}
