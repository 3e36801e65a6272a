import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import type { Clock } from '../clock.js'
import type { IdentityNetwork } from './network.js'
import { SingleFlight } from './single-flight.js'

/** Kept for so long: a key that was withdrawn must not be trusted for ever. */
const keepMs = 12 * 60 * 60_000
/** An unknown key id makes us ask again, but not more often than this: anybody can make up key ids. */
const askAgainAfterMs = 60_000

interface Kept {
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly readAt: number
}

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) })
const header = z.object({ alg: z.literal('RS256'), kid: z.string() })

/**
 * Checks the signatures of ID tokens against the keys that the authority publishes.
 *
 * The token comes straight from the token endpoint over TLS, so this is a second lock on the same door (OpenID Connect Core, section
 * 3.1.3.7, allows to leave it out): it holds where TLS is opened on the way.
 */
export class SigningKeys {
  readonly #network: IdentityNetwork
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #flights = new SingleFlight()

  constructor(network: IdentityNetwork, clock: Clock) {
    this.#network = network
    this.#clock = clock
  }

  /** Whether a token was signed by one of the keys at this address. */
  async verify(idToken: string, jwksUri: string, signal?: AbortSignal): Promise<boolean> {
    const [head = '', payload = '', signature = ''] = idToken.split('.')
    const kid = keyIdOf(head)
    if (kid === undefined) return false
    const key = await this.#find(kid, jwksUri, signal)
    if (key === undefined) return false
    return verify('RSA-SHA256', Buffer.from(`${head}.${payload}`, 'ascii'), key, Buffer.from(signature, 'base64url'))
  }

  async #find(kid: string, jwksUri: string, signal: AbortSignal | undefined): Promise<KeyObject | undefined> {
    const kept = this.#kept.get(jwksUri)
    const age = kept === undefined ? Infinity : this.#clock.now() - kept.readAt
    const known = kept?.keys.get(kid)
    if (known !== undefined && age < keepMs) return known
    if (age < askAgainAfterMs) return undefined
    return (await this.#fetch(jwksUri, signal)).keys.get(kid)
  }

  #fetch(jwksUri: string, signal: AbortSignal | undefined): Promise<Kept> {
    return this.#flights.run(jwksUri, signal, async (ending) => {
      const request = { method: 'GET', url: jwksUri, purpose: 'signing keys', repeat: 'repeatable' } as const
      const { json } = await this.#network.send({ ...request, signal: ending })
      const kept = { keys: readKeys(json), readAt: this.#clock.now() }
      this.#kept.set(jwksUri, kept)
      return kept
    })
  }
}

function readKeys(json: unknown): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  for (const jwk of keySet.safeParse(json).data?.keys ?? []) {
    if (typeof jwk.kid !== 'string' || jwk.kty !== 'RSA' || (jwk.use !== undefined && jwk.use !== 'sig')) continue
    try {
      keys.set(jwk.kid, createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }))
    } catch {
      // One key that cannot be read is no reason to refuse the others.
    }
  }
  return keys
}

/** The id of the key; `undefined` for a token that is not signed the one way these authorities sign. */
function keyIdOf(head: string): string | undefined {
  try {
    return header.safeParse(JSON.parse(Buffer.from(head, 'base64url').toString('utf8'))).data?.kid
  } catch {
    return undefined
  }
}
