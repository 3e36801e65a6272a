import { PassThrough, type Writable } from 'node:stream'
import WorkbookWriter, { type SheetOptions, type WorksheetWriter } from 'exceljs/lib/stream/xlsx/workbook-writer.js'
import type { ConditionalFormattingRule } from 'exceljs'
import { xmlText } from '../cell.js'
import type { CellValue } from '../columns.js'
import { chunkCharacters, roomIn } from '../writer.js'
import { cellXml, columnLetters, type ValueStyles } from './cell-xml.js'
import { registerStyles, type StyleName, type WorkbookStyles } from './styles.js'

/** What a workbook says of itself. */
export interface WorkbookProperties {
  readonly title: string
  readonly subject: string
  readonly createdAt: Date
  /** zlib level of the sheets, 1 to 9. */
  readonly compression: number
}

/** How a sheet looks before its first row; what a stream cannot change afterwards. */
export interface SheetLayout {
  readonly name: string
  /** Widths in characters. */
  readonly widths: readonly number[]
  /** Headers; a sheet that has them gets a frozen, bold first row that is printed on every page, and a filter. */
  readonly headers?: readonly SheetHeader[]
  readonly tabColor: string
  readonly landscape: boolean
  readonly gridLines: boolean
}

/** One header; it stands where the values below it stand. */
export interface SheetHeader {
  readonly text: string
  readonly align: 'left' | 'centre' | 'right'
}

/** A cell of a sheet that is laid out by hand. */
export interface StyledCell {
  readonly value: CellValue
  readonly style?: StyleName
}

/** Bytes that wait between a sheet and the compressor: enough that both are busy, and no more. */
const sheetBufferBytes = 64 * 1024

/**
 * A workbook that is written while its rows come, over exceljs's streaming writer.
 *
 * exceljs makes the package: styles, columns, views, filters, formats, relations. The rows are ours, and so is the stream they go
 * through: exceljs keeps a sheet in memory when its sink is slow, spends three objects on a cell, drops spaces at the ends of texts
 * and lets through two characters that empty a sheet.
 */
export class ExcelWorkbook {
  readonly #book: WorkbookWriter
  readonly #sources: PassThrough[] = []
  readonly #fail: (reason: unknown) => void
  readonly styles: WorkbookStyles

  /**
   * @param sink - Takes the bytes of the file; is ended by {@link commit}.
   * @param onFailure - Told when the zip library fails; it may leave {@link commit} open for ever.
   */
  constructor(sink: Writable, properties: WorkbookProperties, onFailure: (reason: unknown) => void) {
    this.#fail = onFailure
    this.#book = new WorkbookWriter({
      stream: sink,
      // Without these there are no bold header and no time formats; shared strings would keep every text in memory.
      useStyles: true,
      useSharedStrings: false,
      created: properties.createdAt,
      modified: properties.createdAt,
      creator: 'patkit',
      lastModifiedBy: 'patkit',
      zip: { zlib: { level: properties.compression } },
    })
    this.#book.title = xmlText(properties.title)
    this.#book.subject = xmlText(properties.subject)
    this.#book.zip.on('error', onFailure)
    this.#book._openStream = (path) => this.#openEntry(path)
    this.styles = registerStyles(this.#book)
  }

  /** Begins a sheet. The one before must have been closed: rows of two sheets at a time would be kept in memory. */
  addSheet(layout: SheetLayout): ExcelSheet {
    const sheet = this.#book.addWorksheet(layout.name, toSheetOptions(layout))
    sheet.columns = layout.widths.map((width) => ({ width }))
    sheet._writeColumns()
    sheet._writeOpenSheetData()
    sheet.startedData = true
    return new ExcelSheet(sheet, layout, this.styles)
  }

  /** Writes what is left of the package and ends the sink. Every sheet must have been closed. */
  async commit(activeSheet: number): Promise<void> {
    this.#book.views = [
      { x: 0, y: 0, width: 28_800, height: 17_000, firstSheet: 0, activeTab: activeSheet, visibility: 'visible' },
    ]
    await this.#book.commit()
  }

  /** Lets go of everything that waits for a sink that takes no more. */
  abandon(): void {
    this.#book.zip.unpipe()
    this.#book.zip.abort()
    for (const source of this.#sources) source.destroy()
  }

  #openEntry(name: string): Writable {
    const source = new SheetStream({ highWaterMark: sheetBufferBytes })
    source.on('error', this.#fail)
    this.#sources.push(source)
    this.#book.zip.append(source, { name })
    return source
  }
}

/** exceljs writes its own buffers as well as strings. */
class SheetStream extends PassThrough {
  override write(chunk: string | { toBuffer(): Buffer }): boolean {
    return super.write(typeof chunk === 'string' ? chunk : chunk.toBuffer())
  }
}

/** One sheet, filled from its first row to its last. */
export class ExcelSheet {
  readonly #sheet: WorksheetWriter
  readonly #layout: SheetLayout
  readonly #styles: WorkbookStyles
  readonly #letters: readonly string[]
  #text = ''
  #rows = 0

  constructor(sheet: WorksheetWriter, layout: SheetLayout, styles: WorkbookStyles) {
    this.#sheet = sheet
    this.#layout = layout
    this.#styles = styles
    this.#letters = layout.widths.map((_, index) => columnLetters(index))
    if (layout.headers !== undefined) this.#writeHeaders(layout.headers)
  }

  /** Rows so far, the header among them. */
  get rows(): number {
    return this.#rows
  }

  get full(): boolean {
    return this.#sheet.stream.writableNeedDrain
  }

  room(): Promise<void> {
    return roomIn(this.#sheet.stream)
  }

  /** Adds a row whose cells look as their kind of value asks for. */
  addRow(values: readonly CellValue[]): void {
    const number = ++this.#rows
    let xml = `<row r="${number}">`
    for (let index = 0; index < values.length; index++) {
      xml += cellXml(`${this.#letters[index] ?? ''}${number}`, values[index] ?? null, this.#styles.values)
    }
    this.#append(`${xml}</row>`)
  }

  /** Adds a row with a style for each cell; without cells, an empty row. */
  addStyledRow(cells: readonly StyledCell[], height?: number): void {
    const number = ++this.#rows
    const heightXml = height === undefined ? '' : ` ht="${height}" customHeight="1"`
    const cellsXml = cells.map(({ value, style }, index) => {
      const address = `${this.#letters[index] ?? ''}${number}`
      if (value === null && style !== undefined) return `<c r="${address}" s="${this.#styles.named[style]}"/>`
      return cellXml(address, value, style === undefined ? this.#styles.values : oneStyle(this.#styles.named[style]))
    })
    this.#append(`<row r="${number}"${heightXml}>${cellsXml.join('')}</row>`)
  }

  /** Makes one cell of all cells of the last row. */
  joinLastRow(): void {
    this.#sheet._merges.push(`A${this.#rows}:${this.#letters.at(-1) ?? 'A'}${this.#rows}`)
  }

  /** Colours rows that are there when the sheet is closed; `formula` speaks of row 2. */
  colourWhere(
    columns: { readonly from: number; readonly to: number },
    rules: readonly ConditionalFormattingRule[],
  ): void {
    const from = this.#letters[columns.from] ?? ''
    const to = this.#letters[columns.to] ?? ''
    if (this.#rows < 2) return
    this.#sheet.addConditionalFormatting({ ref: `${from}2:${to}${this.#rows}`, rules: [...rules] })
  }

  /** Ends the sheet. No row can follow. */
  async close(): Promise<void> {
    this.#flush()
    if (this.#layout.headers !== undefined) {
      this.#sheet.autoFilter = `A1:${this.#letters.at(-1) ?? 'A'}${this.#rows}`
    }
    this.#sheet.commit()
    await roomIn(this.#sheet.stream)
  }

  #writeHeaders(headers: readonly SheetHeader[]): void {
    const cells = headers.map(({ text, align }): StyledCell => ({ value: text, style: headerStyles[align] }))
    this.addStyledRow(cells, headerHeight)
  }

  #append(xml: string): void {
    this.#text += xml
    if (this.#text.length >= chunkCharacters) this.#flush()
  }

  #flush(): void {
    if (this.#text !== '') this.#sheet.stream.write(this.#text)
    this.#text = ''
  }
}

function oneStyle(style: number): ValueStyles {
  return { text: style, number: style, boolean: style, date: style }
}

function toSheetOptions(layout: SheetLayout): SheetOptions {
  const table = layout.headers !== undefined
  return {
    properties: { tabColor: { argb: layout.tabColor }, defaultRowHeight: 15, dyDescent: 0 },
    views: [
      { ...(table ? { state: 'frozen' as const, ySplit: 1, activeCell: 'A2' } : {}), showGridLines: layout.gridLines },
    ],
    pageSetup: {
      orientation: layout.landscape ? 'landscape' : 'portrait',
      paperSize: a4,
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      margins: { left: 0.4, right: 0.4, top: 0.5, bottom: 0.6, header: 0.3, footer: 0.3 },
      ...(table ? { printTitlesRow: '1:1' } : {}),
    },
    headerFooter: { oddFooter: '&L&A&RPage &P of &N' },
  }
}

const a4 = 9
const headerHeight = 20
const headerStyles = { left: 'header', centre: 'headerCentre', right: 'headerRight' } as const satisfies Record<
  string,
  StyleName
>
