import { json } from './answers.js'
import type { Answer } from './answers.js'
import { authenticateClient, missing } from './client-authentication.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { issueForApplication } from './client-credentials-grant.js'
import { redeemCode } from './code-grant.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { pollDevice } from './device-code.js'
import { IdentityFailure } from './errors.js'
import { actOnBehalf } from './on-behalf-of-grant.js'
import { refuseRepeated } from './read-parameters.js'
import { refresh } from './refresh-grant.js'
import type { TokenResponse } from './token-response.js'

type GrantHandler = (
  context: IdentityContext,
  request: IdentityRequest,
  client: AuthenticatedClient,
) => Promise<TokenResponse>

const grants: ReadonlyMap<string, GrantHandler> = new Map([
  ['authorization_code', redeemCode],
  ['refresh_token', refresh],
  ['client_credentials', issueForApplication],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', actOnBehalf],
  // MSAL polls with the short name, everybody else with that of RFC 8628.
  ['device_code', pollDevice],
  ['urn:ietf:params:oauth:grant-type:device_code', pollDevice],
])

/** The token endpoint. */
export async function answerToken(context: IdentityContext, request: IdentityRequest): Promise<Answer> {
  if (request.method !== 'POST') throw new IdentityFailure('AADSTS900561')
  refuseRepeated(request.parameters, [...request.parameters.keys()])
  const grantType = request.parameters.get('grant_type')
  if (grantType === null) throw missing('grant_type')
  const grant = grants.get(grantType)
  if (grant === undefined)
    throw new IdentityFailure('AADSTS70003', { text: `The grant type ${JSON.stringify(grantType)} is not supported.` })
  const client = await authenticateClient(context, request)
  return json(200, await grant(context, request, client))
}
