import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { readScanCheckpoint } from '@patkit/core'
import type { EmulatedUser } from '@patkit/emulator'
import type { TestBrowser } from '@patkit/example-kit/test'
import { describe, expect, test } from 'vitest'
import { isWorking, passes, readFilter } from '../src/report/filter.js'
import type { WireProgress } from '../src/report/wire.js'
import { readEvents, rowsIn, type ReceivedEvent } from './server-sent-events.js'
import { startWorld, type World } from './world.js'

const tokenPath = '/tokenadmin/personalaccesstokens/'

/** Starts a report and gives its address. */
async function startReport(world: World, browser: TestBrowser): Promise<string> {
  const answer = await browser.submit('/reports', { _csrf: await world.csrfToken(browser) })
  expect(answer.status).toBe(303)
  return answer.location ?? ''
}

/** Everything that happens in a report until it ends. */
async function eventsOf(browser: TestBrowser, report: string, lastEventId?: string): Promise<ReceivedEvent[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const answer = await browser.fetch(`${report}/events`, { headers: { accept: 'text/event-stream', ...headers } })
  expect(answer.status).toBe(200)
  return readEvents(answer.body)
}

function endOf(events: readonly ReceivedEvent[]): WireProgress {
  expect(events.at(-1)?.type).toBe('end')
  return events.at(-1)?.data as WireProgress
}

function tokensOf(world: World): string[] {
  return [...world.emulator.data.people()].flatMap((person) =>
    world.emulator.data.tokensOf(person).map(({ authorizationId }) => authorizationId),
  )
}

function memberAt(world: World, index: number): EmulatedUser {
  const members = [...world.emulator.data.people()].filter(({ kind }) => kind === 'member')
  const member = members[index]
  if (member === undefined) throw new Error(`there are only ${members.length} members`)
  return member
}

/** Descriptors of the users whose tokens a report has. */
async function finishedUsers(world: World, report: string): Promise<string[]> {
  const log = path.join(world.settings.reportsFolder, report.slice('/reports/'.length), 'scan.ndjson')
  const descriptors: string[] = []
  for await (const { outcome } of readScanCheckpoint(log)) descriptors.push(outcome.user.descriptor)
  return descriptors
}

/** Of these users, those whose tokens were asked for after so many requests. */
function askedAgain(world: World, users: readonly string[], requests: number): string[] {
  const later = world.emulator.journal.requests.slice(requests).map(({ path: asked }) => decodeURIComponent(asked))
  return users.filter((user) => later.some((asked) => asked.endsWith(`${tokenPath}${user}`)))
}

/** Opens a page again and again until a report is in this state; for what nobody listens to. */
async function untilState(browser: TestBrowser, report: string, words: string): Promise<string> {
  for (;;) {
    const { body } = await browser.open(report)
    if (body.includes(words)) return body
  }
}

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

  test('is streamed as events that no proxy holds back or keeps', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const { headers, body } = await browser.fetch(`${report}/events`)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(body.startsWith('retry: 3000\n\n')).toBe(true)
  })

  test('fault 65: goes on from the last event that a browser knows: nothing twice, nothing lost', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await eventsOf(browser, report)
    // After its end the log is whole, and events are cut at the same places each time.
    const all = await eventsOf(browser, report)
    const withIds = all.filter(({ type }) => type === 'rows')
    for (const [index, { id }] of withIds.entries()) {
      const rest = await eventsOf(browser, report, id)
      expect(rowsIn(rest)).toEqual(rowsIn(withIds.slice(index + 1)))
    }
    for (const odd of ['x', '-1', '99999999999999999999']) {
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
    const world = await startWorld()
    const answer = { status: 429, headers: { 'Retry-After': '1' } }
    world.emulator.faults.add({ match: { path: tokenPath, nth: 5 }, answer })
    const browser = await world.signedIn()
    const events = await eventsOf(browser, await startReport(world, browser))
    const waited = events.filter(({ type, data }) => type === 'progress' && (data as WireProgress).waitingSeconds > 0)
    expect(waited.length).toBeGreaterThan(0)
    expect(endOf(events)).toMatchObject({ complete: true, retries: 1 })
  })

  test('names users who could not be read, and is incomplete', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 3)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const events = await eventsOf(browser, report)
    expect(events.find(({ type }) => type === 'unread')?.data).toEqual([
      expect.objectContaining({ descriptor: unlucky.descriptor, code: 'PATKIT_SERVICE' }),
    ])
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

  test('fault 67: waits when its owner has to sign in again, keeps what it has, and goes on afterwards', async () => {
    const world = await startWorld()
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 6 }, answer: { status: 401 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await untilState(browser, report, 'Waiting for you to sign in again')
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
    const before = readEvents((await world.partly(browser, `${report}/events`)).body)

    const finished = await finishedUsers(world, report)
    const sent = world.emulator.journal.requests.length
    expect(finished.length).toBeGreaterThan(0)

    stuck.remove()
    await world.restart()
    const lastId = before.filter(({ type }) => type === 'rows').at(-1)?.id
    const after = await eventsOf(browser, report, lastId)
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

    const folder = path.join(world.settings.reportsFolder, report.slice('/reports/'.length))
    if (process.platform !== 'win32') expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder)) {
      const text = await readFile(path.join(folder, name), 'utf8')
      expect(text).not.toMatch(/eyJ[\w-]{20,}\./)
      expect(text).not.toMatch(/refresh_?token/i)
      if (process.platform !== 'win32') expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600)
    }
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

describe('a download', () => {
  async function finished(world: World): Promise<{ readonly browser: TestBrowser; readonly report: string }> {
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await eventsOf(browser, report)
    return { browser, report }
  }

  const idsIn = (csv: string): string[] =>
    csv.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\r?\n)/g)?.map((id) => id) ?? []

  test('has everything, or what the filter of the page lets through', async () => {
    const world = await startWorld({ emulator: { awkwardNames: 'leave-out' } })
    const { browser, report } = await finished(world)
    const rows = rowsIn(await eventsOf(browser, report))

    const all = await browser.open(`${report}/tokens.csv`)
    expect(all.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(all.headers['content-disposition']).toMatch(/^attachment; filename=tokens-fabrikam-\d{4}-\d\d-\d\d\.csv$/)
    expect(idsIn(all.body).sort()).toEqual(rows.map(({ id }) => id).sort())

    for (const query of [
      'status=expired',
      'status=working&flag=full-access',
      'within=90',
      'scope=vso.code',
      'q=nightly&owner=a',
    ]) {
      const expected = rows.filter((row) => passes(row, readFilter(new URLSearchParams(query))))
      expect(expected.length).toBeGreaterThan(0)
      expect(expected.length).toBeLessThan(rows.length)
      const some = await browser.open(`${report}/tokens.csv?${query}`)
      expect(some.headers['content-disposition']).toContain('-filtered.csv')
      expect(idsIn(some.body).sort()).toEqual(expected.map(({ id }) => id).sort())
      const page = await browser.open(`${report}?${query}`)
      expect(page.body).toContain(
        `<p id="matching" class="quiet-text">${expected.length.toLocaleString('en-US')} tokens`,
      )
    }
  })

  test('comes as a workbook, a page and NDJSON too, names who is missing, and says when it is not whole', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 2)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    world.emulator.faults.add({ match: { path: tokenPath, nth: 25 }, answer: { hang: 'before-headers' } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await untilState(browser, report, '1 could not be read')
    const partial = await browser.open(`${report}/tokens.html`).catch(() => {
      throw new Error(world.logged.join('; '))
    })
    expect(partial.headers['content-disposition']).toContain('-partial.html')
    expect(partial.body).toContain('Incomplete')
    expect(partial.body).toContain(unlucky.displayName ?? '?')

    await browser.submit(`${report}/cancel`, { _csrf: await world.csrfToken(browser) })
    const workbook = await browser.open(`${report}/tokens.xlsx`)
    expect(workbook.status).toBe(200)
    expect(workbook.headers['content-disposition']).toContain('-partial.xlsx')
    const lines = (await browser.open(`${report}/tokens.ndjson`)).body.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(
      rowsIn(await eventsOf(browser, report)).length,
    )
    expect((await browser.open(`${report}/tokens.pdf`)).status).toBe(404)
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

describe('revoking selected tokens', () => {
  test('asks first, counts, says the result of each, and shows it everywhere afterwards', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const working = rowsIn(await eventsOf(browser, report)).filter((row) => isWorking(row))
    const chosen = working.slice(0, 3).map(({ id }) => id)
    const _csrf = await world.csrfToken(browser)
    const send = (address: string, fields: Record<string, string>, tokens: readonly string[]) => {
      const body = new URLSearchParams({ _csrf, ...fields })
      for (const token of tokens) body.append('token', token)
      return browser.submit(report + address, {}, { body: body.toString() })
    }

    expect((await send('/revoke/preview', {}, [])).status).toBe(422)
    const preview = await send('/revoke/preview', {}, [...chosen, 'not-in-this-report', chosen[0] ?? ''])
    expect(preview.body).toContain('Revoke 3 tokens?')
    const form = /name="form" value="([^"]+)"/.exec(preview.body)?.[1] ?? ''

    const wrong = await send('/revoke', { form, count: '2' }, chosen)
    expect(wrong.status).toBe(422)
    expect(wrong.body).toContain('This is not the number of tokens above')
    expect(world.emulator.journal.requests.filter(({ method }) => method === 'POST')).toEqual([])

    const result = await send('/revoke', { form, count: '3' }, chosen)
    expect(result.body).toContain('3 tokens revoked')
    const again = await send('/revoke', { form, count: '3' }, chosen)
    expect(again.status).toBe(422)
    const sent = world.emulator.journal.requests.filter(({ method }) => method === 'POST')
    expect(sent.map(({ path }) => path)).toEqual(['/fabrikam/_apis/tokenadmin/revocations'])

    const events = await eventsOf(browser, report)
    expect(events.find(({ type }) => type === 'revoked')?.data).toEqual(chosen)
    await world.restart()
    const rows = rowsIn(await eventsOf(browser, report))
    expect(rows.filter(({ id }) => chosen.includes(id)).map(({ status }) => status)).toEqual(Array(3).fill('revoked'))
    expect((await browser.open(`${report}/tokens.csv?status=revoked`)).body).toContain(chosen[0])
  })

  test('tells which were not revoked and why', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { path: '/tokenadmin/revocations', nth: 2 }, answer: { status: 400 } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    const working = rowsIn(await eventsOf(browser, report)).filter((row) => isWorking(row))
    const chosen = working.slice(0, 120).map(({ id }) => id)
    expect(chosen).toHaveLength(120)
    const body = new URLSearchParams({ _csrf: await world.csrfToken(browser) })
    for (const token of chosen) body.append('token', token)
    const preview = await browser.submit(`${report}/revoke/preview`, {}, { body: body.toString() })
    body.set('form', /name="form" value="([^"]+)"/.exec(preview.body)?.[1] ?? '')
    body.set('count', '120')
    const result = await browser.submit(`${report}/revoke`, {}, { body: body.toString() })
    expect(result.body).toContain('100 of 120 tokens revoked')
    expect(result.body.match(/✕ Not revoked: /g)).toHaveLength(20)
  })
})
