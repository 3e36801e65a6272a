import type { PatkitError } from '../errors.js'
import type { GraphUser } from '../model/graph-user.js'
import type { SessionToken } from '../model/session-token.js'

/** The tokens of one user were read, all of them. */
export interface ReadOutcome {
  readonly status: 'read'
  readonly user: GraphUser
  /** Every token the service knows of this user, in its order; empty when there are none. */
  readonly tokens: readonly SessionToken[]
}

/** The user was not asked for, or is gone: identities that own no personal access tokens. */
export interface SkippedOutcome {
  readonly status: 'skipped'
  readonly user: GraphUser
  /** Why, in a few words: `'service identity'`, `'group'`, `'no longer exists'`. */
  readonly reason: string
}

/** The tokens of this user could not be read: a report without them is incomplete. */
export interface FailedOutcome {
  readonly status: 'failed'
  readonly user: GraphUser
  /** Why, in one sentence. */
  readonly reason: string
  readonly error: PatkitError
}

/** What became of one user of the organization. */
export type ScanOutcome = ReadOutcome | SkippedOutcome | FailedOutcome

/** Where a scan stands. A new object each time; never changes afterwards. */
export interface ScanProgress {
  /** Users seen so far. */
  readonly listed: number
  /** Users whose outcome is known. */
  readonly done: number
  /** All users, once the listing has ended; `undefined` before. */
  readonly total: number | undefined
  /** Tokens read so far. */
  readonly tokens: number
  /** Users who could not be read. */
  readonly failures: number
  /** Users taken from a checkpoint instead of being asked for again. */
  readonly recalled: number
  /** Requests the gate currently allows at the same time. */
  readonly concurrency: number
  /** Until when no request is sent because the service asked for a pause; `undefined` while none is due. */
  readonly waitingUntil: Date | undefined
  /** Requests sent, tries included. */
  readonly requests: number
  /** Requests that were sent again. */
  readonly retries: number
  /** Milliseconds during which the service held us back. */
  readonly throttledMs: number
}

/**
 * The tokens of a whole organization, read while it is iterated: one {@link ScanOutcome} per user.
 *
 * Can be iterated once. Leaving the loop early stops every request under way.
 */
export interface TokenScan extends AsyncIterable<ScanOutcome> {
  /** Name of the organization. */
  readonly organization: string
  /** Where the scan stands now. */
  readonly progress: ScanProgress
}

/** Keeps outcomes of a scan outside the process, so that a later one need not ask again. */
export interface ScanCheckpoint {
  /** What an earlier run read of this user, or `undefined`. */
  recall(descriptor: string): Promise<ReadOutcome | undefined>
  /** Keeps an outcome; called once per user, before the outcome is yielded. */
  record(outcome: ReadOutcome): Promise<void>
}
