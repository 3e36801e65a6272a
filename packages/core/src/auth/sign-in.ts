import { authorityKey, userFlowPolicy, type UserFlowName } from '../config/authority.js'
import { expectedIssuer, issuerFault } from '../config/issuer.js'
import { ConfigurationError, isPatkitError, type AnyPatkitError } from '../errors.js'
import { readAccount, toAccount, withEditedProfile, type Account } from './account.js'
import type { Application, ExchangeOutcome } from './application.js'
import { readCallback, type CallbackParameters, type SignInCallback } from './callback.js'
import { idTokenFault } from './id-token.js'
import type { IssuedTokens } from './msal.js'
import { faultyField, meaningOfRefusal, needsPerson } from './refusal.js'
import { safeReturnTo } from './return-to.js'
import { cancelledCodes, codeIn, meaningOf, meaningOfError, passwordForgotten } from './service-codes.js'
import type { SignInFailed, SignInFailure, SignInResult } from './sign-in-result.js'
import {
  codeChallenge,
  randomText,
  readTransaction,
  sameSecret,
  type SignInTransaction,
  type StoredTransaction,
} from './transaction.js'

/** How somebody is sent to sign in. */
export interface StartSignInOptions {
  /** What the application wants to do for the person, such as `[AZURE_DEVOPS_SCOPE]`. Of one API at a time. Default: nothing but the sign-in. */
  readonly scopes?: readonly string[]
  /** Which user flow (B2C only). Default `'signUpSignIn'`. */
  readonly userFlow?: UserFlowName
  /** Page of this application to go back to afterwards; see {@link safeReturnTo}. What is not safe becomes `'/'`. */
  readonly returnTo?: string | undefined
  /** Who is signed in already: asked first for a further consent, and the one whose profile is edited. */
  readonly account?: Account | undefined
  /** Name to fill in. Default: that of `account`. */
  readonly loginHint?: string | undefined
  /** Domain whose own sign-in page to go to at once. */
  readonly domainHint?: string | undefined
  /** `'none'` asks for an answer without any page. Default: the service decides. */
  readonly prompt?: 'login' | 'select_account' | 'consent' | 'create' | 'none' | undefined
  /** Claims that were demanded, as JSON text, such as from an `InteractionRequiredError`. */
  readonly claims?: string | undefined
  /** Further parameters of the address, such as `{ ui_locales: 'de' }` or what a custom policy reads. Those of the protocol are refused. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

/** A sign-in that has begun. */
export interface StartedSignIn {
  /** Where to send the browser. */
  readonly url: string
  /** To be kept in the session of that browser until it comes back. */
  readonly transaction: SignInTransaction
}

/** What a sign-in needs beside the application. */
export interface SignInContext {
  readonly application: Application
  /** Keeps the tokens of somebody whose identity was checked. */
  readonly keep: (account: Account, tokens: string, signal: AbortSignal | undefined) => Promise<void>
  readonly redirectUri: string
  readonly transactionLifeMs: number
  /** Refuses a state that has come back before. */
  readonly seenStates: SeenStates
}

/** Begins a sign-in: one-time secrets, and the address that carries them. */
export async function startSignIn(context: SignInContext, options: StartSignInOptions): Promise<StartedSignIn> {
  const { application, redirectUri } = context
  const { userFlow = 'signUpSignIn', account, claims, signal } = options
  const scopes = checkScopes(options.scopes ?? [])
  checkUserFlow(application, userFlow)
  checkClaims(claims)
  checkParameters(options.parameters)
  const transaction: SignInTransaction = {
    version: 1,
    authority: authorityKey(application.authority),
    clientId: application.clientId,
    state: randomText(),
    nonce: randomText(),
    codeVerifier: randomText(),
    scopes,
    redirectUri,
    userFlow,
    returnTo: safeReturnTo(options.returnTo) ?? '/',
    createdAt: application.clock.now(),
    ...(claims === undefined ? {} : { claims }),
    ...(account === undefined ? {} : { account }),
  }
  const { prompt, domainHint } = options
  const loginHint =
    options.loginHint ?? account?.loginHint ?? (account?.username === '' ? undefined : account?.username)
  const { value } = await application.offline(
    userFlow,
    (msal) =>
      msal.authorizeUrl({
        scopes,
        redirectUri,
        state: transaction.state,
        nonce: transaction.nonce,
        codeChallenge: codeChallenge(transaction.codeVerifier),
        prompt,
        loginHint,
        domainHint,
        claims,
        parameters: options.parameters,
      }),
    signal,
  )
  if (value === undefined) throw new TypeError('MSAL gave no address to sign in at.')
  return { url: application.route.toReal(value), transaction }
}

/** Checks that scopes are texts that can stand in a list separated by spaces. */
export function checkScopes(scopes: unknown): readonly string[] {
  if (!Array.isArray(scopes)) throw new TypeError('scopes must be a list of texts.')
  return scopes.map((scope: unknown) => {
    if (typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) return scope
    throw new TypeError(`scopes must be texts without spaces, not ${JSON.stringify(scope)}.`)
  })
}

function checkUserFlow({ authority }: Application, userFlow: UserFlowName): void {
  if (authority.kind !== 'b2c') {
    if (userFlow === 'signUpSignIn') return
    throw new TypeError(`userFlow ${JSON.stringify(userFlow)} is for b2c() only.`)
  }
  if (userFlowPolicy(authority, userFlow) !== undefined) return
  throw new ConfigurationError([
    {
      field: `authority.userFlows.${userFlow}`,
      problem: 'It is not configured.',
      fix: 'Give the name of the user flow as in the portal.',
    },
  ])
}

function checkClaims(claims: string | undefined): void {
  if (claims === undefined) return
  try {
    const value: unknown = JSON.parse(claims)
    if (typeof value === 'object' && value !== null) return
  } catch {
    // Said below.
  }
  throw new TypeError('claims must be the text of a JSON object.')
}

/** What the protocol, MSAL or an option of ours says; a second value would undo a check. */
const protocolParameters: ReadonlySet<string> = new Set([
  ...['client_id', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge'],
  ...['code_challenge_method', 'claims', 'prompt', 'login_hint', 'domain_hint', 'sid', 'client_info', 'p', 'request'],
  ...['request_uri', 'client_secret', 'instance_aware'],
])

function checkParameters(parameters: Readonly<Record<string, unknown>> | undefined): void {
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (protocolParameters.has(name.toLowerCase())) {
      throw new TypeError(`parameters must not have ${JSON.stringify(name)}: the sign-in sets it itself.`)
    }
    if (typeof value !== 'string') throw new TypeError(`parameters.${name} must be a text.`)
  }
}

/** States that came back already, so that the same answer of the service is not taken twice by this process. */
export class SeenStates {
  readonly #seen = new Map<string, number>()

  /** Notes a state; `false` when it was seen before. Forgets what is older than `lifeMs`: it is too late for those anyway. */
  note(state: string, now: number, lifeMs: number): boolean {
    for (const [old, seenAt] of this.#seen) {
      if (now - seenAt <= lifeMs) break
      this.#seen.delete(old)
    }
    if (this.#seen.has(state)) return false
    this.#seen.set(state, now)
    return true
  }
}

/** What ended a sign-in early; becomes the result. */
export interface Failure extends Partial<Omit<SignInFailed, 'kind' | 'returnTo' | 'userFlow'>> {
  readonly reason: SignInFailure
  readonly message: string
  readonly remedy: string
}

const startAgain = 'Start the sign-in again from the beginning.'

/** Ends a sign-in: nothing is sent before it is clear that this browser started it. */
export async function finishSignIn(
  context: SignInContext,
  callback: SignInCallback,
  transaction: unknown,
  signal?: AbortSignal,
): Promise<SignInResult> {
  signal?.throwIfAborted()
  const stored = readTransaction(transaction)
  const end = { returnTo: safeReturnTo(stored?.returnTo) ?? '/', userFlow: stored?.userFlow ?? 'signUpSignIn' } as const
  const result = await settle(context, readCallback(callback), stored, signal)
  if (!('reason' in result)) return { ...end, ...result }
  context.application.logger?.warn?.(
    `A sign-in failed: ${result.reason}${result.code === undefined ? '' : ` (${result.code})`}.`,
  )
  return {
    code: undefined,
    retryable: false,
    correlationId: undefined,
    traceId: undefined,
    faults: [],
    ...end,
    ...result,
    kind: 'failed',
  }
}

type WithoutEnd<T> = T extends unknown ? Omit<T, 'returnTo' | 'userFlow'> : never
type Settled = WithoutEnd<Exclude<SignInResult, SignInFailed>> | Failure

async function settle(
  context: SignInContext,
  parameters: CallbackParameters | undefined,
  stored: StoredTransaction | undefined,
  signal: AbortSignal | undefined,
): Promise<Settled> {
  if (parameters === undefined) {
    return { reason: 'malformed', message: 'The answer of the sign-in service is malformed.', remedy: startAgain }
  }
  const refused = refuseUnexpected(context, parameters, stored)
  if (refused !== undefined || stored === undefined) return refused ?? noTransaction
  const ended = parameters.error === undefined ? undefined : endOfError(context.application, parameters, stored)
  if (ended !== undefined) return ended
  if (parameters.code === undefined) {
    return { reason: 'malformed', message: 'The answer of the sign-in service has no code.', remedy: startAgain }
  }
  try {
    return await redeem(context, { ...parameters, code: parameters.code }, stored, signal)
  } catch (error) {
    // A token cache that fails is the application's trouble, not the end of the sign-in.
    if (!isPatkitError(error) || error.code === 'PATKIT_TOKEN_CACHE') throw error
    return toFailure(error)
  }
}

const noTransaction: Failure = {
  reason: 'transaction',
  message: 'This browser has no sign-in under way.',
  remedy:
    'Start the sign-in again. If it happens every time, the session is lost on the way: check the session cookie (SameSite=Lax, same host) and that all servers share the sessions.',
}

/** Whether this browser, not long ago, for this application, started what now comes back; nothing is sent to find out. */
function refuseUnexpected(
  { application, redirectUri, transactionLifeMs, seenStates }: SignInContext,
  { state }: CallbackParameters,
  stored: StoredTransaction | undefined,
): Failure | undefined {
  if (stored === undefined) return noTransaction
  if (state === undefined || !sameSecret(state, stored.state)) {
    return {
      reason: 'state',
      message: 'The answer belongs to another sign-in.',
      remedy: 'Start the sign-in again; with several tabs open, finish it in the one where it was started last.',
    }
  }
  const isOurs =
    stored.authority === authorityKey(application.authority) &&
    stored.clientId === application.clientId &&
    stored.redirectUri === redirectUri
  if (!isOurs) {
    return { reason: 'transaction', message: 'The sign-in was started for another application.', remedy: startAgain }
  }
  const now = application.clock.now()
  if (now - stored.createdAt > transactionLifeMs || stored.createdAt > now + transactionLifeMs) {
    return { reason: 'too-late', message: 'The sign-in took too long.', remedy: startAgain }
  }
  if (!seenStates.note(stored.state, now, transactionLifeMs)) {
    return { reason: 'replayed', message: 'This sign-in was finished already.', remedy: startAgain }
  }
  return undefined
}

/** The service sent the browser back without a code. */
function endOfError(
  { authority }: Application,
  { error, errorDescription, errorSubcode }: CallbackParameters,
  stored: StoredTransaction,
): Settled {
  const code = codeIn(errorDescription)
  if (code === passwordForgotten) {
    if (userFlowPolicy(authority, 'resetPassword') !== undefined) {
      return { kind: 'password-reset-requested', scopes: stored.scopes }
    }
    const field = 'authority.userFlows.resetPassword'
    const fix = 'Configure the user flow, or switch on the self-service reset inside the sign-in flow.'
    return {
      reason: 'configuration',
      code,
      message: 'The password cannot be reset here.',
      remedy: fix,
      faults: [{ field, problem: 'Somebody asked to reset the password, but no user flow for it is configured.', fix }],
    }
  }
  const declined = error === 'access_denied' && (code === undefined || errorSubcode === 'cancel')
  if (declined || (code !== undefined && cancelledCodes.has(code))) return { kind: 'cancelled' }
  const { meaning, remedy } = meaningOf(code) ?? meaningOfError(error)
  const passing = error === 'temporarily_unavailable' || error === 'server_error'
  const waiting = ['interaction_required', 'login_required', 'consent_required'].includes(error ?? '')
  return {
    reason: passing ? 'service' : waiting ? 'interaction-required' : 'refused',
    code,
    message: meaning,
    remedy,
    retryable: passing,
  }
}

async function redeem(
  { application, keep, redirectUri }: SignInContext,
  parameters: CallbackParameters & { readonly code: string },
  stored: StoredTransaction,
  signal: AbortSignal | undefined,
): Promise<Settled> {
  const { userFlow, nonce, codeVerifier, scopes, claims } = stored
  const metadata = await application.metadata(userFlow, signal)
  const mixedUp = issuerOfCallbackFault(application, userFlow, metadata.issuer, parameters.issuer)
  if (mixedUp !== undefined) return mixedUp

  const outcome = await application.exchange(userFlow, signal, async (msal) => {
    const issued = await msal.redeem({ code: parameters.code, scopes, redirectUri, codeVerifier, nonce, claims })
    return { issued, tokens: msal.dump() }
  })
  if (outcome.kind !== 'done') return toRefused(outcome)

  const { issued, tokens } = outcome.value
  const checked = await checkIdentity(application, stored, metadata, issued, parameters.sessionState, signal)
  if ('reason' in checked) return checked
  if (userFlow === 'editProfile') return toEdited(checked, stored)
  await keep(checked, tokens, signal)
  return { kind: 'signed-in', account: checked, scopes: issued.scopes }
}

/** RFC 9207: an answer that names its issuer must name ours, so that a code of one service is never sent to another. */
function issuerOfCallbackFault(
  { authority }: Application,
  userFlow: UserFlowName,
  announced: string,
  issuer: string | undefined,
): Failure | undefined {
  const wrong = issuerFault(authority, userFlow, announced)
  const remedy = 'Compare the authority with the portal, or let doctor() explain it.'
  if (wrong !== undefined) return { reason: 'issuer', message: wrong, remedy }
  const tenant = issuer?.split('/')[3]
  if (issuer === undefined || issuer === expectedIssuer(announced, tenant)) return undefined
  return { reason: 'issuer', message: 'The answer comes from another sign-in service.', remedy: startAgain }
}

/** Who signed in, if the ID token is good. */
export async function checkIdentity(
  application: Application,
  { userFlow, nonce }: { readonly userFlow: UserFlowName; readonly nonce: string | undefined },
  { issuer, jwksUri }: { readonly issuer: string; readonly jwksUri: string },
  issued: IssuedTokens,
  sessionState: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Account | Failure> {
  const { authority, clientId, clock } = application
  const expected = { authority, userFlow, announcedIssuer: issuer, clientId, nonce, now: clock.now() }
  const fault = idTokenFault(issued.claims, expected)
  if (fault !== undefined) return fault
  if (!(await application.signingKeys.verify(issued.idToken, jwksUri, signal))) {
    const message = 'The ID token was not signed by the sign-in service.'
    return {
      reason: 'signature',
      message,
      remedy: 'A proxy may open the connection on the way; ask the network administrators.',
    }
  }
  const account = toAccount(authority, userFlow, issued, sessionState)
  if (account !== undefined) return account
  return { reason: 'identity', message: 'The ID token does not say who signed in.', remedy: startAgain }
}

function toEdited(edited: Account, { account }: StoredTransaction): Settled {
  const before = readAccount(account)
  if (before === undefined) return { kind: 'profile-edited', account: edited }
  if (before.id === edited.id) return { kind: 'profile-edited', account: withEditedProfile(before, edited) }
  return {
    reason: 'account',
    message: 'The profile of somebody else was edited.',
    remedy: 'Sign out, then sign in with the account whose profile is to be edited.',
  }
}

function toRefused(outcome: Exclude<ExchangeOutcome<unknown>, { kind: 'done' }>): Failure {
  if (outcome.kind === 'declined') {
    return outcome.msalCode === 'nonce_mismatch'
      ? { reason: 'nonce', message: 'The ID token was made for another sign-in.', remedy: startAgain }
      : { reason: 'service', code: outcome.msalCode, message: 'The tokens could not be read.', remedy: startAgain }
  }
  const { refusal } = outcome
  const { meaning, remedy } = meaningOfRefusal(refusal)
  const field = faultyField(refusal)
  const { serviceCode, correlationId, traceId } = refusal
  const ids = { code: serviceCode, correlationId, traceId }
  if (field === undefined)
    return { reason: needsPerson(refusal) ? 'refused' : 'service', ...ids, message: meaning, remedy }
  return {
    reason: 'configuration',
    ...ids,
    message: 'This application is not set up correctly.',
    remedy,
    faults: [{ field, problem: `${meaning} (${serviceCode ?? refusal.error})`, fix: remedy }],
  }
}

/** An error below the protocol, as the end of a sign-in. */
function toFailure(error: AnyPatkitError): Failure {
  const remedy = error.hint ?? 'Try again.'
  switch (error.code) {
    case 'PATKIT_CONFIGURATION': {
      const message = 'This application is not set up correctly.'
      return { reason: 'configuration', message, remedy, faults: error.faults }
    }
    case 'PATKIT_NETWORK':
    case 'PATKIT_TIMEOUT': {
      const message = 'The sign-in service could not be reached.'
      return { reason: 'network', message, remedy, retryable: error.retryable }
    }
    default: {
      const message = 'The sign-in service has a problem.'
      return { reason: 'service', message, remedy, retryable: error.retryable, traceId: error.activityId }
    }
  }
}
