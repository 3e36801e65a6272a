import type { Clock } from '@patkit/core'
import { CommandError, signInError } from './command-error.js'
import { exitCodes } from './exit-codes.js'
import type { Redactor } from './redact.js'

/** How Microsoft Graph is reached. */
export interface GraphOptions {
  /** Address of Graph, without the version. */
  readonly origin: string
  /** Gives the access token; asked before every request. */
  readonly token: () => Promise<string>
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly redactor: Redactor
  readonly userAgent: string
  /** Milliseconds one try may take, its answer included. */
  readonly tryMs: number
}

/** Graph said no. */
export class GraphError extends CommandError {
  readonly status: number
  /** Graph's codes, the general one first: `Request_BadRequest`, `NoBackingApplicationObject`. */
  readonly codes: readonly string[]

  constructor(message: string, { status, codes, hint }: Pick<GraphError, 'status' | 'codes' | 'hint'>) {
    super(message, { exitCode: status === 401 ? exitCodes.signInNeeded : exitCodes.failure, hint })
    this.status = status
    this.codes = codes
  }
}

const version = 'v1.0'
const mostTries = 5
/** Longest pause that is taken; a service that asks for more is told of. */
const longestPauseMs = 120_000

type Method = 'GET' | 'POST' | 'DELETE'

/** What a try came to: an answer, or that it can be tried again after a pause. */
type Try =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'again'; readonly pauseMs: number | undefined; readonly error: CommandError }

/**
 * Microsoft Graph v1.0, as much of it as two commands need.
 *
 * What was throttled is sent again after the pause that Graph asks for. A creation whose answer was lost is not: it may have been
 * carried out.
 */
export class Graph {
  readonly #options: GraphOptions

  constructor(options: GraphOptions) {
    this.#options = options
  }

  get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#send('GET', path, undefined, signal)
  }

  post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.#send('POST', path, body, signal)
  }

  async delete(path: string, signal: AbortSignal): Promise<void> {
    await this.#send('DELETE', path, undefined, signal)
  }

  async #send(method: Method, path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const result = await this.#try(method, path, body, signal)
      if (result.kind === 'answer') return result.body
      const pauseMs = result.pauseMs ?? 1000 * 2 ** (tries - 1)
      if (tries === mostTries || pauseMs > longestPauseMs) throw result.error
      await this.#options.clock.sleep(pauseMs, signal)
    }
  }

  async #try(method: Method, path: string, body: object | undefined, signal: AbortSignal): Promise<Try> {
    const { origin, fetch, clock, tryMs, token, userAgent, redactor } = this.#options
    signal.throwIfAborted()
    const bearer = await token()
    redactor.add(bearer)
    const late = new AbortController()
    const stopTimer = clock.timer(tryMs, () => late.abort(new Error('timeout')))
    try {
      const response = await fetch(`${origin}/${version}/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        // A creation that is under way is let finish: else nobody would know whether there is something to tidy up.
        signal: method === 'POST' ? late.signal : AbortSignal.any([signal, late.signal]),
      })
      return this.#read(method, response, await response.text())
    } catch (error) {
      if (error instanceof CommandError) throw error
      if (method !== 'POST') signal.throwIfAborted()
      return lost(method, late.signal.aborted ? `no answer within ${tryMs / 1000} s` : reasonOf(error))
    } finally {
      stopTimer()
    }
  }

  #read(method: Method, response: Response, text: string): Try {
    const body = parse(text)
    if (response.ok) {
      if (text === '' || body !== undefined) return { kind: 'answer', body }
      throw unreadable(response.status)
    }
    const error = this.#refusal(response, body)
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN)
    const pauseMs = retryAfter >= 0 ? retryAfter * 1000 : undefined
    const wasNotDone = response.status === 429 || response.status === 503
    if (wasNotDone || (method !== 'POST' && response.status >= 500)) return { kind: 'again', pauseMs, error }
    throw error
  }

  #refusal({ status, headers }: Response, body: unknown): GraphError {
    const { codes, message } = readError(body)
    const said = message === '' ? `HTTP ${status}` : this.#options.redactor.redact(message).replace(/\.+$/, '')
    const id = headers.get('request-id')
    const trace = id === null ? '' : ` (request ${id})`
    return new GraphError(`Microsoft Graph refused: ${said}${trace}.`, { status, codes, hint: hintFor(status) })
  }
}

function hintFor(status: number): string | undefined {
  switch (status) {
    case 401:
      return 'Get a new access token, or run patkit login --graph.'
    case 403:
      return 'It takes the permission Application.ReadWrite.All, and in many tenants the role Application Developer or Application Administrator.'
    case 429:
      return 'Try again later.'
    default:
      return undefined
  }
}

function lost(method: Method, reason: string): Try {
  const message = `Microsoft Graph cannot be reached (${reason}).`
  if (method !== 'POST') {
    const error = new CommandError(message, { exitCode: exitCodes.failure, hint: 'Check the network and HTTPS_PROXY.' })
    return { kind: 'again', pauseMs: undefined, error }
  }
  throw new UnknownOutcome(message, {
    exitCode: exitCodes.failure,
    hint: 'It may have been carried out all the same: look in the portal before you try again.',
  })
}

/** A creation whose answer was lost. */
export class UnknownOutcome extends CommandError {}

function unreadable(status: number): CommandError {
  return new UnknownOutcome(`What Microsoft Graph answered cannot be read (HTTP ${status}).`, {
    exitCode: exitCodes.failure,
    hint: 'Is there a proxy that answers in its place?',
  })
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : String(cause)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readError(body: unknown): { readonly codes: readonly string[]; readonly message: string } {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const details: readonly unknown[] = Array.isArray(error['details']) ? error['details'] : []
  const codes = [error, ...details].map((each) => (isObject(each) ? each['code'] : undefined))
  const { message } = error
  return {
    codes: codes.filter((code) => typeof code === 'string'),
    message: typeof message === 'string' ? message : '',
  }
}

/** Whether something out of JSON is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text out of an answer. */
export function textIn(body: unknown, name: string): string {
  const value = isObject(body) ? body[name] : undefined
  if (typeof value === 'string' && value !== '') return value
  throw new CommandError(`What Microsoft Graph answered has no ${name}.`, { exitCode: exitCodes.failure })
}

/** There is no token for Graph. */
export function noGraphToken(emulator?: string): CommandError {
  const login = emulator === undefined ? '' : ` --emulator ${emulator} with the client id that patkit emulator printed`
  return signInError(
    'No access token for Microsoft Graph.',
    `Run patkit login --graph${login}, or add --token-command "az account get-access-token --resource-type ms-graph --query accessToken -o tsv".`,
  )
}
