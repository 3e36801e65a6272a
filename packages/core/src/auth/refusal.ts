import { ConfigurationError, InteractionRequiredError, ServiceError, type PatkitError } from '../errors.js'
import { meaningOf, meaningOfError, type CodeMeaning } from './service-codes.js'
import type { ExchangeOutcome } from './application.js'
import type { Refusal } from './token-exchange.js'

/** A refusal in our words. */
export function meaningOfRefusal({ serviceCode, error }: Refusal): CodeMeaning {
  return meaningOf(serviceCode) ?? meaningOfError(error)
}

/** Whether only the person can help: by signing in again. */
export function needsPerson({ error }: Refusal): boolean {
  return ['invalid_grant', 'interaction_required', 'login_required', 'consent_required'].includes(error)
}

/** The error for a token that could not be had without the person. */
export function toTokenError(
  outcome: Exclude<ExchangeOutcome<unknown>, { kind: 'done' }>,
  scopes: readonly string[],
): PatkitError {
  if (outcome.kind === 'declined') return toDeclined(outcome.msalCode, scopes)
  const { refusal } = outcome
  const { meaning, remedy } = meaningOfRefusal(refusal)
  const { status, serviceCode, traceId } = refusal
  const details = { status, activityId: traceId, hint: remedy }
  const said = `${meaning} (${serviceCode ?? refusal.error})`
  if (needsPerson(refusal)) {
    const { claims } = refusal
    return new InteractionRequiredError(said, { ...details, reason: 'refused', scopes, claims, serviceCode })
  }
  const field = faultyField(refusal)
  if (field !== undefined) return new ConfigurationError([{ field, problem: said, fix: remedy }], details)
  const passing = refusal.error === 'temporarily_unavailable' || refusal.error === 'server_error'
  return new ServiceError(`The sign-in service refused the token: ${said}`, {
    ...details,
    typeKey: serviceCode ?? refusal.error,
    retryable: passing,
  })
}

/** Which part of the configuration the service does not accept; `undefined` when it is none. */
export function faultyField({ error, serviceCode }: Refusal): string | undefined {
  if (serviceCode === 'AADSTS700016' || serviceCode === 'AADB2C90018') return 'clientId'
  if (serviceCode === 'AADSTS50011' || serviceCode === 'AADSTS500113' || serviceCode === 'AADB2C90006')
    return 'redirectUri'
  switch (error) {
    case 'invalid_client':
    case 'unauthorized_client':
      return 'credential'
    case 'invalid_scope':
    case 'invalid_resource':
    case 'invalid_target':
      return 'scopes'
    default:
      return undefined
  }
}

/** MSAL had nothing to ask the service with. */
function toDeclined(msalCode: string, scopes: readonly string[]): PatkitError {
  if (nothingKept.has(msalCode)) {
    return new InteractionRequiredError(`There is no token for ${list(scopes)}, and nothing to renew one with.`, {
      reason: 'no-token',
      scopes,
      hint: 'Sign in again with these scopes.',
    })
  }
  return new ServiceError(`The token could not be had: ${msalCode}.`, { typeKey: msalCode })
}

const nothingKept: ReadonlySet<string> = new Set([
  'no_tokens_found',
  'no_account_found',
  'no_account_in_silent_request',
  'refresh_token_expired',
  'interaction_required',
  'token_refresh_required',
])

/** Scopes for people to read. */
export function list(scopes: readonly string[]): string {
  return scopes.length === 0 ? 'no scope' : scopes.join(', ')
}
