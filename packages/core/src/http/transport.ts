import ky, { type KyInstance } from 'ky'
import { linkSignal, untilAborted } from '../abort.js'
import type { Clock } from '../clock.js'
import {
  isPatkitError,
  OutcomeUnknownError,
  ProtocolError,
  ThrottledError,
  type Attempt,
  type PatkitError,
} from '../errors.js'
import { Authorizer, type Authorization } from './authorizer.js'
import type { Credential } from './credential.js'
import { activityIdOf, toSignInRequired, type Answer, type FailedCall } from './failure.js'
import { Gate, type Limits, type Permit } from './gate.js'
import { toNetworkFault } from './network-fault.js'
import { printable } from './redact.js'
import { readLimitSigns } from './retry-after.js'
import {
  backoffMs,
  retryDefaults,
  timeoutDefaults,
  type Repeat,
  type RetryOptions,
  type TimeoutOptions,
} from './retry.js'
import { RetryQuota } from './retry-quota.js'
import { failureOf, judge, toGateResult, type Pause, type TryResult } from './verdict.js'

/** Receives what happens, without secrets: method, path without query, status, times. `console` fits. */
export interface Logger {
  debug?(message: string): void
  warn?(message: string): void
}

/** Called as requests come and go. An exception thrown here ends the call with it. */
export interface Hooks {
  /** Before each try. */
  onRequest?(event: { readonly method: string; readonly path: string; readonly attempt: number }): void
  /** After each whole answer. */
  onResponse?(event: {
    readonly method: string
    readonly path: string
    readonly attempt: number
    readonly status: number
    readonly durationMs: number
    readonly activityId: string | undefined
  }): void
  /** Before a request is sent again. */
  onRetry?(event: {
    readonly method: string
    readonly path: string
    readonly attempt: Attempt
    readonly waitMs: number
  }): void
  /** When the service asks everybody to wait; `resource` is its name for the limit that was reached, if it gave one. */
  onHold?(event: { readonly until: Date; readonly seconds: number; readonly resource: string | undefined }): void
}

/** What the transport is made of. */
export interface TransportOptions {
  /** Address without a slash at the end. */
  readonly baseUrl: string
  readonly credential: Credential
  readonly userAgent: string
  readonly clock: Clock
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly random?: (() => number) | undefined
  readonly timeouts?: TimeoutOptions | undefined
  readonly retry?: RetryOptions | undefined
  readonly limits?: Limits | undefined
  readonly logger?: Logger | undefined
  readonly hooks?: Hooks | undefined
}

/** One call to the service. */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the base URL, its parts already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly repeat: Repeat
  /** What the identity needs for this call, as a sentence; becomes the hint of a `PermissionError`. */
  readonly permission?: string
  /** Why a credential may not be accepted for this call, as a sentence; ends the hint of a `SignInRequiredError`. */
  readonly refusedCredential?: string
  /** What it may mean that the service knows no such thing, as a sentence; becomes the hint of a `NotFoundError`. */
  readonly notFound?: string
  /** Turns a good answer into the result; throws `ProtocolError` when it is not what was promised. */
  readonly read: (answer: GoodAnswer) => T
  readonly signal?: AbortSignal | undefined
}

/** An answer of 2xx with JSON or nothing in it. */
export interface GoodAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed body; `undefined` when it was empty. */
  readonly json: unknown
  /** Tries that failed before it came. */
  readonly failedAttempts: readonly Attempt[]
  /** Method and path, for messages. */
  readonly request: string
  readonly activityId: string | undefined
}

/** For calls that nobody can stop. */
const never = new AbortController().signal

/** Largest body taken into memory; a page of 500 users has about 0.5 MB. */
const maxBodyBytes = 64 * 1024 * 1024

/** Sends requests to one organization as one identity: credential, gate, tries, and failures in our words. */
export class Transport {
  readonly gate: Gate
  readonly #options: TransportOptions
  readonly #authorizer: Authorizer
  readonly #quota = new RetryQuota()
  readonly #http: KyInstance
  readonly #origin: string
  readonly #host: string
  #requests = 0
  #retries = 0

  constructor(options: TransportOptions) {
    this.#options = options
    this.gate = new Gate(options.clock, options.limits)
    this.#authorizer = new Authorizer(options.credential, options.clock)
    const url = new URL(options.baseUrl)
    this.#origin = url.origin
    this.#host = url.host
    // Tries, time limits and failures are ours: ky's own would retry without the gate, stop timing at the headers, and print the token.
    this.#http = ky.create({
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
      redirect: 'manual',
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      headers: { accept: 'application/json', 'user-agent': options.userAgent },
    })
    this.gate.onHold(() => {
      const until = this.gate.heldUntil
      if (until === undefined) return
      const seconds = Math.ceil((until - options.clock.now()) / 1000)
      const { resource } = this.gate
      const limit = resource === undefined ? '' : ` (limit ${printable(resource)})`
      options.logger?.warn?.(`Azure DevOps asks for a pause of ${seconds} s${limit}.`)
      options.hooks?.onHold?.({ until: new Date(until), seconds, resource })
    })
  }

  /** Requests sent so far, tries included. */
  get requests(): number {
    return this.#requests
  }

  /** Requests that were sent again. */
  get retries(): number {
    return this.#retries
  }

  /** Sends a call until it succeeds, fails for good, or its tries or its time are used up. */
  async send<T>(call: Call<T>): Promise<T> {
    const signal = call.signal ?? never
    signal.throwIfAborted()
    const { clock, hooks } = this.#options
    const { method, path } = call
    const tries = this.#options.retry?.tries ?? retryDefaults.tries
    let budgetMs = this.#options.timeouts?.callMs ?? timeoutDefaults.callMs
    const attempts: Attempt[] = []
    const mayRenew = !isPersonalAccessToken(this.#options.credential)
    let renewed: Authorization | undefined
    let spent = 0
    // Before the queue, so that nobody is let in who then has to wait for a token.
    await this.#authorizer.authorize(signal)

    for (;;) {
      const attempt = attempts.length + 1
      const { permit, authorization } = await this.#enter(call, attempts, renewed, signal)
      let result: TryResult | undefined
      let startedAt: number
      try {
        hooks?.onRequest?.({ method, path, attempt })
        startedAt = clock.now()
        result = await this.#tryOnLiveConnection(call, authorization, Math.min(this.#tryMs, budgetMs), signal)
      } finally {
        permit.leave(toGateResult(result))
      }
      const durationMs = clock.now() - startedAt
      budgetMs -= durationMs
      this.#report(call, attempt, result, durationMs)
      const secret = authorization.secret
      const failedWith = (failure: string): FailedCall => {
        attempts.push({
          number: attempt,
          status: result.kind === 'answer' ? result.answer.status : undefined,
          failure,
          durationMs,
        })
        return this.#failedCall(call, attempts, secret)
      }
      const verdict = judge(result, { origin: this.#origin, mayRenew: mayRenew && renewed === undefined })

      switch (verdict.do) {
        case 'return':
          this.#quota.succeed(spent)
          return call.read(toGoodAnswer(call, verdict.answer, verdict.json, attempts))
        case 'fail': {
          const error = verdict.error(failedWith(failureOf(result)))
          throw call.repeat === 'once' && verdict.acted === 'maybe' ? toOutcomeUnknown(call, error) : error
        }
        case 'renew': {
          const failed = failedWith(failureOf(result))
          renewed = await this.#renew(authorization, verdict, failed, signal)
          break
        }
        case 'retry': {
          const failed = failedWith(verdict.failure)
          if (call.repeat === 'once' && verdict.acted === 'maybe') throw toOutcomeUnknown(call, verdict.error(failed))
          if (attempt >= tries || budgetMs <= 0) throw verdict.error(failed)
          const cost = this.#quota.spend(verdict.pause === 'fault' ? 'fault' : 'throttle')
          if (cost === undefined) throw verdict.error(failed)
          spent += cost
          budgetMs -= await this.#pauseBefore(call, attempts, verdict.pause, budgetMs, signal)
          break
        }
        default: {
          const unreachable: never = verdict
          return unreachable
        }
      }
      this.#retries++
    }
  }

  /** Waits for leave to send, with a token that is good by then. */
  async #enter<T>(
    call: Call<T>,
    attempts: readonly Attempt[],
    renewed: Authorization | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly permit: Permit; readonly authorization: Authorization }> {
    for (;;) {
      const permit = await this.gate.enter(signal).catch((error: unknown) => {
        throw error instanceof ThrottledError ? toRefusedByGate(call, attempts, error) : error
      })
      try {
        // The pause at the gate may have outlived the token.
        const authorization = renewed ?? (await this.#authorizer.authorize(signal))
        if (this.gate.heldUntil === undefined) return { permit, authorization }
      } catch (error) {
        permit.leave({ kind: 'abandoned' })
        throw error
      }
      // A pause began while the token was renewed: back into the queue.
      permit.leave({ kind: 'abandoned' })
    }
  }

  #report<T>({ method, path }: Call<T>, attempt: number, result: TryResult, durationMs: number): void {
    const { hooks, logger } = this.#options
    logger?.debug?.(`${method} ${path}: ${failureOf(result)} in ${durationMs} ms`)
    if (result.kind !== 'answer') return
    const { status, headers } = result.answer
    hooks?.onResponse?.({ method, path, attempt, status, durationMs, activityId: activityIdOf(headers) })
  }

  get #tryMs(): number {
    return this.#options.timeouts?.tryMs ?? timeoutDefaults.tryMs
  }

  /** Waits before the next try; returns how much of the call's own time that took. */
  async #pauseBefore<T>(
    call: Call<T>,
    attempts: readonly Attempt[],
    pause: Pause,
    budgetMs: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock, random, hooks, logger } = this.#options
    const attempt = attempts.at(-1)
    const ms =
      pause === 'none' ? 0 : Math.min(backoffMs(attempts.length, pause, random ?? Math.random), Math.max(budgetMs, 0))
    if (attempt !== undefined) {
      const waitMs = Math.max(ms, (this.gate.heldUntil ?? 0) - clock.now(), 0)
      logger?.debug?.(`${call.method} ${call.path}: ${attempt.failure}, again in ${waitMs} ms`)
      hooks?.onRetry?.({ method: call.method, path: call.path, attempt, waitMs })
    }
    if (pause === 'throttle') {
      // Refused for everyone: everyone waits, and at the gate.
      this.gate.hold(ms)
      return 0
    }
    if (ms > 0) await clock.sleep(ms, signal)
    return ms
  }

  async #renew(
    refused: Authorization,
    { claims, answer }: { readonly claims: string | undefined; readonly answer: Answer },
    failedCall: FailedCall,
    signal: AbortSignal,
  ): Promise<Authorization> {
    const authorization = await this.#authorizer.authorize(signal, { refused, claims })
    // The same token again would be refused again.
    if (authorization.header === refused.header) throw toSignInRequired(failedCall, answer, claims)
    return authorization
  }

  /**
   * A server may close an idle connection at the moment we use it again: that says nothing of this request, so it goes out once more,
   * on a new connection and unseen.
   */
  async #tryOnLiveConnection<T>(
    call: Call<T>,
    authorization: Authorization,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<TryResult> {
    const result = await this.#try(call, authorization, limitMs, signal)
    const stale = result.kind === 'fault' && result.fault.reused && !result.answering
    return stale && call.repeat === 'repeatable' ? this.#try(call, authorization, limitMs, signal) : result
  }

  async #try<T>(call: Call<T>, authorization: Authorization, limitMs: number, signal: AbortSignal): Promise<TryResult> {
    const trying = linkSignal(signal)
    // Changed by callbacks, so kept where the compiler does not take them for constant.
    const state = { timedOut: false, answering: false }
    const stopTimer = this.#options.clock.timer(limitMs, () => {
      state.timedOut = true
      trying.abort(new Error('time limit of the try'))
    })
    this.#requests++
    try {
      return {
        kind: 'answer',
        answer: await untilAborted(
          this.#exchange(call, authorization, trying.signal, () => (state.answering = true)),
          trying.signal,
        ),
      }
    } catch (error) {
      signal.throwIfAborted()
      if (isPatkitError(error)) throw error
      if (state.timedOut) return { kind: 'timeout', afterMs: limitMs }
      return { kind: 'fault', fault: toNetworkFault(error), answering: state.answering }
    } finally {
      stopTimer()
      trying.release()
    }
  }

  async #exchange<T>(
    call: Call<T>,
    authorization: Authorization,
    signal: AbortSignal,
    onHeaders: () => void,
  ): Promise<Answer> {
    const { clock, baseUrl } = this.#options
    const query = Object.entries(call.query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const response = await this.#http(`${baseUrl}${call.path}`, {
      method: call.method,
      searchParams: new URLSearchParams(query),
      headers: { authorization: authorization.header },
      ...(call.body === undefined ? {} : { json: call.body }),
      signal,
    })
    onHeaders()
    const text = await readBody(response)
    return {
      status: response.status,
      headers: response.headers,
      text,
      signs: readLimitSigns(response.headers, clock.now()),
    }
  }

  #failedCall<T>(call: Call<T>, attempts: readonly Attempt[], secret: string): FailedCall {
    return {
      method: call.method,
      path: call.path,
      host: this.#host,
      attempts: [...attempts],
      permission: call.permission,
      refusedCredential: call.refusedCredential,
      notFound: call.notFound,
      secrets: [secret],
    }
  }
}

/** Reads a whole body as UTF-8 without a byte order mark. */
async function readBody(response: Response): Promise<string> {
  const declared = Number(response.headers.get('content-length') ?? 0)
  if (declared > maxBodyBytes) throw toBodyTooLarge()
  if (response.body === null) return ''
  // Decoding drops a byte order mark in both ways; this one is quicker and knows how much will come.
  if (declared > 0 && !response.headers.has('content-encoding')) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBodyBytes) throw toBodyTooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function toBodyTooLarge(): ProtocolError {
  return new ProtocolError(
    `Azure DevOps sent an answer of more than ${maxBodyBytes / 1024 / 1024} MiB; it was not read.`,
    {
      hint: 'Ask for smaller pages (maxPageSize) where the service allows it.',
    },
  )
}

function toGoodAnswer<T>(
  { method, path }: Call<T>,
  { status, headers }: Answer,
  json: unknown,
  failedAttempts: readonly Attempt[],
): GoodAnswer {
  return { status, headers, json, failedAttempts, request: `${method} ${path}`, activityId: activityIdOf(headers) }
}

/** The gate refuses calls without knowing them; the one that was refused tells of itself. */
function toRefusedByGate<T>({ method, path }: Call<T>, attempts: readonly Attempt[], error: ThrottledError) {
  const { message, retryAfterSeconds, resource, hint } = error
  return new ThrottledError(message, { method, path, attempts, retryAfterSeconds, resource, hint })
}

/** For a call that is sent once: what may have happened must not be guessed. */
function toOutcomeUnknown<T>(call: Call<T>, last: PatkitError): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `It is unknown whether ${call.method} ${call.path} was carried out: ${last.message} It was not sent again.`,
    {
      method: last.method,
      path: last.path,
      status: last.status,
      activityId: last.activityId,
      attempts: last.attempts,
      hint: 'List what exists now before trying again; for a personal access token, pats.reconcile() does that.',
    },
  )
}

function isPersonalAccessToken(credential: Credential): boolean {
  return typeof credential === 'object' && 'pat' in credential
}
