import type { ReadOutcome, ScanOutcome, TokenScan } from '@patkit/core'
import { Interruption } from './interruption.js'
import { openOutputs, publishAll, type Output, type Overwrite } from './output.js'
import { tokenFields, toOwner, type TokenRow } from './rows.js'
import { stillWorks, type StatusSettings } from './status.js'
import { Tally, type ReportSummary } from './summary.js'
import { toDestinations, type Destination, type ReportTarget } from './targets.js'
import { CsvWriter, checkedCsvOptions, type CsvOptions } from './write-csv.js'
import { ExcelWriter, type ExcelSettings } from './write-excel.js'
import { checkedHtmlOptions, HtmlWriter, type HtmlOptions } from './write-html.js'
import { NdjsonWriter } from './write-ndjson.js'
import type { ReportContext, ReportResult, RowWriter } from './writer.js'

/** How a report is made. */
export interface ReportOptions {
  /**
   * Which columns: ours (`full`, the default), or the five of the Flask sample (`sample`: `DisplayName`, `Owner`, `isValid`,
   * `validFrom`, `validTo`, with the service's own texts).
   */
  readonly columns?: 'full' | 'sample'
  /**
   * Which tokens become rows. `active` keeps every token that still works, expiring ones among them. The summary counts all tokens
   * whatever this says. Default: `all`.
   */
  readonly status?: 'all' | 'active' | 'expired' | 'expiring' | 'revoked'
  /** A token that ends within this many days is `expiring`. Default: 30. */
  readonly expiringWithinDays?: number
  /** The time that counts as now, and that the report names. Default: the time of the call. */
  readonly now?: Date
  /**
   * What happens when a file is there already. `replace`, the default: the new report takes its place once it is whole; until then,
   * and after any failure, the old one stays. `refuse`: a {@link ReportError} with the code `PATKIT_REPORT_EXISTS`.
   */
  readonly overwrite?: Overwrite
  /** How CSV files are written. */
  readonly csv?: CsvOptions
  /** How HTML files are written. */
  readonly html?: HtmlOptions
  /** Ends the report: nothing is left behind, and `writeReport` rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Called for every token scanned, in order, also for those that `status` leaves out. What it throws ends the report. */
  readonly onRow?: (row: TokenRow) => void
  /** The title of workbook and page. Default: `Personal access tokens of <organization>`. */
  readonly title?: string
  /** Name of the organization, for a scan that does not know it. A `TokenScan`'s own name wins. */
  readonly organization?: string
}

const defaults = {
  columns: 'full',
  status: 'all',
  expiringWithinDays: 30,
  overwrite: 'replace',
} as const satisfies ReportOptions

const filters = ['all', 'active', 'expired', 'expiring', 'revoked'] as const

/**
 * Writes the tokens of a scan to one or more files or streams, in one pass.
 *
 * The scan is read once, no faster than the slowest target takes bytes, and memory stays flat whatever its size; only the users that
 * were not read are kept, because the report names each of them. Every file is written beside its target under a name nobody can
 * guess, and all of them take their places together when all are whole. If anything fails (the scan, a disk, the caller's signal),
 * the old files stay as they were and nothing unfinished is left behind.
 *
 * @param scan - What `scanTokens()` gives, or any outcomes. Iterated once; closed when the report ends early.
 * @param targets - Paths and streams; may be empty, when only the summary is wanted.
 * @returns The totals: plain JSON, with `complete: false` when a user's tokens could not be read.
 * @throws {@link ReportError} When a target cannot be written.
 * @throws TypeError | RangeError When an argument is wrong; nothing was touched.
 * @throws What the scan throws, unchanged.
 *
 * @example
 * ```ts
 * import { DevOpsClient, type DevOpsClientOptions } from '@patkit/core'
 * import { writeReport } from '@patkit/report'
 *
 * export async function report(options: DevOpsClientOptions): Promise<void> {
 *   const summary = await writeReport(new DevOpsClient(options).scanTokens(), ['pats.xlsx', 'pats.csv'])
 *   if (!summary.complete) console.error(`${summary.users.failed} users could not be read`)
 * }
 * ```
 */
export async function writeReport(
  scan: TokenScan | AsyncIterable<ScanOutcome>,
  targets: readonly ReportTarget[],
  options: ReportOptions = {},
): Promise<ReportSummary> {
  return writeReportWith(scan, targets, options, {})
}

/** @internal What tests and benchmarks may set beside the options. */
export async function writeReportWith(
  scan: TokenScan | AsyncIterable<ScanOutcome>,
  targets: readonly ReportTarget[],
  options: ReportOptions,
  excel: ExcelSettings,
): Promise<ReportSummary> {
  const destinations = toDestinations(targets)
  const context = toContext(scan, options)
  checkedCsvOptions(options.csv ?? {})
  checkedHtmlOptions(options.html ?? {})
  options.signal?.throwIfAborted()
  const started = performance.now()
  const outputs = await openOutputs(destinations, checkedOverwrite(options))
  const interruption = new Interruption()
  const writers: RowWriter[] = []
  const abort = (): void => interruption.interrupt(options.signal?.reason)
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    outputs.forEach((output, index) => {
      const fail = (error: unknown): void => interruption.interrupt(output.failure(error))
      output.sink.on('error', fail)
      const destination = destinations[index]
      if (destination !== undefined) writers.push(openWriter(destination, output, context, options, excel, fail))
    })
    const run = new ReportRun(context, writers, interruption, options.onRow)
    await run.readAll(scan)
    const result = run.result(scan)
    await finishAll(writers, outputs, result, interruption)
    await publishAll(outputs)
    return toSummary(context, result, destinations, writers, outputs, performance.now() - started)
  } catch (error) {
    for (const writer of writers) writer.abandon()
    await Promise.all(outputs.map((output) => output.discard()))
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
}

async function finishAll(
  writers: readonly RowWriter[],
  outputs: readonly Output[],
  result: ReportResult,
  interruption: Interruption,
): Promise<void> {
  await interruption.guard(Promise.all(writers.map((writer) => writer.finish(result))))
  await interruption.guard(Promise.all(outputs.map((output) => output.seal())))
}

function openWriter(
  destination: Destination,
  { sink }: Output,
  context: ReportContext,
  options: ReportOptions,
  excel: ExcelSettings,
  fail: (error: unknown) => void,
): RowWriter {
  const { format } = destination
  switch (format) {
    case 'xlsx':
      return new ExcelWriter(sink, context, fail, excel)
    case 'csv':
      return new CsvWriter(sink, context, options.csv)
    case 'ndjson':
      return new NdjsonWriter(sink, context)
    case 'html':
      return new HtmlWriter(sink, context, options.html)
    default: {
      const unreachable: never = format
      return unreachable
    }
  }
}

/** Reads a scan once and hands every row to every writer. */
class ReportRun {
  readonly #context: ReportContext
  readonly #writers: readonly RowWriter[]
  readonly #interruption: Interruption
  readonly #onRow: ((row: TokenRow) => void) | undefined
  readonly #tally: Tally
  readonly #settings: StatusSettings

  constructor(
    context: ReportContext,
    writers: readonly RowWriter[],
    interruption: Interruption,
    onRow: ((row: TokenRow) => void) | undefined,
  ) {
    this.#context = context
    this.#writers = writers
    this.#interruption = interruption
    this.#onRow = onRow
    this.#tally = new Tally(context.asOf)
    this.#settings = { now: context.asOf, expiringWithinDays: context.expiringWithinDays }
  }

  async readAll(scan: AsyncIterable<ScanOutcome>): Promise<void> {
    const outcomes = scan[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        const next = await this.#interruption.guard(outcomes.next())
        if (next.done === true) {
          ended = true
          return
        }
        this.#tally.addUser(next.value)
        if (next.value.status === 'read') await this.#addTokens(next.value)
      }
    } finally {
      // Not waited for: a scan that is waiting for the service would hold the caller back.
      if (!ended) void outcomes.return?.().catch(() => undefined)
    }
  }

  result(scan: AsyncIterable<ScanOutcome>): ReportResult {
    const totals = this.#tally.totals()
    const progress = isTokenScan(scan) ? scan.progress : undefined
    const scanEnded = progress === undefined || (progress.total !== undefined && progress.done >= progress.total)
    return {
      complete: scanEnded && totals.users.failed === 0,
      totals,
      requests: progress?.requests ?? 0,
      retries: progress?.retries ?? 0,
      throttledMs: progress?.throttledMs ?? 0,
    }
  }

  async #addTokens({ user, tokens }: ReadOutcome): Promise<void> {
    const owner = toOwner(user)
    let working = 0
    let fullAccess = 0
    for (const token of tokens) {
      const row = tokenFields(owner, token, this.#settings)
      this.#tally.addToken(row)
      if (stillWorks(row.status)) {
        working++
        if (row.fullAccess) fullAccess++
      }
      this.#onRow?.(row)
      if (passes(row, this.#context.status) && this.#write(row)) await this.#room()
    }
    this.#tally.endOwner({ owner: owner.owner, ownerMail: owner.ownerMail, working, fullAccess })
  }

  /** Hands a row to every writer; `true` when one of them is behind. */
  #write(row: TokenRow): boolean {
    let full = false
    for (const writer of this.#writers) {
      writer.write(row)
      if (writer.full) full = true
    }
    return full
  }

  /** The slowest sink holds the scan back. */
  async #room(): Promise<void> {
    await this.#interruption.guard(Promise.all(this.#writers.map((writer) => writer.room())))
  }
}

function passes(row: TokenRow, filter: ReportContext['status']): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'active':
      return stillWorks(row.status)
    case 'expired':
    case 'expiring':
    case 'revoked':
      return row.status === filter
    default: {
      const unreachable: never = filter
      return unreachable
    }
  }
}

function isTokenScan(scan: AsyncIterable<ScanOutcome>): scan is TokenScan {
  return 'organization' in scan && typeof scan.organization === 'string' && 'progress' in scan
}

function toContext(scan: AsyncIterable<ScanOutcome>, options: ReportOptions): ReportContext {
  if (typeof (scan as Partial<AsyncIterable<ScanOutcome>> | null)?.[Symbol.asyncIterator] !== 'function') {
    throw new TypeError('scan must be what scanTokens() gives, or another async iterable of outcomes')
  }
  const organization = isTokenScan(scan) ? scan.organization : (options.organization ?? '')
  const { columns = defaults.columns, status = defaults.status } = options
  if (!['full', 'sample'].includes(columns)) {
    throw new TypeError(`columns must be 'full' or 'sample', not ${JSON.stringify(columns)}`)
  }
  if (!filters.includes(status)) {
    throw new TypeError(`status must be one of ${filters.join(', ')}, not ${JSON.stringify(status)}`)
  }
  return {
    organization,
    title: options.title ?? `Personal access tokens${organization === '' ? '' : ` of ${organization}`}`,
    asOf: checkedNow(options.now),
    expiringWithinDays: checkedDays(options.expiringWithinDays),
    columns,
    status,
  }
}

function checkedNow(now: Date | undefined): Date {
  if (now === undefined) return new Date()
  if (!(now instanceof Date) || Number.isNaN(now.getTime()))
    throw new TypeError(`now must be a valid Date, not ${String(now)}`)
  return new Date(now)
}

function checkedDays(days: number = defaults.expiringWithinDays): number {
  if (typeof days === 'number' && days >= 0 && Number.isFinite(days)) return days
  throw new RangeError(`expiringWithinDays must be a number of days from 0 up, not ${String(days)}`)
}

function checkedOverwrite({ overwrite = defaults.overwrite }: ReportOptions): Overwrite {
  if (['refuse', 'replace'].includes(overwrite)) return overwrite
  throw new TypeError(`overwrite must be 'refuse' or 'replace', not ${JSON.stringify(overwrite)}`)
}

function toSummary(
  context: ReportContext,
  { complete, totals, requests, retries, throttledMs }: ReportResult,
  destinations: readonly Destination[],
  writers: readonly RowWriter[],
  outputs: readonly Output[],
  durationMs: number,
): ReportSummary {
  return {
    organization: context.organization,
    complete,
    users: totals.users,
    tokens: totals.tokens,
    status: totals.status,
    flags: totals.flags,
    files: destinations.map(({ format }, index) => ({
      path: outputs[index]?.label ?? '-',
      format,
      rows: writers[index]?.rows ?? 0,
    })),
    requests,
    retries,
    throttledMs,
    durationMs: Math.round(durationMs),
    failures: totals.failures,
  }
}
