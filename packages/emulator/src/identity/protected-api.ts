import type { IncomingMessage } from 'node:http'
import { json } from './answers.js'
import type { Answer } from './answers.js'
import { challengeFor } from './claims-request.js'
import type { IdentityContext } from './context.js'
import type { Resource } from './resources.js'
import { clouds } from './tenants.js'
import type { AccessTokenVerifier, TokenIdentity, TokenRefusal } from './verify-access-token.js'

/** Where the protected web API of the examples is. */
export const protectedApiPath = '/api/me'

/**
 * A small web API as somebody would write it behind this identity provider: 401 without a good token, 403 without the scope, and
 * else what it knows about the caller.
 */
export async function answerProtectedApi(
  context: IdentityContext,
  verifier: AccessTokenVerifier,
  request: IncomingMessage,
): Promise<Answer> {
  if (request.method !== 'GET') return json(405, { error: 'method_not_allowed' }, { allow: 'GET' })
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return unauthorized({})
  const check = await verifier.verify(token)
  if (check.kind === 'refused')
    return unauthorized({ error: 'invalid_token', error_description: refusals[check.reason] })
  const challenge = lackingContext(context, check.identity)
  if (challenge !== undefined)
    return unauthorized({ error: 'insufficient_claims', claims: Buffer.from(challenge).toString('base64') })
  const scope = requiredScope(context.resources.servedHere(), check.identity)
  if (scope !== undefined) return forbidden(scope)
  return json(200, describe(check.identity))
}

function lackingContext({ knobs }: IdentityContext, identity: TokenIdentity): string | undefined {
  const { claimsChallenge } = knobs.current
  if (claimsChallenge === null || claimsChallenge.at === 'token') return undefined
  const { authContext } = claimsChallenge
  return identity.authContexts.includes(authContext) ? undefined : challengeFor(authContext)
}

/** The scope the caller would need, if they have it not. */
function requiredScope(resources: readonly Resource[], { resourceId, scopes }: TokenIdentity): string | undefined {
  const required = resources.find(({ id }) => id === resourceId)?.scopes[0]
  return required === undefined || scopes.includes(required) ? undefined : required
}

function describe(identity: TokenIdentity): Record<string, unknown> {
  const { displayName, userPrincipalName, mail, objectId, tenantId, scopes, userFlow, expiresAt } = identity
  return {
    displayName: displayName ?? null,
    mail: mail ?? userPrincipalName ?? null,
    objectId,
    tenantId,
    scopes,
    userFlow: userFlow ?? null,
    tokenExpiresAt: expiresAt.toISOString(),
  }
}

const refusals: Readonly<Record<TokenRefusal, string>> = {
  malformed: 'The token is not a JSON Web Token that was issued here.',
  signature: 'The signature of the token is not valid.',
  issuer: 'The issuer of the token is not trusted.',
  audience: 'The token was issued for another API.',
  expired: 'The token has expired.',
  'not-yet-valid': 'The token is not valid yet.',
}

/** RFC 6750, section 3: without a token there is nothing wrong to describe. */
function unauthorized(parameters: Readonly<Record<string, string>>): Answer {
  const all = { realm: '', authorization_uri: `https://${clouds.public.host}/common/oauth2/authorize`, ...parameters }
  const body = { error: parameters.error ?? 'unauthorized', error_description: parameters.error_description ?? null }
  return json(401, body, { 'www-authenticate': bearer(all) })
}

function forbidden(scope: string): Answer {
  const error = 'insufficient_scope'
  return json(
    403,
    { error, error_description: `The token needs the scope ${scope}.` },
    {
      'www-authenticate': bearer({ realm: '', error, scope }),
    },
  )
}

const bearer = (parameters: Readonly<Record<string, string>>): string =>
  `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '')}"`)
    .join(', ')}`
