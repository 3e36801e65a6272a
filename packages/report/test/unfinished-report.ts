/** Writes a report to the file it is told, says `writing`, and goes on when its standard input ends. */
import type { ScanOutcome } from '@patkit/core'
import { writeReport } from '../src/index.js'

// eslint-disable-next-line require-yield -- the report of an organization in which nobody could be listed so far
async function* scan(): AsyncGenerator<ScanOutcome> {
  process.stdout.write('writing\n')
  for await (const _chunk of process.stdin) continue
}

await writeReport(scan(), [process.argv[2] ?? ''], { overwrite: 'replace' })
