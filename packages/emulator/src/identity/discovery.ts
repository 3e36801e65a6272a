import { json } from './answers.js'
import type { Answer } from './answers.js'
import { announcedIssuer, cloudOf } from './authorities.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import { endpointUrl } from './routes.js'
import { clouds } from './tenants.js'

/**
 * `/.well-known/openid-configuration`. The endpoints are where the caller finds us, the issuer is that of the real service: it is
 * what tokens carry, and what MSAL compares with the authority it was given.
 */
export function answerDiscovery({ route }: IdentityRequest): Answer {
  const { authority } = route
  const isB2c = authority.kind === 'b2c'
  return json(200, {
    issuer: announcedIssuer(authority),
    authorization_endpoint: endpointUrl(route, 'authorize'),
    token_endpoint: endpointUrl(route, 'token'),
    ...(isB2c ? {} : { device_authorization_endpoint: endpointUrl(route, 'device-code') }),
    end_session_endpoint: endpointUrl(route, 'logout'),
    jwks_uri: endpointUrl(route, 'keys'),
    response_modes_supported: ['query', 'fragment', 'form_post'],
    response_types_supported: ['code'],
    scopes_supported: isB2c ? ['openid'] : ['openid', 'profile', 'email', 'offline_access'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
    code_challenge_methods_supported: ['plain', 'S256'],
    claims_supported: isB2c
      ? ['oid', 'sub', 'name', 'given_name', 'family_name', 'emails', authority.tenant.userFlowClaim, 'idp', 'newUser']
      : ['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'oid', 'tid', 'name', 'preferred_username', 'email', 'sid'],
    ...(isB2c ? {} : { frontchannel_logout_supported: true, http_logout_supported: true }),
  })
}

/** The keys that tokens are verified with. */
export async function answerKeys(context: IdentityContext, { route }: IdentityRequest): Promise<Answer> {
  const keys = await context.keys.published()
  return json(200, { keys: keys.map((key) => ({ ...key, issuer: announcedIssuer(route.authority) })) })
}

/** Which hosts mean the same cloud. Clients ask before they trust a host they do not know. */
export function answerInstanceDiscovery({ parameters, route }: IdentityRequest): Answer {
  const endpoint = parameters.get('authorization_endpoint') ?? ''
  const asked = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (asked === undefined || cloudOf(asked.hostname) === undefined) throw new IdentityFailure('AADSTS50049')
  const tenant = asked.pathname.split('/')[1] ?? 'common'
  const here = route.address.slice(0, route.address.lastIndexOf('/')).replace(route.host, asked.hostname)
  return json(200, {
    tenant_discovery_endpoint: `${here}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: Object.values(clouds).map(({ host, preferredCache, aliases }) => ({
      preferred_network: host,
      preferred_cache: preferredCache,
      aliases,
    })),
  })
}
