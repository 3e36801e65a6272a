import { authorityFaults, authorityKey, type Authority } from '../config/authority.js'
import { clientIdFaults } from '../config/authority-config.js'
import { checkRange } from '../config/range.js'
import {
  ConfigurationError,
  InteractionRequiredError,
  isPatkitError,
  NetworkError,
  type ConfigurationFault,
  type PatkitError,
} from '../errors.js'
import type { AccessToken, GetTokenOptions, TokenCredential } from '../http/credential.js'
import { readAccount, type Account } from './account.js'
import { toAccessToken, toScopes } from './account-credential.js'
import type { Application, ExchangeOutcome } from './application.js'
import { DeviceExchange } from './device-exchange.js'
import {
  checkIdentityRanges,
  identityDefaults,
  identityFaults,
  toApplication,
  type IdentityOptions,
} from './identity-options.js'
import { openLoopback } from './loopback.js'
import type { DeviceCode, IssuedTokens } from './msal.js'
import { toTokenError } from './refusal.js'
import { checkIdentity, finishSignIn, SeenStates, startSignIn, type Failure, type SignInContext } from './sign-in.js'
import { SingleFlight } from './single-flight.js'
import { memoryTokenCache } from './token-cache.js'
import { TokenVault, vaultKey } from './token-vault.js'
import { UserTokens, type TokenOwner } from './user-tokens.js'

/** How a person signs in to a program that can keep no secret, such as a command line. */
export interface PersonCredentialOptions extends IdentityOptions {
  /** Who may sign in. */
  readonly authority: Authority
  /** Application (client) id of an app registration that allows public client flows, a GUID. */
  readonly clientId: string
  /** Names the sign-in in the token cache, so that several people can be kept side by side. Default `'default'`. */
  readonly profile?: string | undefined
  /**
   * `'when-needed'` (default): `getToken` lets the person sign in when nothing else helps. `'explicit'`: only `signIn` does, and `getToken`
   * throws an {@link InteractionRequiredError}.
   */
  readonly signIn?: 'when-needed' | 'explicit' | undefined
}

/** Options of {@link deviceCodeCredential}. */
export interface DeviceCodeCredentialOptions extends PersonCredentialOptions {
  /** Shows the person where to go and what to type. The code is good for this one sign-in, but whoever gets it in time can take part in it. */
  readonly show: (code: DeviceCode) => void
}

/** Options of {@link interactiveCredential}. */
export interface InteractiveCredentialOptions extends PersonCredentialOptions {
  /** Opens the person's browser at this address. */
  readonly openUrl: (url: string) => void | Promise<void>
  /** Who is to sign in. Default: the page asks which account. */
  readonly loginHint?: string | undefined
  /** Milliseconds the person has for it. Default 300,000: five minutes. */
  readonly signInTimeoutMs?: number | undefined
}

/** What a sign-in may be told. */
export interface PersonSignInOptions {
  readonly scopes: readonly string[]
  /** Claims that were demanded, as JSON text. */
  readonly claims?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The credential of a person who signs in here, kept in the token cache from one run to the next. */
export interface PersonCredential extends TokenCredential {
  /**
   * Lets the person sign in, whoever was signed in before.
   *
   * @throws {@link InteractionRequiredError} When the person declined, did not finish in time, or was refused.
   * @throws {@link ConfigurationError} When the service does not accept the application.
   */
  signIn(options: PersonSignInOptions): Promise<Account>
  /** Who is signed in; `undefined` when nobody is. Nothing is sent. */
  account(): Promise<Account | undefined>
  /** Forgets the person and the tokens. */
  signOut(): Promise<void>
}

/**
 * Lets a person sign in on another device: shows an address and a code to type there. For machines without a browser.
 *
 * @throws {@link ConfigurationError} With every fault at once; B2C has no device codes.
 */
export function deviceCodeCredential(options: DeviceCodeCredentialOptions): PersonCredential {
  const { authority } = options
  const noDeviceCode: ConfigurationFault = {
    field: 'authority',
    problem: 'Azure AD B2C has no device codes.',
    fix: 'Use interactiveCredential().',
  }
  const application = checkedApplication(options, authority.kind === 'b2c' ? [noDeviceCode] : [])
  return new KeptPerson(application, options, (wish) => signInByDeviceCode(application, wish, options.show))
}

const signInTimeoutMs = 5 * 60_000

/**
 * Lets a person sign in with the browser of this machine, which comes back to a port that is open for this one sign-in.
 *
 * @remarks The app registration needs the redirect URI `http://localhost` (Mobile and desktop applications); any port fits.
 * @throws {@link ConfigurationError} With every fault at once.
 */
export function interactiveCredential(options: InteractiveCredentialOptions): PersonCredential {
  checkRange('signInTimeoutMs', options.signInTimeoutMs, 1, 24 * 60 * 60_000)
  const application = checkedApplication(options, [])
  return new KeptPerson(application, options, (wish) => signInByBrowser(application, wish, options))
}

function checkedApplication(options: PersonCredentialOptions, further: readonly ConfigurationFault[]): Application {
  const { authority, clientId } = options
  const faults = [...authorityFaults(authority), ...clientIdFaults(clientId), ...identityFaults(options), ...further]
  if (faults.length > 0) throw new ConfigurationError(faults)
  checkIdentityRanges(options)
  return toApplication(options, authority, clientId, [])
}

/** What a sign-in brought. */
interface Arrival {
  readonly account: Account
  readonly tokens: string
}
type SignIn = (wish: PersonSignInOptions) => Promise<Arrival>

/** A person by the name of a profile: the account beside the tokens. */
class KeptPerson implements PersonCredential {
  readonly #vault: TokenVault
  readonly #userTokens: UserTokens
  readonly #mode: 'when-needed' | 'explicit'
  readonly #signIn: SignIn
  readonly #ownerId: string
  readonly #accountKey: string
  readonly #flights = new SingleFlight()

  constructor(application: Application, options: PersonCredentialOptions, signIn: SignIn) {
    const { tokenCache, tokenCacheTtlMs = identityDefaults.tokenCacheTtlMs, profile = 'default', clock } = options
    this.#vault = new TokenVault(tokenCache ?? memoryTokenCache(clock === undefined ? {} : { clock }), tokenCacheTtlMs)
    this.#userTokens = new UserTokens(application, this.#vault)
    this.#mode = options.signIn ?? 'when-needed'
    this.#signIn = signIn
    this.#ownerId = `profile ${profile}`
    this.#accountKey = vaultKey(
      authorityKey(application.authority),
      application.clientId,
      `account of ${this.#ownerId}`,
    )
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const wish = { scopes: toScopes(scopes), claims: options.claims }
    const { abortSignal: signal } = options
    try {
      return await this.#silently(wish, signal)
    } catch (error) {
      const helps = isPatkitError(error) && error.code === 'PATKIT_INTERACTION_REQUIRED' && this.#mode === 'when-needed'
      if (!helps) throw error
      await this.signIn({ ...wish, claims: error.claims ?? wish.claims, signal })
    }
    // The token of the sign-in has the claims that were demanded; asking with them again would ask the service again.
    return this.#silently({ scopes: wish.scopes }, signal)
  }

  async signIn({ scopes, claims, signal }: PersonSignInOptions): Promise<Account> {
    // Two browser windows for one person would be one too many.
    return this.#flights.run('sign-in', signal, async (ending) => {
      const { account, tokens } = await this.#signIn({ scopes: toScopes([...scopes]), claims, signal: ending })
      await this.#userTokens.forget(this.#ownerId, ending)
      await this.#userTokens.keep(this.#ownerId, account.homeAccountId, tokens, ending)
      await this.#vault.hold(this.#accountKey, ending, (held) => held.write(JSON.stringify(account)))
      return account
    })
  }

  async account(): Promise<Account | undefined> {
    const text = await this.#vault.read(this.#accountKey)
    if (text === undefined) return undefined
    try {
      return readAccount(JSON.parse(text))
    } catch {
      return undefined
    }
  }

  async signOut(): Promise<void> {
    await this.#userTokens.forget(this.#ownerId)
    await this.#vault.hold(this.#accountKey, undefined, (held) => held.delete())
  }

  async #silently(
    wish: { readonly scopes: readonly string[]; readonly claims?: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<AccessToken> {
    const account = await this.account()
    if (account === undefined) {
      const details = { reason: 'no-account', scopes: wish.scopes, hint: 'Sign in.' } as const
      throw new InteractionRequiredError('Nobody is signed in.', details)
    }
    const { homeAccountId, tenantId } = account
    const owner: TokenOwner = { id: this.#ownerId, homeAccountId, tenantId, userFlow: 'signUpSignIn' }
    return toAccessToken(await this.#userTokens.get(owner, wish, signal))
  }
}

async function signInByDeviceCode(
  application: Application,
  { scopes, claims, signal }: PersonSignInOptions,
  show: (code: DeviceCode) => void,
): Promise<Arrival> {
  const outcome = await application.exchange(
    'signUpSignIn',
    signal,
    async (msal) => {
      const issued = await msal.byDeviceCode(scopes, show, claims)
      return { issued, tokens: msal.dump() }
    },
    () => new DeviceExchange(application.network, application.clock, scopes, signal),
  )
  if (outcome.kind !== 'done') throw toDeviceError(outcome, scopes)
  const { issued, tokens } = outcome.value
  return { account: await identify(application, issued, scopes, signal), tokens }
}

async function identify(
  application: Application,
  issued: IssuedTokens,
  scopes: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Account> {
  const metadata = await application.metadata('signUpSignIn', signal)
  // A device code has no nonce: there is no redirect into which somebody could slip another person's answer.
  const transaction = { userFlow: 'signUpSignIn', nonce: undefined } as const
  const checked = await checkIdentity(application, transaction, metadata, issued, undefined, signal)
  if ('reason' in checked) throw toError(checked, scopes)
  return checked
}

const declined: ReadonlySet<string> = new Set(['authorization_declined', 'access_denied'])
const expired: ReadonlySet<string> = new Set(['expired_token', 'code_expired', 'bad_verification_code'])

function toDeviceError(
  outcome: Exclude<ExchangeOutcome<unknown>, { kind: 'done' }>,
  scopes: readonly string[],
): PatkitError {
  if (outcome.kind === 'refused' && declined.has(outcome.refusal.error)) return toDeclined(scopes)
  if (outcome.kind === 'refused' && expired.has(outcome.refusal.error)) return toExpired(scopes)
  return toTokenError(outcome, scopes)
}

async function signInByBrowser(
  application: Application,
  { scopes, claims, signal }: PersonSignInOptions,
  options: InteractiveCredentialOptions,
): Promise<Arrival> {
  const loopback = await openLoopback(application.clock)
  try {
    let tokens: string | undefined
    const timeoutMs = options.signInTimeoutMs ?? signInTimeoutMs
    const context: SignInContext = {
      application,
      redirectUri: loopback.redirectUri,
      transactionLifeMs: timeoutMs,
      seenStates: new SeenStates(),
      keep: (_account, fresh) => {
        tokens = fresh
        return Promise.resolve()
      },
    }
    const { loginHint } = options
    // Without it the browser would take whoever is signed in there already.
    const prompt = loginHint === undefined ? 'select_account' : undefined
    const { url, transaction } = await startSignIn(context, { scopes, claims, prompt, loginHint, signal })
    const visit = loopback.wait(transaction.state, timeoutMs, signal)
    // Opening the browser may fail first; the wait then ends with the server, and its end is nobody's concern.
    visit.catch(() => undefined)
    await options.openUrl(url)
    const callback = await visit
    if (callback === undefined) throw toExpired(scopes)
    const result = await finishSignIn(context, callback, transaction, signal)
    if (result.kind === 'signed-in' && tokens !== undefined) return { account: result.account, tokens }
    throw result.kind === 'failed' ? toError(result, scopes) : toDeclined(scopes)
  } finally {
    await loopback.close()
  }
}

/** The end of a sign-in as an error: a program without pages has nowhere to show a value. */
function toError(
  { reason, message, remedy, code, retryable, faults, traceId }: Failure,
  scopes: readonly string[],
): PatkitError {
  const details = { hint: remedy, activityId: traceId, retryable }
  if (reason === 'configuration' && faults !== undefined && faults.length > 0) return new ConfigurationError(faults)
  if (reason === 'network' || reason === 'service') return new NetworkError(message, details)
  return new InteractionRequiredError(message, { ...details, reason: 'refused', scopes, serviceCode: code })
}

function toDeclined(scopes: readonly string[]): InteractionRequiredError {
  const details = { reason: 'declined', scopes, hint: 'Start the sign-in again.' } as const
  return new InteractionRequiredError('The sign-in was declined.', details)
}

function toExpired(scopes: readonly string[]): InteractionRequiredError {
  const details = { reason: 'expired', scopes, hint: 'Start the sign-in again.' } as const
  return new InteractionRequiredError('The sign-in was not finished in time.', details)
}
