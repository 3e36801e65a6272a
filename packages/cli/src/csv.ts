import { pipeline } from 'node:stream/promises'
import type { Options } from 'csv-parse'

/** A fault of a CSV file, with the line it is in. */
export class CsvError extends Error {
  override readonly name = 'CsvError'
  /** Counted from 1; the line a record begins in. */
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** A record of a CSV file. */
export interface CsvRecord {
  readonly cells: readonly string[]
  /** The line it begins in, from 1. */
  readonly line: number
}

/** Longer than any name the service accepts, times a hundred: a quote that is never closed must not eat the memory. */
const longestRecord = 1_000_000

/** What csv-parse finds fault with, in words for people. */
const faults: ReadonlyMap<unknown, string> = new Map([
  ['CSV_INVALID_CLOSING_QUOTE', 'there is text behind a closing quote'],
  ['INVALID_OPENING_QUOTE', 'there is a quote in the middle of a cell'],
  ['CSV_QUOTE_NOT_CLOSED', 'a quote is never closed'],
  ['CSV_MAX_RECORD_SIZE', 'a record is too long, or a quote is never closed'],
])

/**
 * Reads RFC 4180, record by record: quotes, line breaks inside quotes, a byte order mark, CRLF or LF. Empty lines are left out, and a
 * record may have fewer or more cells than the header.
 *
 * @throws {@link CsvError} For what is no CSV.
 */
export async function* readCsv(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<CsvRecord> {
  const { Parser } = await import('csv-parse')
  // csv-parse counts a CRLF inside quotes as two lines, and tells the line in which a record ends.
  let linesInRecords = 0
  const options: Options<CsvRecord, string[]> = {
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestRecord,
    on_record: (cells, { empty_lines }) => {
      const line = 1 + linesInRecords + empty_lines
      linesInRecords += cells.reduce((lines, cell) => lines + cell.split('\n').length - 1, 1)
      return { cells, line }
    },
  }
  // Its constructor is typed for records that nobody has changed.
  const parser = new Parser(options as object)
  // A failure of the source reaches the parser, and so whoever reads its records.
  const fed = pipeline(chunks, parser).catch(() => undefined)
  try {
    for await (const record of parser) yield record as CsvRecord
  } catch (error) {
    const fault = error instanceof Error && 'code' in error ? faults.get(error.code) : undefined
    throw fault === undefined ? error : new CsvError(fault, 1 + linesInRecords + parser.info.empty_lines)
  } finally {
    await fed
  }
}

/** The one of the usual three that the header has most of: spreadsheets of many countries write a semicolon. */
export function delimiterOf(header: string): string {
  const counted = [',', ';', '\t'].map((mark) => ({ mark, times: header.split(mark).length }))
  return counted.reduce((best, next) => (next.times > best.times ? next : best)).mark
}
