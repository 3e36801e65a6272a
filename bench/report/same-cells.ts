import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { unzip } from '../../packages/report/test/unzip.js'
import { costOf } from './measure.js'

const rows = 500

/** Makes sure that the yardstick writes the cells that the package writes: a comparison of different work would be worth nothing. */
export async function checkSameCells(folder: string): Promise<void> {
  for (const task of ['report-xlsx', 'hand-xml', 'ten-xlsx', 'hand-ten-xml', 'report-csv', 'hand-csv']) {
    await costOf(task, rows, folder)
  }
  const read = (name: string): Promise<Buffer> => readFile(path.join(folder, name))
  const sheetOf = (workbook: Buffer): string => unzip(workbook).get('xl/worksheets/sheet1.xml') ?? ''
  const inflated = (bytes: Buffer): string => inflateRawSync(bytes).toString('utf8')
  expectSame(
    'cells of the report',
    cellsOf(sheetOf(await read('pats.xlsx'))),
    cellsOf(inflated(await read('hand.deflate'))),
  )
  expectSame('ten cells', cellsOf(sheetOf(await read('ten.xlsx'))), cellsOf(inflated(await read('hand-ten.deflate'))))
  expectSame('CSV', (await read('pats.csv')).toString('utf8'), (await read('hand.csv')).toString('utf8'))
}

/** The rows of a sheet without what the yardstick does not have: styles, heights, and the attribute that keeps spaces. */
function cellsOf(sheet: string): string {
  const rowsXml = /<sheetData>(.*)<\/sheetData>/s.exec(sheet)?.[1] ?? ''
  return rowsXml.replace(/ (?:s="\d+"|ht="\d+"|customHeight="1"|xml:space="preserve")/g, '')
}

function expectSame(what: string, ours: string, yardstick: string): void {
  if (ours === yardstick && ours !== '') return
  let at = 0
  while (ours[at] === yardstick[at] && at < ours.length) at++
  throw new Error(
    `the yardstick writes other ${what}: ${ours.slice(at - 40, at + 40)} became ${yardstick.slice(at - 40, at + 40)}`,
  )
}
