import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { TokenSpec } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createStage, type Stage } from './stage.js'
import { Capture, createWorld, type World } from './world.js'

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

function aToken(number: number, changes: TokenSpec = {}): TokenSpec {
  return {
    authorizationId: idOf(number),
    displayName: `t${number}`,
    scope: 'vso.code',
    validTo: '2026-08-01T09:00:00',
    ...changes,
  }
}

const before = [aToken(1), aToken(2), aToken(3), aToken(4), aToken(5), aToken(6), aToken(7)]
const after = [
  aToken(1),
  aToken(2, { validTo: '2026-12-01T09:00:00' }),
  aToken(3, { validTo: '2026-03-12T09:00:00' }),
  aToken(4, { scope: 'app_token', targetAccounts: null }),
  aToken(5, { revoked: true }),
  aToken(6, { displayName: 'renamed' }),
  aToken(8),
]
const expected = [
  ['extended', 2],
  ['expiring', 3],
  ['scope-changed', 4],
  ['revoked', 5],
  ['new', 8],
  ['gone', 7],
]

async function reportOf(tokens: readonly TokenSpec[], world: World, ...names: string[]): Promise<void> {
  const people = [{ displayName: 'Ada \u001b[2J', mailAddress: 'ada@fabrikam.example', isAdministrator: true, tokens }]
  await using stage: Stage = await createStage({ people })
  expect(await stage.report('--out', ...names)).toBe(0)
  for (const name of names) {
    await writeFile(path.join(world.folder, name), await readFile(path.join(stage.world.folder, name)))
  }
}

async function twoReports(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld(options)
  await reportOf(before, world, 'old.ndjson', 'old.csv')
  await reportOf(after, world, 'new.ndjson', 'new.csv')
  return world
}

test.each([
  ['old.ndjson', 'new.ndjson'],
  ['old.csv', 'new.csv'],
  ['old.csv', 'new.ndjson'],
  ['old.ndjson', 'new.csv'],
])('patkit diff %s %s finds every kind of change between two real reports, and asks nobody', async (old, newer) => {
  await using world = await twoReports()
  expect(await world.run('diff', old, newer)).toBe(0)
  const changes = world.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(changes.map(({ change, authorizationId }) => [change, authorizationId])).toEqual(
    expected.map(([kind, number]) => [kind, idOf(Number(number))]),
  )
  expect(changes[2]).toMatchObject({
    owner: 'Ada \u001b[2J',
    scopes: ['app_token'],
    allOrganizations: true,
    before: { scopes: ['vso.code'], allOrganizations: false, status: 'active' },
  })
  expect(world.stderr.lines).toEqual([
    '7 tokens before, 7 after: 1 new, 1 gone, 1 revoked, 1 extended, 1 expiring, 1 scope changed.',
  ])
})

test('patkit diff of a report with itself in the other format finds no changes', async () => {
  await using world = await twoReports()
  expect(
    await world.run('diff', 'old.csv', 'old.ndjson', '--fail-on', 'new,gone,revoked,extended,expiring,scope-changed'),
  ).toBe(0)
  expect(world.stdout.text).toBe('')
  expect(world.stderr.lines).toEqual(['7 tokens before, 7 after: no changes.'])
})

test('patkit diff --json prints one object with the changes and their counts', async () => {
  await using world = await twoReports()
  expect(await world.run('diff', 'old.ndjson', 'new.ndjson', '--json', '--quiet')).toBe(0)
  const { changes, ...rest } = JSON.parse(world.stdout.text) as { changes: unknown[] }
  expect(changes).toHaveLength(6)
  expect(rest).toEqual({
    counts: { new: 1, gone: 1, revoked: 1, extended: 1, expiring: 1, 'scope-changed': 1 },
    tokens: { before: 7, after: 7 },
  })
  world.stdout.chunks.length = 0
  expect(await world.run('diff', 'old.csv', 'old.ndjson', '--json', '--quiet')).toBe(0)
  expect(JSON.parse(world.stdout.text)).toMatchObject({ changes: [], counts: { new: 0 } })
  expect(world.stderr.text).toBe('')
})

test('patkit diff draws a table on a terminal, in which names are harmless', async () => {
  await using world = await twoReports({ stdout: new Capture({ isTTY: true, columns: 200 }), env: { NO_COLOR: '1' } })
  expect(await world.run('diff', 'old.ndjson', 'new.ndjson')).toBe(0)
  expect(world.stdout.lines.map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'Change | Owner | Token | What | Authorization ID',
    `extended | ada@fabrikam.example | t2 | 2026-08-01 -> 2026-12-01 | ${idOf(2)}`,
    `expiring | ada@fabrikam.example | t3 | expiring, ends 2026-03-12 | ${idOf(3)}`,
    `scope changed | ada@fabrikam.example | t4 | vso.code -> app_token in all organizations | ${idOf(4)}`,
    `revoked | ada@fabrikam.example | t5 | revoked, ends 2026-08-01 | ${idOf(5)}`,
    `new | ada@fabrikam.example | t8 | active, ends 2026-08-01 | ${idOf(8)}`,
    `gone | ada@fabrikam.example | t7 | active, ends 2026-08-01 | ${idOf(7)}`,
  ])
})

test('patkit diff --fail-on ends with 3 when there are such changes, and says which, also with --quiet', async () => {
  await using world = await twoReports()
  expect(await world.run('diff', 'old.ndjson', 'new.ndjson', '--fail-on', 'extended,new', '--quiet')).toBe(3)
  expect(world.stdout.lines).toHaveLength(6)
  expect(world.stderr.lines).toEqual(['--fail-on found changes: 1 extended, 1 new.'])
})

test('patkit diff notes when the reports look swapped', async () => {
  await using world = await createWorld()
  const line = (asOf: string): string => `${JSON.stringify({ authorizationId: idOf(1), asOf })}\n`
  await writeFile(path.join(world.folder, 'a.ndjson'), line('2026-03-02T09:00:00.000Z'))
  await writeFile(path.join(world.folder, 'b.ndjson'), line('2026-03-01T09:00:00.000Z'))
  expect(await world.run('diff', 'a.ndjson', 'b.ndjson')).toBe(0)
  expect(world.stderr.lines[0]).toBe('Note: "a.ndjson" was made after "b.ndjson"; the older report comes first.')
})

test.each<[string[], RegExp]>([
  [['missing.csv', 'old.csv'], /There is no file "missing\.csv"/],
  [['old.csv', 'letter.txt'], /"letter\.txt" has no column "Authorization ID"/],
  [['old.csv', 'sample.csv'], /"sample\.csv" has no column "Authorization ID".*--columns full/],
  [['old.csv', 'old.csv'], /Both reports are the same file/],
  [['old.csv', 'old.ndjson', '--fail-on', 'newer'], /--fail-on does not know "newer"\. Did you mean new\?/],
  [['old.csv'], /Missing required argument 'new'/],
])('patkit diff %j is refused in one sentence', async (argv, fault) => {
  await using world = await createWorld()
  await reportOf(before, world, 'old.csv', 'old.ndjson')
  await writeFile(path.join(world.folder, 'letter.txt'), 'Dear Ada,\n')
  await writeFile(path.join(world.folder, 'sample.csv'), 'DisplayName,Owner,isValid,validFrom,validTo\n')
  expect(await world.run('diff', ...argv)).toBe(2)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toMatch(fault)
})
