import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startEmulator, type Emulator } from '@patkit/emulator'
import { expect, test, vi } from 'vitest'
import { startPatkit, type PatkitProcess } from './child.js'
import { createWorld, type World } from './world.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

interface Scene extends AsyncDisposable {
  readonly emulator: Emulator
  readonly world: World
  /** Starts the real program. */
  start(...argv: string[]): PatkitProcess
}

async function createScene(organization: Parameters<typeof startEmulator>[0]): Promise<Scene> {
  const emulator = await startEmulator(organization)
  const env = { PATKIT_BASE_URL: emulator.url, PATKIT_ACCESS_TOKEN: emulator.tokenFor(), PATKIT_ORG: 'fabrikam' }
  const world = await createWorld({ env })
  return {
    emulator,
    world,
    start: (...argv) => startPatkit(argv, { cwd: world.folder, env: world.io.env }),
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('a list whose reader goes away ends with 141, asks for no more pages and complains to nobody', async () => {
  await using scene = await createScene({ users: 20_000, pageSize: 500 })
  const child = scene.start('users', 'list')
  await child.firstOutput
  child.closeStdout()
  const { exitCode, stderr } = await child.ended
  expect(exitCode).toBe(141)
  expect(stderr).toBe('')
  expect(scene.emulator.journal.counts.total).toBeLessThan(40)
})

test('the secret of a new token is in the file, and in nothing the process printed', async () => {
  await using scene = await createScene({ users: 5 })
  const argv = ['--name', 'ci', '--scope', 'vso.code', '--secret-file', 'ci.token', '--json']
  const { exitCode, stdout, stderr } = await scene.start('pats', 'create', ...argv).ended
  expect(exitCode).toBe(0)
  const secret = (await readFile(path.join(scene.world.folder, 'ci.token'), 'utf8')).trim()
  expect(secret.length).toBeGreaterThan(50)
  expect(stdout + stderr).not.toContain(secret)
  expect(stdout + stderr).not.toContain(scene.world.io.env['PATKIT_ACCESS_TOKEN'])
})

test('a revocation that is killed leaves intents without results, and the next run finishes the work', async () => {
  const tokens = Array.from({ length: 150 }, (_, index) => ({
    displayName: `t${index}`,
    scope: 'app_token',
    validTo: new Date(Date.now() + 90 * 86_400_000),
  }))
  await using scene = await createScene({ people: [{ displayName: 'Ada', isAdministrator: true, tokens }] })
  const { emulator, world } = scene
  const fault = emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer: { hang: 'before-headers' } })
  const killed = scene.start('revoke', '--full-scope', '--yes', '--audit-log', 'audit.ndjson')
  await emulator.journal.waitFor(
    () => emulator.journal.requests.filter(({ path: p }) => p.endsWith('/revocations')).length === 2,
  )
  killed.kill('SIGKILL')
  await killed.ended
  const audit = async (): Promise<{ event: string; authorizationId: string }[]> =>
    (await readFile(path.join(world.folder, 'audit.ndjson'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; authorizationId: string })
  const events = (await audit()).map(({ event }) => event)
  expect([
    events.filter((event) => event === 'intent').length,
    events.filter((event) => event === 'result').length,
  ]).toEqual([150, 100])
  fault.remove()
  expect((await scene.start('revoke', '--full-scope', '--yes', '--audit-log', 'audit.ndjson').ended).exitCode).toBe(0)
  const concluded = new Set(
    (await audit()).filter(({ event }) => event === 'result').map((line) => line.authorizationId),
  )
  expect(concluded.size).toBe(150)
})

test.skipIf(process.platform !== 'linux')('on a real terminal the typed name of the organization revokes', async () => {
  const ben = {
    displayName: 'Ben',
    tokens: [{ displayName: 'ci', scope: 'app_token', validTo: new Date(Date.now() + 86_400_000) }],
  }
  await using scene = await createScene({ people: [{ displayName: 'Ada', isAdministrator: true, tokens: [] }, ben] })
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
  const command = `"${process.execPath}" --conditions=@patkit/source --import "${tsx}" "${bin}" revoke --full-scope`
  // util-linux: runs a command on a terminal of its own and gives its exit code.
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: scene.world.folder,
    env: { ...scene.world.io.env, NO_COLOR: '1', TERM: 'xterm' },
  })
  let screen = ''
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    if (screen.endsWith('to revoke it: ')) child.stdin.write('fabrikam\n')
  })
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  expect(screen).toContain('This is 1 token of fabrikam (those that have full access):')
  expect(screen).toMatch(/^revoked +\S+ +ci /m)
  expect(exitCode).toBe(0)
  expect([...scene.emulator.data.users()].flatMap((user) => [...scene.emulator.data.tokensOf(user)])[0]?.status).toBe(
    'revoked',
  )
})
