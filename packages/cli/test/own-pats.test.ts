import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { EmulatorOptions, JournalEntry } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createStage, filesIn, type Stage } from './stage.js'
import { Capture, Keyboard } from './world.js'

/** An administrator, as whom the stage acts, with three tokens of her own. */
const ada = {
  displayName: 'Ada',
  isAdministrator: true,
  tokens: [
    { displayName: 'ci', scope: 'vso.code', validTo: '2026-03-12T09:00:00' },
    { displayName: 'deploy', scope: 'app_token', targetAccounts: null, validTo: '2026-08-01T09:00:00' },
    { displayName: 'gone', scope: 'vso.work', validTo: '2026-08-01T09:00:00', revoked: true },
    { displayName: 'old', scope: 'vso.work', validTo: '2026-02-01T09:00:00' },
  ],
}
const alone: EmulatorOptions = { people: [ada] }

const unknownId = '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22'
/** What the service's secrets look like. */
const secretShape = /^[A-Za-z0-9]{52,84}$/

function idOf({ emulator }: Stage, name: string): string {
  const ofAda = emulator.data.find('Ada')
  const token = ofAda && [...emulator.data.tokensOf(ofAda)].find(({ displayName }) => displayName === name)
  if (token === undefined) throw new Error(`there is no token ${name}`)
  return token.authorizationId
}

function namesOf({ emulator }: Stage, status: string): (string | null)[] {
  const ofAda = emulator.data.find('Ada')
  return ofAda === undefined
    ? []
    : [...emulator.data.tokensOf(ofAda)].filter((token) => token.status === status).map((token) => token.displayName)
}

function sent({ emulator }: Stage, method: string): JournalEntry[] {
  return emulator.journal.requests.filter((request) => request.method === method)
}

test('patkit pats list shows the tokens that work, --status all says of each what became of it', async () => {
  await using stage = await createStage(alone)
  const listed = async (...argv: string[]): Promise<unknown[]> => {
    stage.world.stdout.chunks.length = 0
    expect(await stage.run('pats', 'list', ...argv)).toBe(0)
    const rows = stage.world.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    return rows.map(({ token, status }) => [token, status])
  }
  expect(await listed()).toEqual([
    ['ci', 'expiring'],
    ['deploy', 'active'],
  ])
  expect(await listed('--status', 'all')).toEqual([
    ['ci', 'expiring'],
    ['deploy', 'active'],
    ['old', 'expired'],
    ['gone', 'revoked'],
  ])
  expect(await listed('--expiring', '14d')).toEqual([['ci', 'expiring']])
  expect(await listed('--full-scope', '--all-orgs')).toEqual([['deploy', 'active']])
  expect(await listed('--name', 'PLOY')).toEqual([['deploy', 'active']])
  expect(stage.world.stdout.text).not.toContain('"owner"')
})

test('patkit pats get shows one token, below each other on a terminal', async () => {
  const stdout = new Capture({ isTTY: true })
  await using stage = await createStage(alone, { stdout, env: { NO_COLOR: '1' } })
  expect(await stage.run('pats', 'get', idOf(stage, 'ci').toUpperCase())).toBe(0)
  expect(stdout.lines).toEqual([
    'Token             ci',
    `Authorization ID  ${idOf(stage, 'ci')}`,
    'Scopes            vso.code',
    'Valid in          this organization',
    expect.stringMatching(/^Created {11}20/),
    'Expires           2026-03-12T09:00:00Z',
    'Days left         10',
  ])
})

test('patkit pats create writes the secret to a new file that its owner alone may read, and nowhere else', async () => {
  await using stage = await createStage(alone)
  const argv = ['--name', 'build', '--scope', 'vso.code,vso.build', '--scope', 'vso.code', '--expires', '2w']
  expect(await stage.run('pats', 'create', ...argv, '--secret-file', 'ci.token')).toBe(0)
  const file = path.join(stage.world.folder, 'ci.token')
  const secret = (await readFile(file, 'utf8')).replace(/\n$/, '')
  expect(secret).toMatch(secretShape)
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(sent(stage, 'POST')[0]?.body ?? '')).toEqual({
    displayName: 'build',
    scope: 'vso.code vso.build',
    validTo: '2026-03-16T09:00:00.000Z',
  })
  const record = JSON.parse(stage.world.stdout.text) as Record<string, unknown>
  expect(record).toMatchObject({ token: 'build', authorizationId: idOf(stage, 'build') })
  expect(stage.world.stdout.text + stage.world.stderr.text).not.toContain(secret)
  expect(stage.world.stderr.lines).toEqual([
    `Created "build" (${idOf(stage, 'build')}), which ends 2026-03-16 09:00 UTC. Its secret is in ci.token; it is never shown again.`,
  ])
})

test('patkit pats create --secret-stdout prints the secret and nothing else there', async () => {
  await using stage = await createStage(alone)
  expect(await stage.run('pats', 'create', '--name', 'build', '--scope', 'vso.code', '--secret-stdout')).toBe(0)
  const [secret = '', ...rest] = stage.world.stdout.lines
  expect(secret).toMatch(secretShape)
  expect(rest).toEqual([])
  expect(stage.world.stderr.text).not.toContain(secret)
})

test('patkit pats create --secret-stdout --json prints one object with the secret in it', async () => {
  await using stage = await createStage(alone)
  const argv = ['--name', 'build', '--scope', 'vso.code', '--secret-stdout', '--json']
  expect(await stage.run('pats', 'create', ...argv)).toBe(0)
  expect(JSON.parse(stage.world.stdout.text)).toMatchObject({
    token: 'build',
    scopes: ['vso.code'],
    secret: expect.stringMatching(secretShape) as unknown,
  })
})

test('patkit pats create asks on a terminal before it shows a secret', async () => {
  const terminal = { stdin: new Keyboard(), stdout: new Capture({ isTTY: true }), stderr: new Capture({ isTTY: true }) }
  await using stage = await createStage(alone, terminal)
  terminal.stdin.type('no')
  expect(await stage.run('pats', 'create', '--name', 'build', '--scope', 'vso.code')).toBe(1)
  expect(terminal.stderr.text).toContain('The secret will be shown on this terminal, once. Go on? (y/N)')
  expect(stage.emulator.journal.counts.total).toBe(0)
})

test('patkit pats create shows the secret on a terminal once somebody agreed', async () => {
  const terminal = { stdin: new Keyboard(), stdout: new Capture({ isTTY: true }), stderr: new Capture({ isTTY: true }) }
  await using stage = await createStage(alone, terminal)
  terminal.stdin.type('y')
  expect(await stage.run('pats', 'create', '--name', 'build', '--scope', 'vso.code')).toBe(0)
  expect(terminal.stdout.lines).toEqual([expect.stringMatching(secretShape)])
})

test('patkit pats create --all-organizations warns, and tells the refusal of the service with what helps', async () => {
  await using stage = await createStage({ ...alone, policies: { allOrganizations: 'refuse' } })
  const argv = ['--name', 'build', '--scope', 'app_token', '--all-organizations', '--secret-file', 'ci.token']
  expect(await stage.run('pats', 'create', ...argv)).toBe(1)
  expect(JSON.parse(sent(stage, 'POST')[0]?.body ?? '')).toMatchObject({ allOrgs: true, scope: 'app_token' })
  expect(stage.world.stderr.lines).toEqual([
    expect.stringMatching(/^Warning: a token for all organizations opens every one of them/),
    expect.stringMatching(/^Warning: app_token may do everything you may/),
    expect.stringMatching(/^patkit: The token was not created: globalPatPolicyViolation\. Choose one organization/),
  ])
  expect(await filesIn(stage.world.folder)).toEqual([])
})

test('patkit pats create says when a policy made the token end earlier', async () => {
  const policies = { maximumLifespanDays: 7, longerLifespan: 'clamp' } as const
  await using stage = await createStage({ ...alone, policies })
  expect(
    await stage.run('pats', 'create', '--name', 'build', '--scope', 'vso.code', '--secret-stdout', '--quiet'),
  ).toBe(0)
  expect(stage.world.stderr.lines).toEqual(['Note: a policy made the token end earlier, at 2026-03-09 09:00 UTC.'])
})

test('patkit pats create whose answer is lost sends nothing twice and says how to clean up, which then works', async () => {
  await using stage = await createStage(alone)
  const fault = stage.emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'after' } })
  const argv = ['--name', "Ada's build", '--scope', 'vso.code', '--secret-file', 'ci.token']
  expect(await stage.run('pats', 'create', ...argv)).toBe(1)
  expect(sent(stage, 'POST')).toHaveLength(1)
  expect(stage.world.stderr.lines).toHaveLength(1)
  const [, since = ''] =
    /its secret is lost\. See what it left behind with: patkit pats reconcile --org fabrikam --name '.*' --since (\S+)$/.exec(
      stage.world.stderr.lines[0] ?? '',
    ) ?? []
  expect(since).toBe('2026-03-02T09:00:00.000Z')
  expect(await filesIn(stage.world.folder)).toEqual([])
  expect(namesOf(stage, 'active')).toContain("Ada's build")

  fault.remove()
  const what = ['--name', "Ada's build", '--since', since]
  expect(await stage.run('pats', 'reconcile', ...what)).toBe(0)
  expect(JSON.parse(stage.world.stdout.text)).toMatchObject({ token: "Ada's build", status: 'expiring' })
  expect(sent(stage, 'DELETE')).toEqual([])
  expect(await stage.run('pats', 'reconcile', ...what, '--revoke')).toBe(0)
  expect(namesOf(stage, 'active')).not.toContain("Ada's build")
  expect(await stage.run('pats', 'reconcile', ...what)).toBe(0)
  expect(stage.world.stderr.lines.at(-1)).toBe('Nothing was created: creating it again is safe.')
})

test('patkit pats create revokes the token again when its secret cannot be delivered', async () => {
  const stdout = new Capture()
  stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
  await using stage = await createStage(alone, { stdout })
  expect(await stage.run('pats', 'create', '--name', 'build', '--scope', 'vso.code', '--secret-stdout')).toBe(141)
  expect(namesOf(stage, 'active')).not.toContain('build')
  expect(namesOf(stage, 'revoked')).toContain('build')
  expect(stage.world.stderr.text).toContain('was revoked again: its secret reached nobody.')
})

test('patkit pats update sends what is to change and nothing else', async () => {
  await using stage = await createStage(alone)
  const id = idOf(stage, 'ci')
  expect(await stage.run('pats', 'update', id, '--expires', '90d', '--this-organization')).toBe(0)
  expect(JSON.parse(sent(stage, 'PUT')[0]?.body ?? '')).toEqual({
    authorizationId: id,
    validTo: '2026-05-31T09:00:00.000Z',
    allOrgs: false,
  })
  expect(JSON.parse(stage.world.stdout.text)).toMatchObject({ token: 'ci', expires: '2026-05-31T09:00:00.000Z' })
})

test('patkit pats revoke without --yes and without a terminal is a dry run and says so', async () => {
  await using stage = await createStage(alone)
  expect(await stage.run('pats', 'revoke', idOf(stage, 'ci'))).toBe(0)
  expect(JSON.parse(stage.world.stdout.text)).toMatchObject({ result: 'would-be-revoked' })
  expect(stage.world.stderr.lines).toEqual(['Dry run: nothing was revoked. Add --yes to revoke 1 token for good.'])
  expect(stage.emulator.journal.counts.total).toBe(0)
})

test('patkit pats revoke --yes revokes, and again does no harm', async () => {
  await using stage = await createStage(alone)
  const ids = [idOf(stage, 'ci'), idOf(stage, 'gone')]
  for (const [expected, told] of [
    [['revoked', 'already-revoked'], 'Revoked 1 token, 1 before.'],
    [['already-revoked', 'already-revoked'], 'Revoked 0 tokens, 2 before.'],
  ] as const) {
    stage.world.stdout.chunks.length = 0
    stage.world.stderr.chunks.length = 0
    expect(await stage.run('pats', 'revoke', ...ids, '--yes')).toBe(0)
    expect(stage.world.stdout.lines.map((line) => (JSON.parse(line) as { result: string }).result)).toEqual(expected)
    expect(stage.world.stderr.lines).toEqual([told])
  }
  expect(namesOf(stage, 'revoked').sort()).toEqual(['ci', 'gone'])
})

test('patkit pats revoke ends with 5 when some are revoked, with 1 when none is', async () => {
  await using stage = await createStage(alone)
  expect(await stage.run('pats', 'revoke', unknownId, idOf(stage, 'ci'), '--yes')).toBe(5)
  expect(stage.world.stdout.lines.map((line) => (JSON.parse(line) as { result: string }).result)).toEqual([
    'failed',
    'revoked',
  ])
  expect(await stage.run('pats', 'revoke', unknownId, '--yes')).toBe(1)
})

test('patkit pats revoke asks on a terminal', async () => {
  const stdin = new Keyboard()
  await using stage = await createStage(alone, { stdin, stderr: new Capture({ isTTY: true }) })
  stdin.type('')
  expect(await stage.run('pats', 'revoke', idOf(stage, 'ci'))).toBe(1)
  expect(stage.world.stderr.text).toContain('Revoke 1 token for good? (y/N)')
  expect(stage.emulator.journal.counts.total).toBe(0)
  stdin.type('yes')
  expect(await stage.run('pats', 'revoke', idOf(stage, 'ci'))).toBe(0)
  expect(namesOf(stage, 'revoked')).toContain('ci')
})

test('patkit pats rotate delivers the new secret before the old token is revoked', async () => {
  await using stage = await createStage(alone)
  const old = idOf(stage, 'ci')
  let secretAtRevocation = ''
  const watched = stage.emulator.journal
    .waitFor(({ method }) => method === 'DELETE')
    .then(async () => {
      secretAtRevocation = await readFile(path.join(stage.world.folder, 'ci.token'), 'utf8')
    })
  stage.emulator.faults.add({ match: { method: 'DELETE' }, answer: { delayMs: 1000 } })
  expect(await stage.run('pats', 'rotate', old, '--expires', '60d', '--secret-file', 'ci.token')).toBe(0)
  await watched
  expect(secretAtRevocation.trim()).toMatch(secretShape)
  expect(JSON.parse(sent(stage, 'POST')[0]?.body ?? '')).toEqual({
    displayName: 'ci',
    scope: 'vso.code',
    validTo: '2026-05-01T09:00:00.000Z',
  })
  expect(sent(stage, 'DELETE')[0]?.query['authorizationId']).toBe(old)
  expect(namesOf(stage, 'active').sort()).toEqual(['ci', 'deploy'])
  expect(stage.emulator.data.token(old)?.status).toBe('revoked')
})

test('patkit pats rotate ends with 5 and the command that is left to do when the old token cannot be revoked', async () => {
  await using stage = await createStage(alone)
  const old = idOf(stage, 'ci')
  stage.emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 500 } })
  expect(await stage.run('pats', 'rotate', old, '--secret-file', 'ci.token')).toBe(5)
  expect((await readFile(path.join(stage.world.folder, 'ci.token'), 'utf8')).trim()).toMatch(secretShape)
  expect(stage.world.stderr.lines.at(-1)).toMatch(
    new RegExp(`^Half done: .* Revoke it with: patkit pats revoke --org fabrikam ${old} --yes$`),
  )
})

test('patkit pats rotate revokes nothing when no new token could be made', async () => {
  await using stage = await createStage({ ...alone, policies: { creation: 'refuse' } })
  expect(await stage.run('pats', 'rotate', idOf(stage, 'ci'), '--secret-file', 'ci.token')).toBe(1)
  expect(sent(stage, 'DELETE')).toEqual([])
  expect(await filesIn(stage.world.folder)).toEqual([])
})

test('patkit pats says that a personal access token cannot do this', async () => {
  await using stage = await createStage(alone, {
    env: { PATKIT_ACCESS_TOKEN: undefined, AZURE_DEVOPS_EXT_PAT: 'x'.repeat(52) },
  })
  expect(await stage.run('pats', 'list')).toBe(4)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stdout.text).toBe('')
})

const create = ['pats', 'create', '--name', 'build', '--scope', 'vso.code']

test.each<[string[], RegExp]>([
  [create, /It is not said where the secret goes.*Add --secret-file FILE, or --secret-stdout/],
  [[...create, '--secret-file', 'a', '--secret-stdout'], /--secret-file and --secret-stdout contradict each other/],
  [[...create, '--secret-file', 'old.token'], /"old\.token" exists already\. A secret never replaces a file/],
  [[...create, '--secret-file', 'missing/x'], /The folder of "missing\/x" does not exist/],
  [[...create, '--secret-stdout', '--expires', 'soon'], /--expires "soon" is no time\. Write 30d/],
  [[...create, '--secret-stdout', '--expires', '2026-03-01'], /--expires "2026-03-01" is past/],
  [['pats', 'create', '--scope', 'vso.code', '--secret-stdout'], /The token needs a name/],
  [['pats', 'create', '--name', 'x', '--secret-stdout'], /The token needs a scope/],
  [['pats', 'create', '--name', ' ', '--scope', 'x', '--secret-stdout'], /--name is empty/],
  [['pats', 'get', 'ci'], /"ci" is no authorization ID\. patkit pats list shows them/],
  [['pats', 'update', unknownId], /It is not said what to change/],
  [['pats', 'update', unknownId, '--all-organizations', '--this-organization'], /contradict each other/],
  [['pats', 'revoke', unknownId, 'x'], /"x" is no authorization ID/],
  [['pats', 'list', '--status', 'actvie'], /--status "actvie" is unknown\. Did you mean active\?/],
  [['pats', 'reconcile', '--name', 'x'], /It is not said which creation this is about/],
])('patkit %j is refused in one sentence, and nothing is sent', async (argv, fault) => {
  await using stage = await createStage(alone)
  const kept = path.join(stage.world.folder, 'old.token')
  await writeFile(kept, 'old')
  expect(await stage.run(...argv)).toBe(2)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toMatch(fault)
  expect(stage.world.stdout.text).toBe('')
  expect(stage.emulator.journal.counts.total).toBe(0)
  expect(await filesIn(stage.world.folder)).toEqual(['old.token'])
  expect(await readFile(kept, 'utf8')).toBe('old')
})
