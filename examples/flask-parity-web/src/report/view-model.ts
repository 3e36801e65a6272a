import type { ReportJob } from '../jobs/report-job.js'
import { passes, type TokenFilter } from './filter.js'
import type { KeptRows } from './kept-rows.js'
import { toWireRows } from './rows.js'
import { compareKeys, sortKey, type Sorting } from './sort.js'
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

/**
 * What a page shows of a report as it is now. One pass over its tokens; of those before the end of the page it keeps only where they stand
 * and what they are sorted by.
 */
export async function viewOf(
  job: ReportJob,
  { filter, sorting, page }: Pick<ReportView, 'filter' | 'sorting' | 'page'>,
  kept: KeptRows,
): Promise<ReportView> {
  const tally = new Tally()
  const most = page * rowsPerPage
  const compare = (a: Found, b: Found): number => compareKeys(a.key, b.key, sorting.direction)
  let found: Found[] = []
  let matching = 0
  for await (const { row, place } of placesIn(job, kept)) {
    tally.add(row)
    if (!passes(row, filter)) continue
    matching++
    found.push({ key: sortKey(row, sorting.column).slice(0, longestKey), place })
    if (found.length >= most * 2) found = found.sort(compare).slice(0, most)
  }
  const pages = Math.max(1, Math.ceil(matching / rowsPerPage))
  const shown = Math.min(page, pages)
  const places = found.sort(compare).slice((shown - 1) * rowsPerPage, shown * rowsPerPage)
  return {
    id: job.id,
    organization: job.organization,
    progress: job.progress,
    totals: tally.totals(),
    unread: job.unread,
    filter,
    sorting,
    rows: await rowsAt(
      job,
      places.map(({ place }) => place),
    ),
    matching,
    page: shown,
    pages,
  }
}

/** Where a token stands, and what it is sorted by. */
interface Found {
  readonly key: string
  readonly place: Place
}

/** A token that is kept in memory, or where it stands in the log. */
type Place = WireRow | LogPlace

interface LogPlace {
  /** Where its user begins. */
  readonly position: number
  /** Which of the user's tokens it is. */
  readonly index: number
}

async function* placesIn(
  job: ReportJob,
  kept: KeptRows,
): AsyncGenerator<{ readonly row: WireRow; readonly place: Place }, void, undefined> {
  const rows = await kept.of(job)
  if (rows !== undefined) {
    for (const row of rows) yield { row, place: row }
    return
  }
  let position = 0
  for await (const { outcome, next } of job.outcomes()) {
    for (const [index, row] of toWireRows(job, outcome).entries()) yield { row, place: { position, index } }
    position = next
  }
}

/** What is the same for longer than this is in the order in which it was read. */
const longestKey = 200

async function rowsAt(job: ReportJob, places: readonly Place[]): Promise<WireRow[]> {
  const owners = new Map<number, WireRow[]>()
  const rows: WireRow[] = []
  for (const place of places) {
    if ('id' in place) {
      rows.push(place)
      continue
    }
    const { position, index } = place
    const owned = owners.get(position) ?? (await rowsOfUserAt(job, position))
    owners.set(position, owned)
    const row = owned[index]
    if (row !== undefined) rows.push(row)
  }
  return rows
}

async function rowsOfUserAt(job: ReportJob, position: number): Promise<WireRow[]> {
  for await (const { outcome } of job.outcomes(position)) return toWireRows(job, outcome)
  return []
}

/** Reads the number of a page from an address. */
export function readPage(query: URLSearchParams): number {
  const given = query.get('page') ?? ''
  return /^[1-9]\d{0,4}$/.test(given) ? Number(given) : 1
}
