import type { Answer } from './answers.js'
import { admittedTenantIds } from './authorities.js'
import type { Authority } from './authorities.js'
import { admitsTenant } from './clients.js'
import type { Client } from './clients.js'
import type { IdentityContext } from './context.js'
import type { Person } from './directory.js'
import { markup } from './html.js'
import type { Html } from './html.js'
import { unguessable } from './ids.js'
import { interactionSeconds, peopleOnAPage } from './interaction.js'
import type { Interaction, Purpose, Step } from './interaction.js'
import { pageAnswer } from './page.js'
import { endpointUrl } from './routes.js'
import type { SignedIn } from './sessions.js'

/** Shows the page of a step. Its form can be sent once. */
export function showPage(context: IdentityContext, interaction: Interaction): Answer {
  const token = unguessable()
  context.interactions.set(token, interaction, interactionSeconds)
  const { title, body } = content(context, interaction)
  const action = new URL(endpointUrl(interaction.route, 'interaction')).pathname
  return pageAnswer({
    title,
    body: markup`<form method="post" action="${action}">
      <input type="hidden" name="form" value="${token}">
      ${body}
    </form>`,
    formTargets: formTargets(interaction.purpose),
  })
}

/** Browsers check the redirect after a form as well: it leads to the application. */
function formTargets(purpose: Purpose): readonly string[] {
  switch (purpose.kind) {
    case 'authorize':
      return [purpose.request.returnTo.redirectUri]
    case 'sign-out':
      return purpose.signOut.returnTo === undefined ? [] : [purpose.signOut.returnTo]
    case 'device':
    case 'device-entry':
      return []
  }
}

interface Content {
  readonly title: string
  readonly body: Html
}

function content(context: IdentityContext, { purpose, route, step }: Interaction): Content {
  const client = clientOf(purpose)
  switch (step.kind) {
    case 'pick-person':
      return pickPerson(context, route.authority, client, step)
    case 'pick-forgotten':
      return pickForgotten(context, route.authority, client, step)
    case 'sign-up':
      return signUp(step)
    case 'consent':
      return consent(purpose, client, step.entrance.person)
    case 'edit-profile':
      return editProfile(step)
    case 'new-password':
      return newPassword(step.entrance.person)
    case 'enter-code':
      return enterCode(step)
    case 'pick-leaving':
      return pickLeaving(context, step.accounts)
  }
}

export function clientOf(purpose: Purpose): Client | undefined {
  if (purpose.kind === 'authorize') return purpose.request.returnTo.client
  return purpose.kind === 'device' ? purpose.device.client : undefined
}

function pickPerson(
  context: IdentityContext,
  authority: Authority,
  client: Client | undefined,
  step: { find: string },
): Content {
  const others =
    authority.kind === 'b2c' ? markup`<button name="action" value="forgot">Forgot your password?</button>` : undefined
  const newcomer = letsSignUp(authority)
    ? markup`<button name="action" value="sign-up">Sign up now</button>`
    : undefined
  return {
    title: 'Sign in',
    body: markup`
      <p>to continue to <strong>${client?.displayName}</strong></p>
      ${peopleList(context, authority, client, step.find)}
      <div class="row">${others}${newcomer}<button name="action" value="cancel">Cancel</button></div>
    `,
  }
}

/** Local accounts can be made where the tenant is one of customers. */
export const letsSignUp = (authority: Authority): boolean =>
  authority.kind === 'external-id' || (authority.kind === 'b2c' && authority.userFlow.kind === 'sign-up-sign-in')

function pickForgotten(
  context: IdentityContext,
  authority: Authority,
  client: Client | undefined,
  step: { find: string },
): Content {
  return {
    title: 'Reset your password',
    body: markup`
      <p>Whose password was forgotten?</p>
      ${peopleList(context, authority, client, step.find)}
      <div class="row"><button name="action" value="cancel">Cancel</button></div>
    `,
  }
}

function peopleList(context: IdentityContext, authority: Authority, client: Client | undefined, find: string): Html {
  const people = candidates(context, authority, client, find)
  return markup`
    <label for="find">Find a person</label>
    <div class="search">
      <input id="find" name="find" type="search" value="${find}" autocomplete="off">
      <button name="action" value="find">Find</button>
    </div>
    <p class="quiet" role="status">${people.length === 0 ? 'Nobody of that name.' : countOf(people)}</p>
    <ul>
      ${people.map(
        (person) =>
          markup`<li>
            <button class="person" name="person" value="${personKey(person)}">
              ${person.displayName}<span>${person.userPrincipalName}</span>
            </button>
          </li>`,
      )}
    </ul>
  `
}

const countOf = (people: readonly Person[]): string =>
  people.length === peopleOnAPage
    ? `The first ${peopleOnAPage}; the search finds the others.`
    : `${people.length} found.`

function candidates(
  context: IdentityContext,
  authority: Authority,
  client: Client | undefined,
  find: string,
): readonly Person[] {
  const tenantIds = admittedTenantIds(context.directory, authority)
  const welcome = tenantIds.filter((tenantId) => client === undefined || admitsTenant(client, tenantId))
  return context.directory.search(welcome, find, peopleOnAPage)
}

/** Names a person in a form. */
export const personKey = ({ tenantId, objectId }: Pick<Person, 'tenantId' | 'objectId'>): string =>
  `${tenantId}/${objectId}`

function signUp({ address, name, fault }: Extract<Step, { kind: 'sign-up' }>): Content {
  return {
    title: 'Sign up',
    body: markup`
      ${alarm(fault)}
      <label for="address">Email address</label>
      <input id="address" name="address" type="email" value="${address}" autocomplete="off" required>
      <label for="name">Display name</label>
      <input id="name" name="name" value="${name}" autocomplete="off" required>
      <div class="row">
        <button class="main" name="action" value="create">Create</button>
        <button name="action" value="cancel" formnovalidate>Cancel</button>
      </div>
    `,
  }
}

function consent(purpose: Purpose, client: Client | undefined, person: Person): Content {
  return {
    title: purpose.kind === 'device' ? 'Is this your device?' : 'Permissions requested',
    body: markup`
      <p>
        <strong>${client?.displayName}</strong> would like to sign in as
        <strong>${person.userPrincipalName}</strong> and to:
      </p>
      <ul class="scopes">
        <li>Read your profile</li>
        ${scopesOf(purpose).map((scope) => markup`<li>${scope}</li>`)}
      </ul>
      ${purpose.kind === 'device' ? markup`<p>Go on only if you started this sign-in on your own device.</p>` : undefined}
      <div class="row">
        <button class="main" name="action" value="accept">Accept</button>
        <button name="action" value="decline">Decline</button>
      </div>
    `,
  }
}

function scopesOf(purpose: Purpose): readonly string[] {
  const scope =
    purpose.kind === 'authorize' ? purpose.request.scope : purpose.kind === 'device' ? purpose.device.scope : undefined
  const ofApis = (scope?.apis ?? []).flatMap(({ resource, scopes }) =>
    scopes.map((name) => `${resource.displayName}: ${name}`),
  )
  return scope?.oidc.has('offline_access') === true ? [...ofApis, 'Keep the access you have given it'] : ofApis
}

function editProfile({ entrance: { person }, fault }: Extract<Step, { kind: 'edit-profile' }>): Content {
  return {
    title: 'Edit your profile',
    body: markup`
      ${alarm(fault)}
      <p class="quiet">${person.userPrincipalName}</p>
      <label for="name">Display name</label>
      <input id="name" name="name" value="${person.displayName}" autocomplete="off" required>
      <label for="given">Given name</label>
      <input id="given" name="given" value="${person.givenName}" autocomplete="off">
      <label for="family">Family name</label>
      <input id="family" name="family" value="${person.familyName}" autocomplete="off">
      <div class="row">
        <button class="main" name="action" value="save">Continue</button>
        <button name="action" value="cancel" formnovalidate>Cancel</button>
      </div>
    `,
  }
}

function newPassword(person: Person): Content {
  return {
    title: 'Reset your password',
    body: markup`
      <p>
        The password of <strong>${person.userPrincipalName}</strong> is reset. The emulator has no passwords, so there
        is nothing to type.
      </p>
      <div class="row">
        <button class="main" name="action" value="reset">Continue</button>
        <button name="action" value="cancel">Cancel</button>
      </div>
    `,
  }
}

function enterCode({ fault }: Extract<Step, { kind: 'enter-code' }>): Content {
  return {
    title: 'Enter the code',
    body: markup`
      ${alarm(fault)}
      <label for="user-code">Code your device shows</label>
      <input id="user-code" name="user_code" autocomplete="off" autocapitalize="characters" required>
      <div class="row"><button class="main" name="action" value="next">Next</button></div>
    `,
  }
}

function pickLeaving(context: IdentityContext, accounts: readonly SignedIn[]): Content {
  return {
    title: 'Sign out',
    body: markup`
      <p>Which account do you want to sign out of?</p>
      <ul>
        ${accounts.map(
          (account) =>
            markup`<li>
              <button class="person" name="leaving" value="${account.sessionId}">${addressOf(context, account)}</button>
            </li>`,
        )}
      </ul>
    `,
  }
}

const addressOf = (context: IdentityContext, { tenantId, objectId }: SignedIn): string =>
  context.directory.find(tenantId, objectId)?.userPrincipalName ?? 'an account that is gone'

const alarm = (fault: string | undefined): Html | undefined =>
  fault === undefined ? undefined : markup`<p class="alarm" role="alert">${fault}</p>`
