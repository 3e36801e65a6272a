import { stat } from 'node:fs/promises'
import { createTestClock } from '@patkit/emulator'
import { describe, expect, test } from 'vitest'
import type { WireUnreadUser } from '../src/report/wire.js'
import { filesBelow } from './files-below.js'
import {
  askedAgain,
  endOf,
  eventsOf,
  finishedUsers,
  folderOf,
  memberAt,
  startReport,
  tokenPath,
  tokensOf,
  untilIsSo,
} from './report-steps.js'
import { lastIdIn, progressIn, readEvents, rowsIn } from './server-sent-events.js'
import { startWorld, type World } from './world.js'

describe('a report', () => {
  test('reads everybody’s tokens, tells each once, and ends', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const events = await eventsOf(browser, report)

    expect(
      rowsIn(events)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(tokensOf(world).sort())
    expect(endOf(events)).toMatchObject({ state: 'done', complete: true, failures: 0, usersDone: 30, usersTotal: 30 })
    const page = await browser.open(report)
    expect(page.body).toContain('Complete: 30 of 30 users')
    expect(page.headers['cache-control']).toBe('no-store')
  })

  test('fault 65: goes on from the last event that a browser knows: nothing twice, nothing lost', async () => {
    const world = await startWorld({ emulator: { users: 300 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await eventsOf(browser, report)
    // After its end the log is whole, and events are cut at the same places each time.
    const all = await eventsOf(browser, report)
    const withIds = all.filter(({ type }) => type === 'rows')
    expect(withIds.length).toBeGreaterThan(2)
    for (const [index, { id }] of withIds.entries()) {
      const rest = rowsIn(withIds.slice(index + 1))
      expect(rowsIn(await eventsOf(browser, report, id))).toEqual(rest)
      const { body } = await browser.fetch(`${report}/events?from=${id}`)
      expect(rowsIn(readEvents(body))).toEqual(rest)
    }
    const inTheMiddle = String(Number(lastIdIn(all)) - 1)
    for (const odd of ['x', '-1', '1', inTheMiddle, '999999999', '99999999999999999999']) {
      expect(rowsIn(await eventsOf(browser, report, odd))).toEqual(rowsIn(all))
    }
  })

  test('fault 66: is one per person: a second start leads to it, and somebody else’s is not there', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { path: tokenPath, nth: 4 }, answer: { hang: 'before-headers' } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    expect(await startReport(world, browser)).toBe(report)
    expect(await startReport(world, await world.signedIn())).toBe(report)
    expect((await browser.open('/display_progress')).location).toBe(report)

    const other = await world.signedIn(world.member)
    for (const address of [report, `${report}/events`, `${report}/tokens.csv`, `${report}/sign-in`])
      expect((await other.open(address)).status).toBe(404)
    const csrf = await world.csrfToken(other)
    for (const address of [`${report}/cancel`, `${report}/revoke`, `${report}/revoke/preview`])
      expect((await other.submit(address, { _csrf: csrf })).status).toBe(404)
    expect((await browser.open('/reports/AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404)

    await browser.submit(`${report}/cancel`, { _csrf: await world.csrfToken(browser) })
    const page = await browser.open(report)
    expect(page.body).toContain('Cancelled: ')
    expect(endOf(await eventsOf(browser, report))).toMatchObject({ state: 'cancelled', complete: false })
    expect(await startReport(world, browser)).not.toBe(report)
  })

  test('says for how long the service asked it to wait', async () => {
    const clock = createTestClock(new Date().toISOString())
    const world = await startWorld({ clock, emulator: { clock } })
    const answer = { status: 429, headers: { 'Retry-After': '20' } }
    world.emulator.faults.add({ match: { path: tokenPath, nth: 5 }, answer })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const events = await clock.runUntil(eventsOf(browser, report))
    const waits = progressIn(events).filter(({ waitingSeconds }) => waitingSeconds > 0)
    expect(waits.length).toBeGreaterThan(0)
    expect(waits[0]?.waitingSeconds).toBeGreaterThan(15)
    expect(waits[0]?.waitingSeconds).toBeLessThanOrEqual(20)
    expect(endOf(events)).toMatchObject({ complete: true, retries: 1 })
    expect(endOf(events).throttledMs).toBeGreaterThanOrEqual(15_000)
  })

  test('names users who could not be read, and is incomplete', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 3)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const events = await eventsOf(browser, report)
    const unread = events.flatMap(({ type, data }) => (type === 'unread' ? (data as WireUnreadUser[]) : []))
    expect(unread.map(({ descriptor, code }) => [descriptor, code])).toEqual([[unlucky.descriptor, 'PATKIT_SERVICE']])
    expect(endOf(events)).toMatchObject({ state: 'done', complete: false, failures: 1 })
    const { body } = await browser.open(report)
    expect(body).toContain('Ended, but incomplete')
    expect(body).toContain('PATKIT_SERVICE')
  })

  test('ends with one sentence for who is no administrator', async () => {
    const world = await startWorld()
    const browser = await world.signedIn(world.member)
    const end = endOf(await eventsOf(browser, await startReport(world, browser)))
    expect(end.state).toBe('failed')
    expect(end.message).toMatch(/Project Collection Administrators/)
  })

  test.each([
    ['the service refuses the access token', () => undefined],
    ['the sign-in was ended there', ({ emulator }: World) => emulator.identity.revokeRefreshTokens()],
  ])('fault 67: waits when %s, keeps what it has, and goes on after a sign-in', async (_why, end) => {
    const world = await startWorld()
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 6 }, answer: { status: 401 } })
    const browser = await world.signedIn()
    end(world)
    const report = await startReport(world, browser)
    const waiting = await untilIsSo(world, browser, report, ({ state }) => state === 'sign-in-needed')
    expect(waiting).toMatchObject({ complete: null, etaSeconds: null })
    expect(waiting.message).toMatch(/sign in/i)
    expect((await browser.open(report)).body).toContain('Waiting for you to sign in again')
    const finished = await finishedUsers(world, report)
    const before = world.emulator.journal.requests.length
    expect(finished.length).toBeGreaterThan(0)

    refusal.remove()
    const toSignIn = await browser.open(`${report}/sign-in`)
    expect(toSignIn.status).toBe(302)
    const back = await world.atService(toSignIn.location)
    const landed = await browser.open(back, { site: 'cross-site' })
    expect(landed.location).toBe(`${report}/sign-in`)
    expect((await browser.open(`${report}/sign-in`)).location).toBe(report)

    const events = await eventsOf(browser, report)
    expect(endOf(events)).toMatchObject({ state: 'done', complete: true })
    expect(
      rowsIn(events)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(tokensOf(world).sort())
    expect(askedAgain(world, finished, before)).toEqual([])
  })
})

describe('the addresses of the originals', () => {
  test('lead to the report of whoever asks', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    expect((await browser.open('/display_progress')).location).toBe('/reports')
    expect((await browser.open('/graphcall')).status).toBe(405)
    expect((await browser.open('/reports')).body).toContain('Start a report')
    const started = await browser.submit('/graphcall', { _csrf: await world.csrfToken(browser) })
    expect(started.status).toBe(303)
    expect(endOf(await eventsOf(browser, started.location ?? ''))).toMatchObject({ state: 'done' })
    expect((await browser.open('/display_progress')).location).toBe(started.location)
    expect((await browser.open('/reports')).body).toContain(`href="${started.location}"`)
  })
})

describe('a restart of the server', () => {
  test('fault 67: goes on with a report, asks only for the rest, and a browser that comes again loses nothing', async () => {
    const world = await startWorld()
    const stuck = world.emulator.faults.add({
      match: { path: tokenPath, after: 12 },
      answer: { hang: 'before-headers' },
    })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await world.emulator.journal.waitFor(() => stuck.hits > 0)
    const listener = await world.listen(browser, report)
    const before = await listener.until((events) => rowsIn(events).length > 0)
    const finished = await finishedUsers(world, report)
    const sent = world.emulator.journal.requests.length
    expect(finished.length).toBeGreaterThan(0)

    stuck.remove()
    await world.restart()
    await listener.ended
    const after = await eventsOf(browser, report, lastIdIn(before))
    expect(endOf(after)).toMatchObject({ state: 'done', complete: true })
    const ids = [...rowsIn(before), ...rowsIn(after)].map(({ id }) => id)
    expect(ids.sort()).toEqual(tokensOf(world).sort())
    expect(askedAgain(world, finished, sent)).toEqual([])
  })

  test('keeps finished reports, readable by their owner alone and without any secret', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const events = await eventsOf(browser, report)
    await world.restart()
    expect(rowsIn(await eventsOf(browser, report)).length).toBe(rowsIn(events).length)

    const folder = folderOf(world, report)
    const files = await filesBelow(folder)
    expect(files.length).toBeGreaterThan(1)
    for (const { text } of files) {
      expect(text).not.toMatch(/eyJ[\w-]{20,}\./)
      expect(text).not.toMatch(/refresh_?token|client_?secret/i)
    }
    // Windows has no such bits.
    if (process.platform === 'win32') return
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const { name } of files) expect((await stat(name)).mode & 0o777).toBe(0o600)
  })
})

describe('what changes something', () => {
  test('is refused when another site sends it, and when it is opened as a link', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await eventsOf(browser, report)
    const _csrf = await world.csrfToken(browser)
    for (const address of ['/reports', '/graphcall', `${report}/cancel`, `${report}/revoke`]) {
      const forged = await browser.submit(address, { _csrf }, { headers: { 'sec-fetch-site': 'cross-site' } })
      expect(forged.status).toBe(403)
      expect((await browser.submit(address, {})).status).toBe(403)
    }
    for (const address of ['/graphcall', `${report}/cancel`, `${report}/revoke`, `${report}/revoke/preview`]) {
      const opened = await browser.open(address)
      expect(opened.status).toBe(405)
      expect(opened.headers.allow).toBe('POST')
      expect(opened.body).toContain('a link must not do that')
    }
  })
})

describe('hostile names', () => {
  const names = [
    '<script>alert(1)</script>',
    'a;b\n"c"\r\nevent: rows',
    '=HYPERLINK("x")',
    '\u202egnp.exe',
    'x'.repeat(40_000),
    '</td>',
  ]

  test('fault 51: reach the page intact and inert', async () => {
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 1 },
      { displayName: '<b>Bob</b>; "x"', tokens: names.map((displayName) => ({ displayName })) },
    ]
    const world = await startWorld({ emulator: { people } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const rows = rowsIn(await eventsOf(browser, report))
    expect(rows.map(({ token }) => token)).toEqual(expect.arrayContaining(names))
    const { body } = await browser.open(report)
    // Not by toContain, which would print the whole page.
    expect(['<script>alert', '<b>Bob'].filter((text) => body.includes(text))).toEqual([])
    expect(body.includes('&lt;b>Bob&lt;/b>; ')).toBe(true)
  })
})
