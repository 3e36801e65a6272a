import { authorityUrl } from '../config/authority.js'
import { isLoopbackHost } from '../config/authority-config.js'
import { couldIssue } from '../config/issuer.js'
import { isPatkitError } from '../errors.js'
import type { Account } from './account.js'
import type { Application } from './application.js'
import { parameterOf, type SignInCallback } from './callback.js'

/** How somebody is sent to sign out at the sign-in service. */
export interface SignOutUrlOptions {
  /** Who signs out. Default: the service asks. */
  readonly account?: Account | undefined
  /** Where to come back to, as an absolute address that is registered; https, or http on loopback. Default: the service's own page. */
  readonly postLogoutRedirectUri?: string | undefined
  /**
   * What spares the question who signs out. `'login-hint'` (default): the account's `loginHint`, if it has one. `'id-token'`: the kept ID
   * token, as B2C and External ID can demand; it holds personal data, which then stands in an address. `{ idToken }`: one of your own.
   */
  readonly hint?: 'login-hint' | 'id-token' | { readonly idToken: string } | undefined
  /** Comes back with the browser. */
  readonly state?: string | undefined
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

/** The address that ends the session at the sign-in service. */
export async function signOutUrl(
  application: Application,
  options: SignOutUrlOptions,
  keptIdToken: (account: Account) => Promise<string | undefined>,
): Promise<string> {
  const { account, postLogoutRedirectUri, hint = 'login-hint', state, signal } = options
  if (postLogoutRedirectUri !== undefined) checkRedirect(postLogoutRedirectUri)
  const url = new URL(application.route.toReal(await endSessionEndpoint(application, account, signal)))
  const idToken = await idTokenFor(hint, account, keptIdToken)
  const parameters = {
    client_id: application.clientId,
    post_logout_redirect_uri: postLogoutRedirectUri,
    logout_hint: hint === 'login-hint' ? account?.loginHint : undefined,
    id_token_hint: idToken,
    state,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

async function idTokenFor(
  hint: Exclude<SignOutUrlOptions['hint'], undefined>,
  account: Account | undefined,
  keptIdToken: (account: Account) => Promise<string | undefined>,
): Promise<string | undefined> {
  if (typeof hint === 'object') return hint.idToken
  return hint === 'id-token' && account !== undefined ? keptIdToken(account) : undefined
}

/** Signing out must also work when the service cannot be asked where: the documented place is the same for all authorities. */
async function endSessionEndpoint(
  application: Application,
  account: Account | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const userFlow = account?.userFlow ?? 'signUpSignIn'
  const documented = `${authorityUrl(application.authority, userFlow)}/oauth2/v2.0/logout`
  try {
    return (await application.metadata(userFlow, signal)).endSessionEndpoint ?? documented
  } catch (error) {
    if (isPatkitError(error) && error.code !== 'PATKIT_CONFIGURATION') return documented
    throw error
  }
}

function checkRedirect(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))) return
  throw new TypeError('postLogoutRedirectUri must be an absolute https address (http on loopback).')
}

/** The sign-in service says that a session has ended. */
export interface FrontChannelLogout {
  /** Id of the session, as in {@link Account.sessionId}. */
  readonly sessionId: string
}

/**
 * Reads the request by which the sign-in service announces a sign-out; `undefined` for one that is none, or not from our authority.
 *
 * Microsoft sends `sid` alone; an `iss`, where there is one, must be ours.
 */
export function readFrontChannelLogout(
  { authority }: Application,
  parameters: SignInCallback,
): FrontChannelLogout | undefined {
  const sessionId = parameterOf(parameters, 'sid')
  const issuer = parameterOf(parameters, 'iss')
  if (sessionId === undefined || sessionId.length > longestSessionId) return undefined
  return issuer === undefined || couldIssue(authority, issuer) ? { sessionId } : undefined
}

const longestSessionId = 256
