import { cutToCell, escapeMarkup, excelSerial, isoTime, showBidi, xmlText } from '../cell.js'
import type { CellValue } from '../columns.js'

/** Styles of cells by the kind of their value, as numbers of the workbook's style table. */
export interface ValueStyles {
  readonly text: number
  readonly number: number
  readonly boolean: number
  readonly date: number
}

/** The XML of one cell; nothing for an empty one. */
export function cellXml(address: string, value: CellValue, styles: ValueStyles): string {
  switch (typeof value) {
    case 'string':
      return textCellXml(address, value, styles.text)
    case 'boolean':
      return `<c r="${address}" s="${styles.boolean}" t="b"><v>${value ? 1 : 0}</v></c>`
    case 'number':
      // A number cell that holds NaN makes the file unreadable.
      return Number.isFinite(value) ? `<c r="${address}" s="${styles.number}"><v>${value}</v></c>` : ''
    default:
      return value === null ? '' : dateCellXml(address, value, styles)
  }
}

/** The XML of a text cell. The text is data, whatever it begins with: such a cell is never a formula. */
export function textCellXml(address: string, text: string, style: number): string {
  if (text === '') return ''
  return `<c r="${address}" s="${style}" t="inlineStr"><is>${textElement(text)}</is></c>`
}

function dateCellXml(address: string, date: Date, styles: ValueStyles): string {
  const serial = excelSerial(date)
  if (serial !== null) return `<c r="${address}" s="${styles.date}"><v>${serial}</v></c>`
  return Number.isNaN(date.getTime()) ? '' : textCellXml(address, isoTime(date), styles.text)
}

/** Texts without any of these, shorter than a cell, and without space at an end go into the XML as they are. */
const needsCare = /[\u0000-\u001F&<>\u202A-\u202E\u2066-\u2069\uD800-\uDFFF\uFFFE\uFFFF]|_x[0-9A-Fa-f]{4}_|^ | $/ // eslint-disable-line no-control-regex
const plainCharacters = 32_000

function textElement(text: string): string {
  if (text.length < plainCharacters && !needsCare.test(text)) return `<t>${text}</t>`
  // XML turns a bare carriage return into a line feed.
  const content = escapeMarkup(escapedX(cutToCell(xmlText(showBidi(text))))).replaceAll('\r', '&#13;')
  // Without xml:space readers drop spaces and line breaks at both ends.
  return `<t xml:space="preserve">${content}</t>`
}

/**
 * Spreadsheets read `_x0041_` as the character of that number (ISO 29500-1, 22.9.2.19, ST_Xstring), so a text that looks like it gets
 * its underscore spelled out.
 */
function escapedX(text: string): string {
  return text.replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
}

/** The letters of a column, counted from 0: `A`, …, `Z`, `AA`. */
export function columnLetters(index: number): string {
  const rest = index % 26
  const letter = String.fromCharCode(65 + rest)
  return index < 26 ? letter : `${columnLetters((index - rest) / 26 - 1)}${letter}`
}
