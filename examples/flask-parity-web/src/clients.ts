import { DevOpsClient, type Account, type AuthClient, type Clock } from '@patkit/core'
import type { Settings } from './settings.js'

/** Most people whose clients are kept; the ones not used for longest give way. */
const most = 500

/**
 * Clients of the organization, one per person, because Azure DevOps limits a person and not a page: whatever somebody does here at the
 * same time shares one gate.
 */
export class Clients {
  readonly #auth: AuthClient
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #clients = new Map<string, DevOpsClient>()

  constructor(auth: AuthClient, settings: Settings, clock: Clock) {
    this.#auth = auth
    this.#settings = settings
    this.#clock = clock
  }

  /** The client that acts as this person. */
  of(account: Account): DevOpsClient {
    const client = this.#clients.get(account.id) ?? this.#make(account)
    this.#clients.delete(account.id)
    this.#clients.set(account.id, client)
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > most && oldest !== undefined) this.#clients.delete(oldest)
    return client
  }

  #make(account: Account): DevOpsClient {
    const { organization, baseUrl } = this.#settings
    return new DevOpsClient({
      organization,
      credential: this.#auth.credentialFor(account),
      userAgent: 'patkit-flask-parity-web',
      clock: this.#clock,
      ...(baseUrl === undefined ? {} : { baseUrl }),
    })
  }
}
