import { isPatkitError } from '../errors.js'
import type { Clock } from '../clock.js'
import type { AccessToken, GetTokenOptions, TokenCredential } from '../http/credential.js'
import type { IssuedTokens } from './msal.js'
import { checkScopes } from './sign-in.js'
import type { TokenOwner, TokenWish, UserTokens } from './user-tokens.js'

/** A token that ends sooner than this is not handed out any more, whatever happens. */
const leastLifeMs = 30_000

/** Gives the access tokens of one person who signed in. */
export class AccountCredential implements TokenCredential {
  readonly #userTokens: UserTokens
  readonly #owner: TokenOwner
  readonly #clock: Clock
  /** The last token by scopes: it serves on when the sign-in service fails shortly before its end. */
  readonly #last = new Map<string, IssuedTokens>()

  constructor(userTokens: UserTokens, owner: TokenOwner, clock: Clock) {
    this.#userTokens = userTokens
    this.#owner = owner
    this.#clock = clock
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const wish: TokenWish = { scopes: toScopes(scopes), claims: options.claims }
    const name = wish.scopes.join(' ')
    try {
      const issued = await this.#userTokens.get(this.#owner, wish, options.abortSignal)
      this.#last.set(name, issued)
      return toAccessToken(issued)
    } catch (error) {
      const last = wish.claims === undefined ? this.#last.get(name) : undefined
      const passing = isPatkitError(error) && error.retryable
      if (!passing || last === undefined || last.expiresAt - this.#clock.now() < leastLifeMs) throw error
      return toAccessToken(last)
    }
  }
}

/** Scopes as a list; `'a b'` is two, as in @azure/core-auth. */
export function toScopes(scopes: string | string[]): readonly string[] {
  const wanted = checkScopes(typeof scopes === 'string' ? scopes.split(' ').filter((scope) => scope !== '') : scopes)
  if (wanted.length > 0) return wanted
  throw new TypeError('scopes must name at least one scope.')
}

/** A token as callers know it. */
export function toAccessToken({ accessToken, expiresAt, refreshAt }: IssuedTokens): AccessToken {
  return {
    token: accessToken,
    expiresOnTimestamp: expiresAt,
    ...(refreshAt === undefined ? {} : { refreshAfterTimestamp: refreshAt }),
  }
}
