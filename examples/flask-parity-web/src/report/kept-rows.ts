import type { ReportJob } from '../jobs/report-job.js'
import { toWireRows } from './rows.js'
import type { WireRow } from './wire.js'

/** Bytes of the largest log whose tokens are kept: that of about 30,000 tokens. */
const mostBytes = 16 * 2 ** 20

/**
 * The tokens of the finished report that was looked at last: reading its log anew for each page, filter and order would take most of the
 * time of a page. A larger report is read each time, so that memory does not grow with the organization.
 */
export class KeptRows {
  /** Of one report. Weak: tokens are not kept for longer than their report. */
  #kept = new WeakMap<ReportJob, { readonly version: number; readonly rows: readonly WireRow[] | undefined }>()

  /** The tokens of a report in the order in which they were read; `undefined` when they are too many, or not all there yet. */
  async of(job: ReportJob): Promise<readonly WireRow[] | undefined> {
    if (!job.isOver) return undefined
    const { version } = job
    const kept = this.#kept.get(job)
    if (kept?.version === version) return kept.rows
    const rows = await readRows(job)
    this.#kept = new WeakMap([[job, { version, rows }]])
    return rows
  }
}

async function readRows(job: ReportJob): Promise<readonly WireRow[] | undefined> {
  if ((await job.logSize()) > mostBytes) return undefined
  const rows: WireRow[] = []
  for await (const { outcome } of job.outcomes()) rows.push(...toWireRows(job, outcome))
  return rows
}
