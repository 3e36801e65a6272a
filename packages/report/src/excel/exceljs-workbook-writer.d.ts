/**
 * The part of exceljs 4.4.0 that is used, by its deep import: the package's own entry drags in readers that do not install.
 *
 * `_openStream`, `stream`, `styles` and the names around `startedData` are not in exceljs's documents. They are safe to lean on because the version is pinned, and
 * because the project has stood still since 2023.
 */
declare module 'exceljs/lib/stream/xlsx/workbook-writer.js' {
  import type { EventEmitter } from 'node:events'
  import type { Readable, Writable } from 'node:stream'
  import type {
    Alignment,
    Borders,
    ConditionalFormattingOptions,
    Fill,
    Font,
    WorkbookView,
    WorksheetView,
  } from 'exceljs'

  export interface CellStyle {
    numFmt?: string
    font?: Partial<Font>
    fill?: Fill
    alignment?: Partial<Alignment>
    border?: Partial<Borders>
  }

  export interface SheetOptions {
    views?: Partial<WorksheetView>[]
    properties?: object
    pageSetup?: object
    headerFooter?: object
  }

  export interface WorksheetWriter {
    readonly stream: Writable
    startedData: boolean
    /** Written as they print; `mergeCells` would make rows of its own. */
    readonly _merges: string[]
    _writeColumns(): void
    _writeOpenSheetData(): void
    autoFilter: string | null
    columns: { width?: number }[]
    addConditionalFormatting(formatting: ConditionalFormattingOptions): void
    commit(): void
  }

  export default class WorkbookWriter {
    constructor(options: {
      stream: Writable
      useStyles: boolean
      useSharedStrings: boolean
      created: Date
      modified: Date
      creator: string
      lastModifiedBy: string
      zip: { zlib: { level: number } }
    })
    title?: string
    subject?: string
    description?: string
    views: Partial<WorkbookView>[]
    readonly styles: { addStyleModel(style: CellStyle): number }
    readonly zip: EventEmitter & {
      append(source: Readable, data: { name: string }): void
      unpipe(): void
      abort(): void
    }
    _openStream(path: string): Writable
    addWorksheet(name: string, options: SheetOptions): WorksheetWriter
    commit(): Promise<void>
  }
}
