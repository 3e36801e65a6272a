/**
 * Does one thing of the report benchmarks in a process of its own and prints what it cost as JSON: memory of one cannot hide in another.
 * `child.ts TASK ROWS FOLDER`, run by `measure.ts`.
 */
import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { writeReport, type ReportFormat, type ReportTarget } from '@patkit/report'
import { ExcelWorkbook } from '../../packages/report/src/excel/workbook.js'
import { now, scanOf, tenCellsOf, tenHeaders } from './data.js'
import { reportPages, tenCellPages, writeCsv, writeSheetXml } from './hand-written.js'

/** What a task cost. */
export interface Cost {
  readonly seconds: number
  /** The most memory the process ever held. */
  readonly peakMb: number
  /** How much more it held at the worst moment than when it had warmed up; only for slow sinks. */
  readonly growthMb?: number
  /** A number that two programs share when they were given the same cells. */
  readonly fingerprint?: number
}

const tasks: Readonly<Record<string, (rows: number, folder: string) => Promise<Partial<Cost> | undefined>>> = {
  'report-all': (rows, folder) => report(rows, folder, ['xlsx', 'csv', 'ndjson']),
  'report-xlsx': (rows, folder) => report(rows, folder, ['xlsx']),
  'report-csv': (rows, folder) => report(rows, folder, ['csv']),
  'slow-xlsx': (rows) => slowSink(rows, 'xlsx'),
  'slow-csv': (rows) => slowSink(rows, 'csv'),
  'ten-xlsx': tenColumns,
  'hand-ten-xml': async (rows, folder) => {
    await writeSheetXml(tenCellPages(rows), path.join(folder, 'hand-ten.deflate'))
    return undefined
  },
  'hand-xml': async (rows, folder) => {
    await writeSheetXml(reportPages(rows), path.join(folder, 'hand.deflate'))
    return undefined
  },
  'hand-csv': async (rows, folder) => {
    await writeCsv(reportPages(rows), path.join(folder, 'hand.csv'))
    return undefined
  },
}

async function report(rows: number, folder: string, formats: readonly ReportFormat[]): Promise<undefined> {
  const targets = formats.map((format): ReportTarget => path.join(folder, `pats.${format}`))
  const summary = await writeReport(scanOf(rows), targets, { now, organization: 'fabrikam' })
  if (summary.tokens !== rows) throw new Error(`${summary.tokens} tokens were reported instead of ${rows}`)
  return undefined
}

/** The package's own Excel writer under ten columns, with its default compression. */
async function tenColumns(rows: number, folder: string): Promise<Partial<Cost>> {
  const sink = createWriteStream(path.join(folder, 'ten.xlsx'))
  const book = new ExcelWorkbook(
    sink,
    { title: 'ten', subject: '', createdAt: now, compression: zlibLevel },
    (error) => {
      throw error
    },
  )
  const sheet = book.addSheet({
    name: 'Tokens',
    widths: tenHeaders.map(() => 24),
    headers: tenHeaders.map((text) => ({ text, align: 'left' })),
    tabColor: 'FF1F3A5F',
    landscape: true,
    gridLines: true,
  })
  let first = true
  for await (const page of tenCellPages(rows)) {
    if (!first) for (const cells of page) sheet.addRow(cells)
    first = false
    if (sheet.full) await sheet.room()
  }
  await sheet.close()
  await book.commit(0)
  return { fingerprint: fingerprint(rows) }
}

function fingerprint(rows: number): number {
  const texts = Array.from({ length: Math.min(rows, 1_000) }, (_, index) =>
    tenCellsOf(index)
      .map((cell) => (cell instanceof Date ? cell.toISOString().replace('.000Z', 'Z') : String(cell)))
      .join('|'),
  )
  return crc32(texts.join(''))
}

/** The level of the package and, for the comparison, of XlsxWriter. */
const zlibLevel = 3

const megabyte = 2 ** 20
const slowChunkBytes = 64 * 1024
const slowPauseMs = 50
const samplesEveryMs = 250

/** A report into a stream that takes 64 KB, then nothing for 50 ms. */
async function slowSink(rows: number, format: ReportFormat): Promise<Partial<Cost>> {
  let waiting = 0
  const stream = new Writable({
    highWaterMark: slowChunkBytes,
    write: (chunk: Buffer, _encoding, done) => {
      waiting += chunk.length
      if (waiting < slowChunkBytes) done()
      else setTimeout(done, (slowPauseMs * waiting) / slowChunkBytes)
      if (waiting >= slowChunkBytes) waiting = 0
    },
  })
  const samples: number[] = []
  const timer = setInterval(() => samples.push(heldMb()), samplesEveryMs)
  await writeReport(scanOf(rows), [{ stream, format }], { now, organization: 'fabrikam' })
  clearInterval(timer)
  const warm = samples[Math.floor(samples.length / 10)]
  if (warm === undefined) throw new Error('the sink was not slow enough to be sampled')
  return { growthMb: Math.max(...samples.slice(samples.length / 10)) - warm }
}

function heldMb(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  globalThis.gc()
  return process.memoryUsage.rss() / megabyte
}

const [, , name = '', rows = '', folder = ''] = process.argv
const task = tasks[name]
if (task === undefined) throw new Error(`unknown task ${name}; there are ${Object.keys(tasks).join(', ')}`)
const startedAt = performance.now()
const found = await task(Number(rows), folder)
const cost: Cost = {
  seconds: (performance.now() - startedAt) / 1_000,
  peakMb: process.resourceUsage().maxRSS / 1_024,
  ...found,
}
console.log(JSON.stringify(cost))
