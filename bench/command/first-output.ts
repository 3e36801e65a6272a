import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmulator } from '@patkit/emulator'
import type { BenchRow, BenchSuite } from '../bench-row.js'
import { median } from '../report/measure.js'

const bin = fileURLToPath(new URL('../../packages/cli/bin/patkit.js', import.meta.url))
const built = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const targetMs = 200

/** Milliseconds until a program says its first word, on either stream. */
function firstOutput(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let first: number | undefined
    for (const stream of [child.stdout, child.stderr]) stream.on('data', () => (first ??= performance.now() - begun))
    child.once('error', reject)
    child.once('close', () =>
      first === undefined ? reject(new Error(`${argv.join(' ')} said nothing`)) : resolve(first),
    )
  })
}

/** How soon the command answers, as it is published; a report says what it is about to do before it asks anybody. */
export const commandSuite: BenchSuite = {
  name: 'command',
  async run({ quick }) {
    const names = ['command: first output of --help', 'command: first output of a report'] as const
    if (!existsSync(built)) {
      const detail = 'the packages are not built: npm run build'
      return names.map((name) => ({ name, measured: '-', target: `<= ${targetMs} ms`, passed: undefined, detail }))
    }
    await using emulator = await startEmulator({ users: 20 })
    const folder = await mkdtemp(path.join(tmpdir(), 'patkit-bench-'))
    const env = {
      ...process.env,
      PATKIT_BASE_URL: emulator.url,
      PATKIT_ORG: emulator.organization,
      PATKIT_ACCESS_TOKEN: emulator.tokenFor('administrator'),
      XDG_STATE_HOME: folder,
      XDG_CONFIG_HOME: folder,
    }
    const commands = [['--help'], ['report', '--json']]
    const turns = quick ? 3 : 15
    const taken: number[][] = [[], [], []]
    try {
      for (let turn = 0; turn < turns; turn++) {
        taken[0]?.push(await firstOutput(['-e', 'console.log()'], env))
        for (const [index, argv] of commands.entries()) taken[index + 1]?.push(await firstOutput([bin, ...argv], env))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
    const [bare = NaN, ...own] = taken.map(median)
    return own.map((ms, index): BenchRow => ({
      name: names[index] ?? '',
      measured: `${ms.toFixed(0)} ms`,
      target: `<= ${targetMs} ms`,
      passed: ms <= targetMs,
      detail: `median of ${turns}; Node alone ${bare.toFixed(0)} ms`,
    }))
  },
}
