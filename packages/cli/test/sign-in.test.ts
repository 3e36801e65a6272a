import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import {
  createTestClock,
  sampleIds,
  sampleSecret,
  startEmulator,
  type Emulator,
  type TestClock,
} from '@patkit/emulator'
import { expect, test, vi } from 'vitest'
import { main } from '../src/main.js'
import { startPatkit, tsx } from './child.js'
import { surf } from './surfer.js'
import { Capture, createWorld, Keyboard, TestKeychain, type World, type WorldOptions } from './world.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

interface Scene extends AsyncDisposable {
  readonly clock: TestClock
  readonly emulator: Emulator
  readonly world: World
  /** Sign-in name of an administrator of the organization. */
  readonly person: string
  /** Where the emulated sign-in service is. */
  readonly origin: string
  /** Runs the command, skipping every pause. What was said before is forgotten. */
  run(...argv: string[]): Promise<number>
  /** Signs in by a code, which the person enters as soon as it is shown. */
  login(...argv: string[]): Promise<number>
}

async function createScene(options: WorldOptions = {}): Promise<Scene> {
  const clock = createTestClock()
  const emulator = await startEmulator({ users: 20, clock })
  const administrator = [...emulator.data.people()].find(({ isAdministrator }) => isAdministrator)
  const person = administrator?.principalName ?? ''
  const env = { PATKIT_BASE_URL: emulator.url, PATKIT_ORG: emulator.organization, ...options.env }
  const world = await createWorld({ clock, ...options, env })
  const origin = emulator.url.replace('127.0.0.1', 'localhost')
  const run = (...argv: string[]): Promise<number> => {
    world.stdout.chunks.length = 0
    world.stderr.chunks.length = 0
    return clock.runUntil(world.run(...argv))
  }
  return {
    clock,
    emulator,
    world,
    person,
    origin,
    run,
    login: (...argv) => {
      world.stderr.onText = (text) => {
        const [, code] = / enter the code (\S+)/.exec(stripVTControlCharacters(text)) ?? []
        if (code !== undefined) emulator.identity.approveDevice(code, person)
      }
      return run('login', '--emulator', origin, '--client-id', sampleIds.publicClient, ...argv)
    },
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** Every file below a folder, with its content. */
async function filesBelow(folder: string): Promise<{ file: string; text: string; mode: number }[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = path.join(entry.parentPath, entry.name)
        return { file, text: await readFile(file, 'utf8'), mode: (await stat(file)).mode & 0o777 }
      }),
  )
}

const home = ({ io }: World): string => io.homeDirectory

test('login by a code shows where to go and what to type, keeps the sign-in, and commands use it', async () => {
  await using scene = await createScene()
  const { world, person } = scene
  expect(await scene.login('--tenant', 'contoso.onmicrosoft.com')).toBe(0)
  expect(world.stderr.lines[0]).toMatch(
    /^To sign in, open http\S+ on any device and enter the code \S+ \(within 15 minutes\)\.$/,
  )
  expect(world.stderr.text).toContain(`Signed in as ${person}`)

  expect(await scene.run('users', 'list', '-o', 'csv')).toBe(0)
  expect(world.stdout.lines.length).toBeGreaterThan(10)
  expect(scene.emulator.journal.requests.at(-1)?.user).toBe(
    [...scene.emulator.data.people()].find(({ principalName }) => principalName === person)?.descriptor,
  )
})

test('the plan of a report says whose sign-in it uses', async () => {
  await using scene = await createScene()
  await scene.login()
  expect(await scene.run('report', '--out', 'pats.csv')).toBe(0)
  expect(scene.world.stderr.text).toContain(
    `(access token of ${scene.person} by patkit login at the emulator ${scene.origin}) into pats.csv.`,
  )
})

test('a kept sign-in is the last place that is looked at', async () => {
  await using scene = await createScene()
  await scene.login()
  const { world, emulator } = scene
  const io = { ...world.io, env: { ...world.io.env, PATKIT_ACCESS_TOKEN: emulator.tokenFor() } }
  expect(await scene.clock.runUntil(main(['report', '--out', 'pats.csv'], io))).toBe(0)
  expect(world.stderr.text).toContain('(access token from PATKIT_ACCESS_TOKEN)')

  world.stderr.chunks.length = 0
  expect(await scene.clock.runUntil(main(['whoami', '--json'], io))).toBe(0)
  expect(world.stderr.text).toContain(`the sign-in of ${scene.person} is not used: PATKIT_ACCESS_TOKEN goes first.`)
})

test('whoami tells who, which tenant, until when, and where the cache is', async () => {
  await using scene = await createScene()
  await scene.login()
  const { world, person, clock } = scene
  expect(await scene.run('whoami', '--json')).toBe(0)
  const line = JSON.parse(world.stdout.text) as Record<string, unknown>
  expect(line).toMatchObject({
    who: person,
    tenantId: sampleIds.contosoTenant,
    tenant: 'organizations',
    clientId: sampleIds.publicClient,
    method: 'device-code',
    source: 'patkit login',
    keychain: false,
  })
  expect(Date.parse(String(line['accessTokenUntil']))).toBeGreaterThan(clock.now())
  expect(await readdir(String(line['cache']))).not.toEqual([])
  expect(world.stderr.text).toBe('')
})

test('whoami on a terminal shows the same below each other, without colours where NO_COLOR is set', async () => {
  for (const [env, hasColor] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ] as const) {
    const streams = { stdout: new Capture({ isTTY: true }), stderr: new Capture({ isTTY: true }) }
    await using scene = await createScene({ ...streams, env })
    await scene.login()
    expect(scene.world.stderr.text.includes('\u001b[')).toBe(hasColor)
    expect(await scene.run('whoami')).toBe(0)
    expect(scene.world.stdout.text).toMatch(new RegExp(`^Who +${scene.person}\n`))
    expect(scene.world.stdout.text).toMatch(
      /^Access token from {2}patkit login \(device code, http:\/\/localhost:\d+\)$/m,
    )
  }
})

test('a kept sign-in outlives its access token', async () => {
  await using scene = await createScene()
  await scene.login()
  const { clock, world } = scene
  await scene.run('whoami', '--json')
  const first = (JSON.parse(world.stdout.text) as { accessTokenUntil: string }).accessTokenUntil
  await clock.advance(2 * 60 * 60_000)
  expect(await scene.run('whoami', '--json')).toBe(0)
  const second = (JSON.parse(world.stdout.text) as { accessTokenUntil: string }).accessTokenUntil
  expect(Date.parse(second)).toBeGreaterThan(Date.parse(first))
})

test('without a keychain a warning says where the key lies, and every file is for its owner alone', async () => {
  await using scene = await createScene()
  await scene.login()
  const { world } = scene
  expect(world.stderr.text).toMatch(
    /Warning: no keychain is at hand \(PATKIT_KEYCHAIN is off\); the key to the encrypted tokens lies in ~\/config\/patkit\/login-\S+\.key, which you alone may read\./,
  )
  for (const { file, mode } of await filesBelow(home(world))) expect([file, mode]).toEqual([file, 0o600])
})

test('no token and no code is in any file or on any output', async () => {
  await using scene = await createScene()
  const { world } = scene
  let said = ''
  world.stdout.onText = (text) => (said += text)
  await scene.login()
  const shown = world.stderr.text
  await scene.run('whoami', '--json')
  await scene.run('users', 'list', '--json')
  const files = await filesBelow(home(world))
  expect(files.length).toBeGreaterThan(3)
  for (const text of [said, shown, world.stderr.text, ...files.map((each) => each.text)]) {
    expect(text).not.toMatch(/eyJ[\w-]+\.eyJ|refresh|"secret"|[?&]code=/)
  }
})

test('with a keychain the key lies there, and nowhere else', async () => {
  const keychain = new TestKeychain()
  await using scene = await createScene({ keychain })
  await scene.login()
  const { world } = scene
  expect(world.stderr.text).toContain('The tokens are encrypted; their key lies in the test keychain.')
  expect(world.stderr.text).not.toContain('Warning')
  const [key = ''] = keychain.secrets.values()
  expect(key).toMatch(/^[\w+/]{43}=$/)
  for (const { text } of await filesBelow(home(world))) expect(text).not.toContain(key)
  expect(await scene.run('whoami')).toBe(0)
})

test('a locked keychain is no reason to lose the sign-in: it says what to do, with exit code 4', async () => {
  const keychain = new TestKeychain()
  await using scene = await createScene({ keychain })
  await scene.login()
  keychain.isLocked = true
  expect(await scene.run('users', 'list')).toBe(4)
  expect(scene.world.stderr.text).toBe(
    'patkit: The key to the kept sign-in lies in the test keychain, but the test keychain does not answer (It is locked.). Unlock it, or run patkit login again.\n',
  )
  keychain.isLocked = false
  expect(await scene.run('users', 'list')).toBe(0)
})

test('a locked keychain at login means a file, with a warning', async () => {
  const keychain = new TestKeychain()
  keychain.isLocked = true
  await using scene = await createScene({ keychain })
  expect(await scene.login()).toBe(0)
  expect(scene.world.stderr.text).toContain(
    'no keychain is at hand (the test keychain does not answer (It is locked.))',
  )
  expect(await scene.run('whoami')).toBe(0)
})

test('logout forgets tokens and key, and nobody is signed in afterwards', async () => {
  const keychain = new TestKeychain()
  await using scene = await createScene({ keychain })
  await scene.login()
  expect(await scene.run('logout')).toBe(0)
  expect(scene.world.stderr.text).toContain(`Signed out ${scene.person}.`)
  expect(keychain.secrets.size).toBe(0)
  expect(await filesBelow(home(scene.world))).toEqual([])
  expect(await scene.run('whoami')).toBe(4)
  expect(scene.world.stderr.text).toMatch(/^patkit: No access token\. Run patkit login, or add --token-command /)
  expect(await scene.run('logout')).toBe(0)
  expect(scene.world.stderr.text).toBe('Nobody was signed in.\n')
})

test('a new sign-in takes the place of the one before, and a failed one leaves it alone', async () => {
  await using scene = await createScene()
  const { world, emulator } = scene
  await scene.login()
  const before = (await filesBelow(home(world))).map(({ file }) => file)

  emulator.identity.faults.add({
    at: 'token',
    answer: { kind: 'error', code: 'AADSTS65004', error: 'authorization_declined' },
  })
  expect(await scene.run('login', '--emulator', scene.origin, '--client-id', sampleIds.publicClient)).toBe(4)
  expect(world.stderr.lines.at(-1)).toMatch(/^patkit: The sign-in was declined\. /)
  expect((await filesBelow(home(world))).map(({ file }) => file).sort()).toEqual(before.sort())
  expect(await scene.run('whoami')).toBe(0)

  expect(await scene.login()).toBe(0)
  const after = (await filesBelow(home(world))).map(({ file }) => file)
  expect(after).toHaveLength(before.length)
  expect(after.filter((file) => before.includes(file))).toEqual([
    path.join(path.dirname(world.state), 'login', 'login.json'),
  ])
})

test('an application of one organization needs --tenant, and the refusal says so', async () => {
  await using scene = await createScene()
  const clientId = '7d3f9a52-0b8e-4c61-9f27-5a1e6d8c4b30'
  scene.emulator.identity.registerClient({
    clientId,
    tenant: 'contoso.onmicrosoft.com',
    displayName: 'patkit',
    type: 'public',
    redirectUris: ['http://localhost'],
  })
  expect(await scene.login('--client-id', clientId)).toBe(1)
  expect(scene.world.stderr.text).toMatch(/AADSTS50194\) Give --tenant with the id or domain of that organization/)
})

test('Ctrl-C while the code waits ends with 130 and leaves nothing behind', async () => {
  await using scene = await createScene()
  const { world } = scene
  world.stderr.onText = (text) => {
    if (text.includes('enter the code')) world.signal('SIGINT')
  }
  expect(await scene.run('login', '--emulator', scene.origin, '--client-id', sampleIds.publicClient)).toBe(130)
  expect(await filesBelow(home(world))).toEqual([])
})

test('a sign-in that has ended tells the exact command, with exit code 4', async () => {
  await using scene = await createScene()
  const { emulator, world, clock } = scene
  await scene.login('--tenant', 'contoso.onmicrosoft.com')
  emulator.identity.revokeRefreshTokens()
  await clock.advance(2 * 60 * 60_000)
  expect(await scene.run('users', 'list')).toBe(4)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toContain(`The sign-in of ${scene.person} does not suffice (any more)`)
  expect(world.stderr.text).toContain(
    `Run: patkit login --tenant contoso.onmicrosoft.com --client-id ${sampleIds.publicClient} --emulator ${scene.origin}\n`,
  )
})

test('a record or key that was damaged is told as such, and logout still gets rid of it', async () => {
  await using scene = await createScene()
  const { world } = scene
  await scene.login()
  const files = await filesBelow(home(world))
  const keyFile = files.find(({ file }) => file.endsWith('.key'))?.file ?? ''
  await writeFile(keyFile, 'short\n')
  expect(await scene.run('whoami')).toBe(4)
  expect(world.stderr.text).toMatch(
    /^patkit: The key to the kept sign-in is not in "\S+" any more\. Run patkit login again\.\n$/,
  )

  await writeFile(path.join(path.dirname(world.state), 'login', 'login.json'), '{')
  expect(await scene.run('whoami')).toBe(4)
  expect(world.stderr.text).toMatch(/^patkit: The kept sign-in "\S+" is damaged\. Run patkit login again\.\n$/)
  expect(await scene.run('logout')).toBe(0)
  expect(await scene.run('whoami')).toBe(4)
})

/** By the machine's own time, which other processes and MSAL's signatures go by. */
async function createMachineScene(
  options: WorldOptions = {},
): Promise<AsyncDisposable & { emulator: Emulator; world: World; origin: string; person: string }> {
  const emulator = await startEmulator({ users: 20, identity: { knobs: { devicePollSeconds: 1 } } })
  const env = { PATKIT_BASE_URL: emulator.url, PATKIT_ORG: emulator.organization }
  const world = await createWorld({ ...options, env })
  return {
    emulator,
    world,
    origin: emulator.url.replace('127.0.0.1', 'localhost'),
    person: [...emulator.data.people()].find(({ isAdministrator }) => isAdministrator)?.principalName ?? '',
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('login --browser opens the browser of this machine, which comes back by itself', async () => {
  await using scene = await createMachineScene()
  const { world, person, origin } = scene
  const browser = path.join(world.folder, 'browser')
  const surfer = fileURLToPath(new URL('surfer.ts', import.meta.url))
  const node = [process.execPath, '--conditions=@patkit/source', '--import', tsx, surfer].map((word) => `'${word}'`)
  await writeFile(browser, `#!/bin/sh\nexec ${node.join(' ')} "$1" '${person}'\n`, { mode: 0o755 })
  const io = { ...world.io, env: { ...world.io.env, BROWSER: browser } }
  expect(await main(['login', '--browser', '--emulator', origin, '--client-id', sampleIds.publicClient], io)).toBe(0)
  expect(world.stderr.text).toContain('Your browser was opened to sign in.')
  expect(world.stderr.text).toContain(`Signed in as ${person}`)
  expect(await world.run('users', 'list', '--quiet')).toBe(0)
})

test('login --browser tells the address where no browser can be opened', async () => {
  await using scene = await createMachineScene()
  const { world, person, origin } = scene
  const io = { ...world.io, env: { ...world.io.env, BROWSER: path.join(world.folder, 'nothing') } }
  world.stderr.onText = (text) => {
    const [, url] = /^To sign in, open (\S+)$/m.exec(text) ?? []
    if (url !== undefined) void surf(url, person)
  }
  expect(await main(['login', '--browser', '--emulator', origin, '--client-id', sampleIds.publicClient], io)).toBe(0)
  expect(world.stderr.text).toContain(`Signed in as ${person}`)
})

const application = ['--client-id', sampleIds.singleTenantClient, '--tenant', 'contoso.onmicrosoft.com']

test('login --client-secret-stdin signs an application in, and keeps its secret encrypted', async () => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end(`${sampleSecret}\n`)
  await using scene = await createScene({ stdin })
  const { world, clock, origin } = scene
  expect(await scene.run('login', '--client-secret-stdin', ...application, '--emulator', origin)).toBe(0)
  expect(world.stderr.text).toContain(`Signed in as ${sampleIds.singleTenantClient}.`)
  expect(world.stderr.text).toContain('Azure DevOps shows personal access tokens to people only')
  for (const { text } of await filesBelow(home(world))) expect(text).not.toContain(sampleSecret)
  await clock.advance(2 * 60 * 60_000)
  expect(await scene.run('whoami', '--json')).toBe(0)
  expect(JSON.parse(world.stdout.text)).toMatchObject({ who: sampleIds.singleTenantClient, method: 'client-secret' })
})

test('a secret that is not accepted is not kept', async () => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end('wrong-secret-of-an-application')
  await using scene = await createScene({ stdin })
  const { world, origin } = scene
  expect(await scene.run('login', '--client-secret-stdin', ...application, '--emulator', origin)).toBe(1)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toContain('AADSTS7000215')
  expect(world.stderr.text).not.toContain('wrong-secret')
  expect(await filesBelow(home(world))).toEqual([])
})

const certified = '11111111-2222-4333-8444-555555555555'

/** An application that is known by a certificate, which lies in `app.pem` with its private key. */
async function createCertifiedScene(
  passphrase?: string,
  options?: WorldOptions,
): Promise<AsyncDisposable & { world: World; login: (...argv: string[]) => Promise<number> }> {
  const { emulator, world, origin, ...scene } = await createMachineScene(options)
  const { certificate, privateKey } = await selfSigned(world.folder, passphrase)
  const tenant = 'contoso.onmicrosoft.com'
  emulator.identity.registerClient({
    clientId: certified,
    tenant,
    displayName: 'By certificate',
    certificates: [certificate],
  })
  await writeFile(path.join(world.folder, 'app.pem'), `${certificate}\n${privateKey}`)
  const argv = ['--certificate', 'app.pem', '--client-id', certified, '--tenant', tenant, '--emulator', origin]
  return { ...scene, world, login: (...more) => world.run('login', ...argv, ...more) }
}

test('login --certificate signs an application in by a PEM file, of which no copy is kept', async () => {
  await using scene = await createCertifiedScene()
  const { world } = scene
  expect(await scene.login()).toBe(0)
  const kept = (await filesBelow(home(world))).filter(({ file }) => !file.startsWith(world.folder))
  for (const { text } of kept) expect(text).not.toContain('PRIVATE KEY')
  world.stdout.chunks.length = 0
  expect(await world.run('whoami', '--json')).toBe(0)
  expect(JSON.parse(world.stdout.text)).toMatchObject({ who: certified, method: 'certificate' })
})

const phrase = 'correct horse Zoë'

test('login --certificate asks for the passphrase of an encrypted key, shows nothing of it, and keeps it encrypted', async () => {
  const stdin = new Keyboard()
  stdin.type(phrase)
  await using scene = await createCertifiedScene(phrase, { stdin, stderr: new Capture({ isTTY: true }) })
  const { world } = scene
  expect(await scene.login()).toBe(0)
  expect(world.stderr.text).toContain('Passphrase of the private key of app.pem: \n')
  for (const { text } of await filesBelow(home(world))) expect(text).not.toContain(phrase)
  expect(world.stderr.text + world.stdout.text).not.toContain('horse')
  expect(await world.run('whoami', '--quiet')).toBe(0)

  const { privateKey } = await selfSigned(world.folder, 'another phrase')
  await writeFile(path.join(world.folder, 'app.pem'), privateKey)
  world.stderr.chunks.length = 0
  expect(await world.run('whoami')).toBe(4)
  expect(stripVTControlCharacters(world.stderr.text)).toMatch(
    /^patkit: The kept passphrase does not open the private key of "\S+app\.pem"\. Run: patkit login --certificate \S+app\.pem --tenant .*\n$/,
  )
})

test('login --certificate takes the passphrase from standard input where there is no terminal', async () => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end(`${phrase}\n`)
  await using scene = await createCertifiedScene(phrase, { stdin })
  expect(await scene.login('--passphrase-stdin')).toBe(0)
  expect(scene.world.stderr.text).not.toContain('Note: the private key')
  expect(await scene.world.run('whoami', '--quiet')).toBe(0)
})

test('login --passphrase-stdin says when there is nothing to open', async () => {
  await using scene = await createCertifiedScene()
  expect(await scene.login('--passphrase-stdin')).toBe(0)
  expect(scene.world.stderr.text).toContain(
    'Note: the private key of "app.pem" is not encrypted; no passphrase was read.',
  )
})

test.each([
  ['no passphrase and nobody to ask', [], undefined, 'is encrypted, and its passphrase is missing. Type it'],
  ['an empty passphrase', ['--passphrase-stdin'], '\n', 'There is no passphrase on standard input.'],
  [
    'a wrong passphrase',
    ['--passphrase-stdin'],
    'wrong horse',
    'The passphrase does not open the private key of "app.pem".',
  ],
  ['what is no passphrase', ['--passphrase-stdin'], 'two\nlines', 'What came on standard input is no passphrase.'],
])('login --certificate refuses %s with exit code 2, and keeps nothing', async (_what, argv, piped, fault) => {
  const stdin = new Keyboard({ isTTY: false })
  stdin.end(piped)
  await using scene = await createCertifiedScene(phrase, { stdin })
  const { world } = scene
  const before = await filesBelow(home(world))
  expect(await scene.login(...argv)).toBe(2)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toContain(fault)
  expect(world.stderr.text).not.toContain('horse')
  expect(await filesBelow(home(world))).toEqual(before)
})

test('login --certificate refuses a wrong or empty passphrase that was typed, and Ctrl-C ends the question', async () => {
  for (const [typed, exitCode] of [
    ['wrong horse\n', 2],
    ['\n', 2],
    ['corr\u0003', 130],
  ] as const) {
    const stdin = new Keyboard()
    stdin.write(typed)
    await using scene = await createCertifiedScene(phrase, { stdin, stderr: new Capture({ isTTY: true }) })
    expect(await scene.login()).toBe(exitCode)
    expect(scene.world.stderr.text).not.toMatch(/horse|corr/)
  }
})

async function selfSigned(folder: string, passphrase?: string): Promise<{ certificate: string; privateKey: string }> {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  const protection = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]
  const argv = ['req', '-x509', '-newkey', 'rsa:2048', ...protection, '-keyout', key, '-out', cert, '-days', '2']
  await promisify(execFile)('openssl', [...argv, '-subj', '/CN=patkit'])
  return { certificate: await readFile(cert, 'utf8'), privateKey: await readFile(key, 'utf8') }
}

const guid = sampleIds.publicClient

test.each([
  [
    ['login'],
    'The client id is missing. Register an application with patkit app create --command-line, then give --client-id',
  ],
  [['login'], 'az login, then set PATKIT_TOKEN_COMMAND to az account get-access-token --resource 499b84ac-'],
  [['login', '--emulator', 'http://localhost:1'], 'Add --client-id with the id that patkit emulator printed.'],
  [['login', '--client-id', 'x'], '--client-id: It is not a GUID.'],
  [
    ['login', '--client-id', guid, '--tenant', 'no tenant'],
    '--tenant: "no tenant" is neither a tenant id nor a domain.',
  ],
  [
    ['login', '--client-id', guid, '--tenant', 'consumers'],
    '--tenant: Azure DevOps takes no tokens of personal accounts',
  ],
  [
    ['login', '--client-id', guid, '--emulator', 'http://example.com'],
    '--emulator: It is not the origin of a server on this machine.',
  ],
  [['login', '--client-id', guid, '--browser', '--certificate', 'a.pem'], 'exclude each other'],
  [['login', '--client-id', guid, '--certificate', 'a.pem'], 'An application signs in at one tenant.'],
  [
    ['login', '--client-id', guid, '--tenant', 'contoso.com', '--certificate', 'a.pem'],
    'The certificate "a.pem" cannot be read (ENOENT).',
  ],
  [
    ['login', '--client-id', guid, '--tenant', 'contoso.com', '--client-secret-stdin'],
    'There is no client secret on standard input.',
  ],
  [['login', '--client-id', guid, '--passphrase-stdin'], '--passphrase-stdin is for the private key of --certificate.'],
  [['login', '--client-id', guid, '--json', '-o', 'csv'], '--json and --output csv contradict each other.'],
  [['login', 'now'], "Too many arguments for 'login'."],
])('patkit %j is refused in one line with exit code 2', async (argv, fault) => {
  await using world = await createWorld()
  expect(await world.run(...argv)).toBe(2)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toMatch(/^patkit: /)
  expect(world.stderr.text).toContain(fault)
  expect(world.stdout.text).toBe('')
  expect(await filesBelow(home(world))).toEqual([])
})

test('a secret is not read from a terminal, where it would be seen', async () => {
  await using world = await createWorld({ stdin: new Keyboard() })
  expect(await world.run('login', '--client-secret-stdin', ...application)).toBe(2)
  expect(world.stderr.text).toContain('does not read from a terminal')
})

test('tenant and client id come from variables and settings as well', async () => {
  await using scene = await createScene({ env: { PATKIT_TENANT: 'contoso.onmicrosoft.com' } })
  const { world, emulator, person, origin } = scene
  expect(await scene.run('config', 'set', 'client-id', sampleIds.publicClient)).toBe(0)
  world.stderr.onText = (text) => {
    const [, code] = / enter the code (\S+)/.exec(text) ?? []
    if (code !== undefined) emulator.identity.approveDevice(code, person)
  }
  expect(await scene.run('login', '--emulator', origin)).toBe(0)
  await scene.run('whoami', '--json')
  expect(JSON.parse(world.stdout.text)).toMatchObject({
    tenant: 'contoso.onmicrosoft.com',
    clientId: sampleIds.publicClient,
  })
})

test('the real process signs in, is known to the next one, and signs out', async () => {
  await using scene = await createMachineScene()
  const { emulator, world, origin, person } = scene
  const env = { ...world.io.env, HOME: world.io.homeDirectory }
  const start = (...argv: string[]) => startPatkit(argv, { cwd: world.folder, env })
  const login = start('login', '--emulator', origin, '--client-id', sampleIds.publicClient, '--json')
  const code = await login.said(/ enter the code (\S+)/)
  emulator.identity.approveDevice(code, person)
  const ended = await login.ended
  expect([ended.exitCode, ended.stderr.includes('patkit:')]).toEqual([0, false])
  expect(JSON.parse(ended.stdout)).toMatchObject({ who: person })

  const whoami = await start('whoami', '--json').ended
  expect([whoami.exitCode, JSON.parse(whoami.stdout)]).toMatchObject([0, { who: person, source: 'patkit login' }])
  expect((await start('users', 'list', '--quiet').ended).exitCode).toBe(0)
  expect((await start('logout').ended).exitCode).toBe(0)
  expect((await start('whoami').ended).exitCode).toBe(4)
})
