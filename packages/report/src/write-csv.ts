import type { Writable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { isoTime } from './cell.js'
import { columnsOf, type CellValue, type ReportColumn } from './columns.js'
import type { TokenRow } from './rows.js'
import { ended, roomIn, type ReportContext, type RowWriter } from './writer.js'

/** How a CSV file is written. */
export interface CsvOptions {
  /** Begins the file with a byte order mark, without which Excel reads UTF-8 as another encoding. Default: `true`. */
  readonly bom?: boolean
  /**
   * Keeps texts that a spreadsheet would run as a formula as they are. Default: `false`, they get an apostrophe in front, as OWASP
   * advises. Only for a file that no spreadsheet will open.
   */
  readonly raw?: boolean
  /** What stands between two cells: `,` (default), `;` or a tab. */
  readonly delimiter?: ',' | ';' | '\t'
}

const defaults = { bom: true, raw: false, delimiter: ',' } as const satisfies CsvOptions

/** Rows that are turned into text at once. csv-stringify reads its options anew each time, so one by one would be slower. */
const batchRows = 250

/**
 * What a spreadsheet runs as a formula: `= + - @`, also in full width, also behind white space, an apostrophe or characters
 * without width; and what makes it look at the next character (tab, line break, NUL).
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const startsFormula =
  /^(?:[\s\u0085\u180E\u200B-\u200F\u2060\uFEFF']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u2212]|[\t\n\v\f\r\0])/

/** Neutralises a text that a spreadsheet would run as a formula; every other text comes back as it is. */
export function neutralized(text: string): string {
  return startsFormula.test(text) ? `'${text}` : text
}

/** How cells become lines of CSV. */
export type CsvLineOptions = Pick<CsvOptions, 'raw' | 'delimiter'>

/**
 * Writes rows as lines of CSV, in the way of the reports: RFC 4180 with CRLF after every line, times as ISO 8601 in UTC, an empty
 * cell for `null`, and an apostrophe before a text that a spreadsheet would run as a formula.
 *
 * @throws TypeError For a delimiter that would not give RFC 4180.
 * @see {@link fromCsvCell} for the way back.
 */
export function toCsvLines(rows: readonly (readonly CellValue[])[], options: CsvLineOptions = {}): string {
  const { raw, delimiter } = checkedCsvOptions(options)
  return stringify(rows as CellValue[][], {
    delimiter,
    record_delimiter: '\r\n',
    // Given a delimiter of its own, csv-stringify would leave a lone LF or CR unquoted, and a name would become two lines.
    quote_record_delimiter: true,
    cast: {
      // Without these csv-stringify writes a date as milliseconds, and true as 1.
      date: (value) => isoTime(value),
      boolean: (value) => (value ? 'true' : 'false'),
      string: raw ? (value) => value : neutralized,
    },
  })
}

/** Gives the text that {@link toCsvLines} made a cell of: the apostrophe that kept it from being a formula is no part of it. */
export function fromCsvCell(cell: string): string {
  const text = cell.slice(1)
  return cell.startsWith("'") && neutralized(text) === cell ? text : cell
}

/** Writes RFC 4180: UTF-8, a header, CRLF after every line, times as ISO 8601 in UTC, an empty cell for null. */
export class CsvWriter implements RowWriter {
  readonly #sink: Writable
  readonly #columns: readonly ReportColumn[]
  readonly #options: CsvLineOptions
  #batch: CellValue[][] = []
  rows = 0

  constructor(sink: Writable, context: ReportContext, options: CsvOptions = {}) {
    this.#sink = sink
    this.#columns = columnsOf(context.columns)
    this.#options = options
    const { bom } = checkedCsvOptions(options)
    sink.write(`${bom ? '\uFEFF' : ''}${toCsvLines([this.#columns.map((column) => column.header)], options)}`)
  }

  get full(): boolean {
    return this.#sink.writableNeedDrain
  }

  room(): Promise<void> {
    return roomIn(this.#sink)
  }

  write(row: TokenRow): void {
    this.#batch.push(this.#columns.map((column) => column.value(row)))
    this.rows++
    if (this.#batch.length >= batchRows) this.#flush()
  }

  async finish(): Promise<void> {
    this.#flush()
    await ended(this.#sink)
  }

  abandon(): void {
    this.#batch = []
  }

  #flush(): void {
    if (this.#batch.length > 0) this.#sink.write(toCsvLines(this.#batch, this.#options))
    this.#batch = []
  }
}

/** Fills in the defaults; a delimiter that would not give RFC 4180 is a `TypeError`. */
export function checkedCsvOptions(options: CsvOptions): Required<CsvOptions> {
  const { bom = defaults.bom, raw = defaults.raw, delimiter = defaults.delimiter } = options
  if (![',', ';', '\t'].includes(delimiter)) {
    throw new TypeError(`csv.delimiter must be ',', ';' or a tab, not ${JSON.stringify(delimiter)}`)
  }
  return { bom, raw, delimiter }
}
