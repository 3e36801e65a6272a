import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { AuthClient, authConfigFromEnv, AZURE_DEVOPS_SCOPE, DevOpsClient, type Clock } from '@patkit/core'
import {
  azureDevOpsResource,
  createTestClock,
  graphResource,
  sampleIds,
  SignInBrowser,
  startEmulator,
  type Emulator,
  type TestClock,
} from '@patkit/emulator'
import { expect, test } from 'vitest'
import { main } from '../src/main.js'
import { filesIn } from './stage.js'
import { Capture, createWorld, Keyboard, type World, type WorldOptions } from './world.js'

interface Scene extends AsyncDisposable {
  readonly clock: TestClock
  readonly emulator: Emulator
  readonly world: World
  readonly origin: string
  readonly person: string
  /** Runs a command for Graph at the emulator, skipping every pause. What was said before is forgotten. */
  app(...argv: string[]): Promise<number>
  /** The settings that were written. */
  settings(name?: string): Promise<Record<string, string | undefined>>
  /** What Graph was asked, without what it was asked to read. */
  writes(): string[]
}

interface SceneOptions extends WorldOptions {
  readonly scopes?: readonly string[]
}

async function createScene({ scopes = ['Application.ReadWrite.All'], ...options }: SceneOptions = {}): Promise<Scene> {
  const clock = createTestClock()
  const emulator = await startEmulator({ users: 20, clock })
  const person = [...emulator.data.people()].find(({ isAdministrator }) => isAdministrator)?.principalName ?? ''
  const token = await emulator.identity.issueFor({ person, resource: graphResource, scopes, expiresInSeconds: 86_400 })
  const world = await createWorld({ clock, ...options, env: { GRAPH_TOKEN: token, ...options.env } })
  const origin = emulator.url.replace('127.0.0.1', 'localhost')
  return {
    clock,
    emulator,
    world,
    origin,
    person,
    app: (...argv) => {
      world.stdout.chunks.length = 0
      world.stderr.chunks.length = 0
      emulator.identity.requests.clear()
      return clock.runUntil(world.run('app', ...argv, '--emulator', origin, '--token-command', 'echo "$GRAPH_TOKEN"'))
    },
    settings: async (name = '.env') => parseEnv(await readFile(path.join(world.folder, name), 'utf8')),
    writes: () =>
      emulator.identity.requests
        .list('graph')
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path: at = '', status }) => `${method} ${at.replace(/[0-9a-f-]{36}/, '…')} ${status}`),
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

const create = ['create', '--name', 'Token report', '--yes'] as const

/** Signs the person in to the application whose settings these are. */
async function signIn(scene: Scene, settings: Record<string, string | undefined>) {
  const { clock, emulator, origin, person } = scene
  const auth = new AuthClient({ ...authConfigFromEnv(settings), emulator: { origin }, clock })
  const work = async () => {
    const { url, transaction } = await auth.startSignIn({ scopes: [AZURE_DEVOPS_SCOPE] })
    const end = await new SignInBrowser(origin).signIn(url, { person })
    const result = await auth.finishSignIn(end.parameters, transaction)
    if (result.kind !== 'signed-in') return { kind: result.kind, users: 0 }
    const credential = auth.credentialFor(result.account)
    const client = new DevOpsClient({ organization: emulator.organization, baseUrl: emulator.url, credential, clock })
    let users = 0
    for await (const _user of client.users.list()) users++
    return { kind: result.kind, users }
  }
  return clock.runUntil(work())
}

test('an application that was created can be signed in to with its settings, until it is deleted', async () => {
  await using scene = await createScene()
  const { world } = scene
  expect(await scene.app(...create, '--json')).toBe(0)
  const settings = await scene.settings()
  expect(JSON.parse(world.stdout.text)).toEqual({
    result: 'created',
    name: 'Token report',
    clientId: settings['CLIENT_ID'],
    objectId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    tenantId: sampleIds.contosoTenant,
    audience: 'single',
    redirectUris: ['http://localhost:5000/getAToken', 'http://localhost:5000/'],
    secretEnds: new Date(scene.clock.now() + 180 * 86_400_000).toISOString().slice(0, 10),
    envFile: '.env',
    portal: `https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/${settings['CLIENT_ID'] ?? ''}`,
  })
  expect(scene.writes()).toEqual([
    'POST /v1.0/applications 201',
    'POST /v1.0/servicePrincipals 201',
    'POST /v1.0/applications/…/addPassword 200',
  ])
  expect(Object.keys(settings).sort()).toEqual(['CLIENT_ID', 'CLIENT_SECRET', 'REDIRECT_URI', 'TENANT_ID'])
  expect((await signIn(scene, settings)).kind).toBe('signed-in')
  expect((await signIn(scene, settings)).users).toBeGreaterThan(10)

  expect(await scene.app('delete', '--yes')).toBe(0)
  expect(scene.writes()).toEqual(['DELETE /v1.0/applications/… 204'])
  expect(world.stderr.text).toContain('Deleted.')
  expect(await filesIn(world.folder)).toEqual([])
  await expect(signIn(scene, settings)).rejects.toThrow()
})

test('the application asks for Azure DevOps on behalf of people, and has what was ordered', async () => {
  await using scene = await createScene()
  const { emulator, person } = scene
  const uris = ['https://report.example.com/getAToken', 'http://localhost:5001/getAToken']
  const order = ['--audience', 'multiple', '--redirect-uri', uris[0] ?? '', '--redirect-uri', uris[1] ?? '']
  expect(await scene.app(...create, ...order, '--secret-expires', '30d', '--settings-file', 'prod.env')).toBe(0)
  const settings = await scene.settings('prod.env')
  expect(settings).toMatchObject({
    AUTHORITY: 'https://login.microsoftonline.com/organizations',
    ALLOWED_TENANTS: sampleIds.contosoTenant,
    REDIRECT_URI: uris[0],
  })
  const token = await emulator.identity.issueFor({ person, resource: graphResource, scopes: ['Application.Read.All'] })
  const answer = await fetch(
    `${emulator.url}/graph.microsoft.com/v1.0/applications(appId='${settings['CLIENT_ID'] ?? ''}')`,
    { headers: { authorization: `Bearer ${token}` } },
  )
  expect(await answer.json()).toMatchObject({
    displayName: 'Token report',
    signInAudience: 'AzureADMultipleOrgs',
    web: { redirectUris: uris },
    requiredResourceAccess: [
      {
        resourceAppId: azureDevOpsResource,
        resourceAccess: [{ id: 'ee69721e-6c3a-468f-a9ec-302d16a4c599', type: 'Scope' }],
      },
    ],
    passwordCredentials: [
      { displayName: 'patkit', endDateTime: new Date(scene.clock.now() + 30 * 86_400_000).toISOString() },
    ],
  })
  expect((await signIn(scene, { ...settings, REDIRECT_URI: uris[1] })).kind).toBe('signed-in')
})

test.each([
  ['personal', { AUTHORITY: 'https://login.microsoftonline.com/consumers' }],
  [
    'multiple-and-personal',
    { AUTHORITY: 'https://login.microsoftonline.com/common', ALLOWED_TENANTS: sampleIds.contosoTenant },
  ],
])('an application for %s accounts has settings that the SDK reads', async (audience, expected) => {
  await using scene = await createScene()
  expect(await scene.app(...create, '--audience', audience)).toBe(0)
  const settings = await scene.settings()
  expect(settings).toMatchObject(expected)
  expect(() => authConfigFromEnv(settings)).not.toThrow()
  expect(scene.writes().some((line) => line.includes('servicePrincipals'))).toBe(audience !== 'personal')
})

test('the secret is in the settings, which this user alone may read, and nowhere else', async () => {
  await using scene = await createScene()
  const { world } = scene
  expect(await scene.app(...create)).toBe(0)
  const { CLIENT_SECRET: secret = '', CLIENT_ID: clientId } = await scene.settings()
  expect(secret).toMatch(/^\S{30,}$/)
  expect((await stat(path.join(world.folder, '.env'))).mode & 0o777).toBe(0o600)
  expect(`${world.stdout.text}${world.stderr.text}`).not.toContain(secret)
  expect(world.stderr.lines).toEqual([
    `Plan at the emulator ${scene.origin} (access token by --token-command):`,
    '  register the web application "Token report" for people of this tenant',
    '  with the redirect URI http://localhost:5000/getAToken, http://localhost:5000/',
    '  and the delegated permission user_impersonation of Azure DevOps',
    expect.stringMatching(
      /^ {2}with a secret until \d{4}-\d\d-\d\d, which goes into \.env and nowhere else$/,
    ) as string,
    'Registered. The settings are in .env.',
    `To get rid of it: patkit app delete ${clientId ?? ''}`,
  ])
})

test('a registration for the command line has no secret, and patkit login signs in to it', async () => {
  await using scene = await createScene()
  const { world, emulator, person, clock } = scene
  expect(await scene.app('create', '--name', 'patkit', '--command-line', '--yes', '--json')).toBe(0)
  const { clientId } = JSON.parse(world.stdout.text) as { clientId: string }
  expect(scene.writes()).toEqual(['POST /v1.0/applications 201', 'POST /v1.0/servicePrincipals 201'])
  expect(await filesIn(world.folder)).toEqual([])
  const [line = ''] = /patkit login .*/.exec(world.stderr.text) ?? []
  expect(line).toBe(
    `patkit login --tenant ${sampleIds.contosoTenant} --client-id ${clientId} --emulator ${scene.origin}`,
  )
  world.stderr.onText = (text) => {
    const [, code] = / enter the code (\S+)/.exec(text) ?? []
    if (code !== undefined) emulator.identity.approveDevice(code, person)
  }
  expect(await clock.runUntil(world.run(...line.split(' ').slice(1)))).toBe(0)
  expect(world.stderr.text).toContain(`Signed in as ${person}`)
})

test('the kept sign-in with --graph registers and deletes as well', async () => {
  await using scene = await createScene()
  const { world, emulator, person, clock, origin } = scene
  world.stderr.onText = (text) => {
    const [, code] = / enter the code (\S+)/.exec(text) ?? []
    if (code !== undefined) emulator.identity.approveDevice(code, person)
  }
  const login = ['login', '--graph', '--tenant', 'contoso.onmicrosoft.com', '--emulator', origin]
  expect(await clock.runUntil(world.run(...login, '--client-id', sampleIds.publicClient))).toBe(0)
  expect(await clock.runUntil(world.run('app', 'create', '--name', 'x', '--yes'))).toBe(0)
  expect(world.stderr.text).toContain(`Plan at the emulator ${origin} (access token of ${person} by patkit login):`)
  const { CLIENT_ID: clientId = '' } = await scene.settings()
  expect(await clock.runUntil(world.run('app', 'delete', clientId, '--yes', '--permanently'))).toBe(0)
  expect(scene.writes().slice(-2)).toEqual([
    'DELETE /v1.0/applications/… 204',
    'DELETE /v1.0/directory/deletedItems/… 204',
  ])
})

test('a sign-in without --graph says what to run, with exit code 4', async () => {
  await using scene = await createScene()
  const { world, emulator, person, clock, origin } = scene
  expect(await clock.runUntil(world.run('app', 'create', '--name', 'x', '--yes'))).toBe(4)
  expect(world.stderr.text).toMatch(
    /^patkit: No access token for Microsoft Graph\. Run patkit login --graph, or add --token-command "az /,
  )
  world.stderr.chunks.length = 0
  expect(await clock.runUntil(world.run('app', 'create', '--name', 'x', '--yes', '--emulator', origin))).toBe(4)
  expect(world.stderr.text).toContain(`Run patkit login --graph --emulator ${origin} with the client id`)
  world.stderr.chunks.length = 0
  world.stderr.onText = (text) => {
    const [, code] = / enter the code (\S+)/.exec(text) ?? []
    if (code !== undefined) emulator.identity.approveDevice(code, person)
  }
  await clock.runUntil(world.run('login', '--emulator', origin, '--client-id', sampleIds.publicClient))
  expect(await clock.runUntil(world.run('app', 'create', '--name', 'x', '--yes'))).toBe(4)
  expect(world.stderr.lines.at(-1)).toContain(
    `Run: patkit login --graph --tenant organizations --client-id ${sampleIds.publicClient} --emulator ${origin}`,
  )
  expect(await filesIn(world.folder)).toEqual([])
})

test('without --yes and without a terminal it is a dry run: nothing is registered, nothing is written', async () => {
  await using scene = await createScene()
  const { world } = scene
  expect(await scene.app('create', '--name', 'Token report', '--json')).toBe(0)
  expect(JSON.parse(world.stdout.text)).toMatchObject({ result: 'would-be-created', clientId: null, envFile: '.env' })
  expect(world.stderr.lines.at(-1)).toBe('Dry run: nothing was registered. Add --yes to register it.')
  expect(scene.writes()).toEqual([])
  expect(await filesIn(world.folder)).toEqual([])

  expect(await scene.app('delete', sampleIds.singleTenantClient)).toBe(0)
  expect(world.stderr.lines.at(-1)).toBe('Dry run: nothing was deleted. Add --yes to delete it.')
  expect(scene.writes()).toEqual([])
})

test('at a terminal the name has to be typed', async () => {
  for (const [typed, code] of [
    ['Token report', 0],
    ['yes', 1],
  ] as const) {
    const stdin = new Keyboard()
    await using scene = await createScene({ stdin, stderr: new Capture({ isTTY: true }), env: { NO_COLOR: '1' } })
    stdin.type(typed)
    expect(await scene.app('create', '--name', 'Token report')).toBe(code)
    expect(scene.world.stderr.text).toContain('Type Token report to register it:')
    expect(scene.writes()).toHaveLength(code === 0 ? 3 : 0)
    expect(await filesIn(scene.world.folder)).toEqual(code === 0 ? ['.env'] : [])
  }
})

test('settings that exist are never replaced unasked, and nothing is asked of Graph', async () => {
  await using scene = await createScene()
  const { world } = scene
  await writeFile(path.join(world.folder, '.env'), 'PRECIOUS=1\n')
  expect(await scene.app(...create)).toBe(2)
  expect(world.stderr.text).toBe(
    'patkit: ".env" exists already. Choose another --settings-file, or replace it with --force.\n',
  )
  expect(scene.emulator.identity.requests.list('graph')).toEqual([])
  expect(await readFile(path.join(world.folder, '.env'), 'utf8')).toBe('PRECIOUS=1\n')

  expect(await scene.app(...create, '--force')).toBe(0)
  expect(await scene.settings()).not.toHaveProperty('PRECIOUS')
  expect(await filesIn(world.folder)).toEqual(['.env'])
})

test('with --force the old settings stay until the new ones are whole', async () => {
  await using scene = await createScene({ scopes: ['User.Read'] })
  const { world } = scene
  await writeFile(path.join(world.folder, '.env'), 'PRECIOUS=1\n')
  expect(await scene.app(...create, '--force')).toBe(1)
  expect(await readFile(path.join(world.folder, '.env'), 'utf8')).toBe('PRECIOUS=1\n')
  expect(await filesIn(world.folder)).toEqual(['.env'])
})

test('settings that app create did not write are not removed', async () => {
  await using scene = await createScene()
  const { world } = scene
  const text = `CLIENT_ID=${sampleIds.singleTenantClient}\nPRECIOUS=1\n`
  await writeFile(path.join(world.folder, '.env'), text)
  expect(await scene.app('delete', '--yes')).toBe(0)
  expect(scene.writes()).toHaveLength(1)
  expect(await readFile(path.join(world.folder, '.env'), 'utf8')).toBe(text)
})

test('a name that is taken is refused', async () => {
  await using scene = await createScene()
  expect(await scene.app(...create)).toBe(0)
  const { CLIENT_ID: clientId = '' } = await scene.settings()
  expect(await scene.app(...create, '--settings-file', 'other.env')).toBe(1)
  expect(scene.world.stderr.text).toBe(
    `patkit: There is an application "Token report" already (${clientId}). Choose another --name, or delete it first: patkit app delete ${clientId}.\n`,
  )
  expect(scene.writes()).toEqual([])
})

test('a new application that the directory does not know everywhere yet is waited for', async () => {
  await using scene = await createScene()
  const { emulator, clock, world } = scene
  emulator.identity.knobs.set({ graphReplicationSeconds: 10 })
  expect(await scene.app(...create)).toBe(0)
  expect(clock.pauses).toEqual([2000, 4000, 8000])
  expect(world.stderr.lines.filter((line) => line.startsWith('Waiting until the directory'))).toHaveLength(1)
  expect((await signIn(scene, await scene.settings())).kind).toBe('signed-in')
})

test('when a step fails, what was registered is deleted again', async () => {
  await using scene = await createScene()
  const { emulator, world } = scene
  emulator.identity.knobs.set({ graphReplicationSeconds: 3600 })
  expect(await scene.app(...create)).toBe(1)
  expect(world.stderr.text).toContain('What was registered so far was deleted again.')
  expect(world.stderr.lines.at(-1)).toMatch(
    /^patkit: Microsoft Graph refused: The appId '\S+' does not name an application .* \(request \S+\)\.$/,
  )
  expect(scene.writes().at(-1)).toBe('DELETE /v1.0/applications/… 204')
  expect(await filesIn(world.folder)).toEqual([])
})

test('Ctrl-C in the middle deletes what was registered, and ends with 130', async () => {
  await using scene = await createScene()
  const { emulator, world } = scene
  emulator.identity.knobs.set({ graphReplicationSeconds: 3600 })
  world.stderr.onText = (text) => {
    if (text.includes('Waiting until the directory')) world.signal('SIGINT')
  }
  expect(await scene.app(...create)).toBe(130)
  expect(scene.writes().at(-1)).toBe('DELETE /v1.0/applications/… 204')
  expect(await filesIn(world.folder)).toEqual([])
})

test('Ctrl-C while the creation is under way waits for its outcome, and deletes what came of it', async () => {
  await using scene = await createScene()
  const { clock, world, emulator, origin } = scene
  let tries = 0
  const watched: Clock = {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    timer: (ms, fire) => {
      // The first try reads, the second one creates.
      if (ms === 30_000 && ++tries === 2) world.signal('SIGINT')
      return clock.timer(ms, fire)
    },
  }
  const argv = ['app', ...create, '--emulator', origin, '--token-command', 'echo "$GRAPH_TOKEN"']
  expect(await clock.runUntil(main(argv, { ...world.io, clock: watched }))).toBe(130)
  expect(scene.writes()).toEqual(['POST /v1.0/applications 201', 'DELETE /v1.0/applications/… 204'])
  expect(emulator.identity.requests.list('graph')).toHaveLength(3)
  expect(await filesIn(world.folder)).toEqual([])
})

test('a throttled Graph is given the pause it asks for', async () => {
  await using scene = await createScene()
  const { emulator, clock } = scene
  const answer = { kind: 'status', status: 429, retryAfterSeconds: 17 } as const
  emulator.identity.faults.add({ at: 'graph', after: 1, answer })
  expect(await scene.app(...create)).toBe(0)
  expect(clock.pauses).toEqual([17_000])
  expect(scene.writes().slice(0, 2)).toEqual(['POST /v1.0/applications 429', 'POST /v1.0/applications 201'])
})

test('a Graph that asks for too long a pause is told of', async () => {
  await using scene = await createScene()
  const answer = { kind: 'status', status: 429, retryAfterSeconds: 3600 } as const
  scene.emulator.identity.faults.add({ at: 'graph', answer })
  expect(await scene.app(...create)).toBe(1)
  expect(scene.clock.pauses).toEqual([])
  expect(scene.world.stderr.lines.at(-1)).toMatch(
    /^patkit: Microsoft Graph refused: An answer made to order \(request \S+\)\. Try again later\.$/,
  )
})

test('a creation whose answer was lost is not sent again', async () => {
  await using scene = await createScene()
  const { emulator, world } = scene
  emulator.identity.faults.add({ at: 'graph', after: 1, answer: { kind: 'hang-up' } })
  expect(await scene.app(...create)).toBe(1)
  expect(scene.writes()).toHaveLength(1)
  expect(world.stderr.lines.at(-1)).toMatch(
    /^patkit: Microsoft Graph cannot be reached \(\S+\)\. Whether "Token report" was registered is not known: look in the portal before you try again\.$/,
  )
  expect(await filesIn(world.folder)).toEqual([])
})

test('an answer that is no JSON is not taken for one', async () => {
  await using scene = await createScene()
  scene.emulator.identity.faults.add({ at: 'graph', answer: { kind: 'status', status: 200, body: 'html' } })
  expect(await scene.app(...create)).toBe(1)
  expect(scene.world.stderr.lines.at(-1)).toBe(
    'patkit: What Microsoft Graph answered cannot be read (HTTP 200). Is there a proxy that answers in its place?',
  )
})

test('a token that Graph does not accept ends with 4, one without the permission with 1', async () => {
  await using scene = await createScene({ env: { GRAPH_TOKEN: 'not-a-token-of-this-directory' } })
  expect(await scene.app(...create)).toBe(4)
  expect(scene.world.stderr.text).not.toContain('not-a-token')
  expect(scene.world.stderr.text).toContain('Get a new access token, or run patkit login --graph.')

  await using other = await createScene({ scopes: ['Application.Read.All'] })
  expect(await other.app(...create)).toBe(1)
  expect(other.world.stderr.lines.at(-1)).toContain(
    'It takes the permission Application.ReadWrite.All, and in many tenants the role Application Developer',
  )
})

test('an application that is not there cannot be deleted', async () => {
  await using scene = await createScene()
  expect(await scene.app('delete', '99999999-9999-4999-8999-999999999999', '--yes')).toBe(1)
  expect(scene.world.stderr.text).toBe(
    'patkit: There is no application 99999999-9999-4999-8999-999999999999 in this tenant. Check the client id, and the tenant that the access token is for.\n',
  )
})

test.each([
  [['create'], 'The name is missing.'],
  [['create', '--name', '<b>'], '--name does not fit.'],
  [['create', '--name', 'x', '--audience', 'all'], '--audience "all" is unknown.'],
  [
    ['create', '--name', 'x', '--redirect-uri', 'http://example.com'],
    '--redirect-uri "http://example.com" does not fit.',
  ],
  [['create', '--name', 'x', '--secret-expires', 'never'], '--secret-expires "never" is no time.'],
  [['create', '--name', 'x', '--secret-expires', '2020-01-01'], '--secret-expires "2020-01-01" is past.'],
  [['create', '--name', 'x', '--command-line', '--force'], 'A command line has no secret and no settings file.'],
  [['create', '--name', 'x', '--yes', '--dry-run'], '--yes and --dry-run contradict each other.'],
  [
    ['create', '--name', 'x', '--emulator', 'https://example.com'],
    '--emulator: It is not the origin of a server on this machine.',
  ],
  [['create', '--name', 'x', '--settings-file', 'nowhere/.env'], 'Cannot write "nowhere/.env" (ENOENT).'],
  [['create', '--name', 'x', '--token-command', ' '], '--token-command is empty.'],
  [['create', '--name', 'x', '--timeout', '0'], '--timeout "0" does not fit.'],
  [['delete'], 'It is not said which application: there is no .env.'],
  [['delete', 'mine'], '"mine" is no client id.'],
  [['delete', '--settings-file', 'none.env'], 'There is no file "none.env".'],
  [['crate'], "Unknown command 'crate'. Did you mean create? See patkit app --help."],
])('patkit app %j is refused in one line with exit code 2', async (argv, fault) => {
  await using world = await createWorld({ clock: createTestClock() })
  expect(await world.run('app', ...argv)).toBe(2)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text.startsWith(`patkit: ${fault}`)).toBe(true)
  expect(await filesIn(world.folder)).toEqual([])
})
