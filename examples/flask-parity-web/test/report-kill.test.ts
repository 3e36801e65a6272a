import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sampleIds, sampleSecret, startEmulator } from '@patkit/emulator'
import { atSignInService, freePort, originOf, TestBrowser } from '@patkit/example-kit/test'
import { expect, onTestFinished, test, vi } from 'vitest'
import { demoSettings } from '../src/demo.js'
import { filesBelow } from './files-below.js'
import { askedAgain, endOf, eventsOf, finishedUsers, tokenPath } from './report-steps.js'
import { lastIdIn, listen, rowsIn, type ReceivedEvent } from './server-sent-events.js'
import { reportsIn, startServerProcess, type ServerProcess } from './server-process.js'

// Several processes, one after the other.
vi.setConfig({ testTimeout: 120_000 })

test('fault 60, 67: a server that is killed in mid-report, again and again, goes on where it was when it starts again', async () => {
  const emulator = await startEmulator({ users: 120, seed: 11 })
  onTestFinished(() => emulator.close())
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-kill-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const settings = demoSettings(emulator, { PORT: String(port) }, reportsIn(folder))
  const env = {
    CLIENT_ID: settings.auth.clientId,
    CLIENT_SECRET: sampleSecret,
    TENANT_ID: sampleIds.contosoTenant,
    ORGANIZATION: emulator.organization,
    PATKIT_BASE_URL: emulator.url,
    PORT: String(port),
    EMULATOR: originOf(emulator),
    FOLDER: folder,
  }
  const servers: ServerProcess[] = []
  onTestFinished(() => Promise.all(servers.map((server) => server.kill())).then(() => undefined))
  const start = async (): Promise<ServerProcess> => {
    const server = await startServerProcess(env)
    servers.push(server)
    return server
  }

  // Lets some users be read and no more, so that each kill falls into the middle.
  const stickAfter = (users: number) =>
    emulator.faults.add({ match: { path: tokenPath, after: users }, answer: { hang: 'before-headers' } })
  let stuck = stickAfter(20)
  let server = await start()
  const browser = new TestBrowser(port)
  const person = settings.demoPerson ?? ''
  const back = await atSignInService(emulator, (await browser.open('/login')).location, { person })
  await browser.open(back, { site: 'cross-site' })
  const csrf = /name="_csrf" value="([^"]+)"/.exec((await browser.open('/')).body)?.[1] ?? ''
  const report = (await browser.submit('/reports', { _csrf: csrf })).location ?? ''

  const heard: ReceivedEvent[] = []
  for (const users of [15, 25, 10]) {
    const lastEventId = lastIdIn(heard)
    const address = { port, path: `${report}/events`, ...(lastEventId === undefined ? {} : { lastEventId }) }
    const listener = await listen(browser, address)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await listener.until((events) => rowsIn(events).length > 0)
    await server.kill()
    await listener.ended
    heard.push(...listener.events)
    const finished = await finishedUsers({ settings }, report)
    const before = emulator.journal.requests.length
    stuck.remove()
    stuck = stickAfter(users)
    // It begins to read again by itself: nobody asks it to.
    server = await start()
    await emulator.journal.waitFor(() => stuck.hits > 0)
    expect(finished.length).toBeGreaterThan(0)
    expect(askedAgain({ emulator }, finished, before)).toEqual([])
  }
  stuck.remove()
  await server.kill()
  await start()

  heard.push(...(await eventsOf(browser, report, lastIdIn(heard))))
  expect(endOf(heard)).toMatchObject({ state: 'done', complete: true, failures: 0, usersDone: 120 })
  const ids = rowsIn(heard).map(({ id }) => id)
  const { data } = emulator
  const all = [...data.people()].flatMap((each) => data.tokensOf(each).map(({ authorizationId }) => authorizationId))
  expect(ids.sort()).toEqual(all.sort())

  const said = servers.map(({ output }) => output()).join('\n')
  const kept = await filesBelow(reportsIn(folder))
  expect(kept.length).toBeGreaterThan(1)
  const secrets = [sampleSecret, csrf, ...[...browser.cookies].map(([, { value }]) => value)]
  for (const text of [said, ...kept.map((file) => file.text)]) {
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    expect(text).not.toMatch(/eyJ[\w-]{20,}\./)
  }
})
