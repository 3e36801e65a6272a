import type { Clock } from '../clock.js'
import { InteractionRequiredError, isPatkitError } from '../errors.js'
import type { MsalNetworkAnswer } from './msal.js'
import type { IdentityNetwork } from './network.js'
import { TokenExchange } from './token-exchange.js'

/** Where the service does not say: RFC 8628, section 3.2. */
const defaultIntervalSeconds = 5
/** Added when the service says `slow_down`: RFC 8628, section 3.5. */
const slowDownSeconds = 5

/**
 * The network under a sign-in with a device code. It keeps the pace of the questions, by our clock: MSAL would wait by the machine's,
 * knows no `slow_down`, and gives up at the first broken connection, although the person needs minutes.
 */
export class DeviceExchange extends TokenExchange {
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  readonly #scopes: readonly string[]
  #intervalSeconds = defaultIntervalSeconds
  #endsAt = Infinity

  constructor(network: IdentityNetwork, clock: Clock, scopes: readonly string[], signal: AbortSignal | undefined) {
    super(network, signal)
    this.#clock = clock
    this.#scopes = scopes
    this.#signal = signal
  }

  override async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<MsalNetworkAnswer> {
    if (!new URLSearchParams(body).has('grant_type')) return this.#begin(await super.post(url, headers, body))
    await this.#clock.sleep(this.#intervalSeconds * 1000, this.#signal)
    this.#refuseWhenOver()
    try {
      const answer = await super.post(url, headers, body)
      if (answer.body.error !== 'slow_down') return answer
      this.#intervalSeconds += slowDownSeconds
    } catch (error) {
      if (!isPatkitError(error) || !error.retryable) throw error
    }
    return stillPending
  }

  #begin(answer: MsalNetworkAnswer): MsalNetworkAnswer {
    const { interval, expires_in: expiresIn } = answer.body
    if (typeof interval === 'number' && interval > 0) this.#intervalSeconds = interval
    if (typeof expiresIn === 'number') this.#endsAt = this.#clock.now() + expiresIn * 1000
    // MSAL shall ask again at once: the pause is ours.
    return { ...answer, body: { ...answer.body, interval: 0 } }
  }

  #refuseWhenOver(): void {
    if (this.#clock.now() < this.#endsAt) return
    const error = new InteractionRequiredError('Nobody entered the code in time.', {
      reason: 'expired',
      scopes: this.#scopes,
      hint: 'Start again, and enter the new code.',
    })
    this.fail(error)
    throw error
  }
}

const stillPending: MsalNetworkAnswer = { status: 400, headers: {}, body: { error: 'authorization_pending' } }
