import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AccessTokenVerifier, EmulatorOptions, PersonSpec } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createStage, filesIn, type Stage } from './stage.js'
import { Capture, Keyboard } from './world.js'

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const people: readonly PersonSpec[] = [
  { displayName: 'Ada', mailAddress: 'ada@fabrikam.example', isAdministrator: true, tokens: [] },
  {
    displayName: 'Ben',
    mailAddress: 'ben@fabrikam.example',
    tokens: [
      { authorizationId: idOf(1), displayName: 'ci', scope: 'vso.code', validTo: '2026-03-12T09:00:00' },
      {
        authorizationId: idOf(2),
        displayName: 'every\u001b[2Jthing',
        scope: 'app_token',
        targetAccounts: null,
        validTo: '2026-08-01T09:00:00',
      },
      {
        authorizationId: idOf(3),
        displayName: 'gone',
        scope: 'app_token',
        validTo: '2026-08-01T09:00:00',
        revoked: true,
      },
    ],
  },
  {
    displayName: 'Cleo',
    mailAddress: 'cleo@fabrikam.example',
    tokens: [
      { authorizationId: idOf(4), displayName: 'all', scope: 'app_token', validTo: '2026-08-01T09:00:00' },
      { authorizationId: idOf(5), displayName: 'old', scope: 'app_token', validTo: '2026-02-01T09:00:00' },
    ],
  },
]

function stageOf(options: EmulatorOptions = {}, world: Parameters<typeof createStage>[1] = {}): Promise<Stage> {
  return createStage({ people, ...options }, world)
}

function revoked({ emulator }: Stage): number[] {
  return [1, 2, 3, 4, 5].filter((number) => emulator.data.token(idOf(number))?.status === 'revoked')
}

/** Ids in each request that was sent to revoke something. */
function revocations({ emulator }: Stage): string[][] {
  return emulator.journal.requests
    .filter(({ path: place }) => place.endsWith('/tokenadmin/revocations'))
    .map(({ body = '' }) => (JSON.parse(body) as { authorizationId: string }[]).map((each) => each.authorizationId))
}

function results({ world }: Stage): Record<string, unknown>[] {
  return world.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const auditFile = ({ world }: Stage): string => path.join(world.state, '..', 'audit', 'fabrikam.ndjson')

async function audit(file: string): Promise<Record<string, unknown>[]> {
  return (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('patkit revoke with a filter is a dry run: it says what would be revoked, changes nothing and writes no log', async () => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', '--full-scope')).toBe(0)
  expect(results(stage)).toEqual([
    {
      result: 'would-be-revoked',
      owner: 'ben@fabrikam.example',
      token: 'every\u001b[2Jthing',
      status: 'active',
      authorizationId: idOf(2),
      code: null,
    },
    expect.objectContaining({ owner: 'cleo@fabrikam.example', token: 'all', authorizationId: idOf(4) }),
  ])
  expect(stage.world.stderr.lines.at(-1)).toBe(
    'Dry run: nothing was revoked. Add --yes to revoke 2 tokens that have full access. ' +
      'This cannot be undone, and it may take up to one hour until a token stops working.',
  )
  expect(revocations(stage)).toEqual([])
  expect(await filesIn(path.dirname(auditFile(stage)))).toEqual([])
})

test.each<[string[], number[]]>([
  [['--expired'], [5]],
  [['--expired', '--owner', 'ben@fabrikam.example'], []],
  [['--all-orgs'], [2]],
  [['--expiring', '14d'], [1]],
  [
    ['--owner', 'Ben'],
    [1, 2],
  ],
  [['--full-scope', '--owner', 'cleo@fabrikam.example'], [4]],
  [['--scope', 'vso.code'], [1]],
  [['--no-expiry'], []],
])('patkit revoke %j --yes revokes exactly the tokens that meet every condition', async (filter, expected) => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', ...filter, '--yes')).toBe(0)
  expect(revocations(stage)).toEqual(expected.length === 0 ? [] : [expected.map(idOf)])
  expect(revoked(stage)).toEqual([...expected, 3].sort())
})

test('patkit revoke records who revoked what, when and with what result, before and after', async () => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', '--owner', 'Cleo', '--yes')).toBe(0)
  const lines = await audit(auditFile(stage))
  expect(lines).toHaveLength(2)
  const common = {
    at: '2026-03-02T09:00:00.000Z',
    run: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    account: null,
    systemUser: 'ada',
    credential: 'access token from PATKIT_ACCESS_TOKEN',
    organization: 'fabrikam',
    baseUrl: stage.emulator.url,
    reason: 'tokens that belong to cleo',
    tool: expect.stringMatching(/^patkit \d/) as unknown,
    action: 'revoke',
    authorizationId: idOf(4),
    owner: 'cleo@fabrikam.example',
    token: 'all',
  }
  expect(lines[0]).toEqual({ ...common, event: 'intent' })
  expect(lines[1]).toEqual({ ...common, event: 'result', result: 'done' })
  expect(lines[1]?.['run']).toBe(lines[0]?.['run'])
  expect(JSON.stringify(lines)).not.toContain(stage.world.io.env['PATKIT_ACCESS_TOKEN'])
  expect(stage.world.stderr.lines.slice(-2)).toEqual([
    'Revoked 1 token. It may take up to one hour until the last of them stops working.',
    `Recorded in ${path.join(stage.world.state, '..', 'audit', 'fabrikam.ndjson')}`,
  ])
})

test('patkit revoke records the account that the access token names, also when nothing was asked before', async () => {
  const claims = Buffer.from(JSON.stringify({ upn: 'ada@fabrikam.example', exp: 4_102_444_800 })).toString('base64url')
  const token = `e30.${claims}.c2lnbmF0dXJl`
  const identity = { principalName: 'ada@fabrikam.example', scopes: ['user_impersonation'], issuedAtMs: 0 }
  const verifyAccessToken: AccessTokenVerifier = (given) => Promise.resolve(given === token ? identity : undefined)
  const admin = { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: [] }
  await using stage = await createStage(
    { people: [admin], verifyAccessToken },
    { env: { PATKIT_ACCESS_TOKEN: undefined, PATKIT_TOKEN_COMMAND: `echo x >> asked; echo ${token}` } },
  )
  expect(await stage.run('revoke', idOf(1), '--yes')).toBe(0)
  const lines = await audit(auditFile(stage))
  expect(lines.map(({ account }) => account)).toEqual(['ada@fabrikam.example', 'ada@fabrikam.example'])
  expect(lines[0]).toMatchObject({
    credential: 'access token by PATKIT_TOKEN_COMMAND',
    reason: 'tokens given by authorization ID',
  })
  expect(JSON.stringify(lines)).not.toContain(claims)
  expect(await readFile(path.join(stage.world.folder, 'asked'), 'utf8')).toBe('x\n')
})

test('the intent is on the disk before the request arrives', async () => {
  await using stage = await stageOf()
  const recorded = stage.emulator.journal
    .waitFor(({ path: place }) => place.endsWith('/revocations'))
    .then(() => audit(path.join(stage.world.folder, 'audit.ndjson')))
  stage.emulator.faults.add({ match: { path: '/revocations' }, answer: { delayMs: 1000 } })
  expect(await stage.run('revoke', idOf(1), '--yes', '--audit-log', 'audit.ndjson')).toBe(0)
  expect((await recorded).map(({ event }) => event)).toEqual(['intent'])
})

test('nothing is revoked when it cannot be recorded', async () => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', idOf(1), '--yes', '--audit-log', '.')).toBe(1)
  expect(stage.world.stderr.lines.at(-1)).toMatch(
    /^patkit: Cannot write the audit log ".*" \(EISDIR\)\. Nothing was changed\. Choose a file/,
  )
  expect(revocations(stage)).toEqual([])
})

test('patkit revoke takes ids, each once, and asks for no list of users', async () => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', idOf(1), idOf(4).toUpperCase(), idOf(1), '--yes')).toBe(0)
  expect(revocations(stage)).toEqual([[idOf(1), idOf(4)]])
  expect(stage.emulator.journal.counts.total).toBe(1)
})

test.each(['pats.csv', 'pats.ndjson'])(
  'patkit revoke --from-file takes %s; what was revoked before counts as done',
  async (name) => {
    await using stage = await stageOf()
    expect(await stage.report('--out', name)).toBe(0)
    stage.emulator.journal.clear()
    for (let run = 1; run <= 2; run++) {
      stage.world.stdout.chunks.length = 0
      expect(await stage.run('revoke', '--from-file', name, '--yes')).toBe(0)
      expect(results(stage).map(({ result }) => result)).toEqual([
        'already-revoked',
        'revoked',
        'revoked',
        'revoked',
        'revoked',
      ])
    }
    expect(revoked(stage)).toEqual([1, 2, 3, 4, 5])
    expect(revocations(stage)[0]).toEqual([1, 2, 4, 5].map(idOf))
  },
)

test('patkit revoke --from-file takes its own dry run, and a plain list', async () => {
  await using stage = await stageOf()
  expect(await stage.run('revoke', '--full-scope', '-o', 'csv')).toBe(0)
  await writeFile(path.join(stage.world.folder, 'dry.csv'), stage.world.stdout.text)
  await writeFile(path.join(stage.world.folder, 'ids.txt'), `# leaked\n${idOf(1)}\n`)
  expect(await stage.run('revoke', '--from-file', 'dry.csv', '--yes')).toBe(0)
  expect(await stage.run('revoke', '--from-file', 'ids.txt', '--yes')).toBe(0)
  expect(revocations(stage)).toEqual([[idOf(2), idOf(4)], [idOf(1)]])
})

test('patkit revoke asks for the name of the organization on a terminal and shows what it is about', async () => {
  const terminal = { stdin: new Keyboard(), stderr: new Capture({ isTTY: true, columns: 120 }), env: { NO_COLOR: '1' } }
  await using stage = await stageOf({}, terminal)
  terminal.stdin.type('yes')
  expect(await stage.run('revoke', '--full-scope')).toBe(1)
  expect(revocations(stage)).toEqual([])
  const text = terminal.stderr.text
  expect(text).toContain('These are 2 tokens of fabrikam (those that have full access):')
  expect(text).toContain('ben@fabrikam.example   every<U+001B>[2Jthing')
  expect(text).toContain('This cannot be undone')
  expect(text).toContain('Type fabrikam to revoke these 2 tokens:')
  expect(terminal.stderr.lines.at(-1)).toContain('patkit: Nothing was changed: what was typed is not fabrikam.')
  expect(text).not.toContain('\u001b')
  terminal.stdin.type('fabrikam')
  expect(await stage.run('revoke', '--full-scope')).toBe(0)
  expect(revocations(stage)).toEqual([[idOf(2), idOf(4)]])
})

test('patkit revoke --dry-run asks nothing on a terminal', async () => {
  await using stage = await stageOf({}, { stdin: new Keyboard(), stderr: new Capture({ isTTY: true }) })
  expect(await stage.run('revoke', '--full-scope', '--dry-run')).toBe(0)
  expect(stage.world.stderr.text).toContain('Dry run: ')
  expect(revocations(stage)).toEqual([])
})

const many = Array.from({ length: 250 }, (_, index) => ({
  authorizationId: idOf(1000 + index),
  displayName: `token ${index}`,
  scope: 'app_token',
  validTo: '2026-08-01T09:00:00',
}))
const busy: EmulatorOptions = { people: [{ displayName: 'Ada', isAdministrator: true, tokens: many }] }

test('patkit revoke goes on after a part that failed, ends with 5, and the same command again finishes the work', async () => {
  await using stage = await createStage(busy)
  const fault = stage.emulator.faults.add({
    match: { path: '/revocations', after: 1, times: 20 },
    answer: { status: 500 },
  })
  expect(await stage.run('revoke', '--full-scope', '--yes')).toBe(5)
  const counted = (result: string): number => results(stage).filter((line) => line['result'] === result).length
  expect([counted('revoked'), counted('failed')]).toEqual([100, 150])
  expect(stage.world.stderr.text.match(/^patkit: /gm)).toHaveLength(1)
  expect(stage.world.stderr.text).toContain('150 tokens are not revoked. Run the same command again')
  const first = await audit(auditFile(stage))
  expect(first.filter(({ event }) => event === 'intent')).toHaveLength(250)
  expect(first.filter(({ result }) => result === 'failed')).toHaveLength(150)
  expect(first.find(({ result }) => result === 'failed')).toMatchObject({ code: 'PATKIT_SERVICE', status: 500 })

  fault.remove()
  expect(await stage.run('revoke', '--full-scope', '--yes')).toBe(0)
  expect(many.every(({ authorizationId }) => stage.emulator.data.token(authorizationId)?.status === 'revoked')).toBe(
    true,
  )
  expect((await audit(auditFile(stage))).filter(({ result }) => result === 'done')).toHaveLength(250)
})

test('patkit revoke ends with 1 when none is revoked, with 4 when the sign-in is refused, and sends no more then', async () => {
  await using stage = await createStage(busy)
  const ids = many.map(({ authorizationId }) => authorizationId)
  stage.emulator.faults.add({ match: { path: '/revocations' }, answer: { status: 403 } })
  expect(await stage.run('revoke', ...ids, '--yes')).toBe(1)
  expect(revocations(stage)).toHaveLength(1)
  expect(results(stage).filter(({ result }) => result === 'not-sent')).toHaveLength(150)
  stage.emulator.faults.clear()
  stage.emulator.faults.add({ match: { path: '/revocations' }, answer: { status: 401 } })
  expect(await stage.run('revoke', ...ids, '--yes')).toBe(4)
})

test('a token the service finds fault with does not keep the others of its request alive', async () => {
  await using stage = await createStage({ ...busy, maxRevocations: 10 })
  expect(await stage.run('revoke', '--full-scope', '--yes')).toBe(0)
  expect(many.every(({ authorizationId }) => stage.emulator.data.token(authorizationId)?.status === 'revoked')).toBe(
    true,
  )
  expect(stage.emulator.journal.counts.byStatus['400']).toBeGreaterThan(0)
})

test('a revocation whose answer is lost every time is unknown, not done', async () => {
  await using stage = await stageOf()
  stage.emulator.faults.add({ match: { path: '/revocations' }, answer: { reset: 'after' } })
  expect(await stage.run('revoke', idOf(1), '--yes')).toBe(1)
  expect(results(stage)).toMatchObject([{ result: 'unknown', code: 'PATKIT_NETWORK' }])
  expect(stage.world.stderr.text).toContain('1 token is not revoked (of 1 it is unknown).')
  expect((await audit(auditFile(stage))).at(-1)).toMatchObject({ event: 'result', result: 'unknown' })
})

test('patkit revoke says when users could not be read, and does not end with 0', async () => {
  await using stage = await stageOf()
  stage.emulator.faults.add({ match: { path: '/personalaccesstokens/', user: 'Cleo' }, answer: { status: 500 } })
  expect(await stage.run('revoke', '--full-scope', '--yes')).toBe(5)
  expect(stage.world.stderr.text).toContain(
    'Incomplete: the tokens of 1 user could not be read; none of theirs is here.',
  )
  expect(revoked(stage)).toEqual([2, 3])
})

test('Ctrl-C stops a revocation between requests; what was done is recorded, the rest is not sent', async () => {
  await using stage = await createStage(busy)
  stage.emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer: { hang: 'before-headers' } })
  const running = stage.run('revoke', '--full-scope', '--yes')
  await stage.emulator.journal.waitFor(() => revocations(stage).length === 2)
  stage.world.signal('SIGINT')
  expect(await running).toBe(130)
  const counted = (result: string): number => results(stage).filter((line) => line['result'] === result).length
  expect([counted('revoked'), counted('unknown'), counted('not-sent')]).toEqual([100, 100, 50])
  const lines = await audit(auditFile(stage))
  expect(lines.filter(({ event }) => event === 'intent')).toHaveLength(200)
  expect(lines.filter(({ result }) => result === 'unknown')).toHaveLength(100)
})

test.each<[string[], RegExp]>([
  [[], /It is not said which tokens to revoke\. Give authorization IDs, --from-file/],
  [['ci'], /"ci" is no authorization ID\. It looks like/],
  [[idOf(1), '--full-scope'], /There are both authorization IDs and a filter\. Choose tokens in one way only/],
  [['--from-file', 'pats.csv', '--expired'], /There are both --from-file and a filter/],
  [['--from-file', 'missing.csv', '--yes'], /There is no file "missing\.csv"/],
  [['--from-file', 'letter.txt', '--yes'], /"letter\.txt" has no column "Authorization ID"/],
  [['--expired', '--expiring', '3d'], /No token can be both --expired and --expiring/],
  [['--expiring', '3'], /--expiring "3" is no number of days/],
  [['--full-scope', '--yes', '--dry-run'], /--yes and --dry-run contradict each other/],
  [['--full-scope', '--audit-log', ''], /--audit-log names an empty file/],
  [['--created-before', 'x'], /--created-before "x" is no time/],
])('patkit revoke %j is refused in one sentence, and nothing is sent', async (argv, fault) => {
  await using stage = await stageOf()
  await writeFile(path.join(stage.world.folder, 'letter.txt'), 'Dear Ada,\n')
  expect(await stage.run('revoke', ...argv)).toBe(2)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toMatch(fault)
  expect(stage.world.stdout.text).toBe('')
  expect(stage.emulator.journal.counts.total).toBe(0)
})

test('patkit rules create is a dry run at first, and then sends the rule and records it', async () => {
  await using stage = await stageOf()
  const rule = ['rules', 'create', '--scope', 'vso.code', '--scope', 'vso.build', '--created-before', '2026-03-01']
  expect(await stage.run(...rule)).toBe(0)
  expect(results(stage)).toEqual([
    {
      result: 'would-be-created',
      organization: 'fabrikam',
      scopes: ['vso.code', 'vso.build'],
      createdBefore: '2026-03-01T00:00:00.000Z',
    },
  ])
  expect(stage.world.stderr.lines.at(-1)).toBe('Dry run: no rule was created. Add --yes to create it.')
  expect(stage.emulator.journal.counts.total).toBe(0)

  expect(await stage.run(...rule, '--yes')).toBe(0)
  expect(JSON.parse(stage.emulator.journal.requests[0]?.body ?? '')).toEqual({
    scopes: 'vso.code vso.build',
    createdBefore: '2026-03-01T00:00:00.000Z',
  })
  expect(stage.emulator.data.revocationRules).toHaveLength(1)
  expect(await audit(auditFile(stage))).toMatchObject([
    { event: 'intent', action: 'create-revocation-rule', scopes: 'vso.code vso.build' },
    { event: 'result', result: 'done', createdBefore: '2026-03-01T00:00:00.000Z' },
  ])
})

test('patkit rules create asks for the name of the organization on a terminal, and means now without a time', async () => {
  const terminal = { stdin: new Keyboard(), stderr: new Capture({ isTTY: true, columns: 200 }) }
  await using stage = await stageOf({}, terminal)
  terminal.stdin.type('contoso')
  expect(await stage.run('rules', 'create', '--scope', 'vso.code')).toBe(1)
  expect(stage.emulator.journal.counts.total).toBe(0)
  terminal.stdin.type('Fabrikam')
  expect(await stage.run('rules', 'create', '--scope', 'vso.code')).toBe(0)
  expect(stage.emulator.data.revocationRules).toEqual([
    { scopes: ['vso.code'], createdBeforeMs: Date.parse('2026-03-02T09:00:00Z') },
  ])
})

test('patkit rules create records a failure, and one whose outcome is unknown', async () => {
  await using stage = await stageOf()
  const fault = stage.emulator.faults.add({ match: { path: '/revocationrules' }, answer: { status: 403 } })
  expect(await stage.run('rules', 'create', '--scope', 'vso.code', '--yes')).toBe(1)
  fault.remove()
  stage.emulator.faults.add({ match: { path: '/revocationrules' }, answer: { reset: 'after' } })
  expect(await stage.run('rules', 'create', '--scope', 'vso.code', '--yes')).toBe(1)
  const ends = (await audit(auditFile(stage))).filter(({ event }) => event === 'result')
  expect(ends).toMatchObject([
    { result: 'failed', code: 'PATKIT_PERMISSION' },
    { result: 'unknown', code: 'PATKIT_NETWORK' },
  ])
})

test.each<[string[], RegExp]>([
  [[], /A rule needs a scope/],
  [['--scope', ' '], /A rule needs a scope/],
  [['--scope', 'vso.code', '--created-before', '2027-01-01'], /--created-before "2027-01-01" is in the future/],
])('patkit rules create %j is refused in one sentence, and nothing is sent', async (argv, fault) => {
  await using stage = await stageOf()
  expect(await stage.run('rules', 'create', ...argv)).toBe(2)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toMatch(fault)
  expect(stage.emulator.journal.counts.total).toBe(0)
})
