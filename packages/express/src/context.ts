import type { AuthClient, Clock, Logger, SessionIndex } from '@patkit/core'
import type { Answers } from './answers.js'
import type { LastSignIn } from './last-sign-in.js'
import type { Sessions } from './session.js'
import type { PendingSignIns } from './session-transaction.js'

/** Addresses of the sign-in, as paths of the application. */
export interface SignInPaths {
  /** Begins a sign-in: `GET`, with `returnTo` in the query if need be. Default `'/login'`. */
  readonly signIn: string
  /** Signs out: `POST` with the CSRF token. Default `'/logout'`. */
  readonly signOut: string
  /** Where people come back to: the path of the client's `redirectUri`. */
  readonly redirect: string
  /** Begins the user flow that edits the profile: `GET`. Default `'/edit-profile'`; `undefined` when there is no such user flow. */
  readonly editProfile: string | undefined
  /** Begins the user flow that resets the password: `GET`. Default `'/reset-password'`; `undefined` when there is no such user flow. */
  readonly resetPassword: string | undefined
  /** Where the sign-in service announces that somebody signed out elsewhere. Default `'/auth/front-channel-logout'`. */
  readonly frontChannelLogout: string
  /** Where people are after they signed out: a page that needs no sign-in. Default `'/'`. */
  readonly afterSignOut: string
}

/** What all parts of one `signIn` share. */
export interface SignInContext {
  readonly auth: AuthClient
  readonly scopes: readonly string[]
  /** Scheme, host and port of the application, from its configuration and never from a request. */
  readonly origin: string
  readonly paths: SignInPaths
  readonly signOutHint: 'login-hint' | 'id-token'
  readonly trustProxy: boolean
  readonly sessions: Sessions
  readonly pending: PendingSignIns
  readonly lastSignIn: LastSignIn
  readonly sessionIndex: SessionIndex
  readonly answers: Answers
  readonly clock: Clock
  readonly logger: Logger
}
