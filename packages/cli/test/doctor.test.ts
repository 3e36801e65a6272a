import { chmod, writeFile } from 'node:fs/promises'
import { sampleIds, sampleSecret, startEmulator } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { main } from '../src/main.js'
import { createStage, type Stage } from './stage.js'
import { Capture, Keyboard, TestKeychain, type WorldOptions } from './world.js'

interface Check {
  readonly check: string
  readonly status: string
  readonly message: string
  readonly remedy: string | null
}

/** Runs the doctor and gives what it found. */
async function examine(stage: Stage, ...argv: string[]) {
  const { world } = stage
  world.stdout.chunks.length = 0
  world.stderr.chunks.length = 0
  const code = await stage.run('doctor', '--json', ...argv)
  const { checks, healthy } = JSON.parse(world.stdout.text) as { checks: Check[]; healthy: boolean }
  const of = (name: string): Check | undefined => checks.find(({ check }) => check === name)
  return { code, healthy, checks, of, statuses: checks.map(({ check, status }) => `${check} ${status}`) }
}

const stageFor = (options: WorldOptions = {}): Promise<Stage> => createStage({}, options)

test('a healthy installation is told as such, with exit code 0', async () => {
  await using stage = await stageFor({ keychain: new TestKeychain() })
  const { code, healthy, statuses, of } = await examine(stage)
  expect([code, healthy]).toEqual([0, true])
  expect(statuses).toEqual([
    'versions ok',
    'settings ok',
    'keychain ok',
    'access token ok',
    'organization ok',
    'users ok',
    "everybody's tokens ok",
    'own tokens ok',
  ])
  expect(of('versions')?.message).toContain(`Node.js ${process.versions.node}`)
  expect(of('keychain')?.message).toBe('The test keychain is at hand.')
  expect(of('access token')?.message).toBe('There is one: access token from PATKIT_ACCESS_TOKEN.')
  expect(stage.world.stderr.text).toBe('8 in order, 0 to know of, 0 to mend.\n')
})

test('it only reads', async () => {
  await using stage = await stageFor()
  await examine(stage)
  expect(new Set(stage.emulator.journal.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  expect(stage.emulator.journal.requests).toHaveLength(3)
})

test('without an access token it says what to run, and asks nobody', async () => {
  await using stage = await stageFor({ env: { PATKIT_ACCESS_TOKEN: '' } })
  const { code, healthy, of } = await examine(stage)
  expect([code, healthy]).toEqual([1, false])
  expect(of('access token')).toMatchObject({ status: 'fail', message: 'No access token.' })
  expect(of('access token')?.remedy).toContain('Run patkit login, or add --token-command')
  expect(of('keychain')).toMatchObject({ status: 'warn', message: 'There is none: PATKIT_KEYCHAIN is off.' })
  expect(stage.emulator.journal.requests).toEqual([])
})

test('a token that is refused, an organization that does not answer and a wrong name are told apart', async () => {
  await using stage = await stageFor()
  const refused = stage.emulator.tokenFor('administrator', { refused: true })
  const command = `echo ${refused}`
  const first = await examine(stage, '--token-command', command)
  expect([first.code, first.of('users')?.status, first.of('organization')?.status]).toEqual([1, 'fail', 'ok'])
  expect(JSON.stringify(first.checks)).not.toContain(refused)

  const gone = await startEmulator({ users: 1 })
  await gone.close()
  const second = await examine(stage, '--base-url', gone.url)
  expect(second.of('organization')).toMatchObject({ status: 'fail' })
  expect(second.of('organization')?.message).toContain('ECONNREFUSED')

  const third = await examine(stage, '--base-url', 'http://example.com')
  expect(third.of('organization')?.message).toMatch(/^--base-url /)
})

test('somebody who is no administrator is told what works and what does not', async () => {
  await using stage = await stageFor()
  const member = [...stage.emulator.data.people()].find(
    ({ kind, isAdministrator }) => kind === 'member' && !isAdministrator,
  )
  const token = stage.emulator.tokenFor(member?.principalName ?? '')
  const { code, of } = await examine(stage, '--token-command', `echo ${token}`)
  expect(code).toBe(0)
  expect(of("everybody's tokens")).toMatchObject({ status: 'warn' })
  expect(of("everybody's tokens")?.remedy).not.toBeNull()
  expect(of('own tokens')).toMatchObject({ status: 'ok' })
})

test('a personal access token cannot read own tokens, which is worth knowing', async () => {
  await using stage = await stageFor()
  const pat = stage.emulator.patFor()
  const io = { ...stage.world.io, env: { ...stage.world.io.env, PATKIT_ACCESS_TOKEN: '', AZURE_DEVOPS_EXT_PAT: pat } }
  expect(await stage.clock.runUntil(main(['doctor', '--json', '--org', 'fabrikam'], io))).toBe(0)
  const { checks } = JSON.parse(stage.world.stdout.text) as { checks: Check[] }
  expect(checks.find(({ check }) => check === 'own tokens')).toMatchObject({ status: 'warn' })
  expect(stage.world.stdout.text).not.toContain(pat)
})

test('settings that cannot be read are a finding, and the rest is looked at all the same', async () => {
  await using stage = await stageFor()
  const { world } = stage
  await world.run('config', 'set', 'org', 'fabrikam')
  const file = `${world.io.homeDirectory}/config/patkit/config.json`
  await writeFile(file, '{')
  const { code, of } = await examine(stage)
  expect(code).toBe(1)
  expect(of('settings')).toMatchObject({ status: 'fail', remedy: 'Correct it, or remove the file.' })
  expect(of('users')).toMatchObject({ status: 'ok' })
})

test('a kept application is looked at as the sign-in service sees it', async () => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end(sampleSecret)
  await using stage = await stageFor({ stdin, env: { PATKIT_ACCESS_TOKEN: '' } })
  const { world, emulator, clock } = stage
  const origin = emulator.url.replace('127.0.0.1', 'localhost')
  const place = ['--tenant', 'contoso.onmicrosoft.com', '--client-id', sampleIds.singleTenantClient]
  expect(await clock.runUntil(world.run('login', '--client-secret-stdin', '--emulator', origin, ...place))).toBe(0)
  const healthy = await examine(stage)
  expect(healthy.statuses).toEqual(expect.arrayContaining(['kept sign-in ok', 'sign-in service ok', 'access token ok']))
  expect(healthy.of('kept sign-in')?.message).toContain(sampleIds.singleTenantClient)

  emulator.identity.expireSecrets(sampleIds.singleTenantClient)
  const ended = await examine(stage)
  expect(ended.code).toBe(1)
  const credential = ended.checks.find(({ message }) => message.startsWith('Its credential'))
  expect(credential).toMatchObject({ check: 'sign-in service', status: 'fail' })
  expect(credential?.message).toContain('AADSTS7000222')
  expect(JSON.stringify(ended.checks)).not.toContain(sampleSecret)
})

test('a key that others may read is to be mended', async () => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end(sampleSecret)
  await using stage = await stageFor({ stdin, env: { PATKIT_ACCESS_TOKEN: '' } })
  const { world, emulator, clock } = stage
  const origin = emulator.url.replace('127.0.0.1', 'localhost')
  const place = ['--tenant', 'contoso.onmicrosoft.com', '--client-id', sampleIds.singleTenantClient]
  await clock.runUntil(world.run('login', '--client-secret-stdin', '--emulator', origin, ...place))
  const [, key = ''] = /lies in ~(\S+\.key)/.exec(world.stderr.text) ?? []
  await chmod(`${world.io.homeDirectory}${key}`, 0o644)
  const { code, of } = await examine(stage)
  expect(code).toBe(1)
  expect(of('kept sign-in')).toMatchObject({ status: 'fail', message: `Others may read ~${key}.` })
})

test.each([
  ['HTTPS_PROXY', 'http://ada:hunter2secret@proxy.example.com:8080'],
  ['all_proxy', 'ada:hunter2secret@proxy.example.com:8080'],
])('a proxy in %s is told of without its password', async (name, address) => {
  await using stage = await stageFor({ env: { [name]: address } })
  const { of, checks } = await examine(stage)
  expect(of('proxy')).toMatchObject({
    status: 'ok',
    message: `Requests go through proxy.example.com:8080 (${name}).`,
  })
  expect(JSON.stringify(checks)).not.toContain('hunter2secret')
})

test('at a terminal each finding is a line, with its remedy below; --quiet leaves out what is in order', async () => {
  await using stage = await stageFor({ stdout: new Capture({ isTTY: true }), env: { NO_COLOR: '1' } })
  const { world } = stage
  expect(await stage.run('doctor')).toBe(0)
  expect(world.stdout.lines[0]).toMatch(/^ok {4}versions: patkit /)
  expect(world.stdout.text).toContain(
    'warn  keychain: There is none: PATKIT_KEYCHAIN is off.\n      patkit login keeps the key to its tokens in a file that you alone may read.\n',
  )
  world.stdout.chunks.length = 0
  world.stderr.chunks.length = 0
  expect(await stage.run('doctor', '--quiet')).toBe(0)
  expect(world.stdout.lines).toHaveLength(2)
  expect(world.stderr.text).toBe('')
})

test('elsewhere each finding is an object on a line of its own', async () => {
  await using stage = await stageFor()
  expect(await stage.run('doctor')).toBe(0)
  const checks = stage.world.stdout.lines.map((line) => JSON.parse(line) as Check)
  expect(checks.map(({ check }) => check)).toContain('own tokens')
})
