import { linkSignal, untilAborted } from '../abort.js'
import type { Clock } from '../clock.js'
import {
  NetworkError,
  ProtocolError,
  ServiceError,
  ThrottledError,
  TimeoutError,
  type Attempt,
  type ErrorDetails,
  type PatkitError,
} from '../errors.js'
import { proxyRefusalCode, toNetworkFault, type NetworkFault } from '../http/network-fault.js'
import { readLimitSigns } from '../http/retry-after.js'
import { backoffMs, mayRetryStatus, type RetryOptions, type TimeoutOptions } from '../http/retry.js'
import type { Logger } from '../http/transport.js'

/** One request to the sign-in service. */
export interface IdentityRequest {
  readonly method: 'GET' | 'POST'
  /** Address at the service itself; with the emulator it is rewritten on the way. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What the request is, for log and messages: `'refresh_token'`, `'discovery'`. */
  readonly purpose: string
  /** `repeatable`: reads and grants that can be sent again. `once`: a code is good for one use, so only if it provably never arrived. */
  readonly repeat: 'repeatable' | 'once'
  readonly signal?: AbortSignal | undefined
}

/** A whole answer of 2xx or 4xx with a JSON object in it. */
export interface IdentityAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

/** An answer of 2xx to 4xx, whatever is in it. */
export interface IdentityPage {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface IdentityNetworkOptions {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Sends an address of the service elsewhere: to the emulator. */
  readonly rewrite: (url: string) => string
  readonly timeouts?: TimeoutOptions | undefined
  readonly retry?: RetryOptions | undefined
  readonly random?: (() => number) | undefined
  readonly logger?: Logger | undefined
}

// Somebody waits in front of a browser: shorter than for the tables of an organization.
export const identityTimeoutDefaults = { tryMs: 10_000, callMs: 30_000 } as const satisfies TimeoutOptions
export const identityRetryDefaults = { tries: 3 } as const satisfies RetryOptions

/** Tokens and keys have a few KB; more is not what we asked for. */
const maxBodyBytes = 1024 * 1024

/** What a try came to. */
type TryResult =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly text: string }
  | { readonly kind: 'fault'; readonly fault: NetworkFault }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'too-large' }

/** A failed try: whether another one makes sense, and the error if there is none. */
interface Failure {
  readonly words: string
  readonly again: 'never' | 'fault' | 'throttle'
  /** The service cannot have seen the request. */
  readonly neverSent: boolean
  /** How long the service asks to wait, in milliseconds. */
  readonly waitMs?: number | undefined
  readonly toError: (call: FailedCall) => PatkitError
}

interface FailedCall {
  readonly host: string
  readonly what: string
  readonly details: ErrorDetails
}

/**
 * Talks to the sign-in service: with a deadline that covers the body, with another try where that is safe, and with failures in our
 * words. No header, query or body is ever part of a message: they hold secrets, codes and tokens.
 */
export class IdentityNetwork {
  readonly #options: IdentityNetworkOptions

  constructor(options: IdentityNetworkOptions) {
    this.#options = options
  }

  /**
   * Sends a request whose answer must be a JSON object; also one of 4xx, which is how the service refuses.
   *
   * @throws {@link NetworkError}, {@link TimeoutError}, {@link ThrottledError}, {@link ServiceError} (5xx), {@link ProtocolError}
   */
  send(request: IdentityRequest): Promise<IdentityAnswer> {
    return this.#send(request, toJsonAnswer)
  }

  /** Sends a request whose answer may be a page or a redirect; redirects are not followed. */
  sendForPage(request: IdentityRequest): Promise<IdentityPage> {
    return this.#send(request, (answer) => ({ good: answer }))
  }

  async #send<T>(request: IdentityRequest, read: (answer: AnswerOfTry) => Reading<T>): Promise<T> {
    const linked = linkSignal(request.signal)
    try {
      linked.signal.throwIfAborted()
      return await this.#sendUntilDone(request, read, linked.signal)
    } finally {
      linked.release()
    }
  }

  async #sendUntilDone<T>(
    request: IdentityRequest,
    read: (answer: AnswerOfTry) => Reading<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, random = Math.random } = this.#options
    const tries = this.#options.retry?.tries ?? identityRetryDefaults.tries
    const tryMs = this.#options.timeouts?.tryMs ?? identityTimeoutDefaults.tryMs
    const endsAt = clock.now() + (this.#options.timeouts?.callMs ?? identityTimeoutDefaults.callMs)
    const attempts: Attempt[] = []

    for (;;) {
      const number = attempts.length + 1
      const startedAt = clock.now()
      const result = await this.#try(request, Math.min(tryMs, endsAt - startedAt), signal)
      const durationMs = clock.now() - startedAt
      const reading = result.kind === 'answer' ? readAnswer(result, read, startedAt) : { failure: failureOf(result) }
      this.#log(request, 'failure' in reading ? reading.failure.words : `HTTP ${statusOf(result) ?? 0}`, durationMs)
      if ('good' in reading) return reading.good

      const { failure } = reading
      const status = statusOf(result)
      attempts.push({ number, status, failure: failure.words, durationMs })
      const waitMs = failure.waitMs ?? backoffMs(number, failure.again === 'throttle' ? 'throttle' : 'fault', random)
      const mayRepeat = request.repeat === 'repeatable' || failure.neverSent
      const timeLeft = clock.now() + waitMs < endsAt
      if (failure.again === 'never' || !mayRepeat || number >= tries || !timeLeft) {
        throw failure.toError(this.#failedCall(request, status, attempts))
      }
      await clock.sleep(waitMs, signal)
    }
  }

  async #try(request: IdentityRequest, tryMs: number, signal: AbortSignal): Promise<TryResult> {
    const { clock, fetch, rewrite } = this.#options
    const deadline = linkSignal(signal)
    const late = new Error('The deadline has passed.')
    const stopTimer = clock.timer(Math.max(tryMs, 1), () => deadline.abort(late))
    try {
      const work = exchange(fetch, rewrite(request.url), request, deadline.signal)
      // After the deadline nobody waits for it; its failure must not count as unhandled.
      work.catch(() => undefined)
      return await untilAborted(work, deadline.signal)
    } catch (error) {
      if (signal.aborted) throw error
      return deadline.signal.reason === late
        ? { kind: 'timeout', afterMs: tryMs }
        : { kind: 'fault', fault: toNetworkFault(error) }
    } finally {
      stopTimer()
      deadline.release()
    }
  }

  #log({ method, url, purpose }: IdentityRequest, outcome: string, durationMs: number): void {
    const { host, pathname } = new URL(url)
    this.#options.logger?.debug?.(`${method} ${host}${pathname} (${purpose}): ${outcome} in ${durationMs} ms`)
  }

  #failedCall(request: IdentityRequest, status: number | undefined, attempts: readonly Attempt[]): FailedCall {
    const { host, pathname } = new URL(request.url)
    const real = new URL(this.#options.rewrite(request.url)).host
    const tries = attempts.length > 1 ? ` (${attempts.length} tries)` : ''
    return {
      // Who has forgotten to start the emulator should not look for the fault at Microsoft.
      host: real === host ? host : `${host} (emulated at ${real})`,
      what: `${request.method} ${pathname}, ${request.purpose}${tries}`,
      details: { method: request.method, path: pathname, status, attempts },
    }
  }
}

type AnswerOfTry = Extract<TryResult, { kind: 'answer' }>
type Reading<T> = { readonly good: T } | { readonly failure: Failure }

async function exchange(
  fetch: typeof globalThis.fetch,
  url: string,
  { method, headers, body }: IdentityRequest,
  signal: AbortSignal,
): Promise<TryResult> {
  const response = await fetch(url, {
    method,
    signal,
    // A sign-in endpoint never redirects a server; following would hand the body with its secrets to wherever it points.
    redirect: 'manual',
    headers: { accept: 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await readBody(response)
  if (text === undefined) return { kind: 'too-large' }
  return { kind: 'answer', status: response.status, headers: response.headers, text }
}

/** The body as text; `undefined` when it is larger than anything we ask for. */
async function readBody(response: Response): Promise<string | undefined> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBodyBytes) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Statuses that stand for a passing trouble are failures whatever the body says. */
function readAnswer<T>(answer: AnswerOfTry, read: (answer: AnswerOfTry) => Reading<T>, now: number): Reading<T> {
  const { status, headers } = answer
  if (status === 407) return { failure: proxyFailure('407') }
  if (status === 429 || status === 408 || status >= 500) return { failure: statusFailure(status, headers, now) }
  return read(answer)
}

function toJsonAnswer({ status, headers, text }: AnswerOfTry): Reading<IdentityAnswer> {
  if (status >= 300 && status < 400) return { failure: redirectFailure(status) }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { failure: contentFailure(status, headers, text) }
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { failure: contentFailure(status, headers, text) }
  }
  return { good: { status, headers, json: json as Readonly<Record<string, unknown>> } }
}

function failureOf(result: Exclude<TryResult, { kind: 'answer' }>): Failure {
  switch (result.kind) {
    case 'fault':
      return faultFailure(result.fault)
    case 'timeout': {
      const seconds = Math.round(result.afterMs / 1000)
      return {
        words: `no whole answer within ${seconds} s`,
        again: 'fault',
        neverSent: false,
        toError: ({ host, what, details }) =>
          new TimeoutError(`No whole answer came from ${host} within ${seconds} s (${what}).`, {
            ...details,
            hint: 'Try again; if it lasts, check the network and the proxy settings.',
          }),
      }
    }
    case 'too-large':
      return {
        words: 'too large an answer',
        again: 'never',
        neverSent: false,
        toError: ({ host, what, details }) =>
          new ProtocolError(`${host} sent more than ${maxBodyBytes / 1024} KiB (${what}); it was not read.`, details),
      }
    default: {
      const unreachable: never = result
      return unreachable
    }
  }
}

function faultFailure(fault: NetworkFault): Failure {
  const { code, kind } = fault
  if (kind === 'proxy') return proxyFailure(code.slice(proxyRefusalCode.length))
  const certificate = kind === 'certificate'
  return {
    words: code,
    again: certificate ? 'never' : 'fault',
    neverSent: fault.neverSent,
    toError: ({ host, what, details }) =>
      certificate
        ? new NetworkError(`The certificate of ${host} was not accepted (${code}; ${what}).`, {
            ...details,
            host,
            retryable: false,
            hint: "Behind a company proxy, give Node the proxy's certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.",
          })
        : new NetworkError(`${host} could not be reached (${code}; ${what}).`, {
            ...details,
            host,
            hint: 'Check the network, the firewall and the proxy settings (HTTPS_PROXY, NO_PROXY), then try again.',
          }),
  }
}

function statusFailure(status: number, headers: Headers, now: number): Failure {
  const retryAfterMs = readLimitSigns(headers, now).retryAfterMs
  const throttled = status === 429
  return {
    words: `HTTP ${status}`,
    again: !mayRetryStatus(status, headers) ? 'never' : throttled ? 'throttle' : 'fault',
    neverSent: false,
    waitMs: retryAfterMs,
    toError: ({ host, what, details }) =>
      throttled
        ? new ThrottledError(`${host} refuses requests for now: too many (${what}).`, {
            ...details,
            retryAfterSeconds: Math.ceil((retryAfterMs ?? 0) / 1000),
            hint: 'Try again in a few minutes.',
          })
        : new ServiceError(`${host} has a problem: HTTP ${status} (${what}).`, {
            ...details,
            retryable: true,
            hint: 'Try again in a few minutes; if it lasts, see status.cloud.microsoft.',
          }),
  }
}

function proxyFailure(status: string): Failure {
  return {
    words: `HTTP ${status} from the proxy`,
    again: 'never',
    neverSent: true,
    toError: ({ host, details }) =>
      new NetworkError(`The proxy lets nothing through to ${host} (HTTP ${status}).`, {
        ...details,
        host,
        retryable: false,
        hint:
          status === '407'
            ? 'The proxy demands a sign-in: put user name and password into HTTPS_PROXY.'
            : 'Ask for the sign-in service to be allowed, or name its host in NO_PROXY.',
      }),
  }
}

function redirectFailure(status: number): Failure {
  return {
    words: `HTTP ${status}`,
    again: 'never',
    neverSent: false,
    toError: ({ host, what, details }) =>
      new ProtocolError(`${host} answered with a redirect (HTTP ${status}; ${what}), which it never does.`, {
        ...details,
        hint: 'A proxy or a network sign-in page may be in between.',
      }),
  }
}

/** HTML is a page of something in between; JSON that does not end was cut on the way. */
function contentFailure(status: number, headers: Headers, text: string): Failure {
  const isPage = text.trimStart().startsWith('<')
  const found = isPage ? 'a web page' : text.trim() === '' ? 'nothing' : 'incomplete or damaged JSON'
  const damaged = !isPage && status < 400
  return {
    words: `HTTP ${status} with ${found}`,
    again: damaged ? 'fault' : 'never',
    neverSent: false,
    toError: ({ host, what, details }) =>
      new ProtocolError(`${host} answered with ${found} (HTTP ${status}; ${what}).`, {
        ...details,
        retryable: damaged,
        activityId: headers.get('x-ms-request-id') ?? undefined,
        hint: isPage ? 'A proxy or a network sign-in page may be in between.' : 'Try again.',
      }),
  }
}

function statusOf(result: TryResult): number | undefined {
  return result.kind === 'answer' ? result.status : undefined
}
