import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { startPatkit } from './child.js'
import { createScene } from './scene.js'
import { askedFor, checkpointOf, filesIn, keptIn, summaryOf } from './stage.js'
import { unzip } from './zip.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const noStack = /^ +at /m

test('fault 60: a report that was killed and resumed equals one that was not interrupted', async () => {
  await using scene = await createScene({ users: 1200, seed: 3, latencyMs: 4 })
  const { emulator, world } = scene
  expect(await world.run('report', '--out', 'whole.csv', 'whole.ndjson', 'whole.xlsx')).toBe(0)

  emulator.journal.clear()
  const killed = scene.start('report', '--out', 'pats.csv', 'pats.ndjson', 'pats.xlsx')
  await emulator.journal.waitFor(300)
  killed.kill('SIGKILL')
  expect((await killed.ended).signal).toBe('SIGKILL')
  const checkpoint = await checkpointOf(world)
  expect(await filesIn(world.folder)).not.toContain('pats.csv')
  // What a crash in the middle of a line leaves behind.
  const torn = await readFile(checkpoint)
  await writeFile(checkpoint, torn.subarray(0, torn.length - 40))
  const kept = await keptIn(checkpoint)
  expect(kept).toBeGreaterThan(50)

  emulator.journal.clear()
  expect(await world.run('report', '--out', 'pats.csv', 'pats.ndjson', 'pats.xlsx', '--json', '--resume')).toBe(0)
  const summary = summaryOf(world)
  expect(summary).toMatchObject({ complete: true, users: { listed: 1200 } })
  expect(askedFor(emulator).size).toBe(summary.users.read - (kept - 1))
  expect(await filesIn(world.state)).toEqual([])

  const [resumed, whole] = await Promise.all([readAll(world.folder, 'pats'), readAll(world.folder, 'whole')])
  expect(resumed.csv.equals(whole.csv)).toBe(true)
  expect(resumed.ndjson.equals(whole.ndjson)).toBe(true)
  const parts = [...whole.workbook.keys()].filter((name) =>
    /^xl\/(?:worksheets\/|workbook\.xml|styles\.xml)/.test(name),
  )
  expect(parts).toEqual(
    expect.arrayContaining(['xl/workbook.xml', 'xl/worksheets/sheet1.xml', 'xl/worksheets/sheet3.xml']),
  )
  for (const name of parts)
    expect(withoutEffort(resumed.workbook, name) === withoutEffort(whole.workbook, name), name).toBe(true)
})

/** A part of a workbook but for the row that counts requests, which a resumed report needs fewer of. */
function withoutEffort(workbook: Map<string, string>, name: string): string {
  const rows = (workbook.get(name) ?? 'missing').split('<row ')
  return rows.filter((row) => !row.includes('>Requests<')).join('<row ')
}

async function readAll(
  folder: string,
  name: string,
): Promise<{ csv: Buffer; ndjson: Buffer; workbook: Map<string, string> }> {
  return {
    csv: await readFile(path.join(folder, `${name}.csv`)),
    ndjson: await readFile(path.join(folder, `${name}.ndjson`)),
    workbook: unzip(await readFile(path.join(folder, `${name}.xlsx`))),
  }
}

test('patkit report reads an organization of 10,000 users and prints the summary with --json', async () => {
  await using scene = await createScene({ users: 10_000, seed: 5, journalSize: 0 })
  const { exitCode, stdout, stderr } = await scene.start('report', '--json', '--out', 'pats.csv', '--quiet').ended
  expect(exitCode).toBe(0)
  const summary = JSON.parse(stdout) as {
    users: { read: number; skipped: number }
    tokens: number
    status: Record<string, number>
  }
  expect(summary).toMatchObject({
    organization: 'fabrikam',
    complete: true,
    users: { listed: 10_000, failed: 0 },
    files: [{ path: 'pats.csv', format: 'csv', rows: summary.tokens }],
    requests: scene.emulator.journal.counts.total,
  })
  expect(summary.users.read + summary.users.skipped).toBe(10_000)
  expect(Object.values(summary.status).reduce((sum, tokens) => sum + tokens, 0)).toBe(summary.tokens)
  let tokens = 0
  for (const person of scene.emulator.data.people()) tokens += scene.emulator.data.tokensOf(person).length
  expect(summary.tokens).toBe(tokens)
  expect(stderr).not.toContain('patkit:')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'fault 58: %s ends the process with 130 and a command that goes on',
  async (signal) => {
    await using scene = await createScene({ users: 2000, latencyMs: 20 })
    const running = scene.start('report', '--out', 'pats.xlsx', 'pats.csv')
    await scene.emulator.journal.waitFor(60)
    running.kill(signal)
    const { exitCode, stderr } = await running.ended
    expect(exitCode).toBe(130)
    expect(stderr).toContain(
      `Go on with: patkit report --out pats.xlsx --out pats.csv --resume ${await checkpointOf(scene.world)}\n`,
    )
    expect(stderr).not.toMatch(noStack)
    expect(await filesIn(scene.world.folder)).toEqual([])
  },
)

test('fault 63: a reader who goes away ends the process quietly', async () => {
  await using scene = await createScene({ users: 3000, latencyMs: 1 })
  const running = scene.start('report', '--out', '-', '--format', 'csv', '--quiet')
  await running.firstOutput
  running.closeStdout()
  const { exitCode, stderr } = await running.ended
  expect(exitCode).toBe(141)
  expect(stderr).not.toContain('patkit:')
  expect(stderr).not.toMatch(noStack)
})

test('the process ends with the exit code of the command, without a stack', async () => {
  await using scene = await createScene({ users: 5 })
  const ended = await Promise.all([
    scene.start('report', '--json', '--quiet').ended,
    scene.start('report', '--org', '../x', '--json').ended,
    scene.start('report', '--json', '--quiet', '--fail-on', 'expired,expiring,full-scope,all-orgs').ended,
    scene.start('report', '--json', '--token-command', 'exit 1').ended,
    scene.start('--version').ended,
  ])
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 2, 3, 4, 0])
  for (const { stderr } of ended) expect(stderr).not.toMatch(noStack)
})

test('help, version and a misspelled option load neither the client nor the report', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-loaded-'))
  const log = path.join(folder, 'loaded')
  const hook = `import fs from 'node:fs'; export async function load(url, context, next) { fs.appendFileSync(${JSON.stringify(log)}, url + '\\n'); return next(url, context) }`
  const register = `import { register } from 'node:module'; register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hook))})`
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(register)}` }
  for (const argv of [['--help'], ['report', '--help'], ['--version'], ['report', '--otu']]) {
    await startPatkit(argv, { cwd: folder, env }).ended
  }
  const loaded = await readFile(log, 'utf8')
  expect(loaded).toContain('/cli/src/main.ts')
  expect(loaded).not.toMatch(/packages\/(?:core|report)\/|node_modules\/(?:zod|ky|exceljs)\//)
  await rm(folder, { recursive: true })
})
