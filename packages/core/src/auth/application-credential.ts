import { ConfigurationError } from '../errors.js'
import type { AccessToken, GetTokenOptions, TokenCredential } from '../http/credential.js'
import { toAccessToken, toScopes } from './account-credential.js'
import type { Application } from './application.js'
import type { IssuedTokens } from './msal.js'
import { toTokenError } from './refusal.js'
import { SingleFlight } from './single-flight.js'

const refreshAheadMs = 5 * 60_000

/** Gives access tokens of the application itself (client credentials), kept in this process. */
export class ApplicationCredential implements TokenCredential {
  readonly #application: Application
  readonly #flights = new SingleFlight()
  readonly #kept = new Map<string, IssuedTokens>()

  constructor(application: Application) {
    this.#application = application
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    this.#refuseSharedAuthority()
    const wanted = toScopes(scopes)
    const name = wanted.join(' ')
    const { claims, abortSignal } = options
    const kept = claims === undefined ? this.#kept.get(name) : undefined
    if (kept !== undefined && this.#isFresh(kept)) return toAccessToken(kept)
    const flight = JSON.stringify([name, claims ?? null])
    const issued = await this.#flights.run(flight, abortSignal, (signal) => this.#ask(wanted, claims, signal))
    this.#kept.set(name, issued)
    return toAccessToken(issued)
  }

  async #ask(scopes: readonly string[], claims: string | undefined, signal: AbortSignal): Promise<IssuedTokens> {
    const outcome = await this.#application.exchange('signUpSignIn', signal, (msal) =>
      msal.forApplication(scopes, claims),
    )
    if (outcome.kind === 'done') return outcome.value
    throw toTokenError(outcome, scopes)
  }

  #isFresh({ expiresAt, refreshAt }: IssuedTokens): boolean {
    const now = this.#application.clock.now()
    return expiresAt - now > refreshAheadMs && (refreshAt === undefined || refreshAt > now)
  }

  /** An application has an identity in each tenant, so the tenant must be said. */
  #refuseSharedAuthority(): void {
    const { authority } = this.#application
    if (authority.kind !== 'multi-tenant') return
    throw new ConfigurationError([
      {
        field: 'authority',
        problem: `An application cannot sign in as itself at /${authority.audience}.`,
        fix: 'Use singleTenant() with the tenant in which the application was consented to.',
      },
    ])
  }
}
