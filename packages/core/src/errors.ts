/** Marks every error of ours, so that a guard recognizes one that comes from a second copy of this package. */
const brand = Symbol.for('patkit.error')

/** What became of one try of a request. */
export interface Attempt {
  /** 1 for the first try. */
  readonly number: number
  /** Status of the answer, or `undefined` when there was none. */
  readonly status: number | undefined
  /** What went wrong, in a few words: `'HTTP 503'`, `'ECONNRESET'`, `'no whole answer within 30 s'`. */
  readonly failure: string
  /** Milliseconds from sending to the failure. */
  readonly durationMs: number
}

/** What an error knows beside its message. Everything here is safe to print: no header, no query, no body. */
export interface ErrorDetails {
  readonly status?: number | undefined
  readonly activityId?: string | undefined
  readonly attempts?: readonly Attempt[] | undefined
  readonly hint?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly retryable?: boolean | undefined
}

/**
 * Base of every error this SDK throws on purpose.
 *
 * Wrong arguments are `TypeError` or `RangeError` instead. No secret is ever part of an error: neither the access token, nor a
 * header, nor a body is kept.
 */
export abstract class PatkitError extends Error {
  /** Names the kind of error; never changes between versions. */
  abstract readonly code: string
  /** HTTP status of the last answer, if there was one. */
  readonly status: number | undefined
  /** The id under which the service logged the last request (`ActivityId`); quote it to Microsoft's support. */
  readonly activityId: string | undefined
  /** Every try that was made, oldest first. */
  readonly attempts: readonly Attempt[]
  /** What helps, in one sentence. */
  readonly hint: string | undefined
  /** Method of the request. */
  readonly method: string | undefined
  /** Path of the request, without its query. */
  readonly path: string | undefined
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean

  constructor(message: string, details: ErrorDetails = {}) {
    super(message)
    this.name = new.target.name
    this.status = details.status
    this.activityId = details.activityId
    this.attempts = details.attempts ?? []
    this.hint = details.hint
    this.method = details.method
    this.path = details.path
    this.retryable = details.retryable ?? false
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The service does not accept who we are: no credential, an expired or revoked one, or one that needs a step by a person. */
export class SignInRequiredError extends PatkitError {
  override readonly code = 'PATKIT_SIGN_IN_REQUIRED'
  /** Claims the service asks for (decoded JSON text); pass them to the next interactive sign-in. */
  readonly claims: string | undefined
  constructor(message: string, details: ErrorDetails & { readonly claims?: string | undefined } = {}) {
    super(message, details)
    this.claims = details.claims
  }
}

/** The identity was accepted but may not do this; an administrator has to grant a role or change a policy. */
export class PermissionError extends PatkitError {
  override readonly code = 'PATKIT_PERMISSION'
}

/** What was asked for does not exist, or is hidden from this identity. */
export class NotFoundError extends PatkitError {
  override readonly code = 'PATKIT_NOT_FOUND'
}

/** The service asks for a longer pause than `maxPauseSeconds`, or kept refusing after every permitted try. */
export class ThrottledError extends PatkitError {
  override readonly code = 'PATKIT_THROTTLED'
  /** Seconds the service asked us to wait; 0 when it named none. */
  readonly retryAfterSeconds: number
  /** The limit that was hit, in the service's words (`X-RateLimit-Resource`). */
  readonly resource: string | undefined
  constructor(
    message: string,
    details: ErrorDetails & { readonly retryAfterSeconds: number; readonly resource?: string | undefined },
  ) {
    super(message, { retryable: true, ...details })
    this.retryAfterSeconds = details.retryAfterSeconds
    this.resource = details.resource
  }
}

/** The service could not be reached, or the connection broke every time. */
export class NetworkError extends PatkitError {
  override readonly code = 'PATKIT_NETWORK'
  /** Host and port that were tried. */
  readonly host: string | undefined
  constructor(message: string, details: ErrorDetails & { readonly host?: string | undefined } = {}) {
    super(message, { retryable: true, ...details })
    this.host = details.host
  }
}

/** No whole answer arrived in time. */
export class TimeoutError extends PatkitError {
  override readonly code = 'PATKIT_TIMEOUT'
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { retryable: true, ...details })
  }
}

/** The service refused the request or failed, and said so. */
export class ServiceError extends PatkitError {
  override readonly code = 'PATKIT_SERVICE'
  /** The service's name for the failure, such as `'VssVersionOutOfRangeException'`. */
  readonly typeKey: string | undefined
  constructor(message: string, details: ErrorDetails & { readonly typeKey?: string | undefined } = {}) {
    super(message, details)
    this.typeKey = details.typeKey
  }
}

/** The answer is not what the service documents; nothing was taken from it, so that no report is built on a guess. */
export class ProtocolError extends PatkitError {
  override readonly code = 'PATKIT_PROTOCOL'
  /** The field at fault, as a path such as `'value[3].descriptor'`. */
  readonly field: string | undefined
  constructor(message: string, details: ErrorDetails & { readonly field?: string | undefined } = {}) {
    super(message, details)
    this.field = details.field
  }
}

/** A list led back to a page that was already read; following it would never end. */
export class PaginationLoopError extends PatkitError {
  override readonly code = 'PATKIT_PAGINATION_LOOP'
}

/** A personal access token was not created or changed; `patTokenError` says why. */
export class PatRefusedError extends PatkitError {
  override readonly code = 'PATKIT_PAT_REFUSED'
  /** The service's reason, such as `'invalidScope'` or `'patLifespanPolicyViolation'`. */
  readonly patTokenError: string
  constructor(message: string, details: ErrorDetails & { readonly patTokenError: string }) {
    super(message, details)
    this.patTokenError = details.patTokenError
  }
}

/** A token may or may not have been created: the answer was lost. It was not asked for again, because a second secret that nobody holds is worse. */
export class OutcomeUnknownError extends PatkitError {
  override readonly code = 'PATKIT_OUTCOME_UNKNOWN'
  /** What was to be created: its name, and when it was asked for. */
  readonly created: { readonly displayName: string; readonly startedAt: Date } | undefined
  constructor(message: string, details: ErrorDetails & Pick<Partial<OutcomeUnknownError>, 'created'> = {}) {
    super(message, details)
    this.created = details.created
  }

  /** The same error, with what was to be created. */
  about(created: { readonly displayName: string; readonly startedAt: Date }): OutcomeUnknownError {
    const { status, activityId, attempts, hint, method, path } = this
    return new OutcomeUnknownError(this.message, { status, activityId, attempts, hint, method, path, created })
  }
}

/** A revocation stopped half-way: some tokens are revoked, the others are not. */
export class PartialRevocationError extends PatkitError {
  override readonly code = 'PATKIT_PARTIAL_REVOCATION'
  /** Tokens that the service accepted for revocation before the failure. */
  readonly revoked: readonly string[]
  /** Tokens whose revocation failed or was not sent; safe to send again. */
  readonly remaining: readonly string[]
  constructor(
    message: string,
    details: ErrorDetails & { readonly revoked: readonly string[]; readonly remaining: readonly string[] },
  ) {
    super(message, details)
    this.revoked = details.revoked
    this.remaining = details.remaining
  }
}

/** A checkpoint file cannot be used: another organization, other options, or not a checkpoint at all. */
export class CheckpointError extends PatkitError {
  override readonly code = 'PATKIT_CHECKPOINT'
}

/** One thing that is wrong with a configuration. */
export interface ConfigurationFault {
  /** Where: the path of an option such as `'authority.tenant'`, or the name of an environment variable. */
  readonly field: string
  /** What is wrong with it, as a sentence. */
  readonly problem: string
  /** What to do about it, as a sentence. */
  readonly fix: string
}

/** The configuration cannot work; every fault that could be found is in `faults`, so that one round of repair is enough. */
export class ConfigurationError extends PatkitError {
  override readonly code = 'PATKIT_CONFIGURATION'
  /** What is wrong, at least one. Nothing in it is secret. */
  readonly faults: readonly ConfigurationFault[]
  constructor(faults: readonly ConfigurationFault[], details: ErrorDetails = {}) {
    super(faults.map(({ field, problem, fix }) => `${field}: ${problem} ${fix}`).join('\n'), {
      hint: faults.map(({ fix }) => fix).join(' '),
      ...details,
    })
    this.faults = faults
  }
}

/**
 * A person has to sign in (again): nobody has signed in yet, the sign-in has ended, or a further step is demanded, such as a second
 * factor or a consent. Start a sign-in with the `scopes` and `claims` of this error.
 */
export class InteractionRequiredError extends PatkitError {
  override readonly code = 'PATKIT_INTERACTION_REQUIRED'
  /**
   * `no-account`: nothing is kept of this person (never signed in here, signed out, or the kept tokens were lost). `no-token`: there is
   * no token for these scopes and no means to get one. `refused`: the sign-in service refused to renew. `declined`, `expired`: a
   * device or browser sign-in was refused by the person, or not finished in time.
   */
  readonly reason: 'no-account' | 'no-token' | 'refused' | 'declined' | 'expired'
  /** The scopes that were asked for. */
  readonly scopes: readonly string[]
  /** Claims the service demands, as JSON text; pass them to the next sign-in. */
  readonly claims: string | undefined
  /** The service's code, such as `'AADSTS700082'`. */
  readonly serviceCode: string | undefined
  constructor(
    message: string,
    details: ErrorDetails &
      Pick<InteractionRequiredError, 'reason' | 'scopes'> &
      Partial<Pick<InteractionRequiredError, 'claims' | 'serviceCode'>>,
  ) {
    super(message, details)
    this.reason = details.reason
    this.scopes = details.scopes
    this.claims = details.claims
    this.serviceCode = details.serviceCode
  }
}

/** The place where tokens are kept failed (Redis down, folder not writable, lock not given). Nobody was signed out by it: try again. */
export class TokenCacheError extends PatkitError {
  override readonly code = 'PATKIT_TOKEN_CACHE'
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { retryable: true, ...details })
  }
}

/** Every error of ours; `switch (error.code)` narrows it. */
export type AnyPatkitError =
  | SignInRequiredError
  | PermissionError
  | NotFoundError
  | ThrottledError
  | NetworkError
  | TimeoutError
  | ServiceError
  | ProtocolError
  | PaginationLoopError
  | PatRefusedError
  | OutcomeUnknownError
  | PartialRevocationError
  | CheckpointError
  | ConfigurationError
  | InteractionRequiredError
  | TokenCacheError

/**
 * Tells whether a caught value is an error of this SDK, also when it comes from another copy of the package.
 *
 * @example
 * ```ts
 * import { isPatkitError } from '@patkit/core'
 *
 * export function explain(error: unknown): string {
 *   if (!isPatkitError(error)) return 'unexpected'
 *   return error.code === 'PATKIT_THROTTLED' ? `wait ${error.retryAfterSeconds} s` : (error.hint ?? error.message)
 * }
 * ```
 */
export function isPatkitError(error: unknown): error is AnyPatkitError {
  return typeof error === 'object' && error !== null && brand in error
}
