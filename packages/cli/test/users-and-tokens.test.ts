import { expect, test } from 'vitest'
import { main } from '../src/main.js'
import { createStage } from './stage.js'
import { Capture } from './world.js'

const ada = {
  displayName: 'Ada',
  principalName: 'ada@fabrikam.example',
  mailAddress: 'ada@fabrikam.example',
  isAdministrator: true,
  tokens: [],
}
const ben = {
  displayName: 'Ben \u001b[2J',
  principalName: 'ben@fabrikam.example',
  mailAddress: 'ben@fabrikam.example',
  tokens: [
    { displayName: 'ci', scope: 'vso.code', validTo: '2026-03-12T09:00:00' },
    { displayName: '=everything', scope: 'app_token', targetAccounts: null, validTo: '2026-08-01T09:00:00' },
    { displayName: 'old', scope: 'vso.work', validTo: '2026-02-01T09:00:00' },
  ],
}
const people = [ada, ben, { kind: 'build-service' as const, displayName: 'Build' }]

test('patkit users list prints one object per line where nobody looks at it, names as they are', async () => {
  await using stage = await createStage({ people })
  expect(await stage.run('users', 'list')).toBe(0)
  const users = stage.world.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(users.map(({ displayName }) => displayName)).toEqual(['Ada', 'Ben \u001b[2J', 'Build'])
  expect(users[0]).toMatchObject({ mailAddress: 'ada@fabrikam.example', isDeletedInOrigin: false })
  expect(stage.world.stderr.lines).toEqual(['3 users.'])
})

test('patkit users list draws a table on a terminal, in which control characters are harmless', async () => {
  const stdout = new Capture({ isTTY: true, columns: 200 })
  await using stage = await createStage({ people }, { stdout, env: { NO_COLOR: '1' } })
  expect(await stage.run('users', 'list')).toBe(0)
  expect(stdout.lines[0]).toMatch(/^Name +Sign-in name +Type +Descriptor$/)
  expect(stdout.lines[2]).toMatch(/^Ben <U\+001B>\[2J +ben@fabrikam\.example +member +aad\./)
  expect(stdout.text).not.toContain('\u001b')
})

test('patkit users list --subject-types asks the service for those kinds, over all pages', async () => {
  await using stage = await createStage({ users: 120, pageSize: 50 })
  expect(await stage.run('users', 'list', '--subject-types', 'aad,msa', '--json', '--quiet')).toBe(0)
  const users = JSON.parse(stage.world.stdout.text) as { descriptor: string }[]
  const expected = [...stage.emulator.data.users()].filter(({ descriptor }) => /^(?:aad|msa)\./.test(descriptor))
  expect(users.map(({ descriptor }) => descriptor)).toEqual(expected.map(({ descriptor }) => descriptor))
  expect(stage.emulator.journal.requests.map(({ query }) => query['subjectTypes'])).toEqual(Array(3).fill('aad,msa'))
  expect(stage.world.stderr.text).toBe('')
})

test('patkit users list -o csv neutralises formulas and quotes', async () => {
  await using stage = await createStage({ people: [{ ...ada, displayName: '=1+1, "Ada"' }] })
  expect(await stage.run('users', 'list', '-o', 'csv')).toBe(0)
  expect(stage.world.stdout.text.split('\r\n').slice(0, 2)).toEqual([
    'Name,Mail,Sign-in name,Type,Origin,Deleted,Descriptor',
    expect.stringMatching(/^"'=1\+1, ""Ada""",ada@fabrikam\.example,ada@fabrikam\.example,member,aad,false,aad\./),
  ])
})

test('patkit users list of nobody is an empty array', async () => {
  await using stage = await createStage({ people })
  expect(await stage.run('users', 'list', '--subject-types', 'imp', '--json')).toBe(0)
  expect(JSON.parse(stage.world.stdout.text)).toEqual([])
})

test('patkit tokens list finds the user by mail address and prints what the reports print', async () => {
  await using stage = await createStage({ people })
  expect(await stage.run('tokens', 'list', '--user', 'BEN@fabrikam.example')).toBe(0)
  const tokens = stage.world.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(tokens.map(({ token, status, fullAccess }) => [token, status, fullAccess])).toEqual([
    ['ci', 'expiring', false],
    ['=everything', 'active', true],
    ['old', 'expired', false],
  ])
  expect(tokens[1]).toMatchObject({
    owner: 'Ben \u001b[2J',
    ownerMail: 'ben@fabrikam.example',
    allOrganizations: true,
    expires: '2026-08-01T09:00:00.000Z',
    authorizationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
  })
  expect(stage.world.stderr.lines).toEqual(['3 tokens of Ben <U+001B>[2J.'])
})

test('patkit tokens list asks for a descriptor at once, and --status chooses', async () => {
  await using stage = await createStage({ people })
  const descriptor = stage.emulator.data.find('Ben \u001b[2J')?.descriptor ?? ''
  expect(await stage.run('tokens', 'list', '--user', descriptor, '--status', 'active', '-o', 'csv')).toBe(0)
  expect(stage.world.stdout.text).toContain("'=everything")
  expect(stage.world.stdout.text).not.toContain('old')
  expect(stage.emulator.journal.requests.some(({ path }) => path.endsWith('/graph/users'))).toBe(false)
})

test('patkit tokens list says when nobody, or more than one, is called that', async () => {
  await using stage = await createStage({ people: [ada, ben, { ...ben, displayName: 'Benny' }] })
  expect(await stage.run('tokens', 'list', '--user', 'eve@fabrikam.example')).toBe(1)
  expect(await stage.run('tokens', 'list', '--user', 'ben@fabrikam.example')).toBe(1)
  expect(stage.world.stderr.lines).toEqual([
    'patkit: There is no user "eve@fabrikam.example" in fabrikam. Look them up with patkit users list.',
    expect.stringMatching(
      /^patkit: 2 users of fabrikam are called "ben@fabrikam\.example"\. Give one of the descriptors aad\.\S+, aad\.\S+\.$/,
    ),
  ])
  expect(stage.world.stdout.text).toBe('')
})

test('patkit tokens list without the right to administer tokens says so', async () => {
  await using stage = await createStage({ people })
  const env = { ...stage.world.io.env, PATKIT_ACCESS_TOKEN: stage.emulator.tokenFor('Ben \u001b[2J') }
  const argv = ['tokens', 'list', '--user', 'ada@fabrikam.example', '--org', 'fabrikam']
  expect(await stage.clock.runUntil(main(argv, { ...stage.world.io, env }))).toBe(1)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toContain('Project Collection Administrators')
})

test.each<[string[], RegExp]>([
  [['users', 'list', '--subject-types', 'add'], /--subject-types does not know "add"\. Did you mean aad\?/],
  [['users', 'list', '-o', 'jsno'], /--output "jsno" is unknown\. Did you mean json\?/],
  [['users', 'list', '-o', 'csv', '--json'], /--json and --output csv contradict each other/],
  [['users', 'list', '--timeout', '0'], /--timeout "0" does not fit/],
  [['users', 'list', '--base-url', 'http://example.com'], /--base-url .*use https/],
  [['tokens', 'list'], /It is not said whose tokens to list\. Give --user/],
  [['tokens', 'list', '--user', 'x', '--status', 'activ'], /--status "activ" is unknown\. Did you mean active\?/],
  [['tokens', 'list', '--user', 'x', '--expiring-within', 'x'], /--expiring-within "x" is no number of days/],
])('patkit %j is refused in one sentence, and nothing is sent', async (argv, fault) => {
  await using stage = await createStage({ people })
  expect(await stage.run(...argv)).toBe(2)
  expect(stage.world.stderr.lines).toHaveLength(1)
  expect(stage.world.stderr.text).toMatch(fault)
  expect(stage.world.stdout.text).toBe('')
  expect(stage.emulator.journal.counts.total).toBe(0)
})
