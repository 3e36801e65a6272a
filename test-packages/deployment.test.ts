import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { mustRun } from './run.js'
import { published, root } from './tarballs.js'

/** The repository as docs/deploy-app-service.md brings it to a server: built, without what only its developers need. */
let deployed: string

beforeAll(async () => {
  deployed = await mkdtemp(path.join(tmpdir(), 'patkit-deployment-'))
  const argv = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = (await mustRun('git', argv, { cwd: root })).split('\0').filter((file) => file !== '')
  const built = published.map((name) => `packages/${name}/dist`)
  for (const file of [...files, ...built])
    await cp(path.join(root, file), path.join(deployed, file), { recursive: true })
  await mustRun('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: deployed })
})

afterAll(() => rm(deployed, { recursive: true, force: true }))

const guid = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
const settings = {
  NODE_ENV: 'production',
  CLIENT_ID: guid,
  CLIENT_SECRET: 'good-secret',
  TENANT_ID: guid,
  ORGANIZATION: 'fabrikam',
  REDIRECT_URI: 'https://pats.example.com/auth/redirect',
  SESSION_SECRET: 'a-long-text-for-tests-only',
  HOST: '127.0.0.1',
}

test.each([
  ['flask-parity-web', 'Personal access tokens of fabrikam'],
  ['b2c-web', 'Sign in'],
])('%s starts from the built packages, behind a proxy that ends https', async (site, words) => {
  // As on the page, without npm: it does not pass on a signal that ends it.
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${site}/src/main.ts`], {
    cwd: deployed,
    env: { ...process.env, ...settings, PORT: '0', XDG_STATE_HOME: deployed },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { port, said } = await startOf(child)

  const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-proto': 'https' } })

  expect(page.status, said()).toBe(200)
  expect(await page.text()).toContain(words)
  expect(page.headers.get('strict-transport-security')).toContain('max-age')

  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

async function startOf(
  child: ReturnType<typeof spawn>,
): Promise<{ readonly port: number; readonly said: () => string }> {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for (;;) {
    const port = /http:\/\/localhost:(\d+)/.exec(said)?.[1]
    if (port !== undefined) return { port: Number(port), said: () => said }
    const ended = await Promise.race([once(child, 'exit'), once(child.stdout ?? child, 'data').then(() => undefined)])
    if (ended !== undefined) throw new Error(`The site did not start:\n${said}`)
  }
}
