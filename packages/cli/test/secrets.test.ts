import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FaultAnswer } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createStage } from './stage.js'
import { createWorld, type World } from './world.js'
import { unzip } from './zip.js'

/** What the service must not send with a token of somebody, and what would be the end of that token if it were written down. */
const tokenSecret = 'canary-of-a-token-0123456789abcdef'
const extra = {
  token: tokenSecret,
  alternateToken: tokenSecret,
  publicData: tokenSecret,
  claims: { secret: tokenSecret },
}
const people = [
  { displayName: 'Ada', isAdministrator: true, tokens: [{ displayName: 'ci', extra }] },
  ...Array.from({ length: 12 }, () => ({ tokens: [{ displayName: 'ci', extra }] })),
]

/** How a report goes wrong, or does not. Each answer repeats what it was sent, as careless services do. */
const weather: Readonly<Record<string, ((echo: string) => FaultAnswer) | undefined>> = {
  'nothing went wrong': undefined,
  'users who cannot be read': (echo) => ({ status: 400, body: { message: echo, typeKey: echo } }),
  'a refused token': (echo) => ({ status: 401, body: { message: echo } }),
  'a missing role': (echo) => ({ status: 403, headers: { 'x-vss-userdata': 'id:account' }, body: { message: echo } }),
  'a service that is down': (echo) => ({ status: 500, body: { message: echo } }),
  'a pause that is too long': (echo) => ({
    status: 429,
    headers: { 'retry-after': '9999', 'x-ratelimit-resource': echo },
  }),
  'a sign-in page': (echo) => ({ status: 203, headers: { 'content-type': 'text/html' }, body: `<html>${echo}</html>` }),
  'a web page': (echo) => ({ status: 200, headers: { 'content-type': 'text/html' }, body: `<html>${echo}</html>` }),
  'JSON of another shape': (echo) => ({ status: 200, body: { value: echo } }),
  'a broken connection': () => ({ reset: 'before' }),
}

const files = ['pats.xlsx', 'pats.csv', 'pats.ndjson', 'pats.html']

test.each(Object.keys(weather))('no secret is in an output, a checkpoint or a report after %s', async (name) => {
  await using stage = await createStage({ people })
  const { emulator, clock } = stage
  const [accessToken, commandToken, pat] = [emulator.tokenFor(), emulator.tokenFor(), emulator.patFor()]
  const basic = Buffer.from(`:${pat}`).toString('base64')
  const written: string[] = []
  for (const [env, echo, ...argv] of [
    [{ PATKIT_ACCESS_TOKEN: accessToken }, `Authorization: Bearer ${accessToken} (${accessToken})`],
    [
      { PATKIT_TOKEN_COMMAND: `echo ${commandToken}` },
      `Bearer ${commandToken} (${commandToken})`,
      '--progress',
      'json',
    ],
    [{ AZURE_DEVOPS_EXT_PAT: pat }, `Basic ${basic} (${pat})`, '--json'],
  ] as const) {
    const fault = weather[name]?.(echo)
    await using world = await createWorld({ clock, env: { PATKIT_BASE_URL: emulator.url, PATKIT_DEBUG: '1', ...env } })
    emulator.faults.clear()
    if (fault !== undefined) emulator.faults.add({ match: { path: '/tokenadmin/', after: 6 }, answer: fault })
    await clock.runUntil(world.run('report', '--org', 'fabrikam', '--out', ...files, ...argv))
    written.push(world.stdout.text, world.stderr.text, ...(await contentsBelow(world)))
  }
  const secrets = [accessToken, commandToken, pat, basic, tokenSecret]
  const found = secrets.filter((secret) => written.some((text) => text.includes(secret)))
  expect(found).toEqual([])
  expect(written.join('\n')).toMatch(/Ada|patkit:/)
})

/** Everything below a world's folders: reports, checkpoints, what is left of temporary files; workbooks part by part. */
async function contentsBelow({ folder, state }: World): Promise<string[]> {
  const contents: string[] = []
  for (const root of [folder, state]) {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries.filter((each) => each.isFile())) {
      const bytes = await readFile(path.join(entry.parentPath, entry.name))
      contents.push(entry.name, bytes.toString('latin1'))
      if (entry.name.endsWith('.xlsx')) contents.push(...unzip(bytes).values())
    }
  }
  return contents
}
