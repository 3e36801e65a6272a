import { everyoneNamed } from './actions.js'
import type { Authority } from './authorities.js'
import type { Client } from './clients.js'
import type { IdentityContext } from './context.js'
import { guidOf } from './ids.js'
import { azureDevOpsResource } from './resources.js'
import { clouds, hostsOf } from './tenants.js'
import type { Tenant } from './tenants.js'
import { signAccessToken } from './tokens.js'

/** An access token to be made without a sign-in. */
export interface IssueOrder {
  /** Object id or sign-in name. */
  readonly person: string
  /** Id or URI of the API. Default: Azure DevOps. */
  readonly resource?: string
  /** Short names. Default: what `/.default` of the API grants. */
  readonly scopes?: readonly string[]
  /** Application it is made out to. Default: one of the emulator's own. */
  readonly clientId?: string
  /** Default: the knob `accessTokenSeconds`. */
  readonly expiresInSeconds?: number
}

/**
 * Makes an access token as the token endpoint would have.
 *
 * @throws TypeError if there is no such person, API or application.
 */
export async function issueFor(context: IdentityContext, order: IssueOrder): Promise<string> {
  const [person] = everyoneNamed(context, order.person)
  const name = order.resource ?? azureDevOpsResource
  const resource = person === undefined ? undefined : context.resources.find(name, person.tenantId)
  if (person === undefined || resource === undefined)
    throw new TypeError(`There is no API ${JSON.stringify(name)} in the tenant of ${order.person}.`)
  const client = clientFor(context, order.clientId, person.tenantId)
  const tokenOrder = {
    authority: homeAuthority(context.directory.tenant(person.tenantId)),
    client,
    resource,
    scopes: order.scopes ?? resource.defaultScopes,
    clientProof: client.type === 'public' ? '0' : '1',
    authContexts: [],
    capabilities: [],
    sessionId: undefined,
    expiresInSeconds: order.expiresInSeconds ?? context.knobs.current.accessTokenSeconds,
  } as const
  return signAccessToken(context, tokenOrder, person)
}

function clientFor(context: IdentityContext, clientId: string | undefined, tenantId: string): Client {
  if (clientId === undefined) return emulatorsOwn(tenantId)
  const client = context.clients.find(clientId)
  if (client === undefined) throw new TypeError(`The application ${JSON.stringify(clientId)} is not registered.`)
  return client
}

const emulatorsOwn = (tenantId: string): Client => ({
  clientId: guidOf('client', 'patkit emulator'),
  tenantId,
  displayName: 'patkit emulator',
  signInAudience: 'AzureADMyOrg',
  type: 'public',
  redirectUris: [],
  certificates: [],
  federatedCredentials: [],
  frontChannelLogoutUri: undefined,
  optionalClaims: [],
  consent: 'granted',
  applicationRoles: {},
})

/** Where people of a tenant usually sign in. */
function homeAuthority(tenant: Tenant): Authority {
  const [host = ''] = hostsOf(tenant)
  switch (tenant.kind) {
    case 'entra':
      return { kind: 'entra', host: clouds[tenant.cloud].host, tenant }
    case 'external-id':
      return { kind: 'external-id', host, tenant }
    case 'b2c': {
      const userFlow = tenant.userFlows.find(({ kind }) => kind === 'sign-up-sign-in') ?? tenant.userFlows[0]
      if (userFlow === undefined) throw new TypeError(`The tenant ${tenant.name} has no user flow.`)
      return { kind: 'b2c', host, tenant, userFlow }
    }
  }
}
