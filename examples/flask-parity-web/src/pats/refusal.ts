import type { PatFaults, PatField } from './check-pat-form.js'
import { isPatkitError, type AnyPatkitError } from '@patkit/core'

/** Why something was not done, to be said on the form it was asked with. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number
  /** What belongs to a part of the form. */
  readonly faults: PatFaults
  /** What belongs to none. */
  readonly notice: Notice | undefined
  readonly retryAfterSeconds?: number
}

/** Something to be said at the top of a page. */
export interface Notice {
  readonly message: string
  readonly hint?: string | undefined
  /** Names the request in the service's log. */
  readonly reference?: string | undefined
}

const fields: Readonly<Record<string, PatField>> = {
  displayNameRequired: 'displayName',
  invalidDisplayName: 'displayName',
  invalidValidTo: 'validTo',
  patLifespanPolicyViolation: 'validTo',
  invalidScope: 'scope',
  fullScopePatPolicyViolation: 'scope',
  globalPatPolicyViolation: 'organizations',
  globalPATCreationBlocked: 'organizations',
  invalidTargetAccounts: 'organizations',
}

/** What to say about an error at the form; `undefined` for what is not the form's business, such as a sign-in that has ended. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!isPatkitError(error)) return undefined
  const status = statusOf(error)
  if (status === undefined) return undefined
  const { message, hint, activityId } = error
  const field = error.code === 'PATKIT_PAT_REFUSED' ? fields[error.patTokenError] : undefined
  return {
    status,
    faults: field === undefined ? {} : { [field]: hint ?? message },
    notice: field === undefined ? { message, hint, reference: activityId } : undefined,
    ...(error.code === 'PATKIT_THROTTLED'
      ? { retryAfterSeconds: Math.max(Math.ceil(error.retryAfterSeconds), 1) }
      : {}),
  }
}

function statusOf({ code }: AnyPatkitError): number | undefined {
  switch (code) {
    case 'PATKIT_PAT_REFUSED':
      return 422
    case 'PATKIT_PERMISSION':
      return 403
    case 'PATKIT_NOT_FOUND':
      return 404
    case 'PATKIT_THROTTLED':
      return 503
    case 'PATKIT_TIMEOUT':
      return 504
    case 'PATKIT_NETWORK':
    case 'PATKIT_SERVICE':
    case 'PATKIT_PROTOCOL':
    case 'PATKIT_PAGINATION_LOOP':
      return 502
    default:
      return undefined
  }
}
