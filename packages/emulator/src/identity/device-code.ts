import { json } from './answers.js'
import type { Answer } from './answers.js'
import { grantRealm } from './authorities.js'
import type { AuthenticatedClient } from './client-authentication.js'
import { findClient, missing } from './client-authentication.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import { holderOf, wantsClientInfo } from './grant-holder.js'
import { endpointUrl } from './routes.js'
import { onlyApi, readScope } from './scopes.js'
import { respondWithTokens } from './token-response.js'
import type { TokenResponse } from './token-response.js'

/** The device authorization endpoint: a code for the device to poll with, and one for a person to type. */
export function answerDeviceCode(context: IdentityContext, request: IdentityRequest): Answer {
  const { parameters, route } = request
  if (request.method !== 'POST') throw new IdentityFailure('AADSTS900561')
  if (route.authority.kind === 'b2c') throw new IdentityFailure('AADSTS70003')
  const clientId = parameters.get('client_id')
  if (clientId === null) throw missing('client_id')
  const client = findClient(context, request, clientId)
  const scope = readScope(context, client, parameters.get('scope') ?? '')
  if (scope.oidc.size === 0 && scope.apis.length === 0) throw missing('scope')
  onlyApi(scope)
  const { deviceCodeSeconds, devicePollSeconds } = context.knobs.current
  const order = { client, authority: route.authority, scope }
  const { deviceCode, userCode } = context.grants.addDevice(order, deviceCodeSeconds)
  const page = endpointUrl(route, 'device-page')
  return json(200, {
    user_code: userCode,
    device_code: deviceCode,
    verification_uri: page,
    expires_in: deviceCodeSeconds,
    interval: devicePollSeconds,
    message: `To sign in, open ${page} in a browser and enter the code ${userCode}.`,
  })
}

/** The device's question whether somebody has entered its code. */
export async function pollDevice(
  context: IdentityContext,
  request: IdentityRequest,
  { client, proof }: AuthenticatedClient,
): Promise<TokenResponse> {
  // RFC 8628 says device_code; version 1.0 of the endpoint said code.
  const deviceCode = request.parameters.get('device_code') ?? request.parameters.get('code')
  if (deviceCode === null) throw missing('device_code')
  const device = context.grants.device(deviceCode)
  if (device?.client !== client || grantRealm(device.authority) !== grantRealm(request.route.authority))
    throw new IdentityFailure('AADSTS70018')
  const { state } = device
  if (state.kind === 'declined') throw new IdentityFailure('AADSTS65004', { error: 'authorization_declined' })
  if (device.expiresAt <= context.clock.now()) throw new IdentityFailure('AADSTS70019')
  if (state.kind === 'pending') throw new IdentityFailure('AADSTS70016')
  const person = holderOf(context, request.route.authority, state.grant)
  context.grants.forgetDevice(deviceCode)
  return respondWithTokens(context, {
    grant: state.grant,
    person,
    oidc: device.scope.oidc,
    api: onlyApi(device.scope),
    clientProof: proof,
    wantsClientInfo: wantsClientInfo(request),
    refreshToken: 'issue',
  })
}
