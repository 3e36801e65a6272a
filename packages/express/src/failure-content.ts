import {
  isPatkitError,
  type AnyPatkitError,
  type PatkitError,
  type SignInFailed,
  type SignInFailure,
} from '@patkit/core'
import { SessionStoreError } from './errors.js'
import { link, type PageContent } from './page-content.js'

const tryAgain = (href: string): PageContent['actions'] => [link('Try again', href), link('Start page', '/')]

const toRepair = 'Somebody who runs it has to repair this:'

/** What a page says about a sign-in that failed. */
export function signInFailureContent(result: SignInFailed, signInUrl: string): PageContent {
  const { reason, code, message, remedy, faults, correlationId, traceId, retryable } = result
  // Each fault says what helps.
  const isListed = reason === 'configuration' && faults.length > 0
  return {
    status: statusOfFailure(reason, retryable),
    title: titleOfFailure(reason),
    message: isListed ? toRepair : message,
    help: isListed ? undefined : remedy,
    details: faults.map(({ field, problem, fix }) => `${field}: ${problem} ${fix}`),
    code,
    reference: traceId ?? correlationId,
    actions: tryAgain(signInUrl),
    signInUrl,
  }
}

function statusOfFailure(reason: SignInFailure, retryable: boolean): number {
  switch (reason) {
    case 'configuration':
    case 'clock':
      return 500
    case 'network':
      return 502
    case 'service':
      return retryable ? 503 : 502
    case 'tenant':
    case 'account':
    case 'identity':
    case 'refused':
    case 'interaction-required':
      return 403
    default:
      return 400
  }
}

function titleOfFailure(reason: SignInFailure): string {
  switch (reason) {
    case 'configuration':
    case 'clock':
      return 'This application is not set up correctly'
    case 'network':
    case 'service':
      return 'The sign-in service cannot be used at the moment'
    case 'tenant':
    case 'account':
    case 'refused':
    case 'interaction-required':
      return 'You were not signed in'
    default:
      return 'The sign-in could not be finished'
  }
}

/** What a page says about an error; `undefined` for one of which nothing may be told. */
export function errorContent(error: unknown): PageContent | undefined {
  if (error instanceof SessionStoreError) return storeDown(error)
  if (isPatkitError(error)) return patkitErrorContent(error)
  return httpErrorContent(error)
}

function storeDown({ hint, code }: PatkitError): PageContent {
  return {
    status: 503,
    title: 'Please try again in a moment',
    message: 'This application cannot reach the place where it keeps who is signed in. You were not signed out.',
    help: hint,
    code,
    actions: [],
    retryAfterSeconds: 10,
  }
}

function patkitErrorContent(error: AnyPatkitError): PageContent {
  const { status, title } = kindOfError(error)
  return {
    status,
    title,
    message: error.code === 'PATKIT_CONFIGURATION' ? toRepair : error.message,
    help: error.code === 'PATKIT_CONFIGURATION' ? undefined : error.hint,
    details:
      error.code === 'PATKIT_CONFIGURATION'
        ? error.faults.map(({ field, problem, fix }) => `${field}: ${problem} ${fix}`)
        : undefined,
    code: error.code,
    reference: error.activityId,
    actions: [link('Start page', '/')],
    retryAfterSeconds: error.code === 'PATKIT_THROTTLED' ? Math.max(Math.ceil(error.retryAfterSeconds), 1) : undefined,
  }
}

function kindOfError({ code }: AnyPatkitError): { readonly status: number; readonly title: string } {
  switch (code) {
    case 'PATKIT_PERMISSION':
      return { status: 403, title: 'You may not do this' }
    case 'PATKIT_NOT_FOUND':
      return { status: 404, title: 'There is no such thing' }
    case 'PATKIT_PAT_REFUSED':
      return { status: 422, title: 'The token was refused' }
    case 'PATKIT_THROTTLED':
      return { status: 503, title: 'The service asks for a pause' }
    case 'PATKIT_TIMEOUT':
      return { status: 504, title: 'The service did not answer in time' }
    case 'PATKIT_TOKEN_CACHE':
      return { status: 503, title: 'Please try again in a moment' }
    case 'PATKIT_CONFIGURATION':
      return { status: 500, title: 'This application is not set up correctly' }
    case 'PATKIT_SIGN_IN_REQUIRED':
    case 'PATKIT_INTERACTION_REQUIRED':
      return { status: 401, title: 'Please sign in' }
    case 'PATKIT_CHECKPOINT':
      return { status: 500, title: 'Something went wrong' }
    case 'PATKIT_NETWORK':
    case 'PATKIT_SERVICE':
    case 'PATKIT_PROTOCOL':
    case 'PATKIT_PAGINATION_LOOP':
    case 'PATKIT_OUTCOME_UNKNOWN':
    case 'PATKIT_PARTIAL_REVOCATION':
      return { status: 502, title: 'The service has a problem' }
    default: {
      const unreachable: never = code
      return unreachable
    }
  }
}

const httpTitles: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood',
  401: 'Please sign in',
  403: 'You may not do this',
  404: 'There is no such page',
  405: 'This page cannot be used like that',
  413: 'That is too much at once',
  415: 'The request has a form that is not understood',
  422: 'The request cannot be carried out',
  429: 'Too many requests',
}

/** Errors that say themselves that the request is to blame, such as those of body parsers; their texts stay out of the page. */
function httpErrorContent(error: unknown): PageContent | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  // As errors of http-errors are: others have a status too, such as that of an answer somebody else gave.
  const { status, expose } = error as { readonly status?: unknown; readonly expose?: unknown }
  if (expose !== true || typeof status !== 'number' || !Number.isInteger(status)) return undefined
  if (status < 400 || status > 499) return undefined
  return {
    status,
    title: httpTitles[status] ?? 'The request was refused',
    message: 'The server did not carry out this request.',
    help: 'Go back, check what was entered, and try again.',
    actions: [link('Start page', '/')],
  }
}

/** What a page says about an error of which nothing may be told. */
export function unexpectedContent(reference: string): PageContent {
  return {
    status: 500,
    title: 'Something went wrong',
    message: 'The application made a mistake. It is in its log, under the reference below.',
    help: 'Try again. If it lasts, give the reference to whoever runs this application.',
    reference,
    actions: [link('Start page', '/')],
  }
}
