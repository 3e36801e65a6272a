import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createStage, filesIn } from './stage.js'
import { createWorld, type World } from './world.js'

/** Runs a command and gives what it said. */
async function said(world: World, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  world.stdout.chunks.length = 0
  world.stderr.chunks.length = 0
  const code = await world.run(...argv)
  return { code, out: world.stdout.text, err: world.stderr.text }
}

const fileOf = (world: World): string => path.join(world.io.homeDirectory, 'config', 'patkit', 'config.json')

test('what is set is kept, listed, and gone when it is unset', async () => {
  await using world = await createWorld()
  expect(await said(world, 'config', 'set', 'org', 'fabrikam')).toEqual({
    code: 0,
    out: '',
    err: 'org is fabrikam from now on.\n',
  })
  expect(await said(world, 'config', 'get', 'org')).toEqual({ code: 0, out: 'fabrikam\n', err: '' })
  expect(await said(world, 'config', 'path')).toEqual({ code: 0, out: `${fileOf(world)}\n`, err: '' })
  expect(await readFile(fileOf(world), 'utf8')).toBe('{\n  "org": "fabrikam"\n}\n')
  expect(await filesIn(path.dirname(fileOf(world)))).toEqual(['config.json'])
  expect((await stat(path.dirname(fileOf(world)))).mode & 0o777).toBe(0o700)

  expect(await said(world, 'config', 'unset', 'org')).toMatchObject({ code: 0, err: 'org is not set any more.\n' })
  expect(await said(world, 'config', 'get', 'org')).toEqual({
    code: 1,
    out: '',
    err: 'patkit: org is not set. Set it: patkit config set org VALUE.\n',
  })
})

test('list tells where each setting comes from, and a variable wins over the file', async () => {
  await using world = await createWorld({ env: { PATKIT_ORG: 'contoso' } })
  await said(world, 'config', 'set', 'tenant', 'contoso.onmicrosoft.com')
  expect(await said(world, 'config', 'set', 'org', 'fabrikam')).toMatchObject({
    err: 'org is fabrikam from now on.\nNote: PATKIT_ORG is set and wins over it.\n',
  })
  const { out } = await said(world, 'config', 'list', '--json')
  expect(JSON.parse(out)).toEqual([
    { setting: 'org', value: 'contoso', from: 'PATKIT_ORG' },
    { setting: 'base-url', value: null, from: null },
    { setting: 'tenant', value: 'contoso.onmicrosoft.com', from: fileOf(world) },
    { setting: 'client-id', value: null, from: null },
  ])
})

test('commands take what is not typed from variables, and what is in neither from the file', async () => {
  await using stage = await createStage({}, { env: { PATKIT_BASE_URL: '' } })
  const { world, emulator, clock } = stage
  await said(world, 'config', 'set', 'org', emulator.organization)
  await said(world, 'config', 'set', 'base-url', emulator.url)
  expect(await clock.runUntil(world.run('users', 'list', '--quiet'))).toBe(0)
  expect(emulator.journal.requests.at(-1)?.path).toContain(`/${emulator.organization}/_apis/graph/users`)
  expect(await clock.runUntil(world.run('users', 'list', '--quiet', '--org', 'typed'))).toBe(1)
  expect(emulator.journal.requests.at(-1)?.path).toContain('/typed/_apis/graph/users')
})

test.each([
  [['set', 'orgg', 'x'], 'There is no setting "orgg". Did you mean org?'],
  [['set', 'client-secret', 'x'], 'There is no setting "client-secret". Secrets are never kept in settings'],
  [['set', 'org', '../x'], 'org '],
  [['set', 'org', ' '], 'org is empty. To remove it: patkit config unset org.'],
  [['set', 'base-url', 'http://example.com'], 'base-url '],
  [['set', 'client-id', 'mine'], 'client-id "mine" is not a GUID.'],
  [['set', 'tenant', 'a b'], 'tenant "a b" is not a tenant id or domain.'],
  [['set', 'org'], "Missing required argument 'value'. See patkit config set --help."],
  [['gte', 'org'], "Unknown command 'gte'. Did you mean get? See patkit config --help."],
])('patkit config %j is refused in one line, and nothing is written', async (argv, fault) => {
  await using world = await createWorld()
  const { code, err } = await said(world, 'config', ...argv)
  expect(code).toBe(2)
  expect(err.split('\n')).toHaveLength(2)
  expect(err.startsWith(`patkit: ${fault}`)).toBe(true)
  expect(await filesIn(path.dirname(fileOf(world)))).toEqual([])
})

test.each([
  ['{', 'is no JSON object'],
  ['[]', 'is no JSON object'],
  ['{"orgg":"x"}', 'has an unknown setting "orgg". Did you mean org?'],
  ['{"org":7}', 'has no text for "org"'],
])('a file of settings with %s is refused by name, and does not keep anybody from help', async (content, fault) => {
  await using world = await createWorld()
  await mkdir(path.dirname(fileOf(world)), { recursive: true })
  await writeFile(fileOf(world), content)
  for (const argv of [['users', 'list'], ['whoami'], ['config', 'list']]) {
    const { code, err } = await said(world, ...argv)
    expect(code).toBe(2)
    expect(err.split('\n')).toHaveLength(2)
    expect(err).toContain(`patkit: The file of settings ${JSON.stringify(fileOf(world))} ${fault}`)
  }
  expect(await said(world, 'report', '--help')).toMatchObject({ code: 0, err: '' })
  expect(await said(world, 'config', 'path')).toMatchObject({ code: 0, err: '' })
  expect(await readFile(fileOf(world), 'utf8')).toBe(content)
})
