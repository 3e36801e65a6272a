import type { UserFlowName } from '../config/authority.js'
import type { ConfigurationFault } from '../errors.js'
import type { Account } from './account.js'

/** How a sign-in ended. What people do is a value, not an exception; switch over `kind`. */
export type SignInResult = SignedIn | ProfileEdited | PasswordResetRequested | SignInCancelled | SignInFailed

/** What every end of a sign-in knows. */
export interface SignInEnd {
  /** Page of this application to go back to; always a path of its own. `'/'` when none was asked for, or when it is not safe. */
  readonly returnTo: string
  /** The user flow that came to this end; always `'signUpSignIn'` outside B2C. */
  readonly userFlow: UserFlowName
}

/** Somebody signed in, and is whom the ID token says. */
export interface SignedIn extends SignInEnd {
  readonly kind: 'signed-in'
  readonly account: Account
  /** Scopes that were granted; may be fewer than were asked for. */
  readonly scopes: readonly string[]
}

/** Somebody edited the profile (B2C). */
export interface ProfileEdited extends SignInEnd {
  readonly kind: 'profile-edited'
  /** The account that was given to `startSignIn`, with what is new; put it into the session instead of the old one. */
  readonly account: Account
}

/** Somebody forgot the password (B2C, AADB2C90118): start the user flow `resetPassword` with these scopes. */
export interface PasswordResetRequested extends SignInEnd {
  readonly kind: 'password-reset-requested'
  readonly scopes: readonly string[]
}

/** Somebody changed their mind: left the page, or declined the consent. Nothing is wrong. */
export interface SignInCancelled extends SignInEnd {
  readonly kind: 'cancelled'
}

/** Nobody signed in. */
export interface SignInFailed extends SignInEnd {
  readonly kind: 'failed'
  readonly reason: SignInFailure
  /** The service's code, such as `'AADSTS50105'` or `'AADB2C90088'`, if it gave one. */
  readonly code: string | undefined
  /** What happened, in one sentence that may be shown to the person. */
  readonly message: string
  /** What helps, in one sentence. */
  readonly remedy: string
  /** Whether the same may succeed later without anybody changing anything. */
  readonly retryable: boolean
  /** Under which the service logged it; quote both to Microsoft's support. */
  readonly correlationId: string | undefined
  readonly traceId: string | undefined
  /** With reason `'configuration'`: which options are wrong. */
  readonly faults: readonly ConfigurationFault[]
}

/**
 * Why nobody signed in.
 *
 * Before anything is sent: `transaction` (this browser started no sign-in, or its session was lost), `state` (the answer belongs to
 * another sign-in), `replayed`, `too-late`, `malformed`. Refused by the checks of the ID token: `nonce`, `audience`, `issuer`, `tenant`
 * (not on the list), `user-flow`, `expired`, `clock`, `signature`, `identity` (does not say who), `account` (somebody else edited the
 * profile). Refused by the service: `refused`, `interaction-required`. Otherwise `configuration`, `network`, `service`.
 */
export type SignInFailure =
  | 'transaction'
  | 'state'
  | 'replayed'
  | 'too-late'
  | 'malformed'
  | 'nonce'
  | 'audience'
  | 'issuer'
  | 'tenant'
  | 'user-flow'
  | 'expired'
  | 'clock'
  | 'signature'
  | 'identity'
  | 'account'
  | 'refused'
  | 'interaction-required'
  | 'configuration'
  | 'network'
  | 'service'
