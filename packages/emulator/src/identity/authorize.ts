import type { Answer } from './answers.js'
import { admits, admittedTenantIds, sessionRealm } from './authorities.js'
import { readAuthorizeRequest, readReturnAddress } from './authorize-request.js'
import type { AuthorizeRequest } from './authorize-request.js'
import { returnFailure } from './authorize-response.js'
import { admitsTenant } from './clients.js'
import type { Client } from './clients.js'
import { enter } from './complete-sign-in.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import type { Person } from './directory.js'
import { IdentityFailure, inDialectOf } from './errors.js'
import { showPage } from './interaction-pages.js'
import type { Purpose, Step } from './interaction.js'
import type { SignedIn } from './sessions.js'
import { loginHintOf } from './tokens.js'

/** The authorize endpoint. A failure goes to the application once it is known who that is and that the address is its own. */
export function answerAuthorize(
  context: IdentityContext,
  request: IdentityRequest,
  ordered: IdentityFailure | undefined,
): Answer {
  const returnTo = readReturnAddress(context, request)
  try {
    if (ordered !== undefined) throw ordered
    return begin(context, request, readAuthorizeRequest(context, request, returnTo))
  } catch (error) {
    if (!(error instanceof IdentityFailure)) throw error
    const failure = inDialectOf(request.route.authority, error)
    if (failure.shownAsPage) throw failure
    return returnFailure(returnTo, failure, request.trace)
  }
}

function begin(context: IdentityContext, request: IdentityRequest, authorize: AuthorizeRequest): Answer {
  const { route, browser } = request
  const purpose: Purpose = { kind: 'authorize', request: authorize }
  const show = (step: Step): Answer => showPage(context, { route, purpose, step })
  if (route.authority.kind === 'b2c' && route.authority.userFlow.kind === 'reset-password')
    return show({ kind: 'pick-forgotten', find: authorize.loginHint ?? '' })
  if (authorize.prompt === 'create') return show({ kind: 'sign-up', address: authorize.loginHint ?? '', name: '' })
  const present = presentAccounts(context, request, authorize.returnTo.client)
  const known = mayReuseSession(authorize) ? chooseAccount(present, authorize) : undefined
  if (known !== undefined) return enter(context, { route, purpose, browser, manner: 'session', ...known })
  if (authorize.prompt === 'none') throw noSession(authorize)
  const hinted = hintedPerson(context, request, authorize)
  if (hinted === undefined) return show({ kind: 'pick-person', find: authorize.loginHint ?? '' })
  return enter(context, { route, purpose, browser, manner: 'automatic', person: hinted, isNewUser: false })
}

interface PresentAccount {
  readonly signedIn: SignedIn
  readonly person: Person
}

/** Those signed in with this browser who are welcome here, in this application. */
function presentAccounts(
  { sessions, directory }: IdentityContext,
  { browser, route }: IdentityRequest,
  client: Client,
): readonly PresentAccount[] {
  return sessions.signedIn(browser, sessionRealm(route.authority)).flatMap((signedIn) => {
    const person = directory.find(signedIn.tenantId, signedIn.objectId)
    const isWelcome =
      person !== undefined && admits(directory, route.authority, person) && admitsTenant(client, person.tenantId)
    return isWelcome ? [{ signedIn, person }] : []
  })
}

const mayReuseSession = ({ prompt }: AuthorizeRequest): boolean =>
  prompt === undefined || prompt === 'none' || prompt === 'consent'

/** The session that is meant, if it is beyond doubt and strong enough for the claims that are asked for. */
function chooseAccount(
  present: readonly PresentAccount[],
  { loginHint, sessionId, claims }: AuthorizeRequest,
): { person: Person; isNewUser: false } | undefined {
  const meant = present.filter(
    ({ signedIn, person }) =>
      (sessionId === null || signedIn.sessionId === sessionId) &&
      (loginHint === null || isHint(loginHint, signedIn, person)),
  )
  const [only] = meant
  if (only === undefined || meant.length > 1) return undefined
  const isStrongEnough = claims.authContexts.every((value) => only.signedIn.authContexts.has(value))
  return isStrongEnough ? { person: only.person, isNewUser: false } : undefined
}

function isHint(hint: string, { sessionId, objectId }: SignedIn, person: Person): boolean {
  if (hint === loginHintOf(sessionId, objectId)) return true
  return [person.userPrincipalName, person.mail].some((address) => address?.toLowerCase() === hint.toLowerCase())
}

function noSession({ claims }: AuthorizeRequest): IdentityFailure {
  return new IdentityFailure(claims.authContexts.length > 0 ? 'AADSTS50076' : 'AADSTS50058')
}

/** Whom `login_hint` names, when that is enough to come in. Somebody from elsewhere is refused, as at the service. */
function hintedPerson(
  { directory, knobs }: IdentityContext,
  { route }: IdentityRequest,
  { loginHint, prompt, returnTo }: AuthorizeRequest,
): Person | undefined {
  if (loginHint === null || prompt !== undefined || knobs.current.autoSignIn === 'off') return undefined
  const everywhere = directory.tenants.map(({ id }) => id)
  const here = admittedTenantIds(directory, route.authority).filter((id) => admitsTenant(returnTo.client, id))
  const found = firstOf(here, (tenantId) => directory.find(tenantId, loginHint))
  if (found !== undefined) return found
  if (firstOf(everywhere, (tenantId) => directory.find(tenantId, loginHint)) === undefined) return undefined
  throw new IdentityFailure('AADSTS50020', { text: `The account ${loginHint} does not exist in this tenant.` })
}

function firstOf<Item, Found>(items: readonly Item[], look: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = look(item)
    if (found !== undefined) return found
  }
  return undefined
}
