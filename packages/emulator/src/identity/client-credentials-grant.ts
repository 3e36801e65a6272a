import { tenantOf } from './authorities.js'
import { readClaimsRequest } from './claims-request.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { missing } from './client-authentication.js'
import type { Client } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import type { Resource } from './resources.js'
import { onlyApi, readScope } from './scopes.js'
import { personalTenant } from './tenants.js'
import type { TokenResponse } from './token-response.js'
import { signApplicationToken } from './tokens.js'

/** `grant_type=client_credentials`: a token for the application itself. Never an ID token, never a refresh token. */
export async function issueForApplication(
  context: IdentityContext,
  { parameters, route }: IdentityRequest,
  { client, proof }: AuthenticatedClient,
): Promise<TokenResponse> {
  if (client.type === 'public') throw new IdentityFailure('AADSTS7000218')
  const tenant = tenantOf(route.authority)
  if (tenant === undefined || tenant.id === personalTenant.id) throw new IdentityFailure('AADSTS50059')
  const text = parameters.get('scope')
  if (text === null) throw missing('scope')
  const api = onlyApi(readScope(context, client, text))
  if (api?.isDefault !== true) throw new IdentityFailure('AADSTS1002012')
  const expiresInSeconds = context.knobs.current.accessTokenSeconds
  const order = {
    authority: route.authority,
    client,
    resource: api.resource,
    scopes: [],
    clientProof: proof,
    authContexts: [],
    capabilities: readClaimsRequest(parameters.get('claims')).capabilities,
    sessionId: undefined,
    expiresInSeconds,
  }
  return {
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    access_token: await signApplicationToken(context, order, tenant.id, rolesAt(client, api.resource)),
  }
}

function rolesAt(client: Client, resource: Resource): readonly string[] {
  return Object.entries(client.applicationRoles).flatMap(([name, roles]) =>
    resource.names.includes(name.toLowerCase()) ? roles : [],
  )
}
