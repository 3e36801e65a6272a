import { sanitize, styled, type Piece, type Style } from './terminal.js'

/** One column of a table for people. */
export interface TableColumn<T> {
  readonly header: string
  value(row: T): string | number | null
  readonly align?: 'left' | 'right'
  /** Whether its texts may be cut where the terminal is too narrow. What people copy, such as an id, never is. */
  readonly mayShrink?: boolean
  /** Where the terminal is too narrow for all to be readable, columns with a number are left out, the lowest first. */
  readonly expendable?: number
  /** A look of its cells. The words must say the same. */
  style?(row: T): Style | undefined
}

/** Where a table is drawn. */
export interface TableSurface {
  /** Width in characters; `Infinity` for a file or a pipe. */
  readonly width: number
  /** Whether more than ASCII is shown. */
  readonly unicode: boolean
  line(...pieces: readonly Piece[]): void
}

/** Rows whose widths decide those of the columns; later rows are cut to them, so that a long list is shown while it is read. */
const measuredRows = 100

/** Width of a column that may shrink when more rows are to come than were measured. */
const roomForMore = 24

const gap = '  '
const leastShrunkWidth = 8

/** Width below which a text that is cut tells too little. */
const readableWidth = 9

/** Draws rows as they come: the first hundred together, since they decide the widths, the others one by one. */
export class Table<T> {
  #columns: readonly TableColumn<T>[]
  readonly #surface: TableSurface
  #waiting: T[] = []
  #widths: readonly number[] | undefined

  constructor(columns: readonly TableColumn<T>[], surface: TableSurface) {
    this.#columns = columns
    this.#surface = surface
  }

  add(row: T): void {
    if (this.#widths !== undefined) {
      this.#draw(row, this.#widths)
      return
    }
    this.#waiting.push(row)
    if (this.#waiting.length >= measuredRows) this.#begin(roomForMore)
  }

  /** Draws what is left; without a row, nothing at all. */
  end(): void {
    if (this.#waiting.length > 0) this.#begin()
  }

  #begin(room = 0): void {
    const measured = this.#columns.map((column) => ({ ...column, wanted: this.#wantedBy(column, room) }))
    const shown = withoutExpendable(measured, this.#surface.width)
    this.#columns = shown
    this.#widths = fit(
      shown.map(({ wanted }) => wanted),
      shown,
      this.#surface.width,
    )
    this.#header(this.#widths)
    for (const row of this.#waiting) this.#draw(row, this.#widths)
    this.#waiting = []
  }

  #wantedBy(column: TableColumn<T>, room: number): number {
    const cells = this.#waiting.map((row) => displayWidth(textOf(column, row)))
    return Math.max(column.header.length, column.mayShrink === true ? room : 0, ...cells)
  }

  #header(widths: readonly number[]): void {
    const cells = this.#columns.map((column, at) => this.#laidOut(column.header, column, widths[at] ?? 0))
    this.#surface.line(styled('bold', cells.join(gap).trimEnd()))
  }

  #draw(row: T, widths: readonly number[]): void {
    // No white space at the end of a line: terminals would wrap it, and diffs show it.
    const last = this.#columns.findLastIndex((column) => textOf(column, row) !== '')
    const pieces = this.#columns.slice(0, last + 1).flatMap((column, at): Piece[] => {
      const cell = this.#laidOut(textOf(column, row), column, widths[at] ?? 0)
      const shown = at === last ? cell.trimEnd() : cell
      const style = column.style?.(row)
      return [at === 0 ? '' : gap, style === undefined ? shown : styled(style, shown)]
    })
    this.#surface.line(...pieces)
  }

  #laidOut(text: string, { align, mayShrink }: TableColumn<T>, width: number): string {
    // Where nothing limits the width, nothing is cut either: the reader is a file or a pager.
    const isCut = mayShrink === true && this.#surface.width !== Infinity
    const shown = isCut ? cut(text, width, this.#surface.unicode ? '…' : '...') : text
    const space = ' '.repeat(Math.max(width - displayWidth(shown), 0))
    return align === 'right' ? space + shown : shown + space
  }
}

function textOf<T>(column: TableColumn<T>, row: T): string {
  const value = column.value(row)
  return value === null ? '' : sanitize(String(value))
}

interface Measured {
  readonly wanted: number
  readonly mayShrink?: boolean
  readonly expendable?: number
}

/** The columns that fit with texts that can still be read. */
function withoutExpendable<C extends Measured>(columns: readonly C[], width: number): readonly C[] {
  const least = columns.map(({ wanted, mayShrink }) => (mayShrink === true ? Math.min(wanted, readableWidth) : wanted))
  const expendable = columns.map((column) => column.expendable ?? Infinity)
  const first = Math.min(...expendable)
  if (totalOf(least) <= width || first === Infinity) return columns
  return withoutExpendable(
    columns.filter((_, at) => at !== expendable.indexOf(first)),
    width,
  )
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((total, each) => total + each, gap.length * (widths.length - 1))
}

/** Takes away from the widest of the columns that may shrink, until the table fits or none can give any more. */
function fit(wanted: readonly number[], columns: readonly { readonly mayShrink?: boolean }[], width: number): number[] {
  const widths = [...wanted]
  while (totalOf(widths) > width) {
    const widest = widths
      .map((each, at) => ({ each, at }))
      .filter(({ each, at }) => columns[at]?.mayShrink === true && each > leastShrunkWidth)
      .reduce<{ each: number; at: number } | undefined>(
        (most, next) => (most === undefined || next.each > most.each ? next : most),
        undefined,
      )
    if (widest === undefined) break
    widths[widest.at] = widest.each - 1
  }
  return widths
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Scripts and signs that terminals draw two columns wide (the W and F of https://www.unicode.org/reports/tr11/, in blocks). */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\ufe0f|^\p{Emoji_Presentation}/u
const ascii = /^[\x20-\x7e]*$/
const withoutWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

/** Columns a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment)
  return width
}

function widthOf(grapheme: string): number {
  if (withoutWidth.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}

/** Cuts a text to a width, never within a character, and says so by `mark`. */
export function cut(text: string, width: number, mark: string): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = mark.length
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width) break
    kept += segment
  }
  return `${kept}${mark}`
}
