import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { freePort } from '../../core/test/free-port.js'
import { filesIn } from './stage.js'
import { createWorld } from './world.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

/** As npm runs them from the root, where it is written what JSX becomes. */
const root = fileURLToPath(new URL('../../..', import.meta.url))

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

interface ScriptEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script of the repository; with `until`, ends it by Ctrl-C as soon as that text was printed. */
function runScript(name: string, argv: readonly string[], cwd: string, until?: string): Promise<ScriptEnd> {
  const script = fileURLToPath(new URL(`../../../scripts/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@patkit/source', '--import', tsx, script, ...argv], { cwd })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    if (until !== undefined && !child.killed && stdout.includes(until)) child.kill('SIGINT')
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}

test('npm run demo leaves a workbook, a CSV and a page, replaces those of an earlier run, and prints the summary', async () => {
  await using world = await createWorld()
  for (const run of [1, 2]) {
    const { exitCode, stdout, stderr } = await runScript('demo', ['out'], world.folder)
    expect(exitCode, `run ${run}: ${stderr}`).toBe(0)
    expect(stdout).toMatch(/^fabrikam: complete, as of /m)
    expect(stdout).toContain('Users     400: ')
    expect(stdout).toContain('out/pats.html in a browser')
    expect(await filesIn(`${world.folder}/out`)).toEqual(['pats.csv', 'pats.html', 'pats.xlsx'])
  }
})

test('npm start serves both sites and says how to use the emulator, and ends by Ctrl-C', async () => {
  const ports = ['--port', '0', '--report-port', String(await freePort()), '--shop-port', String(await freePort())]
  const { exitCode, stdout, stderr } = await runScript('start', ports, root, 'Ctrl-C ends')
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toContain(`http://localhost:${ports[3]}  `)
  expect(stdout).toContain(`http://localhost:${ports[5]}  `)
  expect(stdout).toMatch(/export PATKIT_BASE_URL=http:\/\/127\.0\.0\.1:\d+\n\s+export PATKIT_ACCESS_TOKEN=\S+\n/)
})

test.each([
  [['--port', 'x'], '--port must be a whole number'],
  [['--prot', '1'], "Unknown option '--prot'"],
])('npm start with %j says what is wrong in one line', async (argv, fault) => {
  const { exitCode, stderr } = await runScript('start', argv, root)
  expect(exitCode).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(fault)
})
