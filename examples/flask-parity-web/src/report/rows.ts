import type { ReadOutcome, SessionToken } from '@patkit/core'
import { toRow, type StatusSettings, type TokenRow } from '@patkit/report'
import type { ReportJob } from '../jobs/report-job.js'
import { passes, type TokenFilter } from './filter.js'
import type { WireRow } from './wire.js'

/** Days before its end from which a token counts as expiring: what the report says everywhere. */
export const expiringWithinDays = 30

/** How the tokens of a report are judged: as of its start, so that page and downloads say the same. */
export function statusSettings(job: ReportJob): StatusSettings {
  return { now: job.startedAt, expiringWithinDays }
}

/** A user as the log has them, with what was revoked from the page since. */
export function withRevoked(job: ReportJob, outcome: ReadOutcome): ReadOutcome {
  if (job.revoked.size === 0) return outcome
  const isRevoked = ({ authorizationId }: SessionToken): boolean => job.revoked.has(authorizationId)
  const tokens = outcome.tokens.map((token) => (isRevoked(token) ? { ...token, isValid: false } : token))
  return { ...outcome, tokens }
}

/** The tokens of a user as the page shows them. */
export function toWireRows(job: ReportJob, outcome: ReadOutcome): WireRow[] {
  const settings = statusSettings(job)
  const { user, tokens } = withRevoked(job, outcome)
  return tokens.map((token) => toWireRow(toRow(user, token, settings)))
}

export function toWireRow(row: TokenRow): WireRow {
  return {
    id: row.authorizationId,
    owner: row.owner,
    ownerMail: row.ownerMail,
    ownerType: row.ownerType,
    token: row.token,
    status: row.status,
    scopes: row.scopes,
    fullAccess: row.fullAccess,
    allOrganizations: row.allOrganizations,
    overLongLife: row.overLongLife,
    noExpiry: row.noExpiry,
    created: row.created?.toISOString() ?? row.createdText,
    expires: row.expires?.toISOString() ?? row.expiresText,
    daysLeft: row.daysLeft,
  }
}

/** The tokens of a report that pass a filter, in the order in which they were read. */
export async function* rowsOf(job: ReportJob, filter: TokenFilter): AsyncGenerator<WireRow, void, undefined> {
  for await (const { outcome } of job.outcomes()) {
    for (const row of toWireRows(job, outcome)) if (passes(row, filter)) yield row
  }
}
