import { isPatkitError, type Clock, type DevOpsClient } from '@patkit/core'
import type { Revocation } from '../jobs/job-folder.js'
import type { ReportJob } from '../jobs/report-job.js'
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

/** Revokes tokens from the pages of reports, and knows what came of it. */
export class Revocations {
  readonly #clock: Clock
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Revokes tokens and notes of each whether it is; what was revoked shows in the report from then on.
   *
   * @param id - Names the revocation from now on.
   * @throws what the service said, when none was revoked and only a sign-in helps.
   */
  async revoke(id: string, job: ReportJob, client: DevOpsClient, authorizationIds: readonly string[]): Promise<void> {
    const work = this.#revoke(id, job, client, authorizationIds)
    this.#underWay.set(id, work)
    await work.finally(() => this.#underWay.delete(id))
  }

  /** Whether there is, or will be in a moment, a result of that name. */
  knows(id: string, job: ReportJob): boolean {
    return this.#underWay.has(id) || job.revocation(id) !== undefined
  }

  /** What came of each token; waits for it while it is under way. */
  async resultOf(id: string, job: ReportJob): Promise<readonly RevocationResultRow[] | undefined> {
    await this.#underWay.get(id)?.catch(() => undefined)
    const revocation = job.revocation(id)
    if (revocation === undefined) return undefined
    const reasons = new Map(revocation.failed.map(({ id: token, reason }) => [token, reason]))
    const rows = await rowsOfTokens(job, [...revocation.revoked, ...reasons.keys()])
    return rows.map((row) => ({ row, fault: reasons.get(row.id) }))
  }

  async #revoke(id: string, job: ReportJob, client: DevOpsClient, ids: readonly string[]): Promise<void> {
    const failed = await reasonsOfFailure(client, ids)
    const revocation: Revocation = {
      id,
      at: new Date(this.#clock.now()).toISOString(),
      revoked: ids.filter((each) => !failed.has(each)),
      failed: [...failed].map(([token, reason]) => ({ id: token, reason })),
    }
    await job.addRevocation(revocation)
  }
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
