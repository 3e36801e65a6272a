import { createHash, timingSafeEqual } from 'node:crypto'
import { grantRealm } from './authorities.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { missing } from './client-authentication.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import { holderOf, wantsClientInfo } from './grant-holder.js'
import type { Grant, PkceChallenge } from './grants.js'
import type { ScopeRequest } from './resources.js'
import { isWithin, onlyApi, readScope } from './scopes.js'
import { respondWithTokens } from './token-response.js'
import type { TokenResponse } from './token-response.js'

/** `grant_type=authorization_code`: once, by the application and for the address it was issued for, with the PKCE proof. */
export async function redeemCode(
  context: IdentityContext,
  request: IdentityRequest,
  { client, proof }: AuthenticatedClient,
): Promise<TokenResponse> {
  const { parameters, route } = request
  const value = parameters.get('code')
  if (value === null) throw missing('code')
  const code = context.grants.code(value)
  if (code?.grant.client !== client || grantRealm(code.grant.authority) !== grantRealm(route.authority))
    throw new IdentityFailure('AADSTS70000', { text: 'The code was not issued to this application at this endpoint.' })
  if (parameters.get('redirect_uri') !== code.redirectUri) throw new IdentityFailure('AADSTS500112')
  if (code.redeemed) throw new IdentityFailure('AADSTS54005')
  if (code.expiresAt <= context.clock.now()) throw new IdentityFailure('AADSTS70008')
  checkPkce(code.challenge, parameters.get('code_verifier'))
  const person = holderOf(context, route.authority, code.grant)
  const scope = requestedScope(context, code.grant, parameters.get('scope'))
  const api = onlyApi(scope)
  // Before the first await: of two redemptions at the same time, one must lose.
  code.redeemed = true
  return respondWithTokens(context, {
    grant: code.grant,
    person,
    oidc: scope.oidc,
    api,
    clientProof: proof,
    wantsClientInfo: wantsClientInfo(request),
    refreshToken: 'issue',
  })
}

function requestedScope(context: IdentityContext, grant: Grant, text: string | null): ScopeRequest {
  if (text === null) return { ...grant.scope, apis: grant.scope.apis.slice(0, 1) }
  const scope = readScope(context, grant.client, text)
  if (isWithin(scope, grant.scope)) return scope
  throw new IdentityFailure('AADSTS70000', { text: 'A scope of this request was not part of the authorization.' })
}

/** A verifier without a challenge is refused too: it is the sign of a downgraded request (RFC 9700, section 4.8.2). */
function checkPkce(challenge: PkceChallenge | undefined, verifier: string | null): void {
  if (challenge === undefined && verifier === null) return
  if (challenge === undefined || verifier === null || !answers(verifier, challenge))
    throw new IdentityFailure('AADSTS501481')
}

function answers(verifier: string, { value, method }: PkceChallenge): boolean {
  const answer = method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
  const [given, wanted] = [Buffer.from(answer), Buffer.from(value)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
