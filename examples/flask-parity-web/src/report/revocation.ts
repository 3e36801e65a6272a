import { isPatkitError, type DevOpsClient } from '@patkit/core'
import type { ReportJob } from '../jobs/report-job.js'
import { isWorking, noFilter } from './filter.js'
import { rowsOf } from './rows.js'
import type { RevocationResultRow } from './views/revocation-pages.js'
import type { WireRow } from './wire.js'

/** Tokens that can be revoked at once. */
export const mostTokens = 5_000

/** The tokens that were chosen, as far as they are in the report and still work; each once, in the order of the report. */
export async function chosenRows(job: ReportJob, ids: readonly string[]): Promise<WireRow[]> {
  const chosen = new Set(ids)
  const rows: WireRow[] = []
  for await (const row of rowsOf(job, noFilter)) {
    if (chosen.delete(row.id) && isWorking(row)) rows.push(row)
  }
  return rows
}

/**
 * Revokes tokens and says of each whether it is. What was revoked shows in the report from then on.
 *
 * @throws what the service said, when none was revoked and only a sign-in helps.
 */
export async function revokeRows(
  job: ReportJob,
  client: DevOpsClient,
  rows: readonly WireRow[],
): Promise<RevocationResultRow[]> {
  const failed = new Map<string, string>()
  try {
    await client.tokenAdmin.revoke(rows.map(({ id }) => id))
  } catch (error) {
    if (!isPatkitError(error)) throw error
    if (error.code === 'PATKIT_SIGN_IN_REQUIRED' || error.code === 'PATKIT_INTERACTION_REQUIRED') throw error
    const remaining = error.code === 'PATKIT_PARTIAL_REVOCATION' ? error.remaining : rows.map(({ id }) => id)
    const reason = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    for (const id of remaining) failed.set(id, reason)
  }
  await job.addRevoked(rows.map(({ id }) => id).filter((id) => !failed.has(id)))
  return rows.map((row) => ({ row, fault: failed.get(row.id) }))
}
