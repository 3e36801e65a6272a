import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BenchOptions, BenchRow, BenchSuite } from '../bench-row.js'
import { costOf, costOfXlsxWriter, median } from './measure.js'
import { checkSameCells } from './same-cells.js'

interface Sizes {
  /** Rows of everything that the targets speak of as a million. */
  readonly rows: number
  /** Rows of the smaller run that the memory of the large one is compared with. */
  readonly fewer: number
  readonly slow: { readonly xlsx: number; readonly csv: number }
  /** How often the two sides of a ratio take turns. */
  readonly turns: number
}

const full: Sizes = { rows: 1_000_000, fewer: 100_000, slow: { xlsx: 250_000, csv: 60_000 }, turns: 3 }
const quick: Sizes = { rows: 40_000, fewer: 20_000, slow: { xlsx: 40_000, csv: 15_000 }, turns: 1 }

async function memory({ rows, fewer }: Sizes, folder: string): Promise<BenchRow[]> {
  const all = await costOf('report-all', rows, folder)
  const many = await costOf('report-xlsx', rows, folder)
  const few = await costOf('report-xlsx', fewer, folder)
  const growth = many.peakMb / few.peakMb
  return [
    {
      name: 'report: peak memory, xlsx + csv + ndjson',
      measured: `${all.peakMb.toFixed(0)} MB`,
      target: '<= 250 MB',
      passed: all.peakMb <= 250,
      detail: `${rows} tokens in one pass, ${all.seconds.toFixed(1)} s`,
    },
    {
      name: 'report: peak memory, xlsx',
      measured: `${many.peakMb.toFixed(0)} MB`,
      target: '<= 160 MB',
      passed: many.peakMb <= 160,
      detail: `${rows} tokens, ${many.seconds.toFixed(1)} s`,
    },
    {
      name: 'report: peak memory, xlsx, to a tenth of the tokens',
      measured: `${growth.toFixed(2)} x`,
      target: '<= 1.25 x',
      passed: growth <= 1.25,
      detail: `${few.peakMb.toFixed(0)} MB with ${fewer} tokens`,
    },
  ]
}

async function slowSinks({ slow }: Sizes, folder: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const format of ['xlsx', 'csv'] as const) {
    const { growthMb = NaN, seconds } = await costOf(`slow-${format}`, slow[format], folder)
    rows.push({
      name: `report: growth under a slow sink, ${format}`,
      measured: `${growthMb.toFixed(1)} MB`,
      target: '<= 25 MB',
      passed: growthMb <= 25,
      detail: `64 KB per 50 ms, ${slow[format]} tokens, ${seconds.toFixed(0)} s`,
    })
  }
  return rows
}

/** How many times as long as the yardstick, the two taking turns so that a busy machine slows both. */
async function ratio(task: string, yardstick: string, { rows, turns }: Sizes, folder: string): Promise<RatioResult> {
  const ratios: number[] = []
  const ours: number[] = []
  const theirs: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const mine = (await costOf(task, rows, folder)).seconds
    const other = (await costOf(yardstick, rows, folder)).seconds
    ours.push(mine)
    theirs.push(other)
    ratios.push(mine / other)
  }
  const times = `${median(ours).toFixed(1)} s and ${median(theirs).toFixed(1)} s`
  return { ratio: median(ratios), detail: `${rows} rows, ${times}, median of ${turns}` }
}

interface RatioResult {
  readonly ratio: number
  readonly detail: string
}

async function toYardsticks(sizes: Sizes, folder: string): Promise<BenchRow[]> {
  const comparisons = [
    {
      name: 'report: Excel, 10 columns, to hand-written sheet XML',
      task: 'ten-xlsx',
      yardstick: 'hand-ten-xml',
      most: 2,
    },
    {
      name: 'report: Excel, whole report, to hand-written sheet XML',
      task: 'report-xlsx',
      yardstick: 'hand-xml',
      most: 2,
    },
    { name: 'report: CSV, whole report, to a hand-written loop', task: 'report-csv', yardstick: 'hand-csv', most: 2.2 },
  ]
  const rows: BenchRow[] = []
  for (const { name, task, yardstick, most } of comparisons) {
    const { ratio: measured, detail } = await ratio(task, yardstick, sizes, folder)
    const target = `<= ${most.toFixed(1)} x`
    rows.push({ name, measured: `${measured.toFixed(2)} x`, target, passed: measured <= most, detail })
  }
  return rows
}

async function toXlsxWriter({ rows, turns }: Sizes, folder: string): Promise<BenchRow> {
  const name = 'report: Excel, 10 columns, faster than XlsxWriter'
  const target = '>= 2.2 x'
  const ratios: number[] = []
  let detail = ''
  for (let turn = 0; turn < turns; turn++) {
    const theirs = await costOfXlsxWriter(rows, path.join(folder, 'python.xlsx'))
    if (theirs.kind === 'not-installed') {
      return { name, measured: '-', target, passed: undefined, detail: theirs.because }
    }
    const ours = await costOf('ten-xlsx', rows, folder)
    if (ours.fingerprint !== theirs.fingerprint) throw new Error('Python was given other cells than we were')
    ratios.push(theirs.seconds / ours.seconds)
    detail = `${rows} rows, XlsxWriter ${theirs.version} constant_memory, zlib level 3 on both sides, last ${ours.seconds.toFixed(1)} s and ${theirs.seconds.toFixed(1)} s`
  }
  const faster = median(ratios)
  return { name, measured: `${faster.toFixed(1)} x`, target, passed: faster >= 2.2, detail }
}

/** Memory, backpressure and speed of the report writers, each measured in a process of its own. */
export const reportSuite: BenchSuite = {
  name: 'report',
  async run(options: BenchOptions): Promise<BenchRow[]> {
    const sizes = options.quick ? quick : full
    const folder = await mkdtemp(path.join(tmpdir(), 'patkit-bench-'))
    try {
      await checkSameCells(folder)
      return [
        ...(await memory(sizes, folder)),
        ...(await slowSinks(sizes, folder)),
        ...(await toYardsticks(sizes, folder)),
        await toXlsxWriter(sizes, folder),
      ]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
