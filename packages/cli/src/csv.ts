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

/**
 * Reads RFC 4180, record by record: quotes, line breaks inside quotes, a byte order mark, CRLF or LF. Empty lines are left out.
 *
 * @param delimiter - What stands between two cells; found in the first line when left out: a comma, a semicolon or a tab.
 */
export async function* readCsv(chunks: AsyncIterable<string>, delimiter?: string): AsyncGenerator<CsvRecord> {
  const parser = new CsvParser(delimiter)
  for await (const chunk of chunks) yield* parser.take(chunk)
  yield* parser.end()
}

type State = 'cell' | 'quoted' | 'quote-in-quoted'

class CsvParser {
  #delimiter: string | undefined
  #held = ''
  #isFirst = true
  #state: State = 'cell'
  #cell = ''
  #cells: string[] = []
  #wasQuoted = false
  #length = 0
  #line = 1
  #begin = 1

  constructor(delimiter: string | undefined) {
    this.#delimiter = delimiter
  }

  *take(chunk: string): Generator<CsvRecord> {
    let text = this.#held + chunk
    this.#held = ''
    if (this.#isFirst) {
      if (text === '') return
      this.#isFirst = false
      text = text.replace(/^\ufeff/, '')
    }
    if (this.#delimiter === undefined) {
      const end = text.search(/[\r\n]/)
      // The header is one line; without its end nothing can be told yet.
      if (end === -1 && text.length <= longestRecord) {
        this.#held = text
        return
      }
      this.#delimiter = delimiterOf(end === -1 ? text : text.slice(0, end))
    }
    yield* this.#read(text, this.#delimiter)
  }

  *end(): Generator<CsvRecord> {
    const rest = this.#held
    this.#held = ''
    this.#delimiter ??= delimiterOf(rest)
    yield* this.#read(rest, this.#delimiter)
    if (this.#state === 'quoted') throw new CsvError('a quote is never closed', this.#begin)
    const last = this.#endRecord()
    if (last !== undefined) yield last
  }

  *#read(text: string, delimiter: string): Generator<CsvRecord> {
    for (const character of text) {
      const record = this.#step(character, delimiter)
      if (record !== undefined) yield record
    }
  }

  /** Gives the record that ends with this character, if one does. */
  #step(character: string, delimiter: string): CsvRecord | undefined {
    if (character === '\n') this.#line++
    if (++this.#length > longestRecord)
      throw new CsvError('a record is too long, or a quote is never closed', this.#begin)
    if (this.#state === 'quoted') {
      if (character === '"') this.#state = 'quote-in-quoted'
      else this.#cell += character
      return undefined
    }
    if (this.#state === 'quote-in-quoted' && character === '"') {
      this.#cell += '"'
      this.#state = 'quoted'
    } else if (character === delimiter) {
      this.#endCell()
    } else if (character === '\n') {
      return this.#endRecord()
    } else if (character === '"' && this.#cell === '' && !this.#wasQuoted) {
      this.#state = 'quoted'
      this.#wasQuoted = true
    } else if (character !== '\r') {
      if (this.#wasQuoted) throw new CsvError('there is text behind a closing quote', this.#begin)
      this.#cell += character
    }
    return undefined
  }

  #endCell(): void {
    this.#cells.push(this.#cell)
    this.#cell = ''
    this.#wasQuoted = false
    this.#state = 'cell'
  }

  #endRecord(): CsvRecord | undefined {
    const isEmpty = this.#cells.length === 0 && this.#cell === '' && !this.#wasQuoted
    this.#endCell()
    const record = { cells: this.#cells, line: this.#begin }
    this.#cells = []
    this.#length = 0
    this.#begin = this.#line
    return isEmpty ? undefined : record
  }
}

/** The one of the usual three that the header has most of. */
function delimiterOf(header: string): string {
  const counted = [',', ';', '\t'].map((mark) => ({ mark, times: header.split(mark).length }))
  return counted.reduce((best, next) => (next.times > best.times ? next : best)).mark
}

/**
 * What a spreadsheet runs as a formula, as the reports of `@patkit/report` have it.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const startsFormula =
  /^(?:[\s\u0085\u180E\u200B-\u200F\u2060\uFEFF']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u2212]|[\t\n\v\f\r\0])/

/** One line of CSV (RFC 4180) with its end. A text that a spreadsheet would run gets an apostrophe in front. */
export function toCsvLine(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(toCell).join(',')}\r\n`
}

function toCell(value: string | number | boolean | null): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const text = startsFormula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
