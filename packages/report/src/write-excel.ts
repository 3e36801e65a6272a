import type { Writable } from 'node:stream'
import type { ConditionalFormattingRule } from 'exceljs'
import { columnsOf, type ReportColumn } from './columns.js'
import { palette } from './excel/styles.js'
import { ExcelWorkbook, type ExcelSheet, type SheetHeader } from './excel/workbook.js'
import { addSummaryRows, summaryLayout } from './excel/summary-sheet.js'
import type { TokenRow } from './rows.js'
import type { ReportContext, ReportResult, RowWriter } from './writer.js'

/** What a caller inside the package may set; tests fill a sheet with ten rows instead of a million. */
export interface ExcelSettings {
  /** Rows of a sheet, header included. */
  readonly rowsPerSheet?: number
  /** zlib level, 1 to 9. */
  readonly compression?: number
}

const defaults = {
  rowsPerSheet: 1_048_576,
  // Level 3 costs no more time than 1 here and saves an eighth of the file; level 6 saves a tenth more for two fifths more time.
  compression: 3,
} as const satisfies ExcelSettings

const tabColors = { tokens: 'FF1F3A5F', summary: 'FF0B5A2B', notRead: 'FF8E1B16' } as const

/** Writes a workbook: the sheets `Tokens` (`Tokens (2)`, … when one is full), `Summary`, which opens first, and `Not read`. */
export class ExcelWriter implements RowWriter {
  readonly #context: ReportContext
  readonly #workbook: ExcelWorkbook
  readonly #columns: readonly ReportColumn[]
  readonly #rowsPerSheet: number
  #sheet: ExcelSheet
  #sheets = 1
  #turning: Promise<void> | undefined
  rows = 0

  constructor(
    sink: Writable,
    context: ReportContext,
    onFailure: (reason: unknown) => void,
    { rowsPerSheet = defaults.rowsPerSheet, compression = defaults.compression }: ExcelSettings = {},
  ) {
    this.#context = context
    this.#columns = columnsOf(context.columns)
    this.#rowsPerSheet = rowsPerSheet
    this.#workbook = new ExcelWorkbook(
      sink,
      { title: context.title, subject: context.organization, createdAt: context.asOf, compression },
      onFailure,
    )
    this.#sheet = this.#addTokenSheet()
  }

  get full(): boolean {
    return this.#sheet.full || this.#turning !== undefined
  }

  async room(): Promise<void> {
    await this.#turning
    this.#turning = undefined
    await this.#sheet.room()
  }

  write(row: TokenRow): void {
    if (this.#sheet.rows >= this.#rowsPerSheet) this.#turnOver()
    this.#sheet.addRow(this.#columns.map((column) => column.value(row)))
    this.rows++
  }

  async finish(result: ReportResult): Promise<void> {
    await this.#turning
    await this.#closeTokenSheet(this.#sheet)
    await this.#writeSummary(result)
    await this.#writeNotRead(result)
    await this.#workbook.commit(this.#sheets)
  }

  abandon(): void {
    this.#workbook.abandon()
  }

  #addTokenSheet(): ExcelSheet {
    return this.#workbook.addSheet({
      name: this.#sheets === 1 ? 'Tokens' : `Tokens (${this.#sheets})`,
      widths: this.#columns.map((column) => column.width),
      headers: this.#columns.map(({ header, align = 'left' }) => ({ text: header, align })),
      tabColor: tabColors.tokens,
      landscape: true,
      gridLines: true,
    })
  }

  #turnOver(): void {
    this.#turning = this.#closeTokenSheet(this.#sheet)
    this.#sheets++
    this.#sheet = this.#addTokenSheet()
  }

  async #closeTokenSheet(sheet: ExcelSheet): Promise<void> {
    for (const { columns, rules } of colours(this.#context.columns)) sheet.colourWhere(columns, rules)
    await sheet.close()
  }

  async #writeSummary(result: ReportResult): Promise<void> {
    const sheet = this.#workbook.addSheet({ ...summaryLayout, tabColor: tabColors.summary })
    addSummaryRows(sheet, this.#context, result)
    await sheet.close()
  }

  async #writeNotRead({ totals }: ReportResult): Promise<void> {
    const sheet = this.#workbook.addSheet({
      name: 'Not read',
      widths: [30, 12, 70, 13, 28, 60],
      headers: notReadHeaders,
      tabColor: tabColors.notRead,
      landscape: true,
      gridLines: true,
    })
    for (const { displayName, reason, status, code, descriptor } of totals.failures) {
      sheet.addRow([displayName, 'failed', reason, status, code, descriptor])
      if (sheet.full) await sheet.room()
    }
    for (const { displayName, reason, descriptor } of totals.skipped) {
      sheet.addRow([displayName, 'skipped', reason, null, null, descriptor])
      if (sheet.full) await sheet.room()
    }
    sheet.colourWhere({ from: 1, to: 1 }, [rule('$B2="failed"', palette.badInk, palette.badPaper, 1)])
    await sheet.close()
  }
}

const notReadHeaders: readonly SheetHeader[] = [
  { text: 'User', align: 'left' },
  { text: 'Outcome', align: 'left' },
  { text: 'Reason', align: 'left' },
  { text: 'HTTP status', align: 'right' },
  { text: 'Error code', align: 'left' },
  { text: 'Descriptor', align: 'left' },
]

interface ColouredColumns {
  readonly columns: { readonly from: number; readonly to: number }
  readonly rules: readonly ConditionalFormattingRule[]
}

/**
 * The colours follow the column `Status`, which was computed for the report's time; a rule with `TODAY()` would show another report
 * every day.
 */
function colours(columns: ReportContext['columns']): readonly ColouredColumns[] {
  const { badInk, badPaper, warnInk, warnPaper, quietInk } = palette
  if (columns === 'sample') {
    return [{ columns: { from: 2, to: 2 }, rules: [rule('AND(ISLOGICAL($C2),NOT($C2))', badInk, badPaper, 1)] }]
  }
  const byStatus = [
    rule('$E2="expired"', badInk, badPaper, 1),
    rule('$E2="expiring"', warnInk, warnPaper, 2),
    rule('$E2="revoked"', quietInk, undefined, 3),
  ]
  return [
    { columns: { from: 4, to: 4 }, rules: byStatus },
    { columns: { from: 9, to: 10 }, rules: byStatus.map((each, index) => ({ ...each, priority: index + 4 })) },
    { columns: { from: 6, to: 6 }, rules: [rule('$G2=TRUE', badInk, badPaper, 7)] },
    { columns: { from: 7, to: 7 }, rules: [rule('$H2=TRUE', warnInk, warnPaper, 8)] },
  ]
}

function rule(formula: string, ink: string, paper: string | undefined, priority: number): ConditionalFormattingRule {
  return {
    type: 'expression',
    formulae: [formula],
    priority,
    style: {
      font: { color: { argb: ink } },
      ...(paper === undefined ? {} : { fill: { type: 'pattern', pattern: 'solid', bgColor: { argb: paper } } }),
    },
  }
}
