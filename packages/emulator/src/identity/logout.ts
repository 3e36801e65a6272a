import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { redirect } from './answers.js'
import type { Answer } from './answers.js'
import { sessionRealm } from './authorities.js'
import type { Authority } from './authorities.js'
import { isRegisteredRedirect, welcomeAt } from './clients.js'
import type { Client } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { markup } from './html.js'
import { showPage } from './interaction-pages.js'
import { pageAnswer } from './page.js'
import type { SignedIn } from './sessions.js'
import { loginHintOf } from './tokens.js'

/**
 * The end-session endpoint. Entra ID and External ID ask whom to sign out unless `logout_hint` or `id_token_hint` says it; B2C signs
 * out whoever is there.
 */
export async function answerLogout(context: IdentityContext, request: IdentityRequest): Promise<Answer> {
  const { parameters, route, browser } = request
  const { authority } = route
  const present = context.sessions.signedIn(browser, sessionRealm(authority))
  const hint = await readIdTokenHint(context, parameters.get('id_token_hint'))
  const returnTo = returnAddress(context, authority, parameters, hint)
  const leaving =
    authority.kind === 'b2c' ? present : present.filter((one) => isMeant(one, parameters.get('logout_hint'), hint))
  if (leaving.length > 0 || present.length === 0) return finishSignOut(context, request, leaving, returnTo)
  const purpose = { kind: 'sign-out', signOut: { returnTo } } as const
  return showPage(context, { route, purpose, step: { kind: 'pick-leaving', accounts: present } })
}

function isMeant(one: SignedIn, logoutHint: string | null, hint: JWTPayload | undefined): boolean {
  if (logoutHint !== null && logoutHint === loginHintOf(one.sessionId, one.objectId)) return true
  return hint !== undefined && (hint.sid === one.sessionId || (hint.oid === one.objectId && hint.tid === one.tenantId))
}

/** An ID token may have expired by the time somebody signs out; it must be ours all the same. */
async function readIdTokenHint({ keys }: IdentityContext, token: string | null): Promise<JWTPayload | undefined> {
  if (token === null) return undefined
  try {
    const key = await keys.find(decodeProtectedHeader(token).kid)
    if (key === undefined) return undefined
    const issuedAt = new Date((decodeJwt(token).iat ?? 0) * 1000)
    const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'], currentDate: issuedAt })
    return payload
  } catch {
    return undefined
  }
}

/** Where to go afterwards: an address that is registered. B2C takes any web address unless the tenant demands an ID token. */
function returnAddress(
  context: IdentityContext,
  authority: Authority,
  parameters: URLSearchParams,
  hint: JWTPayload | undefined,
): string | undefined {
  const wanted = parameters.get('post_logout_redirect_uri')
  if (wanted === null || !URL.canParse(wanted)) return undefined
  const isAllowed =
    authority.kind === 'b2c'
      ? isWebAddress(wanted) && (authority.tenant.idTokenHintAtSignOut === 'optional' || hint !== undefined)
      : clientsThatMayAsk(context, authority, parameters, hint).some((client) => isRegisteredRedirect(client, wanted))
  return isAllowed ? withState(wanted, parameters.get('state')) : undefined
}

const isWebAddress = (address: string): boolean => ['http:', 'https:'].includes(new URL(address).protocol)

/** The application that `client_id` or the ID token names; without either any that may be used here. */
function clientsThatMayAsk(
  { clients, directory }: IdentityContext,
  authority: Authority,
  parameters: URLSearchParams,
  hint: JWTPayload | undefined,
): readonly Client[] {
  const named = parameters.get('client_id') ?? (typeof hint?.aud === 'string' ? hint.aud : undefined)
  const candidates = clients.all().filter((client) => welcomeAt(directory, client, authority) === 'welcome')
  return named === undefined ? candidates : candidates.filter(({ clientId }) => clientId === named.toLowerCase())
}

function withState(address: string, state: string | null): string {
  if (state === null) return address
  return `${address}${address.includes('?') ? '&' : '?'}${new URLSearchParams({ state }).toString()}`
}

/** Ends the sessions, tells the applications that were entered with them, and goes on. */
export function finishSignOut(
  context: IdentityContext,
  { browser, route }: IdentityRequest,
  leaving: readonly SignedIn[],
  returnTo: string | undefined,
): Answer {
  context.sessions.signOut(browser, sessionRealm(route.authority), leaving)
  const frames = leaving.flatMap((one) => frontChannelAddresses(context, one))
  if (frames.length === 0 && returnTo !== undefined) return redirect(returnTo)
  return signedOutPage(frames, returnTo)
}

/** Entra sends `sid` and nothing else. */
function frontChannelAddresses({ clients }: IdentityContext, { clientIds, sessionId }: SignedIn): readonly string[] {
  return [...clientIds].flatMap((clientId) => {
    const address = clients.find(clientId)?.frontChannelLogoutUri
    if (address === undefined) return []
    return [`${address}${address.includes('?') ? '&' : '?'}${new URLSearchParams({ sid: sessionId }).toString()}`]
  })
}

/** With script the page goes on when every frame has answered; without, after a moment; and always by its link. */
function signedOutPage(frames: readonly string[], returnTo: string | undefined): Answer {
  const goesOn = frames.length > 0 && returnTo !== undefined
  return pageAnswer({
    title: 'You are signed out',
    body: markup`
      <p>You have signed out of your account.</p>
      ${frames.map((address) => markup`<iframe src="${address}" title="Signing out of an application"></iframe>`)}
      ${returnTo === undefined ? undefined : markup`<div class="row"><a class="button main" id="next" href="${returnTo}">Continue</a></div>`}
    `,
    frames,
    ...(goesOn
      ? { script: `addEventListener('load',()=>location.replace(document.getElementById('next').href))` }
      : {}),
    ...(goesOn ? { head: markup`<noscript><meta http-equiv="refresh" content="3;url=${returnTo}"></noscript>` } : {}),
  })
}
