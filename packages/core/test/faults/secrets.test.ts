import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { FaultAnswer } from '@patkit/emulator'
import { expect, it, onTestFinished } from 'vitest'
import { openScanCheckpoint, type DevOpsClient, type DevOpsClientOptions } from '../../src/index.js'
import { collect, failureOf, startWorld } from '../world.js'

/** Everything a careless program would print of a value. */
function printed(value: unknown): string {
  const own = value instanceof Error ? [value.stack ?? '', inspect(Object.entries(value), { depth: 10 })] : []
  return [inspect(value, { depth: 10, showHidden: true }), String(value), JSON.stringify(value), ...own].join('\n')
}

/** One fault for each class of errors; each answer repeats what it was sent, as careless services do. */
const faults: Readonly<Record<string, (echo: string) => FaultAnswer>> = {
  'a refused token': (echo) => ({ status: 401, body: { message: echo } }),
  'a claims challenge': (echo) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer error="insufficient_claims", claims="eyJhIjoxfQ==", token="${echo}"` },
  }),
  'a missing role': (echo) => ({ status: 403, headers: { 'x-vss-userdata': 'id:account' }, body: { message: echo } }),
  'nothing there': (echo) => ({ status: 404, body: { message: echo, typeKey: echo } }),
  'a fault of the service': (echo) => ({ status: 500, body: { message: echo, typeKey: echo } }),
  'a longer pause than is waited out': (echo) => ({
    status: 429,
    headers: { 'retry-after': '9999', 'x-ratelimit-resource': echo },
  }),
  'a web page': (echo) => ({ status: 200, headers: { 'content-type': 'text/html' }, body: `<html>${echo}</html>` }),
  'JSON of another shape': (echo) => ({ status: 200, body: { value: echo, patTokenError: echo } }),
  'a broken connection': () => ({ reset: 'before' }),
  'a redirect elsewhere': (echo) => ({ status: 302, headers: { location: `https://elsewhere.example/?t=${echo}` } }),
}

// What a service sends back is never to be trusted: neither in a message, nor in what ought to be a name.
it.each(Object.keys(faults))('no secret shows in error, log, hook or checkpoint after %s', async (name) => {
  const said: unknown[] = []
  const log = (message: string): void => void said.push(message)
  const hook = (event: unknown): void => void said.push(event)
  const world = await startWorld({ users: 6 })
  const accessToken = world.emulator.tokenFor('administrator')
  const pat = world.emulator.patFor('administrator')
  const options: Partial<DevOpsClientOptions> = {
    logger: { debug: log, warn: log },
    hooks: { onRequest: hook, onResponse: hook, onRetry: hook, onHold: hook },
  }
  const byToken = world.client({ ...options, credential: () => accessToken })
  const byPat = world.client({ ...options, credential: { pat } })

  const folder = await mkdtemp(join(tmpdir(), 'patkit-canary-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const checkpoint = await openScanCheckpoint(join(folder, 'scan.ndjson'), {
    organization: byToken.organization,
    mode: 'new',
  })
  const validTo = new Date(world.clock.now() + 86_400_000)
  const created = await byToken.pats.create({ displayName: 'canary', scope: 'vso.code', validTo })
  const secret = created.secret.reveal()
  const echo = `Authorization: Bearer ${accessToken} Basic ${Buffer.from(`:${pat}`).toString('base64')} ${pat} ${secret}`
  world.emulator.faults.add({ match: { after: 4 }, answer: faults[name]?.(echo) ?? {} })

  const calls: readonly ((devops: DevOpsClient) => Promise<unknown>)[] = [
    (devops) => collect(devops.users.list()),
    (devops) => collect(devops.scanTokens(devops === byToken ? { checkpoint } : {})),
    (devops) => collect(devops.pats.list()),
    (devops) => devops.pats.create({ displayName: 'again', scope: 'vso.code', validTo }),
    (devops) => devops.pats.revoke(created.pat.authorizationId),
    (devops) => devops.tokenAdmin.revoke([created.pat.authorizationId]),
  ]
  for (const devops of [byToken, byPat]) {
    for (const call of calls)
      said.push(
        await world.clock.runUntil(
          failureOf(
            call(devops).then(() => {
              throw new Error('it worked')
            }),
          ),
        ),
      )
  }
  await checkpoint.close()
  for (const file of await readdir(folder)) said.push(await readFile(join(folder, file), 'utf8'))

  const text = [created, byToken, byPat, options.logger, ...said].map(printed).join('\n')
  const secrets = [accessToken, pat, Buffer.from(`:${pat}`).toString('base64'), secret]
  expect(secrets.filter((each) => text.includes(each))).toEqual([])
  expect(said.length).toBeGreaterThan(20)
})
