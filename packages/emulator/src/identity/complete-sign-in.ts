import type { Answer } from './answers.js'
import { sessionRealm } from './authorities.js'
import type { AuthorizeRequest } from './authorize-request.js'
import { returnToApplication } from './authorize-response.js'
import type { ClaimsRequest } from './claims-request.js'
import type { Client } from './clients.js'
import type { IdentityContext } from './context.js'
import { IdentityFailure } from './errors.js'
import type { Grant } from './grants.js'
import { markup } from './html.js'
import { showPage } from './interaction-pages.js'
import type { Entrance, Purpose } from './interaction.js'
import { pageAnswer } from './page.js'
import type { ScopeRequest } from './resources.js'
import type { Route } from './routes.js'
import { needsConsent } from './scopes.js'
import { browserCookie } from './sessions.js'
import type { SignedIn } from './sessions.js'
import { clientInfoOf } from './token-response.js'

/** Somebody has said who they are. */
export interface Arriving extends Entrance {
  readonly route: Route
  readonly purpose: Extract<Purpose, { kind: 'authorize' | 'device' }>
  readonly browser: string | undefined
  /** `picked` on the page, known from the `session`, or let in by `login_hint` (`automatic`, which consents, too). */
  readonly manner: 'picked' | 'session' | 'automatic'
}

/** Lets somebody in: through the form of the user flow and the consent page where there is one, then back to where they came from. */
export function enter(context: IdentityContext, arriving: Arriving): Answer {
  const { route, purpose, person, isNewUser } = arriving
  const entrance = { person, isNewUser }
  if (route.authority.kind === 'b2c' && route.authority.userFlow.kind === 'edit-profile')
    return showPage(context, { route, purpose, step: { kind: 'edit-profile', entrance } })
  if (mustAsk(context, arriving)) return showPage(context, { route, purpose, step: { kind: 'consent', entrance } })
  return complete(context, arriving)
}

function mustAsk(context: IdentityContext, { route, purpose, person, manner }: Arriving): boolean {
  if (purpose.kind === 'device') return true
  const { request } = purpose
  const { client } = request.returnTo
  if (request.prompt === 'consent') return true
  if (!needsConsent(context, route.authority, client, person, request.scope.apis)) return false
  if (request.prompt === 'none') throw new IdentityFailure('AADSTS65001', { error: 'consent_required' })
  return manner !== 'automatic'
}

/** The end of the way: the session is opened, and the application or the device gets what it asked for. */
export function complete(context: IdentityContext, arriving: Arriving): Answer {
  const { route, purpose, browser, person } = arriving
  const { browser: id, signedIn } = context.sessions.signIn(browser, sessionRealm(route.authority), person)
  const transport = route.address.startsWith('https:') ? 'https' : 'http'
  const headers = { 'set-cookie': browserCookie(id, transport) }
  if (purpose.kind === 'authorize') return finishAuthorize(context, arriving, purpose.request, signedIn, headers)
  const { client, scope } = purpose.device
  const claims = { authContexts: [], capabilities: [] }
  const grant = createGrant(context, arriving, signedIn, { client, scope, claims, nonce: null })
  purpose.device.state = { kind: 'approved', grant }
  return pageAnswer({
    title: 'You are signed in',
    body: markup`<p>
      You have signed in to <strong>${client.displayName}</strong> on your device. You may close this window.
    </p>`,
    headers,
  })
}

function finishAuthorize(
  context: IdentityContext,
  arriving: Arriving,
  request: AuthorizeRequest,
  signedIn: SignedIn,
  headers: Answer['headers'],
): Answer {
  const { client, redirectUri } = request.returnTo
  const grant = createGrant(context, arriving, signedIn, { client, ...request })
  const { challenge } = request
  const { codeSeconds, sessionState, clientInfo } = context.knobs.current
  const code = context.grants.addCode({ grant, redirectUri, challenge }, codeSeconds)
  const withSession = sessionState === 'present' && arriving.route.authority.kind !== 'b2c'
  const withClientInfo = clientInfo === 'present' && request.wantsClientInfo
  const fields = {
    code,
    ...(withClientInfo ? { client_info: clientInfoOf(grant, arriving.person) } : {}),
    ...(withSession ? { session_state: signedIn.sessionId } : {}),
  }
  return returnToApplication(request.returnTo, fields, headers)
}

interface Granted {
  readonly client: Client
  readonly scope: ScopeRequest
  readonly claims: ClaimsRequest
  readonly nonce: string | null
}

function createGrant(
  context: IdentityContext,
  { route, person, isNewUser }: Arriving,
  signedIn: SignedIn,
  { client, scope, claims, nonce }: Granted,
): Grant {
  context.consents.grant(client, person, scope.apis)
  signedIn.clientIds.add(client.clientId)
  for (const value of claims.authContexts) signedIn.authContexts.add(value)
  return {
    authority: route.authority,
    client,
    tenantId: person.tenantId,
    objectId: person.objectId,
    scope,
    nonce,
    sessionId: signedIn.sessionId,
    signedInAt: signedIn.signedInAt,
    authContexts: claims.authContexts,
    capabilities: claims.capabilities,
    isNewUser,
  }
}
