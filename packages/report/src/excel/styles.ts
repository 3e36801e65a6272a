import type WorkbookWriter from 'exceljs/lib/stream/xlsx/workbook-writer.js'
import type { CellStyle } from 'exceljs/lib/stream/xlsx/workbook-writer.js'
import type { ValueStyles } from './cell-xml.js'

/** Ink and paper of everything that has a colour, as ARGB. Each pair has a contrast of at least 4.5 : 1. */
export const palette = {
  headerInk: 'FFFFFFFF',
  headerPaper: 'FF1F3A5F',
  sectionInk: 'FF1F3A5F',
  noteInk: 'FF595959',
  goodInk: 'FF0B5A2B',
  goodPaper: 'FFE3F4E8',
  badInk: 'FF8E1B16',
  badPaper: 'FFFCE4E2',
  warnInk: 'FF6B4300',
  warnPaper: 'FFFFF0CC',
  quietInk: 'FF5F6368',
  rule: 'FFC8D0DA',
} as const

/**
 * `9999-12-31` is how the service says "never"; the cell keeps the date, so that it still sorts last. The section of the dates comes
 * first: readers such as openpyxl judge by it whether a cell is a date at all.
 */
const expiryFormat = '[<2958465]yyyy-mm-dd hh:mm:ss;"never"'
const countFormat = '#,##0'
/** Excel shows TRUE and FALSE whatever the format says; LibreOffice would show 1 and 0. */
const booleanFormat = '"TRUE";"TRUE";"FALSE"'

/** A font without a name or a size is whatever a reader likes. */
const font = { name: 'Calibri', family: 2, scheme: 'minor', size: 11 } as const
const wrapped = { vertical: 'middle', wrapText: true } as const
/** Numbers keep away from the text in the next column. */
const right = { horizontal: 'right', indent: 1 } as const

const definitions = {
  text: {},
  whole: { numFmt: '0', alignment: right },
  flag: { numFmt: booleanFormat, alignment: { horizontal: 'center' } },
  time: { numFmt: expiryFormat, alignment: { horizontal: 'left' } },
  count: { numFmt: countFormat, alignment: right },
  header: {
    font: { ...font, bold: true, color: { argb: palette.headerInk } },
    fill: solid(palette.headerPaper),
    alignment: { vertical: 'middle' },
  },
  headerRight: {
    font: { ...font, bold: true, color: { argb: palette.headerInk } },
    fill: solid(palette.headerPaper),
    alignment: { ...right, vertical: 'middle' },
  },
  headerCentre: {
    font: { ...font, bold: true, color: { argb: palette.headerInk } },
    fill: solid(palette.headerPaper),
    alignment: { horizontal: 'center', vertical: 'middle' },
  },
  title: {
    font: { ...font, bold: true, size: 18, color: { argb: palette.sectionInk } },
    alignment: { vertical: 'middle' },
  },
  section: {
    font: { ...font, bold: true, color: { argb: palette.sectionInk } },
    border: { bottom: { style: 'thin', color: { argb: palette.rule } } },
  },
  sectionRight: {
    font: { ...font, bold: true, color: { argb: palette.sectionInk } },
    border: { bottom: { style: 'thin', color: { argb: palette.rule } } },
    alignment: right,
  },
  good: {
    font: { ...font, bold: true, color: { argb: palette.goodInk } },
    fill: solid(palette.goodPaper),
    alignment: wrapped,
  },
  bad: {
    font: { ...font, bold: true, color: { argb: palette.badInk } },
    fill: solid(palette.badPaper),
    alignment: wrapped,
  },
  badCount: {
    font: { ...font, bold: true, color: { argb: palette.badInk } },
    fill: solid(palette.badPaper),
    numFmt: countFormat,
    alignment: right,
  },
  warn: { font: { ...font, color: { argb: palette.warnInk } }, fill: solid(palette.warnPaper), alignment: wrapped },
  note: { font: { ...font, italic: true, color: { argb: palette.noteInk } } },
} as const satisfies Record<string, CellStyle>

/** The names of the styles a cell can have. */
export type StyleName = keyof typeof definitions

/** The styles of one workbook, as numbers of its style table. */
export interface WorkbookStyles {
  readonly named: Readonly<Record<StyleName, number>>
  /** The styles of plain rows. */
  readonly values: ValueStyles
}

/** Enters every style once: a style per cell would nearly double the time of a workbook. */
export function registerStyles(book: WorkbookWriter): WorkbookStyles {
  const entries = Object.entries(definitions).map(([name, style]) => [name, book.styles.addStyleModel(style)] as const)
  const named = Object.fromEntries(entries) as Record<StyleName, number>
  return { named, values: { text: named.text, number: named.whole, boolean: named.flag, date: named.time } }
}

function solid(argb: string): CellStyle['fill'] & {} {
  return { type: 'pattern', pattern: 'solid', fgColor: { argb } }
}
