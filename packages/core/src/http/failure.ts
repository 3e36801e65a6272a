import {
  NetworkError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  ServiceError,
  SignInRequiredError,
  ThrottledError,
  TimeoutError,
  type Attempt,
  type PatkitError,
} from '../errors.js'
import { proxyRefusalCode, type NetworkFault } from './network-fault.js'
import { nameOf, printable } from './redact.js'
import type { LimitSigns } from './retry-after.js'

/** What is known of the call when it fails. */
export interface FailedCall {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly attempts: readonly Attempt[]
  /** What the identity needs for this call, as a sentence. */
  readonly permission: string | undefined
  /** Why a credential may not be accepted for this call, as a sentence. */
  readonly refusedCredential: string | undefined
  /** What it may mean that there is no such thing, as a sentence. */
  readonly notFound: string | undefined
  /** Secrets in use, to be kept out of every message. */
  readonly secrets: readonly string[]
}

/** A whole answer, body included. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly signs: LimitSigns
}

/** What the body of an answer turned out to be. */
export type Content =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'empty' }
  | { readonly kind: 'html' }
  | { readonly kind: 'other' }
  /** Declared as JSON, but cut or damaged on the way. */
  | { readonly kind: 'damaged' }

/** Reads a body by what it is, not by what it claims: JSON under `text/plain` is taken, HTML under any name is not. */
export function readContent({ headers, text }: Pick<Answer, 'headers' | 'text'>): Content {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'empty' }
  if (trimmed.startsWith('<')) return { kind: 'html' }
  try {
    return { kind: 'json', value: JSON.parse(trimmed) as unknown }
  } catch {
    const type = headers.get('content-type') ?? ''
    return { kind: type === '' || /\bjson\b/i.test(type) ? 'damaged' : 'other' }
  }
}

/** The id under which the service logged the request. */
export function activityIdOf(headers: Headers): string | undefined {
  return headers.get('activityid') ?? headers.get('x-vss-e2eid') ?? undefined
}

function detailsOf(call: FailedCall, answer?: Answer) {
  return {
    method: call.method,
    path: call.path,
    attempts: call.attempts,
    status: answer?.status,
    activityId: answer === undefined ? undefined : activityIdOf(answer.headers),
  }
}

/** "GET /fabrikam/_apis/graph/users" with the number of tries where it was more than one. */
function what(call: FailedCall): string {
  const tries = call.attempts.length > 1 ? ` (${call.attempts.length} tries)` : ''
  return `${call.method} ${call.path}${tries}`
}

/** Tells whether the answer is the sign-in page, or the way to it, instead of data: how the service says "not signed in". */
export function leadsToSignIn(answer: Answer, origin: string): boolean {
  if (answer.status === 203) return true
  if (answer.status < 300 || answer.status >= 400) return false
  const location = answer.headers.get('location') ?? ''
  return /_signin|\/signin|login\./i.test(location) || (URL.canParse(location) && new URL(location).origin !== origin)
}

/** The service did not accept the credential. */
export function toSignInRequired(call: FailedCall, answer: Answer, claims?: string): SignInRequiredError {
  return new SignInRequiredError(`Azure DevOps did not accept the credential for ${what(call)}.`, {
    ...detailsOf(call, answer),
    claims,
    hint: signInHint(call, claims),
  })
}

function signInHint({ refusedCredential }: FailedCall, claims: string | undefined): string {
  if (claims !== undefined)
    return 'Sign in again interactively: the organization demands a further step (conditional access).'
  const why =
    refusedCredential ?? 'A personal access token may have expired, been revoked, or lack the scope for this call.'
  return `Sign in again, and check the name of the organization. ${why}`
}

/** An answer with a redirect, an HTML page or damaged text where data was promised. */
export function toProtocolError(call: FailedCall, answer: Answer, content: Content): PatkitError {
  const details = detailsOf(call, answer)
  if (answer.status >= 300 && answer.status < 400) {
    return new ProtocolError(`${what(call)} was redirected (HTTP ${answer.status}), which this API never does.`, {
      ...details,
      hint: 'Check the base URL, and any proxy between here and Azure DevOps.',
    })
  }
  if (content.kind === 'html') {
    return new ProtocolError(`${what(call)} was answered with a web page instead of data (HTTP ${answer.status}).`, {
      ...details,
      hint: 'A proxy or a network sign-in page may be in between; check the base URL and the network.',
    })
  }
  const found = content.kind === 'empty' ? 'an empty body' : content.kind === 'damaged' ? 'incomplete JSON' : 'no JSON'
  return new ProtocolError(`${what(call)} was answered with ${found} (HTTP ${answer.status}).`, {
    ...details,
    retryable: content.kind === 'damaged',
  })
}

/** An answer of 400 and above. */
export function toHttpError(call: FailedCall, answer: Answer, content: Content): PatkitError {
  const details = detailsOf(call, answer)
  const { message, typeKey } = saidBy(content, call.secrets)
  const said = message === undefined ? '' : `: ${message}`
  switch (answer.status) {
    case 401:
    case 403:
      return new PermissionError(`Azure DevOps refused ${what(call)} (HTTP ${answer.status})${said}`, {
        ...details,
        hint:
          call.permission ??
          'The signed-in identity lacks a permission for this call; ask an organization administrator.',
      })
    case 404:
      return new NotFoundError(`${what(call)} was not found (HTTP 404)${said}`, {
        ...details,
        hint:
          call.notFound ??
          'Check the organization name; what does not exist and what one may not see are answered alike.',
      })
    case 429:
      return new ThrottledError(`Azure DevOps kept refusing ${what(call)}: too many requests${said}`, {
        ...details,
        retryAfterSeconds: Math.ceil((answer.signs.retryAfterMs ?? 0) / 1000),
        resource: answer.signs.resource,
        hint: 'Try again in a few minutes; other programs of the same identity share the limit.',
      })
    case 407:
      return proxyRefused(call, '407')
    default:
      return new ServiceError(`Azure DevOps answered ${what(call)} with HTTP ${answer.status}${said}`, {
        ...details,
        typeKey,
        retryable: answer.status >= 500 && answer.status !== 501 && answer.status !== 505,
        hint: hintFor(typeKey, answer),
      })
  }
}

function hintFor(typeKey: string | undefined, answer: Answer): string | undefined {
  if (typeKey === 'VssVersionOutOfRangeException' || typeKey === 'VssInvalidPreviewVersionException') {
    return 'Set apiVersions to what this server supports. Azure DevOps Server has no token administration.'
  }
  if (answer.headers.has('x-vss-hostofflineerror'))
    return 'The organization is offline for maintenance; try again later.'
  return answer.status >= 500 ? 'Azure DevOps has a problem; see status.dev.azure.com and try again later.' : undefined
}

/** The service's own words, in either of its two shapes. */
function saidBy(
  content: Content,
  secrets: readonly string[],
): { message: string | undefined; typeKey: string | undefined } {
  const body = content.kind === 'json' ? content.value : undefined
  const message = textAt(body, 'message') ?? textAt(fieldOf(body, 'value'), 'Message')
  return {
    message: message === undefined ? undefined : printable(message, secrets),
    typeKey: nameOf(textAt(body, 'typeKey')),
  }
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function textAt(value: unknown, key: string): string | undefined {
  const field = fieldOf(value, key)
  return typeof field === 'string' && field !== '' ? field : undefined
}

/** No answer at all, or one that broke off. */
export function toNetworkError(call: FailedCall, { kind, code }: NetworkFault): NetworkError | ProtocolError {
  const { host } = call
  switch (kind) {
    case 'certificate':
      return new NetworkError(`The certificate of ${host} was not accepted (${code}).`, {
        ...detailsOf(call),
        host,
        retryable: false,
        hint: "Behind a company proxy, give Node the proxy's certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.",
      })
    case 'proxy':
      return proxyRefused(call, code.slice(proxyRefusalCode.length))
    case 'encoding':
      return new ProtocolError(`What ${host} sent to ${what(call)} could not be unpacked (${code}).`, {
        ...detailsOf(call),
        retryable: true,
        hint: 'A proxy between here and Azure DevOps may spoil compressed answers.',
      })
    case 'connection':
      return new NetworkError(`No whole answer came from ${host} to ${what(call)} (${code}).`, {
        ...detailsOf(call),
        host,
        hint: 'Check the organization URL, the network and the proxy settings (HTTPS_PROXY, NO_PROXY), then try again.',
      })
    default: {
      const unreachable: never = kind
      return unreachable
    }
  }
}

function proxyRefused(call: FailedCall, status: string): NetworkError {
  return new NetworkError(`The proxy lets nothing through to ${call.host} (HTTP ${status}).`, {
    ...detailsOf(call),
    host: call.host,
    retryable: false,
    hint:
      status === '407'
        ? 'The proxy demands a sign-in: put user name and password into HTTPS_PROXY.'
        : 'Ask for Azure DevOps to be allowed, or name its host in NO_PROXY.',
  })
}

/** No whole answer in time. */
export function toTimeoutError(call: FailedCall, afterMs: number): TimeoutError {
  return new TimeoutError(
    `No whole answer came from ${call.host} to ${what(call)} within ${Math.round(afterMs / 1000)} s.`,
    {
      ...detailsOf(call),
      hint: 'Try again; if it lasts, allow more time per try.',
    },
  )
}
