import type { FailedOutcome, ScanOutcome, SkippedOutcome } from '@patkit/core'
import type { TokenRow } from './rows.js'
import { dayMs, expiryOf, stillWorks, type TokenStatus } from './status.js'
import type { ReportFormat } from './targets.js'

/** A file of the report, or a stream (path `-`). */
export interface ReportFile {
  readonly path: string
  readonly format: ReportFormat
  /** Tokens in it: all that passed the row filter; in HTML at most `html.maxRows`. */
  readonly rows: number
}

/** A user whose tokens could not be read. */
export interface ReportFailure {
  readonly descriptor: string
  readonly displayName: string | null
  /** Why, in one sentence. */
  readonly reason: string
  /** HTTP status of the last answer; `null` when there was none. */
  readonly status: number | null
  /** The error's code, such as `PATKIT_TIMEOUT`. */
  readonly code: string
}

/** What a report says in total. Counts everything that was scanned, whatever the row filter. Plain JSON. */
export interface ReportSummary {
  /** Name of the organization; empty when neither the scan nor the options named one. */
  readonly organization: string
  /** Whether the tokens of every user are in the count: the scan ended by itself, and no user failed. */
  readonly complete: boolean
  /** Users listed, and what became of them. Those skipped own no tokens. */
  readonly users: {
    readonly listed: number
    readonly read: number
    readonly skipped: number
    readonly failed: number
  }
  /** Tokens read, of every status. */
  readonly tokens: number
  /** Tokens of each status; they add up to `tokens`. */
  readonly status: Readonly<Record<TokenStatus, number>>
  /** Tokens with each flag, of every status. A token may have several. */
  readonly flags: {
    readonly fullScope: number
    readonly allOrganizations: number
    /** Valid for more than 180 days, or without end. */
    readonly overLongLife: number
    readonly noExpiry: number
  }
  readonly files: readonly ReportFile[]
  /** Requests sent, tries included; 0 when the scan does not say. */
  readonly requests: number
  /** Requests that were sent again; 0 when the scan does not say. */
  readonly retries: number
  /** Milliseconds during which the service held the scan back; 0 when the scan does not say. */
  readonly throttledMs: number
  /** Milliseconds from the first read of the scan to the last byte of the last file. */
  readonly durationMs: number
  /** Every user whose tokens could not be read. */
  readonly failures: readonly ReportFailure[]
}

/** A user who was not asked for. */
export interface SkippedUser {
  readonly descriptor: string
  readonly displayName: string | null
  readonly reason: string
}

/** How many tokens a person owns that still work. */
export interface OwnerCount {
  readonly owner: string
  readonly ownerMail: string | null
  readonly working: number
  readonly fullAccess: number
}

/** Tokens by the time that remains; of revoked ones only the number. */
export interface ExpiryBuckets {
  expired: number
  within7Days: number
  within30Days: number
  within90Days: number
  later: number
  withoutEnd: number
  /** The service sent a text that is no time. */
  unknown: number
  revoked: number
}

/** What the totals of a report are made of. */
export interface Totals {
  readonly users: ReportSummary['users']
  readonly tokens: number
  readonly status: ReportSummary['status']
  readonly flags: ReportSummary['flags']
  /** The same flags, counted among tokens that still work. */
  readonly workingFlags: ReportSummary['flags']
  /** Tokens that still work although the owner's account was deleted in its directory. */
  readonly workingOfDeletedOwners: number
  readonly buckets: Readonly<ExpiryBuckets>
  /** Working tokens by the month of their end, `'2026-11'` first; the months of one year from the report's time. */
  readonly months: readonly { readonly month: string; readonly tokens: number }[]
  /** Scopes of working tokens, most frequent first. */
  readonly scopes: readonly { readonly scope: string; readonly tokens: number }[]
  readonly topOwners: readonly OwnerCount[]
  readonly failures: readonly ReportFailure[]
  readonly skipped: readonly SkippedUser[]
}

const defaults = {
  topOwners: 10,
  /** A service knows about a hundred scopes; more than this many distinct ones are not remembered one by one. */
  distinctScopes: 1_000,
  distinctReasons: 1_000,
  monthsAhead: 13,
} as const

/** The scopes that did not fit, under a name no scope has. */
export const otherScopes = 'other scopes'

/**
 * Counts a scan while it passes.
 *
 * Memory does not grow with tokens or with users that were read; it grows by the users that were not, because the report names
 * each of them (some 300 bytes apiece).
 */
export class Tally {
  readonly #now: Date
  readonly #users = { listed: 0, read: 0, skipped: 0, failed: 0 }
  #tokens = 0
  readonly #status: Record<TokenStatus, number> = { active: 0, expired: 0, revoked: 0, expiring: 0 }
  readonly #flags = { fullScope: 0, allOrganizations: 0, overLongLife: 0, noExpiry: 0 }
  readonly #workingFlags = { fullScope: 0, allOrganizations: 0, overLongLife: 0, noExpiry: 0 }
  #workingOfDeletedOwners = 0
  readonly #buckets: ExpiryBuckets = {
    expired: 0,
    within7Days: 0,
    within30Days: 0,
    within90Days: 0,
    later: 0,
    withoutEnd: 0,
    unknown: 0,
    revoked: 0,
  }
  readonly #months: Map<string, number>
  readonly #scopes = new Map<string, number>()
  #topOwners: OwnerCount[] = []
  readonly #failures: ReportFailure[] = []
  readonly #skipped: SkippedUser[] = []
  readonly #reasons = new Map<string, string>()

  constructor(now: Date) {
    this.#now = now
    this.#months = new Map(monthsFrom(now, defaults.monthsAhead).map((month) => [month, 0]))
  }

  /** Counts a user; the tokens of one that was read follow by {@link addToken}, then {@link endOwner}. */
  addUser(outcome: ScanOutcome): void {
    this.#users.listed++
    switch (outcome.status) {
      case 'read':
        this.#users.read++
        break
      case 'skipped':
        this.#users.skipped++
        this.#skipped.push(this.#toSkipped(outcome))
        break
      case 'failed':
        this.#users.failed++
        this.#failures.push(this.#toFailure(outcome))
        break
      default: {
        const unreachable: never = outcome
        throw new TypeError(`the scan yielded an outcome of unknown status: ${JSON.stringify(unreachable)}`)
      }
    }
  }

  addToken(row: TokenRow): void {
    this.#tokens++
    this.#status[row.status]++
    countFlags(this.#flags, row)
    this.#buckets[bucketOf(row, this.#now)]++
    if (stillWorks(row.status)) this.#addWorking(row)
  }

  /** Ends the tokens of one user, whose numbers of working tokens are given. */
  endOwner(owner: OwnerCount): void {
    const { topOwners: limit } = defaults
    const last = this.#topOwners[limit - 1]
    if (owner.working === 0 || (last !== undefined && byWorking(owner, last) >= 0)) return
    this.#topOwners = [...this.#topOwners, owner].sort(byWorking).slice(0, limit)
  }

  totals(): Totals {
    return {
      users: { ...this.#users },
      tokens: this.#tokens,
      status: { ...this.#status },
      flags: { ...this.#flags },
      workingFlags: { ...this.#workingFlags },
      workingOfDeletedOwners: this.#workingOfDeletedOwners,
      buckets: { ...this.#buckets },
      months: [...this.#months].map(([month, tokens]) => ({ month, tokens })),
      scopes: [...this.#scopes].map(([scope, tokens]) => ({ scope, tokens })).sort((a, b) => b.tokens - a.tokens),
      topOwners: this.#topOwners,
      failures: this.#failures,
      skipped: this.#skipped,
    }
  }

  #addWorking(row: TokenRow): void {
    countFlags(this.#workingFlags, row)
    if (row.ownerType?.endsWith(', deleted') === true) this.#workingOfDeletedOwners++
    for (const scope of row.scopes) {
      const known = this.#scopes.has(scope) || this.#scopes.size < defaults.distinctScopes
      const name = known ? scope : otherScopes
      this.#scopes.set(name, (this.#scopes.get(name) ?? 0) + 1)
    }
    if (row.expires === null) return
    const month = row.expires.toISOString().slice(0, 7)
    const soFar = this.#months.get(month)
    if (soFar !== undefined) this.#months.set(month, soFar + 1)
  }

  #toSkipped({ user, reason }: SkippedOutcome): SkippedUser {
    return { descriptor: user.descriptor, displayName: user.displayName, reason: this.#shared(reason) }
  }

  #toFailure({ user, reason, error }: FailedOutcome): ReportFailure {
    return {
      descriptor: user.descriptor,
      displayName: user.displayName,
      reason: this.#shared(reason),
      status: error.status ?? null,
      code: error.code,
    }
  }

  /** One string for the same reason of ten thousand users. */
  #shared(reason: string): string {
    const known = this.#reasons.get(reason)
    if (known !== undefined) return known
    if (this.#reasons.size < defaults.distinctReasons) this.#reasons.set(reason, reason)
    return reason
  }
}

function byWorking(a: OwnerCount, b: OwnerCount): number {
  return b.working - a.working || b.fullAccess - a.fullAccess
}

function countFlags(
  flags: Record<'fullScope' | 'allOrganizations' | 'overLongLife' | 'noExpiry', number>,
  row: TokenRow,
): void {
  if (row.fullAccess) flags.fullScope++
  if (row.allOrganizations) flags.allOrganizations++
  if (row.overLongLife) flags.overLongLife++
  if (row.noExpiry) flags.noExpiry++
}

function bucketOf(row: TokenRow, now: Date): keyof ExpiryBuckets {
  if (row.status === 'revoked') return 'revoked'
  if (row.status === 'expired') return 'expired'
  if (row.noExpiry) return 'withoutEnd'
  const expiry = expiryOf({ validTo: row.expires })
  if (expiry === undefined) return 'unknown'
  const days = (expiry.getTime() - now.getTime()) / dayMs
  if (days <= 7) return 'within7Days'
  if (days <= 30) return 'within30Days'
  return days <= 90 ? 'within90Days' : 'later'
}

function monthsFrom(now: Date, count: number): string[] {
  return Array.from({ length: count }, (_, ahead) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7),
  )
}
