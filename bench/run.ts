/**
 * Runs the benchmarks and prints one table: `npm run bench`, `npm run bench -- core`, `npm run bench -- --quick`.
 * Exits with 1 when a target is missed. Ratios are taken within one run, because machines differ and are noisy.
 */
import { cpus, totalmem } from 'node:os'
import type { BenchRow, BenchSuite } from './bench-row.js'
import { commandSuite } from './command/first-output.js'
import { coreSuite } from './core/scan.js'
import { reportSuite } from './report/suite.js'
import { webSuite } from './web/report-page.js'
import { serverSuite } from './web/server-memory.js'

const suites: readonly BenchSuite[] = [coreSuite, reportSuite, commandSuite, webSuite, serverSuite]

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const wanted = args.filter((arg) => arg !== '--quick')
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name))
if (unknown.length > 0) {
  console.error(
    `bench: unknown ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')} and --quick.`,
  )
  process.exit(2)
}

const rows: BenchRow[] = []
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue
  console.error(`bench: ${suite.name}…`)
  rows.push(...(await suite.run({ quick })))
}

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB${quick ? ', quick' : ''}`,
)
const verdict = ({ passed }: BenchRow): string => (passed === undefined ? 'not taken' : passed ? 'ok' : 'MISSED')
const table = rows.map((row) => [row.name, row.measured, row.target, verdict(row), row.detail ?? ''])
const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
for (const line of table)
  console.log(
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
if (rows.some(({ passed }) => passed === false) && !quick) process.exitCode = 1
