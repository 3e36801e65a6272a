import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { TestBrowser } from '@patkit/example-kit/test'
import { describe, expect, test } from 'vitest'
import { isWorking } from '../src/report/filter.js'
import { eventsOf, finishReport, folderOf, sendTokens, startReport, tokenPath } from './report-steps.js'
import { rowsIn, type ReceivedEvent } from './server-sent-events.js'
import { startWorld, type World, type WorldOptions } from './world.js'

const revocationsPath = '/fabrikam/_apis/tokenadmin/revocations'

/** An administrator in front of a report, with some tokens in mind. */
async function begin(count: number, options: WorldOptions = {}) {
  const world = await startWorld(options)
  const browser = await world.signedIn()
  const { report, events } = await finishReport(world, browser)
  const rows = rowsIn(events)
  const chosen = rows.filter((row) => isWorking(row)).map(({ id }) => id)
  expect(chosen.length).toBeGreaterThanOrEqual(count)
  return { world, browser, report, rows, chosen: chosen.slice(0, count) }
}

/** Looks at what would be revoked, and gives the number of the form. */
async function preview(world: World, browser: TestBrowser, report: string, tokens: readonly string[]): Promise<string> {
  const page = await sendTokens(world, browser, `${report}/revoke/preview`, tokens)
  expect(page.status).toBe(200)
  return /name="form" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
}

const sentTo = ({ emulator }: World, address: string) =>
  emulator.journal.requests.filter(({ path: asked }) => asked === address)

describe('revoking selected tokens', () => {
  test('asks first, counts, says the result of each, and shows it everywhere afterwards', async () => {
    const { world, browser, report, chosen } = await begin(3)
    const page = await sendTokens(world, browser, `${report}/revoke/preview`, [...chosen, 'unknown', chosen[0] ?? ''])
    expect(page.body).toContain('Revoke 3 tokens?')
    const form = /name="form" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    expect(sentTo(world, revocationsPath)).toEqual([])

    const answer = await sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: ' 3 ' })
    expect(answer.status).toBe(303)
    const result = await browser.open(answer.location ?? '')
    expect(result.body).toContain('3 tokens revoked')
    expect(result.body.match(/✓ Revoked/g)).toHaveLength(3)
    const [sent, ...more] = sentTo(world, revocationsPath)
    expect(more).toEqual([])
    expect(JSON.parse(sent?.body ?? '')).toEqual(chosen.map((authorizationId) => ({ authorizationId })))

    const events = await eventsOf(browser, report)
    expect(events.find(({ type }) => type === 'revoked')?.data).toEqual(chosen)
    await world.restart()
    const rows = rowsIn(await eventsOf(browser, report))
    expect(rows.filter(({ id }) => chosen.includes(id)).map(({ status }) => status)).toEqual(Array(3).fill('revoked'))
    expect((await browser.open(`${report}/tokens.csv?status=revoked`)).body).toContain(chosen[0])
    expect((await browser.open(answer.location ?? '')).body).toContain('3 tokens revoked')
  })

  test('reaches pages that are open, while the report is still being made', async () => {
    const world = await startWorld()
    // One only: those that hang are among the requests that may be under way at the same time, as is a revocation.
    world.emulator.faults.add({ match: { path: tokenPath, nth: 20 }, answer: { hang: 'before-headers' } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const listener = await world.listen(await world.signedIn(), report)
    const workingIn = (events: readonly ReceivedEvent[]) => rowsIn(events).filter((row) => isWorking(row))
    const events = await listener.until((all) => workingIn(all).length > 0)
    const chosen = workingIn(events)
      .slice(0, 1)
      .map(({ id }) => id)
    const form = await preview(world, browser, report, chosen)
    await sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '1' })
    const told = await listener.until((all) => all.some(({ type }) => type === 'revoked'))
    expect(told.find(({ type }) => type === 'revoked')?.data).toEqual(chosen)
  })

  test('does nothing without a number that fits, and keeps what was chosen', async () => {
    const { world, browser, report, chosen } = await begin(2)
    const form = await preview(world, browser, report, chosen)
    for (const count of ['', '1', '3', '2.0', 'two']) {
      const wrong = await sendTokens(world, browser, `${report}/revoke`, chosen, { form, count })
      expect(wrong.status).toBe(422)
      expect(wrong.body).toContain('This is not the number of tokens above. Type 2 to revoke them.')
      expect(wrong.body).toContain('aria-invalid="true"')
      for (const id of chosen) expect(wrong.body).toContain(`name="token" value="${id}"`)
    }
    expect(sentTo(world, revocationsPath)).toEqual([])
  })

  test('takes only tokens of the report that still work, and not too many', async () => {
    const { world, browser, report, rows } = await begin(1)
    const over = rows.filter((row) => !isWorking(row)).map(({ id }) => id)
    expect(over.length).toBeGreaterThan(0)
    const other = await begin(1, { emulator: { seed: 8 } })
    for (const ids of [[], ['no-such-token'], over, other.chosen]) {
      for (const address of ['revoke/preview', 'revoke']) {
        const answer = await sendTokens(world, browser, `${report}/${address}`, ids, { count: '1' })
        expect(answer.status).toBe(422)
        expect(answer.body).toContain('No token was selected')
      }
    }
    const many = Array.from(
      { length: 5_001 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    )
    const answer = await sendTokens(world, browser, `${report}/revoke/preview`, many)
    expect(answer.status).toBe(422)
    expect(answer.body).toContain('Select at most 5,000 at a time')
    expect(sentTo(world, revocationsPath)).toEqual([])
  })

  test('revokes once, however often its form is sent, and leads to the result each time', async () => {
    const { world, browser, report, chosen } = await begin(2)
    const form = await preview(world, browser, report, chosen)
    const send = () => sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '2' })
    const answers = await Promise.all([send(), send()])
    const locations = [...answers, await send()].map(({ status, location }) => [status, location])
    expect(new Set(locations.map(String)).size).toBe(1)
    expect(locations[0]?.[0]).toBe(303)
    expect((await browser.open(String(locations[0]?.[1]))).body).toContain('2 tokens revoked')
    expect(sentTo(world, revocationsPath)).toHaveLength(1)
  })

  test('leads to the result who sends the form again while it is being carried out, and after a restart', async () => {
    const { world, browser, report, chosen } = await begin(1)
    const answered = world.emulator.faults.add({ match: { path: revocationsPath }, answer: { delayMs: 200 } })
    const form = await preview(world, browser, report, chosen)
    const send = () => sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '1' })
    const first = send()
    await world.emulator.journal.waitFor(() => answered.hits > 0)
    const second = await send()
    expect((await browser.open(second.location ?? '')).body).toContain('1 token revoked')
    await world.restart()
    for (const answer of [await first, second, await send()]) {
      expect(answer.status).toBe(303)
      expect((await browser.open(answer.location ?? '')).body).toContain('1 token revoked')
    }
    expect(sentTo(world, revocationsPath)).toHaveLength(1)
  })

  test('refuses the form of somebody else, and one that was used for another report', async () => {
    const [ada, grace] = ['ada@fabrikam.example', 'grace@fabrikam.example']
    const people = [ada, grace].map((principalName) => ({ principalName, isAdministrator: true, tokens: 2 }))
    const { world, browser, report, chosen } = await begin(2, { emulator: { people } })
    const [first = '', second = ''] = chosen
    const form = await preview(world, browser, report, chosen)

    const other = await world.signedIn(grace)
    const theirs = await finishReport(world, other)
    const stolen = await sendTokens(world, other, `${theirs.report}/revoke`, [first], { form, count: '1' })
    expect(stolen.status).toBe(409)

    const own = await finishReport(world, browser)
    expect((await sendTokens(world, browser, `${report}/revoke`, [first], { form, count: '1' })).status).toBe(303)
    const again = await sendTokens(world, browser, `${own.report}/revoke`, [second], { form, count: '1' })
    expect(again.status).toBe(409)
    expect(sentTo(world, revocationsPath)).toHaveLength(1)
  })

  test('refuses a form that nobody was given, and one of before a restart', async () => {
    const { world, browser, report, chosen } = await begin(1)
    const form = await preview(world, browser, report, chosen)
    await world.restart()
    for (const odd of ['', 'x', 'x.y', form]) {
      const answer = await sendTokens(world, browser, `${report}/revoke`, chosen, { form: odd, count: '1' })
      expect(answer.status).toBe(409)
      expect(answer.body).toContain('Nothing was revoked this time')
    }
    expect((await browser.open(`${report}/revocations/${form}`)).status).toBe(404)
    expect((await browser.open(`${report}/revocations/x`)).status).toBe(404)
    expect(sentTo(world, revocationsPath)).toEqual([])
  })

  test('tells which were not revoked and why', async () => {
    const { world, browser, report, chosen } = await begin(120)
    world.emulator.faults.add({ match: { path: revocationsPath, nth: 2 }, answer: { status: 400 } })
    const form = await preview(world, browser, report, chosen)
    const answer = await sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '120' })
    const result = await browser.open(answer.location ?? '')
    expect(result.body).toContain('100 of 120 tokens revoked')
    expect(result.body.match(/✕ Not revoked: /g)).toHaveLength(20)
    const kept = await readFile(path.join(folderOf(world, report), 'revocations.ndjson'), 'utf8')
    expect(kept.trim().split('\n')).toHaveLength(1)
    const rows = rowsIn(await eventsOf(browser, report))
    expect(rows.filter(({ id, status }) => chosen.includes(id) && status === 'revoked')).toHaveLength(100)
    // What was not revoked can be chosen again.
    const rest = await preview(world, browser, report, chosen)
    const second = await sendTokens(world, browser, `${report}/revoke`, chosen, { form: rest, count: '20' })
    expect((await browser.open(second.location ?? '')).body).toContain('20 tokens revoked')
  })

  test('keeps the form good when a sign-in is needed first and nothing was revoked', async () => {
    const { world, browser, report, chosen } = await begin(1)
    const refusal = world.emulator.faults.add({ match: { path: revocationsPath }, answer: { status: 401 } })
    const form = await preview(world, browser, report, chosen)
    const send = () => sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '1' })
    const refused = await send()
    expect(refused.status).toBe(401)
    expect(refused.body).toContain('Nothing was changed')
    refusal.remove()
    const back = await world.atService((await browser.open('/login')).location)
    await browser.open(back, { site: 'cross-site' })
    expect((await browser.open((await send()).location ?? '')).body).toContain('1 token revoked')
  })

  test('says who may not revoke what role is missing', async () => {
    const { world, browser, report, chosen } = await begin(2)
    world.emulator.faults.add({ match: { path: revocationsPath }, answer: { status: 403 } })
    const form = await preview(world, browser, report, chosen)
    const answer = await sendTokens(world, browser, `${report}/revoke`, chosen, { form, count: '2' })
    const result = await browser.open(answer.location ?? '')
    expect(result.body).toContain('0 of 2 tokens revoked')
    expect(result.body.match(/✕ Not revoked: [^<]*Project Collection Administrators/g)).toHaveLength(2)
  })
})
