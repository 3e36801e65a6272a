import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkpointOf, createStage, filesIn, type Stage } from './stage.js'
import { createWorld } from './world.js'

/** Runs `patkit report` with a complete and correct command line, in which the test spoils something. */
async function refused(
  exitCode: number,
  fault: string | RegExp,
  argv: readonly string[],
  prepare: (stage: Stage) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  await using stage = await createStage()
  await writeFile(path.join(stage.world.folder, 'old.csv'), 'old')
  await prepare(stage)
  const before = await filesIn(stage.world.folder)
  const options = argv.includes('--org') ? argv : ['--org', 'fabrikam', ...argv]
  expect(await stage.clock.runUntil(stage.world.run('report', ...options))).toBe(exitCode)
  const { lines } = stage.world.stderr
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^patkit: [A-Z"-].*[.?]$/)
  expect(lines[0]).toMatch(fault)
  expect(stage.world.stdout.text).toBe('')
  expect(await filesIn(stage.world.folder)).toEqual(before)
  expect(await readFile(path.join(stage.world.folder, 'old.csv'), 'utf8')).toBe('old')
  expect(stage.emulator.journal.counts.total).toBe(0)
}

test.each([
  ['../x', 'only letters, digits and hyphens'],
  ['', 'it is empty'],
  ['a'.repeat(51), 'at most 50'],
  ['https://dev.azure.com/fabrikam', 'it is a URL'],
  ['fabrikam\u001b[2J', 'only letters, digits and hyphens'],
])('patkit report refuses the organization %j', (name, fault) => refused(2, fault, ['--org', name, '--json']))

test.each([
  ['http://example.com', 'use https'],
  ['ftp://example.com', 'must start with https://'],
  ['example.com', 'is not a URL'],
  ['https://ada:secret@example.com', 'must not contain a user name or password'],
  ['https://example.com?x=1', 'must not have a query'],
])('patkit report refuses the base URL %s', (url, fault) => refused(2, fault, ['--json', '--base-url', url]))

test('patkit report refuses an unknown option and suggests the one that was meant', () =>
  refused(2, /Unknown option '--forse'\. Did you mean --force\?/, ['--json', '--forse']))

test('patkit report refuses a folder that does not exist', () =>
  refused(2, /The folder ".*missing" does not exist\. Create it first/, ['--out', 'missing/pats.csv']))

test('patkit report refuses a folder that is not writable', async () => {
  // The superuser may write anywhere but in the kernel's own folders.
  const isRoot = process.getuid?.() === 0
  await refused(
    2,
    /Cannot write in the folder ".*" \(E[A-Z]+\)/,
    ['--out', isRoot ? '/proc/pats.csv' : 'closed/pats.csv'],
    ({ world }) => mkdir(path.join(world.folder, 'closed')).then(() => chmod(path.join(world.folder, 'closed'), 0o500)),
  )
})

test('patkit report refuses a folder as its file', () =>
  refused(2, '"folder.csv" is a folder', ['--out', 'folder.csv', '--force'], ({ world }) =>
    mkdir(path.join(world.folder, 'folder.csv')),
  ))

test('patkit report refuses to replace a file without --force, also when another file is new', () =>
  refused(2, /"old\.csv" exists already\. Add --force/, ['--out', 'new.csv', 'old.csv']))

test('patkit report refuses the same file twice', () => refused(2, /twice/, ['--out', 'new.csv', './new.csv']))

test('patkit report without a token names the ways to give one, with exit code 4', async () => {
  await using world = await createWorld()
  await writeFile(path.join(world.folder, 'old.csv'), 'old')
  expect(await world.run('report', '--org', 'fabrikam', '--out', 'old.csv', '--force')).toBe(4)
  expect(world.stderr.lines).toEqual([
    'patkit: No access token. Run patkit login, or add --token-command "az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 ' +
      '--query accessToken -o tsv", or set PATKIT_TOKEN_COMMAND, PATKIT_ACCESS_TOKEN or AZURE_DEVOPS_EXT_PAT.',
  ])
  expect(await readFile(path.join(world.folder, 'old.csv'), 'utf8')).toBe('old')
})

test.each([
  ['exit 7', 'failed with exit code 7'],
  ['true', 'printed nothing'],
  ['printf "a\\nb\\n"', 'printed 2 lines instead of a token'],
])('patkit report ends with 4 when the token command is %j', (command, fault) =>
  refused(4, `The token command ${fault}`, ['--out', 'old.csv', '--force', '--token-command', command]),
)

test('patkit report ends with 4 when the token command hangs', async () => {
  await using stage = await createStage()
  const running = stage.world.run(
    'report',
    '--org',
    'fabrikam',
    '--out',
    'pats.csv',
    '--token-command',
    'touch started; sleep 1000',
  )
  while (!(await filesIn(stage.world.folder)).includes('started')) await new Promise((resolve) => setImmediate(resolve))
  await stage.clock.advance(60_000)
  expect(await running).toBe(4)
  expect(stage.world.stderr.lines).toEqual([
    'patkit: The token command gave no token within 60 s. Run it by itself: it may be waiting for an answer, which it cannot get here.',
  ])
  expect(await filesIn(stage.world.folder)).toEqual(['started'])
})

/** Leaves the checkpoint of an interrupted report behind, and gives its path. */
async function leaveCheckpoint(stage: Stage, ...argv: string[]): Promise<string> {
  const running = stage.report(...argv)
  await stage.emulator.journal.waitFor(15)
  stage.world.signal('SIGINT')
  expect(await running).toBe(130)
  stage.world.stderr.chunks.length = 0
  stage.emulator.journal.clear()
  return checkpointOf(stage.world)
}

test('patkit report refuses to resume a checkpoint of another organization', async () => {
  await using stage = await createStage({ users: 60 })
  const checkpoint = await leaveCheckpoint(stage, '--out', 'pats.csv')
  const kept = await readFile(checkpoint)
  expect(await stage.world.run('report', '--org', 'contoso', '--out', 'pats.csv', '--resume', checkpoint)).toBe(2)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toMatch(/^patkit: .*organization "fabrikam", but this run has organization "contoso"/)
  expect(await readFile(checkpoint)).toEqual(kept)
  expect(await filesIn(stage.world.folder)).toEqual([])
  expect(stage.emulator.journal.counts.total).toBe(0)
})

test('patkit report refuses to resume with other options and names the first that differs', async () => {
  await using stage = await createStage({ users: 60 })
  const checkpoint = await leaveCheckpoint(stage, '--out', 'pats.csv')
  for (const which of [['--resume', checkpoint], ['--resume']]) {
    stage.world.stderr.chunks.length = 0
    expect(await stage.report('--out', 'pats.csv', '--status', 'expired', ...which)).toBe(2)
    expect(stage.world.stderr.lines).toHaveLength(1)
    expect(stage.world.stderr.text).toContain('--status "all", but this run has --status "expired"')
  }
  expect(await stage.report('--out', 'pats.csv', '--concurrency', '3', '--resume')).toBe(0)
})

test('patkit report refuses to resume a checkpoint that another process is working with', async () => {
  await using stage = await createStage({ users: 60 })
  const running = stage.report('--out', 'pats.csv')
  await stage.emulator.journal.waitFor(15)
  const checkpoint = (await filesIn(stage.world.state)).find((name) => name.endsWith('.ndjson')) ?? ''
  await using other = await createWorld({ env: { ...stage.world.io.env } })
  expect(await other.run('report', '--org', 'fabrikam', '--json', '--resume')).toBe(2)
  expect(other.stderr.lines).toHaveLength(1)
  expect(other.stderr.text).toMatch(/^patkit: Another patkit \(process \d+\) is working with /)
  expect(other.stderr.text).toContain(path.join(stage.world.state, `${checkpoint}.lock`))
  expect(await running).toBe(0)
  expect(await filesIn(stage.world.state)).toEqual([])
})

test('patkit report refuses to resume what is no checkpoint, and nothing at all', async () => {
  await using world = await createWorld({ env: { PATKIT_ACCESS_TOKEN: 'token' } })
  await writeFile(path.join(world.folder, 'letter.txt'), 'Dear Ada,\n')
  for (const [which, fault] of [
    [['--resume', 'letter.txt'], /letter\.txt is not a checkpoint of patkit/],
    [['--resume', 'missing.ndjson'], /There is no checkpoint "missing\.ndjson"/],
    [['--resume'], /There is no unfinished report of fabrikam to go on with\. Leave out --resume/],
  ] as const) {
    world.stderr.chunks.length = 0
    expect(await world.run('report', '--org', 'fabrikam', '--json', ...which)).toBe(2)
    expect(world.stderr.lines).toHaveLength(1)
    expect(world.stderr.text).toMatch(fault)
  }
  expect(await readFile(path.join(world.folder, 'letter.txt'), 'utf8')).toBe('Dear Ada,\n')
})
