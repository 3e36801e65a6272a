import type { ReportJob } from '../jobs/report-job.js'
import { passes, type TokenFilter } from './filter.js'
import { toWireRows } from './rows.js'
import { comparison, type Sorting } from './sort.js'
import { Tally, type Totals } from './totals.js'
import type { WireProgress, WireRow, WireUnreadUser } from './wire.js'

/** What the page of a report shows. */
export interface ReportView {
  readonly id: string
  readonly organization: string
  readonly progress: WireProgress
  readonly totals: Totals
  readonly unread: readonly WireUnreadUser[]
  readonly filter: TokenFilter
  readonly sorting: Sorting
  /** The tokens on this page. */
  readonly rows: readonly WireRow[]
  /** Tokens that pass the filter. */
  readonly matching: number
  /** From 1. */
  readonly page: number
  readonly pages: number
}

/** Tokens on a page. */
export const rowsPerPage = 100

/** What a page shows of a report as it is now. One pass over its log; keeps as many rows as lie before the end of the page. */
export async function viewOf(
  job: ReportJob,
  { filter, sorting, page }: Pick<ReportView, 'filter' | 'sorting' | 'page'>,
): Promise<ReportView> {
  const tally = new Tally()
  const most = page * rowsPerPage
  const compare = comparison(sorting)
  let kept: WireRow[] = []
  let matching = 0
  for await (const { outcome } of job.outcomes()) {
    for (const row of toWireRows(job, outcome)) {
      tally.add(row)
      if (!passes(row, filter)) continue
      matching++
      kept.push(row)
      if (kept.length >= most * 2) kept = kept.sort(compare).slice(0, most)
    }
  }
  const pages = Math.max(1, Math.ceil(matching / rowsPerPage))
  const shown = Math.min(page, pages)
  return {
    id: job.id,
    organization: job.organization,
    progress: job.progress,
    totals: tally.totals(),
    unread: job.unread,
    filter,
    sorting,
    rows: kept.sort(compare).slice((shown - 1) * rowsPerPage, shown * rowsPerPage),
    matching,
    page: shown,
    pages,
  }
}

/** Reads the number of a page from an address. */
export function readPage(query: URLSearchParams): number {
  const given = query.get('page') ?? ''
  return /^[1-9]\d{0,4}$/.test(given) ? Number(given) : 1
}
