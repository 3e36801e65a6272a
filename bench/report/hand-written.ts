import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createDeflateRaw } from 'node:zlib'
import { columnsOf } from '../../packages/report/src/columns.js'
import { toOwner, tokenFields } from '../../packages/report/src/rows.js'
import { now, scanOf, tenCellsOf, tenHeaders } from './data.js'

/**
 * What a careful engineer writes when nothing but this one file counts: the yardstick for the writers of the package. No styles, no
 * other sheets, no summary, no rollover, no guards beyond what the cells at hand need, straight into zlib at level 1.
 */
const chunkCharacters = 65_536

export type Cell = string | number | boolean | Date | null

/** Rows come in pages of 200, as they do from a scan: a yardstick that waited for each row alone would be slow by design. */
export type Pages = AsyncIterable<Iterable<readonly Cell[]>>

/** Writes rows as the XML of one sheet, deflated; the envelope of a workbook costs nothing and is left out. */
export async function writeSheetXml(pages: Pages, file: string): Promise<void> {
  const deflate = createDeflateRaw({ level: 1 })
  const sink = deflate.pipe(createWriteStream(file))
  let text = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
  let number = 0
  for await (const page of pages) {
    for (const cells of page) text += rowXml(cells, ++number)
    if (text.length < chunkCharacters) continue
    if (!deflate.write(text)) await once(deflate, 'drain')
    text = ''
  }
  deflate.end(`${text}</sheetData></worksheet>`)
  await finished(sink)
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

export function rowXml(cells: readonly Cell[], number: number): string {
  let xml = `<row r="${number}">`
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index]
    const address = `${letters[index] ?? ''}${number}`
    if (typeof cell === 'string') {
      if (cell !== '') xml += `<c r="${address}" s="0" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`
    } else if (typeof cell === 'number') {
      xml += `<c r="${address}" s="1"><v>${cell}</v></c>`
    } else if (typeof cell === 'boolean') {
      xml += `<c r="${address}" s="2" t="b"><v>${cell ? 1 : 0}</v></c>`
    } else if (cell instanceof Date) {
      xml += `<c r="${address}" s="3"><v>${cell.getTime() / 86_400_000 + 25_569}</v></c>`
    }
  }
  return `${xml}</row>`
}

function escaped(text: string): string {
  if (!/[&<>"]/.test(text)) return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Writes rows as CSV, guarded against formulas as OWASP says. */
export async function writeCsv(pages: Pages, file: string): Promise<void> {
  const sink = createWriteStream(file)
  let text = '\uFEFF'
  for await (const page of pages) {
    for (const cells of page) text += `${cells.map(csvCell).join(',')}\r\n`
    if (text.length < chunkCharacters) continue
    if (!sink.write(text)) await once(sink, 'drain')
    text = ''
  }
  sink.end(text)
  await finished(sink)
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  if (cell instanceof Date) return cell.toISOString().replace('.000Z', 'Z')
  const guarded = /^[\s]*[=+\-@\t\r\n\0＝＋－＠]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** The cells of the report's twelve columns, header first. */
export async function* reportPages(tokens: number): AsyncGenerator<Iterable<readonly Cell[]>, void, undefined> {
  const columns = columnsOf('full')
  yield [columns.map((column) => column.header)]
  for await (const outcome of scanOf(tokens)) {
    if (outcome.status !== 'read') continue
    const owner = toOwner(outcome.user)
    yield outcome.tokens.map((token) => {
      const row = tokenFields(owner, token, { now, expiringWithinDays: 30 })
      return columns.map((column) => column.value(row))
    })
  }
}

/** Ten cells a row, header first. */
export async function* tenCellPages(rows: number): AsyncGenerator<Iterable<readonly Cell[]>, void, undefined> {
  yield [tenHeaders]
  const pageRows = 200
  for (let first = 0; first < rows; first += pageRows) {
    await Promise.resolve()
    yield Array.from({ length: Math.min(pageRows, rows - first) }, (_, index) => tenCellsOf(first + index))
  }
}
