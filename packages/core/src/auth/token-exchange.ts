import type { PatkitError } from '../errors.js'
import { isPatkitError, ServiceError } from '../errors.js'
import { printable } from '../http/redact.js'
import type { IdentityAnswer, IdentityNetwork } from './network.js'
import type { MsalNetwork, MsalNetworkAnswer } from './msal.js'
import { codeIn } from './service-codes.js'

/** How the service said no at the token endpoint. Safe to print. */
export interface Refusal {
  readonly status: number
  /** OAuth error, such as `'invalid_grant'`. */
  readonly error: string
  /** Such as `'AADSTS700082'`. */
  readonly serviceCode: string | undefined
  readonly suberror: string | undefined
  /** Claims that the next sign-in must bring, as JSON text. */
  readonly claims: string | undefined
  readonly correlationId: string | undefined
  readonly traceId: string | undefined
}

/** How an exchange ends early because of something that MSAL would not pass on. */
export type ExchangeEnd =
  { readonly kind: 'refused'; readonly refusal: Refusal } | { readonly kind: 'failed'; readonly error: PatkitError }

/**
 * The network under one conversation of MSAL with the token endpoint.
 *
 * MSAL loses the status and the cause of most failures, and answers a 429 or 5xx with a lock of its own; so what happened is kept
 * here, and MSAL never sees those.
 */
export class TokenExchange implements MsalNetwork {
  readonly #network: IdentityNetwork
  readonly #signal: AbortSignal | undefined
  #end: ExchangeEnd | undefined

  constructor(network: IdentityNetwork, signal?: AbortSignal) {
    this.#network = network
    this.#signal = signal
  }

  /** What went wrong below MSAL, if anything did. */
  get end(): ExchangeEnd | undefined {
    return this.#end
  }

  fail(error: PatkitError): void {
    this.#end = { kind: 'failed', error }
  }

  async post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<MsalNetworkAnswer> {
    const purpose = new URLSearchParams(body).get('grant_type') ?? 'device_authorization'
    this.#end = undefined
    let answer: IdentityAnswer
    try {
      answer = await this.#network.send({
        method: 'POST',
        url,
        headers,
        body,
        purpose: printable(purpose),
        repeat: repeatableGrants.has(purpose) ? 'repeatable' : 'once',
        signal: this.#signal,
      })
    } catch (error) {
      if (isPatkitError(error)) this.fail(error)
      throw error
    }
    if (answer.status >= 400) this.#end = { kind: 'refused', refusal: toRefusal(answer) }
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: { ...answer.json } }
  }

  /** MSAL asks for nothing by GET: it is given the authority's endpoints. If that ever changes, it must be seen. */
  get(url: string): Promise<never> {
    const { host, pathname } = new URL(url)
    const error = new ServiceError(`An unexpected request to ${host}${pathname} was not sent.`)
    this.fail(error)
    return Promise.reject(error)
  }
}

/** Lets nothing out: shows whether MSAL would have had to ask the service. */
export class NoExchange implements MsalNetwork {
  #wanted = false

  /** Whether something would have been sent. */
  get wanted(): boolean {
    return this.#wanted
  }

  fail(): void {
    this.#wanted = true
  }

  post(): Promise<never> {
    this.#wanted = true
    return Promise.reject(new Error('Nothing is sent here.'))
  }

  get(): Promise<never> {
    return this.post()
  }
}

/** A refresh token works again after use, client credentials and device codes are asked for as often as one likes. */
const repeatableGrants: ReadonlySet<string> = new Set([
  'refresh_token',
  'client_credentials',
  'device_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'device_authorization',
])

function toRefusal({ status, json, headers }: IdentityAnswer): Refusal {
  const text = (name: string): string | undefined => {
    const value = json[name]
    return typeof value === 'string' && value !== '' ? printable(value) : undefined
  }
  const claims = json.claims
  return {
    status,
    error: text('error') ?? `HTTP ${status}`,
    serviceCode: codeIn(json.error_description),
    suberror: text('suberror'),
    // Not shortened: it is passed on, not printed.
    claims: typeof claims === 'string' && claims !== '' ? claims : undefined,
    correlationId: text('correlation_id'),
    traceId: text('trace_id') ?? headers.get('x-ms-request-id') ?? undefined,
  }
}
