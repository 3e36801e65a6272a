import { setImmediate } from 'node:timers/promises'
import { systemClock, type Clock } from '@patkit/core'
import { createTestClock } from '@patkit/emulator'
import { serve } from '@patkit/example-kit'
import { TestBrowser } from '@patkit/example-kit/test'
import express, { type Response } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sendEvents } from '../src/report/event-stream.js'
import { accountOf } from './accounts.js'
import { openOffice, until } from './office.js'
import { endOf, eventsOf, finishReport, memberAt, sendTokens, startReport, tokenPath } from './report-steps.js'
import { listen, progressIn, rowsIn, type ReceivedEvent } from './server-sent-events.js'
import { startWorld } from './world.js'

const now = (): string => new Date().toISOString()

/** Comments by which a silent connection shows that it is alive. */
const signsOfLife = (text: string): number => text.match(/^:$/gm)?.length ?? 0

const typesOf = (events: readonly ReceivedEvent[]): string[] => events.map(({ type }) => type)

describe('the events of a report', () => {
  test('come in a form that no proxy holds back or keeps', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const { report } = await finishReport(world, browser)
    const { headers, body } = await browser.fetch(`${report}/events`)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(headers['content-encoding']).toBeUndefined()
    expect(body.startsWith('retry: 3000\n\n')).toBe(true)
  })

  test('begin with where it stands, who could not be read and what was revoked, before any token', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 3)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    const browser = await world.signedIn()
    const { report, events } = await finishReport(world, browser)
    const chosen = rowsIn(events).flatMap(({ id, status }) => (status === 'active' ? [id] : []))[0] ?? ''
    const preview = await sendTokens(world, browser, `${report}/revoke/preview`, [chosen])
    const form = /name="form" value="([^"]+)"/.exec(preview.body)?.[1] ?? ''
    await sendTokens(world, browser, `${report}/revoke`, [chosen], { form, count: '1' })

    const all = await eventsOf(browser, report)
    expect(typesOf(all).slice(0, 4)).toEqual(['progress', 'unread', 'revoked', 'rows'])
    expect(all[1]?.data).toMatchObject([{ descriptor: unlucky.descriptor }])
    expect(all[2]?.data).toEqual([chosen])
    expect(typesOf(all).at(-1)).toBe('end')
    expect(rowsIn(all).find(({ id }) => id === chosen)?.status).toBe('revoked')
  })

  test('have 500 tokens at most, or those of one user, and come four times a second at most', async () => {
    const clock = createTestClock(now())
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 700 },
      ...Array.from({ length: 40 }, (_, index) => ({ displayName: `Person ${index}`, tokens: 30 })),
    ]
    const world = await startWorld({ clock, emulator: { clock, people } })
    world.emulator.faults.add({ match: { path: tokenPath }, answer: { delayMs: 400 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const startedAt = clock.now()
    const live = await clock.runUntil(eventsOf(browser, report))
    const seconds = (clock.now() - startedAt) / 1000
    expect(seconds).toBeGreaterThan(1)
    expect(typesOf(live).filter((type) => type === 'progress').length).toBeLessThanOrEqual(4 * seconds + 2)

    const sizes = (await eventsOf(browser, report)).flatMap((event) => rowsIn([event]).length || [])
    expect(sizes.length).toBeGreaterThan(2)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(700 + 40 * 30)
    expect(sizes.filter((size) => size > 500 + 30).length).toBeLessThanOrEqual(1)
  })

  test('say how far it is and how long it will take', async () => {
    const clock = createTestClock(now())
    const world = await startWorld({ clock, emulator: { clock } })
    world.emulator.faults.add({ match: { path: tokenPath }, answer: { delayMs: 500 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const progress = progressIn(await clock.runUntil(eventsOf(browser, report)))
    const expected = progress.filter(({ state, etaSeconds }) => state === 'running' && etaSeconds !== null)
    expect(expected.length).toBeGreaterThan(0)
    expect(progress.map(({ usersDone }) => usersDone)).toEqual(
      progress.map(({ usersDone }) => usersDone).sort((a, b) => a - b),
    )
    expect(progress[0]).toMatchObject({ etaSeconds: null, complete: null, endedAt: null })
    expect(progress.at(-1)).toMatchObject({ state: 'done', complete: true, etaSeconds: null, waitingSeconds: 0 })
  })

  test('keep a silent connection alive, and end it after minutes so that it is asked anew who it is', async () => {
    const clock = createTestClock(now())
    const world = await startWorld({ clock, emulator: { clock } })
    const stuck = world.emulator.faults.add({ match: { path: tokenPath, after: 5 }, answer: { status: 401 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const listener = await world.listen(browser, report)
    await clock.runUntil(listener.until((events) => progressIn(events).some(({ state }) => state === 'sign-in-needed')))
    expect(signsOfLife(listener.text)).toBe(0)
    await clock.advance(15_000)
    await listener.until((_events, text) => signsOfLife(text) === 1)
    await clock.advance(30_000)
    await listener.until((_events, text) => signsOfLife(text) === 3)
    await clock.advance(5 * 60_000)
    await listener.ended
    expect(typesOf(listener.events)).not.toContain('end')
    expect(stuck.hits).toBeGreaterThan(0)

    await browser.submit('/logout', { _csrf: await world.csrfToken(browser) })
    const signedOut = await browser.fetch(`${report}/events`, { headers: { accept: 'text/event-stream' } })
    expect(signedOut.status).toBe(401)
    expect((await browser.open(report)).status).toBe(302)
  })

  test('begin anew for a page when those who could not be read are asked again', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 1)
    const match = { path: tokenPath, user: unlucky.descriptor }
    const failure = world.emulator.faults.add({ match, answer: { status: 400 } })
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 10 }, answer: { status: 401 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const listener = await world.listen(browser, report)
    await listener.until((events) => progressIn(events).some(({ state }) => state === 'sign-in-needed'))
    expect(listener.events.filter(({ type }) => type === 'unread').flatMap(({ data }) => data)).toHaveLength(1)
    failure.remove()
    refusal.remove()
    const back = await world.atService((await browser.open(`${report}/sign-in`)).location)
    await browser.open(back, { site: 'cross-site' })
    await browser.open(report)
    await listener.ended
    expect(typesOf(listener.events)).not.toContain('end')
    const events = await eventsOf(browser, report)
    expect(endOf(events)).toMatchObject({ complete: true, failures: 0 })
    expect(events.find(({ type }) => type === 'unread')?.data).toEqual([])
  })

  test('go to twenty pages of a person at a time, and to those of others all the same', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { path: tokenPath, after: 3 }, answer: { hang: 'before-headers' } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const listeners = await Promise.all(Array.from({ length: 20 }, () => world.listen(browser, report)))
    expect(listeners.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const refused = await browser.fetch(`${report}/events`, { headers: { accept: 'text/event-stream' } })
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('5')
    expect(refused.body).toContain('Close some of them')

    const other = await world.signedIn(world.member)
    const theirs = await startReport(world, other)
    expect((await world.listen(other, theirs)).status).toBe(200)

    // The server hears of it a moment later; until then it may say no.
    listeners[0]?.leave()
    let again = await world.listen(browser, report)
    while (again.status === 503) again = await world.listen(browser, report)
    expect(again.status).toBe(200)
  })

  test('wait for who takes nothing instead of piling up, and let go of them', async () => {
    const tokens = Array.from({ length: 40 }, (_, token) => ({ displayName: `${token}${'x'.repeat(20_000)}` }))
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 1 },
      ...Array.from({ length: 25 }, (_, index) => ({ displayName: `Person ${index}`, tokens })),
    ]
    const office = await openOffice({ people })
    const job = await office.open().start(accountOf(1))
    await until(job, () => job.isOver)

    const app = express()
    const world = { endLife: (): void => undefined, response: undefined as Response | undefined }
    const clock: Clock = { ...systemClock, timer: (_ms, fire) => ((world.endLife = fire), () => undefined) }
    app.get('/events', async (req, res) => {
      world.response = res
      await sendEvents(req, res, job, clock)
    })
    const server = await serve(app, { port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close())
    const asleep = await listen(new TestBrowser(server.port), { port: server.port, path: '/events' })
    asleep.pause()
    while (world.response?.writableNeedDrain !== true) await setImmediate()
    // 20 MB are in the log, and at most one user of them on the way.
    expect(world.response.writableLength).toBeLessThan(2 * 2 ** 20)
    world.endLife()
    asleep.resume()
    await asleep.ended
    expect(typesOf(asleep.events)).not.toContain('end')
    expect(rowsIn(asleep.events).length).toBeLessThan(1 + 25 * 40)
  })
})
