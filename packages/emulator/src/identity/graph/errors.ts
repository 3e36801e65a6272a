import { json } from '../answers.js'
import type { Answer } from '../answers.js'
import type { Trace } from '../errors.js'

/** A refusal of Microsoft Graph. Where the documentation names a code, it is that; the sentences are ours. */
export class GraphFailure extends Error {
  readonly status: number
  readonly code: string
  /** The more exact code in `details`, where the service gives one. */
  readonly detail: string | undefined

  constructor(status: number, code: string, message: string, detail?: string) {
    super(message)
    this.status = status
    this.code = code
    this.detail = detail
  }
}

export const badRequest = (message: string, detail?: string): GraphFailure =>
  new GraphFailure(400, 'Request_BadRequest', message, detail)

export const notFound = (what: string): GraphFailure =>
  new GraphFailure(
    404,
    'Request_ResourceNotFound',
    `Resource '${what}' does not exist or one of the objects that the request refers to is not present.`,
  )

/** The shape of every refusal: https://learn.microsoft.com/graph/errors */
export function failureAnswer({ status, code, message, detail }: GraphFailure, trace: Trace): Answer {
  const headers =
    status === 401
      ? { 'www-authenticate': 'Bearer authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"' }
      : {}
  return json(status, { error: errorOf(code, message, detail, trace) }, headers)
}

function errorOf(code: string, message: string, detail: string | undefined, trace: Trace): object {
  return {
    code,
    message,
    ...(detail === undefined ? {} : { details: [{ code: detail, message }] }),
    innerError: {
      // The service leaves the zone out.
      date: new Date(trace.now).toISOString().slice(0, 19),
      'request-id': trace.traceId,
      'client-request-id': trace.correlationId,
    },
  }
}

/** What a throttled or overloaded Graph says. */
export function statusAnswer(status: number, retryAfterSeconds: number | undefined, trace: Trace): Answer {
  const code = status === 429 ? 'TooManyRequests' : status === 503 ? 'ServiceUnavailable' : 'UnknownError'
  const answer = json(status, { error: errorOf(code, 'An answer made to order.', undefined, trace) })
  if (retryAfterSeconds === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } }
}
