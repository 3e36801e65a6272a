import type { PatkitError } from '../errors.js'
import {
  leadsToSignIn,
  readContent,
  toHttpError,
  toNetworkError,
  toProtocolError,
  toSignInRequired,
  toTimeoutError,
  type Answer,
  type Content,
  type FailedCall,
} from './failure.js'
import type { GateResult } from './gate.js'
import type { NetworkFault } from './network-fault.js'
import { mayRetryStatus } from './retry.js'

/** What came of one try. */
export type TryResult =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** `answering`: an answer had begun. */
  | { readonly kind: 'fault'; readonly fault: NetworkFault; readonly answering: boolean }
  | { readonly kind: 'timeout'; readonly afterMs: number }

/** What is waited for before another try: our own backoff, the same for everybody at the gate, or nothing beyond what the gate holds. */
export type Pause = 'fault' | 'throttle' | 'none'

type ToError = (call: FailedCall) => PatkitError

/** Whether the service may have acted although no good answer came. */
type Acted = 'no' | 'maybe'

/** What is to be done after a try. */
export type Verdict =
  | { readonly do: 'return'; readonly json: unknown; readonly answer: Answer }
  | { readonly do: 'renew'; readonly claims: string | undefined; readonly answer: Answer }
  | {
      readonly do: 'retry'
      readonly pause: Pause
      readonly failure: string
      readonly acted: Acted
      readonly error: ToError
    }
  | { readonly do: 'fail'; readonly acted: Acted; readonly error: ToError }

/** What the judgement depends on beside the result. */
export interface Circumstances {
  /** Where the request went. */
  readonly origin: string
  /** Whether the credential can give another token, and has not been asked for one in this call. */
  readonly mayRenew: boolean
}

/** Judges one try: the rules of what may be sent again, and what each failure is called. */
export function judge(result: TryResult, circumstances: Circumstances): Verdict {
  switch (result.kind) {
    case 'timeout':
      return {
        do: 'retry',
        pause: 'fault',
        failure: failureOf(result),
        acted: 'maybe',
        error: (failed) => toTimeoutError(failed, result.afterMs),
      }
    case 'fault': {
      const { fault } = result
      const error = (failed: FailedCall): PatkitError => toNetworkError(failed, fault)
      if (fault.kind === 'certificate' || fault.kind === 'proxy') return { do: 'fail', acted: 'no', error }
      return { do: 'retry', pause: 'fault', failure: fault.code, acted: fault.neverSent ? 'no' : 'maybe', error }
    }
    case 'answer':
      return judgeAnswer(result.answer, circumstances)
    default: {
      const unreachable: never = result
      return unreachable
    }
  }
}

function judgeAnswer(answer: Answer, { origin, mayRenew }: Circumstances): Verdict {
  const { status } = answer
  if (status === 401) return judgeUnauthorized(answer, mayRenew)
  // How the service answers a read with an expired token: the sign-in page, or the way to it.
  if (leadsToSignIn(answer, origin)) return toRenewal(answer, mayRenew)
  const content = readContent(answer)
  if (status >= 400) {
    const error = (failed: FailedCall): PatkitError => toHttpError(failed, answer, content)
    if (mayRetryStatus(status, answer.headers)) {
      const told = answer.signs.retryAfterMs !== undefined
      return {
        do: 'retry',
        // The gate already holds everyone for as long as the service asked.
        pause: told ? 'none' : status === 429 ? 'throttle' : 'fault',
        failure: `HTTP ${status}`,
        acted: status === 429 || (status === 503 && told) ? 'no' : 'maybe',
        error,
      }
    }
    // A server that failed may have acted first.
    return { do: 'fail', acted: status >= 500 ? 'maybe' : 'no', error }
  }
  if (status >= 300) return { do: 'fail', acted: 'no', error: (failed) => toProtocolError(failed, answer, content) }
  return judgeContent(answer, content)
}

/** 401: accepted but not allowed, a demand for more claims, or a token that is no longer good. */
function judgeUnauthorized(answer: Answer, mayRenew: boolean): Verdict {
  const challenge = answer.headers.get('www-authenticate') ?? ''
  const demanded = /\bclaims="([^"]*)"/.exec(challenge)?.[1]
  if (demanded !== undefined) {
    const claims = decodeClaims(demanded)
    return toRenewal(answer, mayRenew && claims !== undefined, claims)
  }
  // The service knows who we are (it says so in this header), so a new token changes nothing.
  if (answer.headers.has('x-vss-userdata')) {
    return { do: 'fail', acted: 'no', error: (failed) => toHttpError(failed, answer, readContent(answer)) }
  }
  return toRenewal(answer, mayRenew)
}

/** A token that is no longer good: another one, once, or a person has to sign in. */
function toRenewal(answer: Answer, mayRenew: boolean, claims?: string): Verdict {
  if (mayRenew) return { do: 'renew', claims, answer }
  return { do: 'fail', acted: 'no', error: (failed) => toSignInRequired(failed, answer, claims) }
}

/** Claims of a challenge as JSON text; `undefined` when they cannot be read. */
function decodeClaims(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? text : undefined
  } catch {
    return undefined
  }
}

function judgeContent(answer: Answer, content: Content): Verdict {
  switch (content.kind) {
    case 'json':
      return { do: 'return', json: content.value, answer }
    case 'empty':
      return { do: 'return', json: undefined, answer }
    case 'damaged':
      return {
        do: 'retry',
        pause: 'fault',
        failure: 'incomplete JSON',
        acted: 'maybe',
        error: (failed) => toProtocolError(failed, answer, content),
      }
    case 'html':
    case 'other':
      return { do: 'fail', acted: 'maybe', error: (failed) => toProtocolError(failed, answer, content) }
    default: {
      const unreachable: never = content
      return unreachable
    }
  }
}

/** A try that brought no good answer, in a few words. */
export function failureOf(result: TryResult): string {
  switch (result.kind) {
    case 'answer':
      return `HTTP ${result.answer.status}`
    case 'fault':
      return result.fault.code
    case 'timeout':
      return `no whole answer within ${Math.round(result.afterMs / 1000)} s`
    default: {
      const unreachable: never = result
      return unreachable
    }
  }
}

/** What the gate learns from a try. */
export function toGateResult(result: TryResult | undefined): GateResult {
  if (result === undefined) return { kind: 'abandoned' }
  switch (result.kind) {
    case 'answer':
      return { kind: 'answer', status: result.answer.status, signs: result.answer.signs }
    case 'fault':
      return { kind: 'broken' }
    case 'timeout':
      return { kind: 'timeout' }
    default: {
      const unreachable: never = result
      return unreachable
    }
  }
}
