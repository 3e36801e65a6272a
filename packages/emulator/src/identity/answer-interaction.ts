import type { Answer } from './answers.js'
import { admits, sessionRealm } from './authorities.js'
import { returnFailure } from './authorize-response.js'
import { admitsTenant } from './clients.js'
import { complete, enter } from './complete-sign-in.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import type { Person } from './directory.js'
import { IdentityFailure, inDialectOf } from './errors.js'
import { markup } from './html.js'
import { clientOf, letsSignUp, showPage } from './interaction-pages.js'
import type { Entrance, Interaction, Purpose, Step } from './interaction.js'
import { finishSignOut } from './logout.js'
import { pageAnswer } from './page.js'
import { hostName } from './routes.js'
import { domainOf } from './tenants.js'

/** Takes the form of a page. Only our own pages may send it, and each only once. */
export function answerInteraction(context: IdentityContext, request: IdentityRequest): Answer {
  if (request.method !== 'POST') throw new IdentityFailure('AADSTS900561')
  refuseOtherSites(request)
  const interaction = context.interactions.take(request.parameters.get('form') ?? '')
  if (interaction === undefined) return stalePage()
  const { purpose } = interaction
  switch (purpose.kind) {
    case 'device-entry':
      return takeUserCode(context, request, interaction)
    case 'sign-out':
      return takeLeaving(context, request, interaction, purpose)
    case 'authorize':
    case 'device':
      return takeStep({ context, request, interaction, purpose })
  }
}

function refuseOtherSites({ headers, arrival }: IdentityRequest): void {
  const site = headers['sec-fetch-site']
  const origin = headers.origin
  const own = `${arrival.transport}://${arrival.host}`.toLowerCase()
  const isForeign = (site !== undefined && site !== 'same-origin') || (origin !== undefined && origin !== own)
  if (isForeign)
    throw new IdentityFailure('AADSTS90014', {
      text: `This form is for pages of ${hostName(arrival.host)}.`,
      status: 403,
    })
}

function stalePage(): Answer {
  return pageAnswer({
    status: 400,
    title: 'This page is over',
    body: markup`<p>
      The form was sent already, or more than ten minutes have passed. Go back to the application and start again.
    </p>`,
  })
}

type SignInPurpose = Extract<Purpose, { kind: 'authorize' | 'device' }>

/** A form that came back, with all it takes to go on. */
interface Reply {
  readonly context: IdentityContext
  readonly request: IdentityRequest
  readonly interaction: Interaction
  readonly purpose: SignInPurpose
}

function takeStep(reply: Reply): Answer {
  const { step } = reply.interaction
  const action = reply.request.parameters.get('action')
  if (action === 'cancel' || action === 'decline') return leave(reply)
  switch (step.kind) {
    case 'pick-person':
      return takePerson(reply, action)
    case 'pick-forgotten':
      return takeForgotten(reply, action)
    case 'sign-up':
      return takeSignUp(reply)
    case 'edit-profile':
      return takeProfile(reply, step.entrance)
    case 'consent':
    case 'new-password':
      return action === 'accept' || action === 'reset' ? finish(reply, step.entrance) : again(reply)
    case 'enter-code':
    case 'pick-leaving':
      return again(reply)
  }
}

/** Shows the page once more: the form said nothing we understand. */
const again = (reply: Reply): Answer => show(reply, reply.interaction.step)

const show = ({ context, interaction }: Reply, step: Step): Answer => showPage(context, { ...interaction, step })

function finish({ context, request, interaction, purpose }: Reply, entrance: Entrance): Answer {
  const { route } = interaction
  return complete(context, { route, purpose, browser: request.browser, manner: 'picked', ...entrance })
}

function takePerson(reply: Reply, action: string | null): Answer {
  const { context, request, interaction, purpose } = reply
  const { route } = interaction
  const find = request.parameters.get('find') ?? ''
  const person = pickedPerson(reply)
  if (person !== undefined)
    return enter(context, { route, purpose, browser: request.browser, manner: 'picked', person, isNewUser: false })
  if (action === 'sign-up' && letsSignUp(route.authority))
    return show(reply, { kind: 'sign-up', address: find, name: '' })
  if (action === 'forgot' && route.authority.kind === 'b2c') {
    if (route.authority.tenant.forgotPassword === 'redirect') return end(reply, new IdentityFailure('AADB2C90118'))
    return show(reply, { kind: 'pick-forgotten', find })
  }
  return show(reply, { kind: 'pick-person', find })
}

function takeForgotten(reply: Reply, action: string | null): Answer {
  const person = pickedPerson(reply)
  const find = action === 'find' ? (reply.request.parameters.get('find') ?? '') : ''
  if (person === undefined) return show(reply, { kind: 'pick-forgotten', find })
  return show(reply, { kind: 'new-password', entrance: { person, isNewUser: false } })
}

/** The person of the button that was pressed. Somebody the page did not offer is nobody. */
function pickedPerson({ context, request, interaction, purpose }: Reply): Person | undefined {
  const [tenantId = '', objectId = ''] = (request.parameters.get('person') ?? '').split('/')
  const person = context.directory.find(tenantId, objectId)
  const client = clientOf(purpose)
  if (person === undefined || !admits(context.directory, interaction.route.authority, person)) return undefined
  return client === undefined || admitsTenant(client, person.tenantId) ? person : undefined
}

function takeSignUp(reply: Reply): Answer {
  const { context, request, interaction } = reply
  const { authority } = interaction.route
  const address = (request.parameters.get('address') ?? '').trim()
  const name = (request.parameters.get('name') ?? '').trim()
  const refuse = (fault: string): Answer => show(reply, { kind: 'sign-up', address, name, fault })
  if (authority.kind === 'shared' || !letsSignUp(authority)) return refuse('Nobody can sign up here.')
  if (!/^\S+@\S+$/.test(address)) return refuse('Enter an email address.')
  if (name === '') return refuse('Enter a display name.')
  if (context.directory.find(authority.tenant.id, address) !== undefined)
    return refuse('There is an account with this address already.')
  const tenant = domainOf(authority.tenant)
  const person = context.directory.add({ tenant, userPrincipalName: address, displayName: name })
  const { route } = interaction
  const { purpose } = reply
  return enter(context, { route, purpose, browser: request.browser, manner: 'picked', person, isNewUser: true })
}

function takeProfile(reply: Reply, entrance: Entrance): Answer {
  const { context, request } = reply
  const given = (name: string): string => (request.parameters.get(name) ?? '').trim()
  const displayName = given('name')
  if (displayName === '') return show(reply, { kind: 'edit-profile', entrance, fault: 'Enter a display name.' })
  const change = { displayName, givenName: given('given') || undefined, familyName: given('family') || undefined }
  return finish(reply, { ...entrance, person: context.directory.change(entrance.person, change) })
}

const leave = (reply: Reply): Answer => end(reply, new IdentityFailure('AADSTS65004'))

/** The way ends without a sign-in: the application or the device is told. */
function end({ request, interaction, purpose }: Reply, failure: IdentityFailure): Answer {
  if (purpose.kind === 'authorize') {
    const said = inDialectOf(interaction.route.authority, failure)
    return returnFailure(purpose.request.returnTo, said, request.trace)
  }
  purpose.device.state = { kind: 'declined' }
  return pageAnswer({
    title: 'Cancelled',
    body: markup`<p>The device was not signed in. You may close this window.</p>`,
  })
}

function takeUserCode(context: IdentityContext, { parameters }: IdentityRequest, interaction: Interaction): Answer {
  const device = context.grants.deviceShowing(parameters.get('user_code') ?? '')
  if (device === undefined) {
    const fault = 'No device shows this code. Check it, or start again on the device.'
    return showPage(context, { ...interaction, step: { kind: 'enter-code', fault } })
  }
  // The device asked at its own authority: that decides who may come in.
  const route = { ...interaction.route, authority: device.authority }
  return showPage(context, { route, purpose: { kind: 'device', device }, step: { kind: 'pick-person', find: '' } })
}

function takeLeaving(
  context: IdentityContext,
  request: IdentityRequest,
  { route }: Interaction,
  { signOut }: Extract<Purpose, { kind: 'sign-out' }>,
): Answer {
  const chosen = request.parameters.get('leaving')
  const accounts = context.sessions.signedIn(request.browser, sessionRealm(route.authority))
  return finishSignOut(
    context,
    request,
    accounts.filter(({ sessionId }) => sessionId === chosen),
    signOut.returnTo,
  )
}
