import { readClaimsRequest } from './claims-request.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { missing } from './client-authentication.js'
import type { Client } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import { holderOf, requireAuthContexts, wantsClientInfo } from './grant-holder.js'
import type { Grant } from './grants.js'
import { needsConsent, onlyApi, readScope } from './scopes.js'
import { respondWithTokens } from './token-response.js'
import type { TokenResponse } from './token-response.js'
import { AccessTokenVerifier } from './verify-access-token.js'
import type { TokenIdentity } from './verify-access-token.js'

/** The on-behalf-of flow: an API trades the token it was called with for one of the next API. B2C does not have it. */
export async function actOnBehalf(
  context: IdentityContext,
  request: IdentityRequest,
  { client, proof }: AuthenticatedClient,
): Promise<TokenResponse> {
  const { parameters, route } = request
  if (route.authority.kind === 'b2c') throw new IdentityFailure('AADSTS70003')
  if (client.type === 'public') throw new IdentityFailure('AADSTS7000218')
  if (parameters.get('requested_token_use') !== 'on_behalf_of')
    throw new IdentityFailure('AADSTS90014', { text: 'requested_token_use must be on_behalf_of.' })
  const caller = await readAssertion(context, client, parameters.get('assertion'))
  const scope = readScope(context, client, parameters.get('scope') ?? '')
  const api = onlyApi(scope)
  if (api === undefined) throw missing('scope')
  const asked = readClaimsRequest(parameters.get('claims'))
  const grant: Grant = {
    authority: route.authority,
    client,
    tenantId: caller.tenantId,
    objectId: caller.objectId,
    scope,
    nonce: null,
    sessionId: context.ids.guid(),
    signedInAt: context.clock.now(),
    authContexts: caller.authContexts,
    capabilities: asked.capabilities,
    isNewUser: false,
  }
  const person = holderOf(context, route.authority, grant)
  requireAuthContexts(context, grant, asked.authContexts)
  if (needsConsent(context, route.authority, client, person, scope.apis)) throw new IdentityFailure('AADSTS65001')
  return respondWithTokens(context, {
    grant,
    person,
    oidc: scope.oidc,
    api,
    clientProof: proof,
    wantsClientInfo: wantsClientInfo(request),
    refreshToken: 'issue',
  })
}

/** The token the API was called with: ours, still valid, and made out to this API. */
async function readAssertion(
  context: IdentityContext,
  client: Client,
  assertion: string | null,
): Promise<TokenIdentity> {
  if (assertion === null) throw missing('assertion')
  const own = context.resources.byId(client.clientId)
  const check = await new AccessTokenVerifier(context, own === undefined ? [] : [own]).verify(assertion)
  if (check.kind === 'accepted' && check.identity.kind === 'person') return check.identity
  const reason = check.kind === 'refused' ? check.reason : 'malformed'
  if (reason === 'audience') throw new IdentityFailure('AADSTS500131')
  throw new IdentityFailure(reason === 'expired' || reason === 'not-yet-valid' ? 'AADSTS500133' : 'AADSTS50013')
}
