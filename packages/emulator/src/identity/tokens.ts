import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { issuerFor } from './authorities.js'
import type { Authority } from './authorities.js'
import type { Client, OptionalClaim } from './clients.js'
import type { IdentityContext } from './context.js'
import type { Person } from './directory.js'
import type { Grant } from './grants.js'
import { guidOf } from './ids.js'
import type { TokenFlaws } from './knobs.js'
import type { Resource } from './resources.js'
import { clouds } from './tenants.js'
import type { CloudName } from './tenants.js'
import { inSeconds } from './time.js'

/** What an application is in a tenant: the object id of its tokens without a person. */
export const servicePrincipalId = (client: Client, tenantId: string): string =>
  guidOf('service principal', client.clientId, tenantId)

/** The `login_hint` claim: opaque, and good as `logout_hint`. */
export const loginHintOf = (sessionId: string, objectId: string): string =>
  `O.${hash('login hint', sessionId, objectId)}`

/** `0` none (public client), `1` secret, `2` certificate or federated assertion. */
export type ClientProof = '0' | '1' | '2'

/** How an access token is made out. */
export interface AccessTokenOrder {
  readonly authority: Authority
  readonly client: Client
  readonly resource: Resource
  readonly scopes: readonly string[]
  /** Proof the application gave at the token endpoint, as `azpacr` / `appidacr` carry it. */
  readonly clientProof: ClientProof
  readonly authContexts: readonly string[]
  readonly capabilities: readonly string[]
  readonly sessionId: string | undefined
  readonly expiresInSeconds: number
}

export async function signIdToken(context: IdentityContext, grant: Grant, person: Person): Promise<string> {
  const { idTokenFlaws, idTokenSeconds } = context.knobs.current
  const claims = grant.authority.kind === 'b2c' ? b2cIdClaims(grant, person) : entraIdClaims(context, grant, person)
  const nonce = idTokenFlaws.nonce ?? grant.nonce ?? undefined
  const payload = { ...dates(context, idTokenSeconds), ...claims, ...optional('nonce', nonce) }
  return sign(context, grant.authority, payload, idTokenFlaws)
}

/** A token for an API, on behalf of a person. */
export function signAccessToken(context: IdentityContext, order: AccessTokenOrder, person: Person): Promise<string> {
  const who = order.resource.tokenVersion === 1 ? personClaimsV1(order, person) : personClaims(order, person)
  return signForApi(context, order, person.tenantId, { ...who, scp: order.scopes.join(' ') })
}

/** A token for an API that an application gets in its own name. */
export function signApplicationToken(
  context: IdentityContext,
  order: AccessTokenOrder,
  tenantId: string,
  roles: readonly string[],
): Promise<string> {
  const objectId = servicePrincipalId(order.client, tenantId)
  const claims = { oid: objectId, sub: objectId, idtyp: 'app', ...optional('roles', listOrNothing(roles)) }
  return signForApi(context, order, tenantId, claims)
}

function signForApi(
  context: IdentityContext,
  order: AccessTokenOrder,
  tenantId: string,
  who: JWTPayload,
): Promise<string> {
  const payload = {
    ...dates(context, order.expiresInSeconds),
    ...(order.resource.tokenVersion === 1 ? envelopeV1(order, tenantId) : envelope(order, tenantId)),
    ...who,
    ...optional('acrs', listOrNothing(order.authContexts)),
    ...optional('xms_cc', listOrNothing(order.capabilities)),
    ...optional('sid', order.sessionId),
    // RS256 is deterministic: without an id of their own, two tokens of one second would be the same token.
    uti: context.ids.opaque('', 16),
  }
  return sign(context, order.authority, payload, context.knobs.current.accessTokenFlaws)
}

function envelope({ authority, client, resource, clientProof }: AccessTokenOrder, tenantId: string): JWTPayload {
  const common = { iss: issuerFor(authority, tenantId), aud: resource.id, azp: client.clientId }
  if (authority.kind === 'b2c')
    return { ...common, ver: '1.0', [authority.tenant.userFlowClaim]: authority.userFlow.name }
  return { ...common, ver: '2.0', tid: tenantId, azpacr: clientProof }
}

function envelopeV1({ authority, client, resource, clientProof }: AccessTokenOrder, tenantId: string): JWTPayload {
  return {
    iss: `https://${clouds[cloudOfToken(authority)].tokenServiceHost}/${tenantId}/`,
    aud: resource.id,
    appid: client.clientId,
    appidacr: clientProof,
    tid: tenantId,
    ver: '1.0',
  }
}

function cloudOfToken(authority: Authority): CloudName {
  if (authority.kind === 'shared') return authority.cloud
  return authority.kind === 'entra' ? authority.tenant.cloud : 'public'
}

function personClaims({ authority, client }: AccessTokenOrder, person: Person): JWTPayload {
  const common = { oid: person.objectId, name: person.displayName, ...optional('roles', listOrNothing(person.roles)) }
  if (authority.kind === 'b2c') return { ...common, sub: person.objectId, emails: emailsOf(person) }
  return { ...common, sub: pairwise(client, person), preferred_username: person.userPrincipalName }
}

function personClaimsV1({ client }: AccessTokenOrder, person: Person): JWTPayload {
  return {
    oid: person.objectId,
    sub: pairwise(client, person),
    name: person.displayName,
    upn: person.userPrincipalName,
    unique_name: person.userPrincipalName,
    ...optional('given_name', person.givenName),
    ...optional('family_name', person.familyName),
  }
}

function entraIdClaims(context: IdentityContext, grant: Grant, person: Person): JWTPayload {
  const { authority, client, scope, sessionId } = grant
  const wants = (claim: OptionalClaim): boolean => client.optionalClaims.includes(claim)
  const profile = { name: person.displayName, oid: person.objectId, preferred_username: person.userPrincipalName }
  return {
    iss: issuerFor(authority, person.tenantId),
    aud: client.clientId,
    sub: pairwise(client, person),
    tid: person.tenantId,
    ver: '2.0',
    rh: context.ids.opaque('1.', 16),
    uti: context.ids.opaque('', 16),
    ...(scope.oidc.has('profile') ? profile : {}),
    ...optional('email', scope.oidc.has('email') && wants('email') ? person.mail : undefined),
    ...optional('sid', wants('sid') ? sessionId : undefined),
    ...optional('login_hint', wants('login_hint') ? loginHintOf(sessionId, person.objectId) : undefined),
    ...optional('roles', listOrNothing(person.roles)),
    ...optional('groups', listOrNothing(person.groups)),
    ...optional('acrs', listOrNothing(grant.authContexts)),
  }
}

function b2cIdClaims({ authority, client, signedInAt, isNewUser }: Grant, person: Person): JWTPayload {
  if (authority.kind !== 'b2c') throw new TypeError('Only B2C has user flows.')
  return {
    iss: issuerFor(authority, person.tenantId),
    aud: client.clientId,
    sub: person.objectId,
    oid: person.objectId,
    ver: '1.0',
    auth_time: inSeconds(signedInAt),
    name: person.displayName,
    emails: emailsOf(person),
    ...optional('given_name', person.givenName),
    ...optional('family_name', person.familyName),
    ...optional('idp', person.identityProvider),
    ...optional('newUser', isNewUser ? true : undefined),
    [authority.tenant.userFlowClaim]: authority.userFlow.name,
  }
}

function dates(context: IdentityContext, lifeSeconds: number): JWTPayload {
  const now = inSeconds(context.clock.now())
  return { iat: now, nbf: now, exp: now + lifeSeconds }
}

function sign(context: IdentityContext, authority: Authority, payload: JWTPayload, flaws: TokenFlaws): Promise<string> {
  const { tenantId, issuer, audience, expiresInSeconds, omit = [] } = flaws
  const expiry = expiresInSeconds === undefined ? undefined : inSeconds(context.clock.now()) + expiresInSeconds
  const flawed: JWTPayload = {
    ...payload,
    ...(tenantId === undefined ? {} : { tid: tenantId, iss: issuerFor(authority, tenantId) }),
    ...optional('iss', issuer),
    ...optional('aud', audience),
    ...optional('exp', expiry),
  }
  const left = Object.fromEntries(Object.entries(flawed).filter(([name]) => !omit.includes(name)))
  return flaws.signature === undefined ? context.keys.sign(left) : context.keys.signUnpublished(left)
}

const emailsOf = (person: Person): string[] => (person.mail === undefined ? [] : [person.mail])

/** Entra's `sub` differs per application, so that two of them cannot put their users together. */
const pairwise = (client: Client, person: Person): string =>
  hash('subject', client.clientId, person.tenantId, person.objectId)

const hash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\n')).digest('base64url')

const listOrNothing = (values: readonly string[]): string[] | undefined =>
  values.length === 0 ? undefined : [...values]

const optional = (name: string, value: unknown): Record<string, unknown> =>
  value === undefined ? {} : { [name]: value }
