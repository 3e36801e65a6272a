import { isPatkitError, type DevOpsClient } from '@patkit/core'
import type { ReportJob } from '../jobs/report-job.js'
import type { UsedForm } from '../one-time-forms.js'
import { isWorking, noFilter } from './filter.js'
import { rowsOf } from './rows.js'
import type { RevocationResultRow } from './views/revocation-pages.js'
import type { WireRow } from './wire.js'

/** Tokens that can be revoked at once. */
export const mostTokens = 5_000

/** The tokens that were chosen, as far as they are in the report and still work; each once, in the order of the report. */
export async function chosenRows(job: ReportJob, ids: readonly string[]): Promise<WireRow[]> {
  return (await rowsOfTokens(job, ids)).filter((row) => isWorking(row))
}

async function rowsOfTokens(job: ReportJob, ids: Iterable<string>): Promise<WireRow[]> {
  const wanted = new Set(ids)
  const rows: WireRow[] = []
  for await (const row of rowsOf(job, noFilter)) if (wanted.delete(row.id)) rows.push(row)
  return rows
}

/**
 * Revokes tokens and notes of each whether it is; what was revoked shows in the report from then on.
 *
 * @param form - The form that asks for it, whose key names the revocation from now on.
 * @throws what the service said, when none was revoked and only a sign-in helps.
 */
export async function revokeTokens(
  job: ReportJob,
  client: DevOpsClient,
  ids: readonly string[],
  { key, at }: UsedForm,
): Promise<void> {
  const failed = await reasonsOfFailure(client, ids)
  await job.addRevocation({
    id: key,
    at: new Date(at).toISOString(),
    revoked: ids.filter((id) => !failed.has(id)),
    failed: [...failed].map(([id, reason]) => ({ id, reason })),
  })
}

/** What came of each token of a revocation. */
export async function resultsOf(job: ReportJob, id: string): Promise<readonly RevocationResultRow[] | undefined> {
  const revocation = job.revocation(id)
  if (revocation === undefined) return undefined
  const reasons = new Map(revocation.failed.map(({ id: token, reason }) => [token, reason]))
  const rows = await rowsOfTokens(job, [...revocation.revoked, ...reasons.keys()])
  return rows.map((row) => ({ row, fault: reasons.get(row.id) }))
}

/** Revokes tokens; says of those that are not revoked why. */
async function reasonsOfFailure(client: DevOpsClient, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  try {
    await client.tokenAdmin.revoke(ids)
    return new Map()
  } catch (error) {
    if (!isPatkitError(error)) throw error
    if (error.code === 'PATKIT_SIGN_IN_REQUIRED' || error.code === 'PATKIT_INTERACTION_REQUIRED') throw error
    const remaining = error.code === 'PATKIT_PARTIAL_REVOCATION' ? error.remaining : ids
    const reason = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    return new Map(remaining.map((id) => [id, reason]))
  }
}
