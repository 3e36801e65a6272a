import { grantRealm } from './authorities.js'
import { readClaimsRequest } from './claims-request.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { missing } from './client-authentication.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import type { Person } from './directory.js'
import { IdentityFailure } from './errors.js'
import { holderOf, requireAuthContexts, wantsClientInfo } from './grant-holder.js'
import type { Grant, RefreshToken } from './grants.js'
import type { ScopeRequest } from './resources.js'
import { areWithin, needsConsent, onlyApi, readScope } from './scopes.js'
import { serviceTimestamp } from './time.js'
import { respondWithTokens } from './token-response.js'
import type { TokenResponse } from './token-response.js'

/** `grant_type=refresh_token`: new tokens, also for another API if the person or an administrator has consented to it. */
export async function refresh(
  context: IdentityContext,
  request: IdentityRequest,
  { client, proof }: AuthenticatedClient,
): Promise<TokenResponse> {
  const { parameters, route } = request
  const value = parameters.get('refresh_token')
  if (value === null) throw missing('refresh_token')
  const token = context.grants.refreshToken(value)
  if (token?.grant.client !== client || grantRealm(token.grant.authority) !== grantRealm(route.authority))
    throw new IdentityFailure('AADSTS70000', { text: 'The refresh token is not of this application and endpoint.' })
  refuseDead(context, token)
  const person = holderOf(context, route.authority, token.grant)
  const asked = readClaimsRequest(parameters.get('claims'))
  requireAuthContexts(context, token.grant, asked.authContexts)
  const scope = requestedScope(context, token.grant, person, parameters.get('scope'))
  const api = onlyApi(scope)
  token.used = true
  return respondWithTokens(context, {
    grant: { ...token.grant, capabilities: asked.capabilities },
    person,
    oidc: scope.oidc,
    api,
    clientProof: proof,
    wantsClientInfo: wantsClientInfo(request),
    refreshToken: context.knobs.current.refreshTokenRotation === 'rotate' ? 'issue' : 'keep',
  })
}

function refuseDead(context: IdentityContext, token: RefreshToken): void {
  if (token.revoked) throw new IdentityFailure('AADSTS50173')
  if (token.expiresAt <= context.clock.now()) {
    const text = `The refresh token of ${serviceTimestamp(token.issuedAt)} has expired.`
    throw new IdentityFailure('AADSTS700082', { text })
  }
  if (token.used && context.knobs.current.usedRefreshTokens === 'refuse')
    throw new IdentityFailure('AADSTS70000', { text: 'The refresh token was used already.' })
}

function requestedScope(context: IdentityContext, grant: Grant, person: Person, text: string | null): ScopeRequest {
  if (text === null) return { ...grant.scope, apis: grant.scope.apis.slice(0, 1) }
  const scope = readScope(context, grant.client, text)
  const isCovered = areWithin(scope.apis, grant.scope.apis)
  if (!isCovered && needsConsent(context, grant.authority, grant.client, person, scope.apis))
    throw new IdentityFailure('AADSTS65001')
  return scope
}
