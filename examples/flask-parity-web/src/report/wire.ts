// What the server tells the page of a report, as JSON. Types only: this file is read on both sides.

/** A token as the table shows it. */
export interface WireRow {
  /** Authorization id: names the token when it is to be revoked. */
  readonly id: string
  readonly owner: string
  readonly ownerMail: string | null
  readonly ownerType: string | null
  readonly token: string | null
  readonly status: 'active' | 'expiring' | 'expired' | 'revoked'
  readonly scopes: readonly string[]
  readonly fullAccess: boolean
  readonly allOrganizations: boolean
  readonly overLongLife: boolean
  readonly noExpiry: boolean
  /** ISO 8601 in UTC; the service's own text where that is no time; `null` where there is none. */
  readonly created: string | null
  readonly expires: string | null
  /** Whole days until the token ends; negative once it has; `null` for a revoked one and one without an end. */
  readonly daysLeft: number | null
}

/** A user whose tokens could not be read. */
export interface WireUnreadUser {
  readonly descriptor: string
  readonly displayName: string | null
  readonly reason: string
  readonly code: string
}

/** What a report is doing. `sign-in-needed` goes on once its owner has signed in again. */
export type JobState = 'running' | 'sign-in-needed' | 'done' | 'failed' | 'cancelled'

/** Where a report stands. */
export interface WireProgress {
  readonly state: JobState
  /** Why it failed, or what has to be done, in a sentence or two. */
  readonly message: string | null
  readonly usersDone: number
  /** `null` until all users are listed. */
  readonly usersTotal: number | null
  readonly tokens: number
  /** Users who could not be read. */
  readonly failures: number
  /** Identities that own no tokens. */
  readonly skipped: number
  /** Seconds for which nothing is sent because the service asked for a pause. */
  readonly waitingSeconds: number
  /** Seconds it will probably take; `null` while that is unknown. */
  readonly etaSeconds: number | null
  readonly requests: number
  readonly retries: number
  readonly throttledMs: number
  /** Whether the tokens of every user are in it; `null` until the end. */
  readonly complete: boolean | null
  /** ISO 8601 in UTC. */
  readonly startedAt: string
  readonly endedAt: string | null
}

/** What the page hears while it listens; the names are those of the server-sent events. */
export type WireEvent =
  | { readonly type: 'progress'; readonly data: WireProgress }
  /** `id` is where to go on after a broken connection: bytes of the report's log up to here. */
  | { readonly type: 'rows'; readonly id: number; readonly data: readonly WireRow[] }
  /** The first of a connection has everybody who could not be read so far, be it nobody; later ones have those who came since. */
  | { readonly type: 'unread'; readonly data: readonly WireUnreadUser[] }
  /** Authorization ids of tokens that were revoked from this page or another one of the same report. */
  | { readonly type: 'revoked'; readonly data: readonly string[] }
  /** The last event: nothing more will come on this connection. */
  | { readonly type: 'end'; readonly data: WireProgress }
