import type { Writable } from 'node:stream'
import { page } from './html/page.js'
import type { TokenRow } from './rows.js'
import type { TokenStatus } from './status.js'
import { ended, roomIn, type ReportContext, type ReportResult, type RowWriter } from './writer.js'

/** How an HTML file is written. */
export interface HtmlOptions {
  /**
   * The most tokens the page lists one by one; the totals count all. Kept in memory until the end. Default: 2,000, which a phone
   * still scrolls.
   */
  readonly maxRows?: number
}

const defaults = { maxRows: 2_000 } as const satisfies HtmlOptions

/** Fills in the defaults; a bound that is no count is a `RangeError`. */
export function checkedHtmlOptions({ maxRows = defaults.maxRows }: HtmlOptions): Required<HtmlOptions> {
  if (!Number.isSafeInteger(maxRows) || maxRows < 0) {
    throw new RangeError(`html.maxRows must be a whole number from 0 up, not ${String(maxRows)}`)
  }
  return { maxRows }
}

/**
 * Writes one page that needs nothing else: no network, no script.
 *
 * The totals come first on the page and are known last, so the page is written at the end. Until then only the rows that it will
 * list are kept: those that most need a look.
 */
export class HtmlWriter implements RowWriter {
  readonly #sink: Writable
  readonly #context: ReportContext
  readonly #maxRows: number
  #kept: TokenRow[] = []
  #passed = 0

  constructor(sink: Writable, context: ReportContext, options: HtmlOptions = {}) {
    this.#sink = sink
    this.#context = context
    this.#maxRows = checkedHtmlOptions(options).maxRows
  }

  get rows(): number {
    return Math.min(this.#passed, this.#maxRows)
  }

  readonly full = false

  room(): Promise<void> {
    return Promise.resolve()
  }

  write(row: TokenRow): void {
    this.#passed++
    this.#kept.push(row)
    // Sorted and cut when twice as many have gathered, which costs less than finding each row its place.
    if (this.#kept.length >= Math.max(1, this.#maxRows * 2)) this.#keepMostUrgent()
  }

  async finish(result: ReportResult): Promise<void> {
    this.#keepMostUrgent()
    const listed = { rows: this.#kept, passed: this.#passed }
    for (const piece of page(this.#context, result, listed)) {
      this.#sink.write(piece)
      if (this.#sink.writableNeedDrain) await roomIn(this.#sink)
    }
    await ended(this.#sink)
  }

  abandon(): void {
    this.#kept = []
  }

  #keepMostUrgent(): void {
    this.#kept = this.#kept.sort(byUrgency).slice(0, this.#maxRows)
  }
}

const statusRank: Readonly<Record<TokenStatus, number>> = { expiring: 0, active: 2, expired: 3, revoked: 4 }

function rankOf(row: TokenRow): number {
  return row.status === 'active' && (row.fullAccess || row.allOrganizations) ? 1 : statusRank[row.status]
}

/** What works comes first, the dangerous before the others, and what ends soon before what ends late. */
function byUrgency(a: TokenRow, b: TokenRow): number {
  return rankOf(a) - rankOf(b) || expiryOrder(a) - expiryOrder(b)
}

function expiryOrder(row: TokenRow): number {
  return row.noExpiry || row.expires === null ? Number.MAX_SAFE_INTEGER : row.expires.getTime()
}
