import type { Answer } from './answers.js'
import { catalogued, errorCodes } from './error-catalogue.js'
import { IdentityFailure } from './errors.js'
import { isRecord } from './is-record.js'
import type { Endpoint } from './routes.js'

/** What can be made to fail: an endpoint, the protected web API, or Microsoft Graph. */
export type FaultPoint = Exclude<Endpoint, 'interaction' | 'device-page'> | 'api' | 'graph'

/** A failure made to order. The first fault that fits a request is used; without `times` it is used once. */
export interface IdentityFault {
  readonly at: FaultPoint
  /** Only for requests of this application. */
  readonly clientId?: string
  /** Only for token requests of this grant, such as `refresh_token`. */
  readonly grantType?: string
  /** How many fitting requests pass before the fault starts. Default: 0. */
  readonly after?: number
  /** How many requests it meets; `'always'` until it is cleared. Default: 1. */
  readonly times?: number | 'always'
  readonly answer: FaultAnswer
}

export type FaultAnswer =
  /** The service refuses with a code, in the shape of the endpoint; not for `api` and `graph`. `error` and the rest replace the catalogue's. */
  | {
      readonly kind: 'error'
      readonly code: string
      readonly error?: string
      readonly suberror?: string
      readonly claims?: string
      readonly status?: number
    }
  /** Any status, as from a proxy: an HTML page unless `body` says otherwise. From `graph` it is in Graph's own shape unless `body` is given. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfterSeconds?: number
      readonly body?: 'html' | 'json' | 'empty'
    }
  /** Waits, by the emulator's clock, then answers as usual. */
  | { readonly kind: 'delay'; readonly seconds: number }
  /** Sends headers and half of the usual body, then nothing more. */
  | { readonly kind: 'stall' }
  /** Sends nothing at all and keeps the connection. */
  | { readonly kind: 'silence' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'hang-up' }

const points: readonly FaultPoint[] = [
  'authorize',
  'token',
  'device-code',
  'logout',
  'discovery',
  'instance-discovery',
  'keys',
  'api',
  'graph',
]
const kinds: readonly string[] = ['error', 'status', 'delay', 'stall', 'silence', 'hang-up']
const bodies: readonly unknown[] = [undefined, 'html', 'json', 'empty']

interface Armed {
  readonly fault: IdentityFault
  toPass: number
  left: number
}

/** Faults waiting for their request. */
export class Faults {
  #armed: Armed[] = []

  /** @throws TypeError if the fault names an endpoint, a kind or a code that does not exist, or a count that is none. */
  add(fault: IdentityFault): void {
    refuseMalformed(fault)
    const left = fault.times === 'always' ? Infinity : (fault.times ?? 1)
    this.#armed.push({ fault, toPass: fault.after ?? 0, left })
  }

  clear(): void {
    this.#armed = []
  }

  /** Faults that have not been used up. */
  get pending(): readonly IdentityFault[] {
    return this.#armed.map(({ fault }) => fault)
  }

  /** The answer for this request, and one use less of it. */
  next(at: FaultPoint, clientId: string | null, grantType: string | null): FaultAnswer | undefined {
    for (const armed of this.#armed.filter(({ fault }) => fits(fault, at, clientId, grantType))) {
      if (armed.toPass > 0) {
        armed.toPass -= 1
        continue
      }
      armed.left -= 1
      if (armed.left <= 0) this.#armed = this.#armed.filter((other) => other !== armed)
      return armed.fault.answer
    }
    return undefined
  }
}

function fits(fault: IdentityFault, at: FaultPoint, clientId: string | null, grantType: string | null): boolean {
  if (fault.at !== at) return false
  if (fault.clientId !== undefined && fault.clientId.toLowerCase() !== clientId?.toLowerCase()) return false
  return fault.grantType === undefined || fault.grantType === grantType
}

/** The failure that an `error` fault stands for. */
export const failureOf = ({ code, error, suberror, claims, status }: ErrorAnswer): IdentityFailure =>
  new IdentityFailure(code, {
    ...(error === undefined ? {} : { error }),
    ...(suberror === undefined ? {} : { suberror }),
    ...(claims === undefined ? {} : { claims }),
    ...(status === undefined ? {} : { status }),
  })

type ErrorAnswer = Extract<FaultAnswer, { kind: 'error' }>
type StatusAnswer = Extract<FaultAnswer, { kind: 'status' }>

/** The answer that a `status` fault stands for: what a proxy or an overloaded front end says. */
export function statusAnswer({ status, retryAfterSeconds, body = 'html' }: StatusAnswer): Answer {
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  switch (body) {
    case 'empty':
      return { status, headers: retry, body: '' }
    case 'json':
      return {
        status,
        headers: { ...retry, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ error: 'temporarily_unavailable', error_description: 'An answer made to order.' }),
      }
    case 'html':
      return {
        status,
        headers: { ...retry, 'content-type': 'text/html; charset=utf-8' },
        body: `<!doctype html><html lang="en"><title>${status}</title><h1>${status}</h1></html>`,
      }
  }
}

/** Faults also arrive as JSON over HTTP, so nothing about their form is sure. */
function refuseMalformed(fault: unknown): void {
  if (!isRecord(fault) || !isRecord(fault.answer)) throw new TypeError('A fault is { at, answer: { kind } }.')
  const { at, answer, times, after, clientId, grantType } = fault
  refuseUnless(
    points.some((point) => point === at),
    'at',
    `one of ${points.join(', ')}`,
  )
  refuseUnless(
    times === undefined || times === 'always' || isCount(times, 1),
    'times',
    'a whole number from 1, or always',
  )
  refuseUnless(after === undefined || isCount(after, 0), 'after', 'a whole number from 0')
  refuseUnless(isOptionalText(clientId) && isOptionalText(grantType), 'clientId and grantType', 'texts')
  refuseUnless(
    (at !== 'api' && at !== 'graph') || answer.kind !== 'error',
    'answer.kind',
    'another for the protected web API and for Graph, which have no such codes',
  )
  refuseMalformedAnswer(answer)
}

function refuseMalformedAnswer({
  kind,
  code,
  error,
  suberror,
  claims,
  status,
  seconds,
  ...rest
}: Record<string, unknown>): void {
  refuseUnless(kinds.includes(String(kind)), 'answer.kind', `one of ${kinds.join(', ')}`)
  const isStatus = status === undefined ? kind !== 'status' : isCount(status, 200) && status <= 599
  refuseUnless(isStatus, 'answer.status', 'a whole number from 200 to 599')
  if (kind === 'error') {
    refuseUnless(
      isKnownOrComplete(code, error),
      'answer.code',
      `in the catalogue, or beside an error (${errorCodes.join(', ')})`,
    )
    refuseUnless([error, suberror, claims].every(isOptionalText), 'answer.error, suberror and claims', 'texts')
  }
  if (kind === 'delay') refuseUnless(isNumber(seconds) && seconds >= 0, 'answer.seconds', 'a number, 0 or more')
  const { retryAfterSeconds, body } = rest
  refuseUnless(retryAfterSeconds === undefined || isNumber(retryAfterSeconds), 'answer.retryAfterSeconds', 'a number')
  refuseUnless(bodies.includes(body), 'answer.body', 'html, json or empty')
}

function refuseUnless(isRight: boolean, name: string, wanted: string): void {
  if (!isRight) throw new TypeError(`The ${name} of a fault must be ${wanted}.`)
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCount = (value: unknown, least: number): value is number => Number.isInteger(value) && Number(value) >= least
const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string'

const isKnownOrComplete = (code: unknown, error: unknown): boolean =>
  typeof code === 'string' && (typeof error === 'string' || catalogued(code) !== undefined)
