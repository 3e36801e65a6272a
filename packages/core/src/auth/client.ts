import { authorityKey, type Authority } from '../config/authority.js'
import { readAuthConfig, type AuthConfig } from '../config/authority-config.js'
import { checkRange } from '../config/range.js'
import { ConfigurationError } from '../errors.js'
import type { TokenCredential } from '../http/credential.js'
import { readAccount, type Account } from './account.js'
import { AccountCredential } from './account-credential.js'
import type { Application } from './application.js'
import { ApplicationCredential } from './application-credential.js'
import type { SignInCallback } from './callback.js'
import { examine, type DoctorReport } from './doctor.js'
import {
  checkIdentityRanges,
  identityDefaults,
  identityFaults,
  toApplication,
  type IdentityOptions,
} from './identity-options.js'
import { SessionIndex, type SessionIndexOptions } from './session-index.js'
import {
  finishSignIn,
  SeenStates,
  startSignIn,
  type SignInContext,
  type StartedSignIn,
  type StartSignInOptions,
} from './sign-in.js'
import type { SignInResult } from './sign-in-result.js'
import { readFrontChannelLogout, signOutUrl, type FrontChannelLogout, type SignOutUrlOptions } from './sign-out.js'
import { memoryTokenCache } from './token-cache.js'
import { TokenVault } from './token-vault.js'
import { UserTokens, type TokenOwner } from './user-tokens.js'

/** Who may sign in, as which application, and the surroundings of it. */
export interface AuthClientOptions extends AuthConfig, IdentityOptions {
  /** Milliseconds from `startSignIn` to `finishSignIn` at most. Default 600,000: ten minutes. */
  readonly transactionLifeMs?: number | undefined
}

const defaults = { ...identityDefaults, transactionLifeMs: 10 * 60_000 } as const

/**
 * Signs people in at Microsoft Entra ID, Azure AD B2C or External ID, for a web application that can keep a secret, and gives access
 * tokens for them.
 *
 * One object serves the whole application: it holds no person's tokens outside the token cache, and no request shares anything with
 * another but what the authority says about itself. Nothing is sent before the first method is called.
 *
 * @remarks Its secrets show neither in `util.inspect` nor in JSON, log or errors.
 * @throws {@link ConfigurationError} With every fault of the configuration at once, each with its field and what to do.
 * @throws RangeError When a number is out of bounds.
 *
 * @example
 * ```ts
 * import { AuthClient, AZURE_DEVOPS_SCOPE, DevOpsClient, singleTenant } from '@patkit/core'
 *
 * const auth = new AuthClient({
 *   authority: singleTenant({ tenant: 'contoso.onmicrosoft.com' }),
 *   clientId: '00001111-aaaa-2222-bbbb-3333cccc4444',
 *   credential: { secret: process.env.CLIENT_SECRET ?? '' },
 *   redirectUri: 'http://localhost:5000/getAToken',
 * })
 *
 * export async function signIn(session: Record<string, unknown>): Promise<string> {
 *   const { url, transaction } = await auth.startSignIn({ scopes: [AZURE_DEVOPS_SCOPE], returnTo: '/reports' })
 *   session.transaction = transaction
 *   return url
 * }
 *
 * export async function signedIn(callbackUrl: URL, session: Record<string, unknown>): Promise<DevOpsClient | undefined> {
 *   const { transaction } = session
 *   delete session.transaction
 *   const result = await auth.finishSignIn(callbackUrl, transaction)
 *   if (result.kind !== 'signed-in') return undefined
 *   session.account = result.account
 *   return new DevOpsClient({ organization: 'fabrikam', credential: auth.credentialFor(result.account) })
 * }
 * ```
 */
export class AuthClient {
  readonly #application: Application
  readonly #userTokens: UserTokens
  readonly #vault: TokenVault
  readonly #signIn: SignInContext
  readonly #emulatorOrigin: string | undefined

  constructor(options: AuthClientOptions) {
    const { credentials, faults } = readAuthConfig(options)
    const all = [...faults, ...identityFaults(options)]
    if (all.length > 0) throw new ConfigurationError(all)
    checkIdentityRanges(options)
    checkRange('transactionLifeMs', options.transactionLifeMs, 1, 24 * 60 * 60_000)

    const { authority, clientId, redirectUri, clock } = options
    const { tokenCache, tokenCacheTtlMs, transactionLifeMs = defaults.transactionLifeMs } = options
    const store = tokenCache ?? memoryTokenCache(clock === undefined ? {} : { clock })
    this.#application = toApplication(options, authority, clientId, credentials)
    this.#vault = new TokenVault(store, tokenCacheTtlMs ?? defaults.tokenCacheTtlMs)
    this.#userTokens = new UserTokens(this.#application, this.#vault)
    this.#emulatorOrigin = options.emulator?.origin
    this.#signIn = {
      application: this.#application,
      keep: ({ id, homeAccountId }, tokens, signal) => this.#userTokens.keep(id, homeAccountId, tokens, signal),
      redirectUri,
      transactionLifeMs,
      seenStates: new SeenStates(),
    }
  }

  /** Who may sign in, as configured. */
  get authority(): Authority {
    return this.#application.authority
  }

  /** Application (client) id, as configured. */
  get clientId(): string {
    return this.#application.clientId
  }

  /** Where people come back to, as configured. */
  get redirectUri(): string {
    return this.#signIn.redirectUri
  }

  /** Where the emulator listens, if there is one: worth a banner, because anybody can sign in as anybody there. */
  get emulatorOrigin(): string | undefined {
    return this.#emulatorOrigin
  }

  /**
   * Begins a sign-in: gives the address to send the browser to, and what to remember until it comes back.
   *
   * State, nonce and PKCE are always used. Nothing but the authority's description is asked for, and that once in 12 hours.
   *
   * @throws {@link ConfigurationError} When the user flow is not configured, or the service knows no such tenant.
   * @throws {@link NetworkError} When the sign-in service cannot be reached.
   * @throws TypeError When a scope has a space in it, or `claims` is no JSON object.
   */
  startSignIn(options: StartSignInOptions = {}): Promise<StartedSignIn> {
    return startSignIn(this.#signIn, options)
  }

  /**
   * Ends a sign-in when the browser comes back. Every expected end is a value: see {@link SignInResult}.
   *
   * Nothing is sent unless the answer belongs to the transaction: `state` is compared (in constant time) first. An ID token is accepted
   * only if issuer, audience, tenant, user flow, times (with 5 minutes of tolerance), nonce and signature are right. The tokens go into
   * the token cache, never into the result.
   *
   * @param callback - The address the browser came to, its query, or the parsed query (`req.query`).
   * @param transaction - The {@link SignInTransaction} that `startSignIn` gave, as the session kept it. Take it out of the session first: it is good for one use.
   * @throws {@link TokenCacheError} When the tokens could not be kept; the person is not signed in then.
   */
  finishSignIn(
    callback: SignInCallback,
    transaction: unknown,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<SignInResult> {
    return finishSignIn(this.#signIn, callback, transaction, options.signal)
  }

  /**
   * Gives the access tokens of somebody who signed in: a kept one while it is good, renewed 5 minutes before its end, once for all who
   * ask at the same time, on whatever server.
   *
   * Make one where it is needed; it costs nothing, and holds no token that outlives it.
   *
   * @remarks At Entra ID tokens are asked for that can be revoked at once (continuous access evaluation), whatever `enableCae` says:
   * whoever uses them should answer a claims challenge by `getToken(scopes, { claims })`, as `DevOpsClient` does.
   * @param account - From `finishSignIn`, as the session kept it.
   * @throws TypeError When it is no account.
   * @throws {@link InteractionRequiredError} From `getToken`, when only the person can help: sign in again with its `scopes` and `claims`.
   * @throws {@link ConfigurationError} From `getToken`, when the service does not accept the application or a scope.
   * @throws {@link TokenCacheError} From `getToken`, when the token cache fails.
   */
  credentialFor(account: Account): TokenCredential {
    return new AccountCredential(this.#userTokens, ownerOf(account), this.#application.clock)
  }

  /**
   * Gives access tokens of the application itself (client credentials), for scopes such as `'https://graph.microsoft.com/.default'`.
   *
   * @remarks Azure DevOps gives the personal access tokens of people to people only, not to applications.
   * @throws {@link ConfigurationError} From `getToken`, for an authority of several tenants.
   */
  credentialForApplication(): TokenCredential {
    return new ApplicationCredential(this.#application)
  }

  /**
   * Forgets the tokens of somebody, in every session and on every server: their credentials give no token any more.
   *
   * @throws {@link TokenCacheError} When the token cache fails; the tokens are still there then.
   */
  async signOut(account: Account, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#userTokens.forget(ownerOf(account).id, options.signal)
  }

  /**
   * The address that ends the session at the sign-in service too; send the browser there after the session of the application was ended.
   *
   * @throws TypeError When `postLogoutRedirectUri` is no absolute https address.
   */
  signOutUrl(options: SignOutUrlOptions = {}): Promise<string> {
    return signOutUrl(this.#application, options, (account) =>
      this.#userTokens.idToken(ownerOf(account), options.signal),
    )
  }

  /**
   * Reads the request by which the sign-in service announces that somebody signed out elsewhere (front-channel logout); `undefined` for
   * one that is none, or not from this authority.
   *
   * @param parameters - The address of the request, its query, or the parsed query.
   */
  readFrontChannelLogout(parameters: SignInCallback): FrontChannelLogout | undefined {
    return readFrontChannelLogout(this.#application, parameters)
  }

  /** Makes an index from sessions at this sign-in service to sessions of the application, for front-channel logout. */
  sessionIndex(options: SessionIndexOptions = {}): SessionIndex {
    return new SessionIndex(authorityKey(this.authority), this.clientId, options)
  }

  /**
   * Looks for what keeps people from signing in, and explains it in plain sentences. Asks the service, signs nobody in, changes nothing.
   *
   * @returns one finding per thing looked at; never throws for what it finds.
   */
  doctor(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<DoctorReport> {
    return examine(this.#application, this.redirectUri, this.#vault, options.signal)
  }
}

function ownerOf(value: Account): TokenOwner {
  const account = readAccount(value)
  if (account === undefined) throw new TypeError('account must be what finishSignIn gave.')
  const { id, homeAccountId, tenantId, userFlow = 'signUpSignIn' } = account
  return { id, homeAccountId, tenantId, userFlow }
}
