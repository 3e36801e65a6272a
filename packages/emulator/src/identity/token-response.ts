import type { IdentityContext } from './context.js'
import type { Person } from './directory.js'
import type { Grant } from './grants.js'
import { graphResource } from './resources.js'
import type { ApiRequest, OidcScope } from './resources.js'
import { inSeconds } from './time.js'
import { signAccessToken, signIdToken } from './tokens.js'
import type { ClientProof } from './tokens.js'

const daySeconds = 24 * 60 * 60

/** What the token endpoint hands out for a grant. */
export interface TokenOrder {
  readonly grant: Grant
  readonly person: Person
  readonly oidc: ReadonlySet<OidcScope>
  /** The API the access token is for. */
  readonly api: ApiRequest | undefined
  readonly clientProof: ClientProof
  /** `client_info=1` was sent. */
  readonly wantsClientInfo: boolean
  /** A refresh that does not rotate gives no new one. */
  readonly refreshToken: 'issue' | 'keep'
}

export type TokenResponse = Readonly<Record<string, string | number>>

export async function respondWithTokens(context: IdentityContext, order: TokenOrder): Promise<TokenResponse> {
  const { grant, person } = order
  const withRefresh = order.oidc.has('offline_access') && order.refreshToken === 'issue'
  const withClientInfo = order.wantsClientInfo && context.knobs.current.clientInfo === 'present'
  const refreshSeconds = refreshTokenSeconds(context, grant)
  return {
    token_type: 'Bearer',
    scope: writtenScope(order),
    ...(await accessTokenPart(context, order)),
    ...(withRefresh ? { refresh_token: context.grants.addRefreshToken(grant, refreshSeconds) } : {}),
    ...(order.oidc.has('openid') ? { id_token: await signIdToken(context, grant, person) } : {}),
    ...(withClientInfo ? { client_info: clientInfoOf(grant, person) } : {}),
    ...(grant.authority.kind === 'b2c' ? b2cPart(context, order, withRefresh ? refreshSeconds : undefined) : {}),
  }
}

function refreshTokenSeconds(context: IdentityContext, grant: Grant): number {
  return context.knobs.current.refreshTokenSeconds ?? (grant.authority.kind === 'b2c' ? 14 : 90) * daySeconds
}

/** `client_info`: the account as MSAL's cache names it, by its home. B2C puts the user flow behind the object id. */
export function clientInfoOf({ authority }: Pick<Grant, 'authority'>, person: Person): string {
  const { objectId, tenantId } = person.home
  const uid = authority.kind === 'b2c' ? `${objectId}-${authority.userFlow.name.toLowerCase()}` : objectId
  return encoded({ uid, utid: tenantId })
}

async function accessTokenPart(context: IdentityContext, order: TokenOrder): Promise<TokenResponse> {
  const { grant, person, clientProof } = order
  const isB2c = grant.authority.kind === 'b2c'
  // B2C issues an access token only to those who ask for an API; Entra then makes one for Microsoft Graph.
  const api = order.api ?? (isB2c ? undefined : graphApi(context, order))
  if (api === undefined) return {}
  const expiresInSeconds = context.knobs.current.accessTokenSeconds
  const tokenOrder = {
    authority: grant.authority,
    client: grant.client,
    resource: api.resource,
    scopes: api.scopes,
    clientProof,
    authContexts: grant.authContexts,
    capabilities: grant.capabilities,
    sessionId: isB2c ? undefined : grant.sessionId,
    expiresInSeconds,
  }
  const token = await signAccessToken(context, tokenOrder, person)
  return { access_token: token, expires_in: expiresInSeconds, ext_expires_in: expiresInSeconds }
}

function graphApi(context: IdentityContext, order: TokenOrder): ApiRequest | undefined {
  const resource = context.resources.byId(graphResource)
  const scopes = [...order.oidc].filter((scope) => scope !== 'offline_access')
  return resource === undefined ? undefined : { resource, scopes, written: [], isDefault: false }
}

/**
 * What the client may look the token up by: the scopes as it wrote them. Entra never lists `offline_access`; B2C answers a bare
 * client id with `/`, which no cache finds again (msal-js #3737).
 */
function writtenScope({ grant, oidc, api }: TokenOrder): string {
  if (grant.authority.kind === 'b2c') {
    const written = (api?.written ?? []).map((scope) => (scope === grant.client.clientId ? '/' : scope))
    return [...written, ...oidc].join(' ')
  }
  const implied = api?.isDefault === true ? api.scopes.map((scope) => impliedScope(api, scope)) : []
  const named = [...oidc].filter((scope) => scope !== 'offline_access')
  return [...new Set([...named, ...implied, ...(api?.written ?? [])])].join(' ')
}

/** `<API>/.default` is answered with the scopes behind it, under the name the client gave the API. */
function impliedScope(api: ApiRequest, scope: string): string {
  const name = (api.written[0] ?? '').replace(/\.default$/, '')
  return `${name}${scope}`
}

function b2cPart(context: IdentityContext, order: TokenOrder, refreshSeconds: number | undefined): TokenResponse {
  const { person, api } = order
  const now = inSeconds(context.clock.now())
  const { accessTokenSeconds, idTokenSeconds } = context.knobs.current
  return {
    not_before: now,
    profile_info: encoded({ ver: '1.0', tid: person.tenantId, sub: null, name: person.displayName, idp: null }),
    ...(api === undefined ? {} : { expires_on: now + accessTokenSeconds, resource: api.resource.id }),
    ...(order.oidc.has('openid') ? { id_token_expires_in: idTokenSeconds } : {}),
    ...(refreshSeconds === undefined ? {} : { refresh_token_expires_in: refreshSeconds }),
  }
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
