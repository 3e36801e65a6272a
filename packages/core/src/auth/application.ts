import type { Clock } from '../clock.js'
import { authorityUrl, type Authority, type UserFlowName } from '../config/authority.js'
import type { UsableCredential } from '../config/authority-credential.js'
import type { Logger } from '../http/transport.js'
import { Secret } from '../secret.js'
import type { AuthorityMetadata, Discovery } from './discovery.js'
import type { Route } from './emulator-route.js'
import type { SigningKeys } from './id-token-signature.js'
import { converseWithMsal, msalErrorCode, type MsalConversation, type MsalNetwork } from './msal.js'
import type { IdentityNetwork } from './network.js'
import { NoExchange, TokenExchange, type Refusal } from './token-exchange.js'

/** What an application at its authority is made of. */
export interface ApplicationOptions {
  readonly authority: Authority
  readonly clientId: string
  /** Tried in this order; empty for a public client. */
  readonly credentials: readonly UsableCredential[]
  readonly network: IdentityNetwork
  readonly discovery: Discovery
  readonly signingKeys: SigningKeys
  readonly route: Route
  readonly clock: Clock
  readonly logger: Logger | undefined
}

/** How a conversation with the token endpoint ended; what went wrong on the way there is thrown. */
export type ExchangeOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** MSAL itself said no, without asking the service. */
  | { readonly kind: 'declined'; readonly msalCode: string }

type Work<T> = (msal: MsalConversation) => Promise<T>

/** An app registration at its authority: what every kind of sign-in and every token request have in common. */
export class Application {
  readonly authority: Authority
  readonly clientId: string
  readonly clock: Clock
  readonly route: Route
  readonly discovery: Discovery
  readonly signingKeys: SigningKeys
  readonly network: IdentityNetwork
  readonly logger: Logger | undefined
  readonly #options: ApplicationOptions
  readonly #credentials: readonly UsableCredential[]
  /** The credential that was accepted last: the others are not tried in vain every time. */
  #preferred = 0

  constructor(options: ApplicationOptions) {
    this.authority = options.authority
    this.clientId = options.clientId
    this.clock = options.clock
    this.route = options.route
    this.discovery = options.discovery
    this.signingKeys = options.signingKeys
    this.network = options.network
    this.logger = options.logger
    this.#options = options
    this.#credentials = options.credentials
  }

  /** The credentials, in the order in which they are tried. */
  get credentials(): readonly UsableCredential[] {
    return this.#credentials
  }

  /** The same application with one of its credentials only. */
  withCredential(credential: UsableCredential): Application {
    return new Application({ ...this.#options, credentials: [credential] })
  }

  /** The authority's endpoints and issuer. */
  metadata(userFlow: UserFlowName, signal?: AbortSignal): Promise<AuthorityMetadata> {
    return this.discovery.get(this.authority, userFlow, signal)
  }

  /** A conversation that sends nothing: to read kept tokens, or to write an address. Says whether MSAL wanted to send something. */
  async offline<T>(
    userFlow: UserFlowName,
    work: Work<T>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: T | undefined; readonly wanted: boolean }> {
    const silence = new NoExchange()
    const metadata = await this.metadata(userFlow, signal)
    // MSAL signs or fetches the application's proof even if nothing is sent; this one costs nothing.
    const msal = await this.#converse(userFlow, metadata, { kind: 'secret', secret: new Secret('unused') }, silence)
    try {
      return { value: await work(msal), wanted: silence.wanted }
    } catch (error) {
      if (silence.wanted || msalErrorCode(error) !== undefined) return { value: undefined, wanted: true }
      throw error
    }
  }

  /**
   * A conversation with the token endpoint. When the service does not accept the application's credential, the same is tried with the
   * next one: that is how a secret is rotated without an outage.
   *
   * @param open - Makes the network of one conversation; by default one that only sends and remembers.
   * @throws PatkitError For everything that is no answer of the service.
   */
  async exchange<T>(
    userFlow: UserFlowName,
    signal: AbortSignal | undefined,
    work: Work<T>,
    open = (): TokenExchange => new TokenExchange(this.network, signal),
  ): Promise<ExchangeOutcome<T>> {
    const metadata = await this.metadata(userFlow, signal)
    const candidates: readonly (UsableCredential | undefined)[] =
      this.#credentials.length === 0 ? [undefined] : this.#credentials
    const first = this.#preferred
    let refused: ExchangeOutcome<T> | undefined
    for (let turn = 0; turn < candidates.length; turn++) {
      const index = (first + turn) % candidates.length
      const outcome = await this.#exchangeWith(userFlow, metadata, candidates[index], signal, work, open())
      if (outcome.kind !== 'refused' || outcome.refusal.error !== 'invalid_client') {
        this.#prefer(index, refused)
        return outcome
      }
      refused = outcome
    }
    // The loop ran at least once, and only a refusal lets it go on.
    return refused as ExchangeOutcome<T>
  }

  #prefer(index: number, refused: ExchangeOutcome<unknown> | undefined): void {
    this.#preferred = index
    if (refused?.kind !== 'refused') return
    const { serviceCode, error } = refused.refusal
    this.logger?.warn?.(`A credential was refused (${serviceCode ?? error}); credential[${index}] is used from now on.`)
  }

  async #exchangeWith<T>(
    userFlow: UserFlowName,
    metadata: AuthorityMetadata,
    credential: UsableCredential | undefined,
    signal: AbortSignal | undefined,
    work: Work<T>,
    exchange: TokenExchange,
  ): Promise<ExchangeOutcome<T>> {
    const msal = await this.#converse(userFlow, metadata, credential, exchange)
    try {
      return { kind: 'done', value: await work(msal) }
    } catch (error) {
      signal?.throwIfAborted()
      const { end } = exchange
      if (end?.kind === 'failed') throw end.error
      if (end?.kind === 'refused') return { kind: 'refused', refusal: end.refusal }
      const msalCode = msalErrorCode(error)
      if (msalCode === undefined) throw error
      return { kind: 'declined', msalCode }
    }
  }

  #converse(
    userFlow: UserFlowName,
    metadata: AuthorityMetadata,
    credential: UsableCredential | undefined,
    exchange: MsalNetwork,
  ): Promise<MsalConversation> {
    const { kind } = this.authority
    return converseWithMsal({
      clientId: this.clientId,
      authorityUrl: authorityUrl(this.authority, userFlow),
      metadata,
      credential,
      // Continuous access evaluation is known to the workforce service only. Our clients pass its challenges on, so we may say so.
      capabilities: kind === 'single-tenant' || kind === 'multi-tenant' ? ['cp1'] : [],
      exchange,
      clock: this.clock,
    })
  }
}
