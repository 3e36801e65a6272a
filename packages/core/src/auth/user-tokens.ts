import { authorityKey, type UserFlowName } from '../config/authority.js'
import { InteractionRequiredError, isPatkitError, ProtocolError } from '../errors.js'
import type { Application } from './application.js'
import type { IssuedTokens, KnownAccount } from './msal.js'
import { isTokenCache, mergeTokens } from './msal-cache.js'
import { list, toTokenError } from './refusal.js'
import { SingleFlight } from './single-flight.js'
import { vaultKey, type HeldTokens, type TokenVault } from './token-vault.js'

/** Whose tokens are meant. */
export interface TokenOwner extends KnownAccount {
  /** Names the person; the tokens are kept under it. */
  readonly id: string
  readonly userFlow: UserFlowName
}

/** Which token is asked for. */
export interface TokenWish {
  readonly scopes: readonly string[]
  /** Claims that the service demanded, as JSON text: no kept token has them. */
  readonly claims?: string | undefined
}

/** Renewed this long before the end, so that no request is under way with a token that ends. The same as MSAL's own. */
const refreshAheadMs = 5 * 60_000
/** After a renewal ahead of time failed, the token that is still good serves so long before the next attempt. */
const restMs = 60_000

/** The tokens of everybody who signed in: kept per person, found without asking, renewed once for all who wait. */
export class UserTokens {
  readonly #application: Application
  readonly #vault: TokenVault
  readonly #flights = new SingleFlight()
  readonly #restUntil = new Map<string, number>()

  constructor(application: Application, vault: TokenVault) {
    this.#application = application
    this.#vault = vault
  }

  /** Keeps the tokens of a sign-in; those of the same account are replaced, those of another user flow stay. */
  async keep(ownerId: string, homeAccountId: string, tokens: string, signal?: AbortSignal): Promise<void> {
    await this.#vault.hold(this.#key(ownerId), signal, async (held) => {
      await held.write(mergeTokens(await held.read(), tokens, homeAccountId))
    })
  }

  /** Forgets everything about a person; whoever renews at this moment finds nothing to write back to. */
  async forget(ownerId: string, signal?: AbortSignal): Promise<void> {
    await this.#vault.hold(this.#key(ownerId), signal, (held) => held.delete())
  }

  /** The ID token of the last sign-in or renewal, if it is still kept. */
  async idToken(owner: TokenOwner, signal?: AbortSignal): Promise<string | undefined> {
    const tokens = readable(await this.#vault.read(this.#key(owner.id)))
    if (tokens === undefined) return undefined
    const { value } = await this.#application.offline(
      owner.userFlow,
      (msal) => {
        msal.load(tokens)
        return msal.idToken(owner)
      },
      signal,
    )
    return value
  }

  /** The accounts that are kept under a name. */
  async accounts(ownerId: string, signal?: AbortSignal): Promise<readonly KnownAccount[]> {
    const tokens = readable(await this.#vault.read(this.#key(ownerId)))
    if (tokens === undefined) return []
    const { value } = await this.#application.offline(
      'signUpSignIn',
      (msal) => {
        msal.load(tokens)
        return msal.accounts()
      },
      signal,
    )
    return value ?? []
  }

  /**
   * An access token: a kept one while it is good, otherwise a renewed one.
   *
   * @throws {@link InteractionRequiredError} When only the person can help.
   */
  get(owner: TokenOwner, wish: TokenWish, signal: AbortSignal | undefined): Promise<IssuedTokens> {
    const name = JSON.stringify([owner.id, owner.homeAccountId, [...wish.scopes].sort(), wish.claims ?? null])
    return this.#flights.run(name, signal, (ending) => this.#get(name, owner, wish, ending))
  }

  async #get(name: string, owner: TokenOwner, wish: TokenWish, signal: AbortSignal): Promise<IssuedTokens> {
    const key = this.#key(owner.id)
    const kept = readable(await this.#vault.read(key))
    if (kept === undefined) throw nothingKept(wish)
    const found = await this.#find(kept, owner, wish, signal)
    if (found !== undefined && (this.#isFresh(found) || this.#rests(name, found))) return found
    try {
      return await this.#vault.hold(key, signal, (held) => this.#renew(held, owner, wish, signal))
    } catch (error) {
      // Ahead of its end: the token that was to be renewed is still good.
      if (found === undefined || signal.aborted || !isPatkitError(error) || !this.#isGood(found)) throw error
      this.#rest(name)
      return found
    }
  }

  /** Renews under the lock, unless somebody else did while we waited for it. */
  async #renew(held: HeldTokens, owner: TokenOwner, wish: TokenWish, signal: AbortSignal): Promise<IssuedTokens> {
    const kept = readable(await held.read())
    if (kept === undefined) throw nothingKept(wish)
    const found = await this.#find(kept, owner, wish, signal)
    if (found !== undefined && this.#isFresh(found)) return found
    const outcome = await this.#application.exchange(owner.userFlow, signal, async (msal) => {
      msal.load(kept)
      const { scopes, claims } = wish
      const issued = await msal.silent({ account: owner, scopes, claims, renew: 'always' })
      return issued === undefined ? undefined : { issued, tokens: msal.dump() }
    })
    if (outcome.kind !== 'done') throw toTokenError(outcome, wish.scopes)
    if (outcome.value === undefined) throw nothingKept(wish)
    const { issued, tokens } = outcome.value
    if (issued.homeAccountId !== owner.homeAccountId) throw someoneElse()
    await held.write(tokens)
    return withAccessToken(issued, wish)
  }

  /** A kept token, as long as MSAL takes it for good. */
  async #find(
    kept: string,
    owner: TokenOwner,
    { scopes, claims }: TokenWish,
    signal: AbortSignal,
  ): Promise<IssuedTokens | undefined> {
    if (claims !== undefined) return undefined
    const { value } = await this.#application.offline(
      owner.userFlow,
      (msal) => {
        msal.load(kept)
        return msal.silent({ account: owner, scopes, renew: 'if-needed' })
      },
      signal,
    )
    return value === undefined || value.accessToken === '' ? undefined : value
  }

  #isFresh({ expiresAt, refreshAt }: IssuedTokens): boolean {
    const now = this.#application.clock.now()
    return expiresAt - now > refreshAheadMs && (refreshAt === undefined || refreshAt > now)
  }

  #isGood({ expiresAt }: IssuedTokens): boolean {
    return expiresAt > this.#application.clock.now()
  }

  #rest(name: string): void {
    const now = this.#application.clock.now()
    for (const [other, until] of this.#restUntil) if (until <= now) this.#restUntil.delete(other)
    this.#restUntil.set(name, now + restMs)
  }

  #rests(name: string, found: IssuedTokens): boolean {
    return (this.#restUntil.get(name) ?? 0) > this.#application.clock.now() && this.#isGood(found)
  }

  #key(ownerId: string): string {
    return vaultKey(authorityKey(this.#application.authority), this.#application.clientId, ownerId)
  }
}

/** B2C answers without an access token when the scope is of no API: nobody could use what is empty. */
function withAccessToken(issued: IssuedTokens, { scopes }: TokenWish): IssuedTokens {
  if (issued.accessToken !== '') return issued
  throw new InteractionRequiredError(`The sign-in service gave no access token for ${list(scopes)}.`, {
    reason: 'no-token',
    scopes,
    hint: 'Ask for a scope of an API that the application has a permission for, and sign in again.',
  })
}

function nothingKept({ scopes }: TokenWish): InteractionRequiredError {
  return new InteractionRequiredError('No tokens of this person are kept here.', {
    reason: 'no-account',
    scopes,
    hint: 'Sign in again.',
  })
}

function someoneElse(): ProtocolError {
  return new ProtocolError('The sign-in service renewed the tokens of somebody else; they were not kept.')
}

function readable(tokens: string | undefined): string | undefined {
  return tokens !== undefined && isTokenCache(tokens) ? tokens : undefined
}
