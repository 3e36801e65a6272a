import type { Authority } from './authorities.js'
import { catalogued } from './error-catalogue.js'
import { serviceTimestamp } from './time.js'

/** What a failure may say otherwise than the catalogue does. */
export interface FailureDetails {
  /** Sentence of the description. */
  readonly text?: string
  readonly error?: string
  readonly suberror?: string
  /** JSON of the claims that the next authorization request must carry. */
  readonly claims?: string
  readonly status?: number
}

/** The end of a request that the service refuses. Thrown by the endpoints, turned into JSON, a redirect or a page at the edge. */
export class IdentityFailure extends Error {
  readonly code: string
  readonly error: string
  readonly suberror: string | undefined
  readonly claims: string | undefined
  readonly status: number
  readonly shownAsPage: boolean

  constructor(code: string, details: FailureDetails = {}) {
    const entry = catalogued(code) ?? { error: 'server_error', text: 'An error made to order.' }
    super(details.text ?? entry.text)
    this.name = 'IdentityFailure'
    this.code = code
    this.error = details.error ?? entry.error
    this.suberror = details.suberror ?? entry.suberror
    this.claims = details.claims
    this.status = details.status ?? entry.status ?? 400
    this.shownAsPage = entry.shownAsPage ?? false
  }
}

/** The failure in the words of the service that was asked: B2C has codes of its own. */
export function inDialectOf(authority: Authority, failure: IdentityFailure): IdentityFailure {
  const twin = authority.kind === 'b2c' ? catalogued(failure.code)?.b2c : undefined
  return twin === undefined ? failure : new IdentityFailure(twin, { text: failure.message })
}

/** The ids that tie an answer to its request. */
export interface Trace {
  readonly traceId: string
  readonly correlationId: string
  readonly now: number
}

/** `error_description`, in the layout that every MSAL reads. */
export function describe(failure: IdentityFailure, { traceId, correlationId, now }: Trace): string {
  const lines = [`${failure.code}: ${failure.message}`]
  if (isEntra(failure)) lines.push(`Trace ID: ${traceId}`)
  lines.push(`Correlation ID: ${correlationId}`, `Timestamp: ${serviceTimestamp(now)}`)
  return lines.join('\r\n')
}

/** The JSON of a refusal by the token and device endpoints. B2C says less. */
export function errorBody(failure: IdentityFailure, trace: Trace): Record<string, unknown> {
  const common = { error: failure.error, error_description: describe(failure, trace) }
  if (!isEntra(failure)) return common
  return {
    ...common,
    error_codes: [numberOf(failure)],
    timestamp: serviceTimestamp(trace.now),
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
    error_uri: errorUri(failure),
    ...(failure.suberror === undefined ? {} : { suberror: failure.suberror }),
    ...(failure.claims === undefined ? {} : { claims: failure.claims }),
  }
}

export const errorUri = (failure: IdentityFailure): string =>
  `https://login.microsoftonline.com/error?code=${numberOf(failure)}`

export const isEntra = (failure: IdentityFailure): boolean => failure.code.startsWith('AADSTS')

const numberOf = ({ code }: IdentityFailure): number => Number(code.replace(/\D/g, ''))
