import { linkSignal, untilAborted } from '../abort.js'
import type { Clock } from '../clock.js'
import { isPatkitError, SignInRequiredError } from '../errors.js'
import { AZURE_DEVOPS_SCOPE, type AccessToken, type Credential } from './credential.js'
import { printable } from './redact.js'

/** Renewed this long before the end, so that no request is under way with a token that ends. */
const refreshAheadMs = 2 * 60_000

/** The `Authorization` header of one try. */
export interface Authorization {
  readonly header: string
  /** The secret in it, to be kept out of every message. */
  readonly secret: string
}

/** Why a header that was already given is not good enough. */
export interface Refusal {
  readonly refused: Authorization
  /** Claims of a challenge, as decoded JSON text. */
  readonly claims?: string | undefined
}

interface Held extends Authorization {
  readonly refreshAt: number
  /** The claims it was asked for with. */
  readonly claims: string | undefined
}

interface Renewal {
  readonly promise: Promise<Held>
  readonly claims: string | undefined
  readonly stop: () => void
  waiting: number
}

/** Turns a credential into headers: keeps the token until shortly before its end, and asks for a new one once for all who wait. */
export class Authorizer {
  readonly #credential: Credential
  readonly #clock: Clock
  #held: Held | undefined
  #renewal: Renewal | undefined

  constructor(credential: Credential, clock: Clock) {
    this.#credential = credential
    this.#clock = clock
  }

  /**
   * Gives the header for the next try. With a refusal, never the refused one if another can be had.
   *
   * @throws {@link SignInRequiredError} When the credential gives none.
   */
  async authorize(signal: AbortSignal, refusal?: Refusal): Promise<Authorization> {
    while (this.#renewal !== undefined && !meetsClaims(this.#renewal, refusal)) {
      await untilAborted(
        this.#renewal.promise.catch(() => undefined),
        signal,
      )
    }
    const held = this.#held
    const fresh = held !== undefined && this.#clock.now() < held.refreshAt
    if (fresh && (refusal === undefined || (held.header !== refusal.refused.header && meetsClaims(held, refusal))))
      return held
    this.#renewal ??= this.#renew(refusal)
    const renewal = this.#renewal
    renewal.waiting++
    try {
      return await untilAborted(renewal.promise, signal)
    } finally {
      renewal.waiting--
      if (renewal.waiting === 0) renewal.stop()
    }
  }

  #renew(refusal: Refusal | undefined): Renewal {
    const stopping = linkSignal()
    const promise = this.#ask(stopping.signal, refusal)
      .then((held) => {
        this.#held = held
        return held
      })
      .finally(() => {
        this.#renewal = undefined
      })
    // Whoever waits sees the failure; when nobody waits any more it must not count as unhandled.
    promise.catch(() => undefined)
    return { promise, claims: refusal?.claims, stop: () => stopping.abort(), waiting: 0 }
  }

  async #ask(signal: AbortSignal, refusal: Refusal | undefined): Promise<Held> {
    const credential = this.#credential
    if (typeof credential === 'object' && 'pat' in credential) return basic(credential.pat)
    let answer: string | AccessToken | null
    try {
      answer =
        typeof credential === 'function'
          ? await credential({ forceRefresh: refusal !== undefined, claims: refusal?.claims, signal })
          : await credential.getToken(AZURE_DEVOPS_SCOPE, {
              abortSignal: signal,
              enableCae: true,
              ...(refusal?.claims === undefined ? {} : { claims: refusal.claims }),
            })
    } catch (error) {
      if (isPatkitError(error) || signal.aborted) throw error
      throw new SignInRequiredError(`The credential gave no access token: ${printable(messageOf(error))}`, {
        hint: 'Sign in again, or check the credential.',
      })
    }
    return this.#bearer(answer, refusal?.claims)
  }

  #bearer(answer: string | AccessToken | null, claims: string | undefined): Held {
    const token = typeof answer === 'string' ? answer.trim() : answer?.token
    if (token === undefined || token === '') {
      throw new SignInRequiredError('The credential gave no access token.', {
        hint: 'Sign in again, or check the credential.',
      })
    }
    // A header takes no line break, and the error fetch would throw quotes the whole value.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new SignInRequiredError(
        'What the credential gave is not an access token: it has spaces or unprintable characters.',
        {
          hint: 'The credential must give the token alone, without text around it.',
        },
      )
    }
    const endsAt = typeof answer === 'object' && answer !== null ? answer.expiresOnTimestamp : expiryOf(token)
    const renewAt = typeof answer === 'object' && answer !== null ? answer.refreshAfterTimestamp : undefined
    return {
      header: `Bearer ${token}`,
      secret: token,
      refreshAt: Math.min(renewAt ?? Infinity, (endsAt ?? Infinity) - refreshAheadMs),
      claims,
    }
  }
}

/** Whether a token that is held or on its way was asked for with the claims that a refusal demands: any other lacks them. */
function meetsClaims({ claims }: Pick<Held, 'claims'>, refusal: Refusal | undefined): boolean {
  return refusal?.claims === undefined || refusal.claims === claims
}

function basic(pat: string): Held {
  return {
    header: `Basic ${Buffer.from(`:${pat}`).toString('base64')}`,
    secret: pat,
    refreshAt: Infinity,
    claims: undefined,
  }
}

/** End of a JWT in milliseconds since 1970; `undefined` for any other token. Only read, not trusted: the service decides. */
function expiryOf(token: string): number | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
