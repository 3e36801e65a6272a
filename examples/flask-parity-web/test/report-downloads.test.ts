import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import path from 'node:path'
import type { TestBrowser } from '@patkit/example-kit/test'
import ExcelJS from 'exceljs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readCsv } from '../../../packages/report/test/rfc4180.js'
import { passes, readFilter } from '../src/report/filter.js'
import type { WireRow } from '../src/report/wire.js'
import {
  eventsOf,
  finishReport,
  folderOf,
  memberAt,
  sendTokens,
  startReport,
  tokenPath,
  untilIsSo,
} from './report-steps.js'
import { rowsIn } from './server-sent-events.js'
import { startWorld, type World } from './world.js'

/** The answer to a request, of which nothing was read yet. */
async function opened({ port }: World, browser: TestBrowser, address: string): Promise<IncomingMessage> {
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
  const outgoing = request({ host: '127.0.0.1', port, path: address, headers: { cookie, host: `localhost:${port}` } })
  onTestFinished(() => void outgoing.destroy())
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return answer
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The cells of a column, without its head. */
function column(records: readonly (readonly string[])[], name: string): string[] {
  const [head = [], ...rows] = records
  const index = head.findIndex((each) => each.replace('\ufeff', '') === name)
  expect(index).toBeGreaterThanOrEqual(0)
  return rows.map((row) => row[index] ?? '')
}

const idsIn = (csv: string): string[] => column(readCsv(csv), 'Authorization ID').sort()
const idsOf = (rows: readonly WireRow[]): string[] => rows.map(({ id }) => id).sort()

async function workbookOf(bytes: Buffer): Promise<ExcelJS.Workbook> {
  const book = new ExcelJS.Workbook()
  // Its types are those of an older Node.
  await book.xlsx.load(bytes as unknown as Parameters<typeof book.xlsx.load>[0])
  return book
}

function cellsOf(book: ExcelJS.Workbook, index: number): string[][] {
  const rows: string[][] = []
  book.worksheets[index]?.eachRow((row) => {
    rows.push((row.values as ExcelJS.CellValue[]).slice(1).map((cell) => (typeof cell === 'string' ? cell : '')))
  })
  return rows
}

describe('a download', () => {
  test('has everything, or what the filter of the page lets through, and the page says the same number', async () => {
    const world = await startWorld({ emulator: { awkwardNames: 'leave-out' } })
    const browser = await world.signedIn()
    const { report, events } = await finishReport(world, browser)
    const rows = rowsIn(events)

    const all = await browser.open(`${report}/tokens.csv`)
    expect(all.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(all.headers['cache-control']).toBe('no-store')
    expect(all.headers['content-disposition']).toMatch(/^attachment; filename=tokens-fabrikam-\d{4}-\d\d-\d\d\.csv$/)
    expect(idsIn(all.body)).toEqual(idsOf(rows))

    const month = rows.find(({ expires }) => expires !== null)?.expires?.slice(0, 7) ?? ''
    for (const query of [
      'status=expired',
      'status=working&flag=full-access',
      'within=90',
      'scope=vso.code',
      'q=nightly&owner=a',
      `month=${month}`,
    ]) {
      const expected = rows.filter((row) => passes(row, readFilter(new URLSearchParams(query))))
      expect(expected.length, query).toBeGreaterThan(0)
      expect(expected.length, query).toBeLessThan(rows.length)
      const some = await browser.open(`${report}/tokens.csv?${query}`)
      expect(some.headers['content-disposition']).toContain('-filtered.csv')
      expect(idsIn(some.body), query).toEqual(idsOf(expected))
      const page = await browser.open(`${report}?${query}`)
      const said = /id="matching"[^>]*>([\d,]+) token/.exec(page.body)?.[1]
      expect(said, query).toBe(expected.length.toLocaleString('en-US'))
    }
    const none = await browser.open(`${report}/tokens.csv?q=nothing+is+called+this`)
    expect(idsIn(none.body)).toEqual([])
  })

  test('is a workbook whose rows can be read back, with who is missing', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 2)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    const browser = await world.signedIn()
    const { report, events } = await finishReport(world, browser)
    const answer = await opened(world, browser, `${report}/tokens.xlsx`)
    expect(answer.headers['content-type']).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
    // Although somebody is missing, it is all that the report has; who is missing stands in it.
    expect(answer.headers['content-disposition']).not.toContain('partial')
    const book = await workbookOf(await bytesOf(answer))
    expect(column(cellsOf(book, 0), 'Authorization ID').sort()).toEqual(idsOf(rowsIn(events)))
    const others = book.worksheets.slice(1).flatMap((_sheet, index) => cellsOf(book, index + 1).flat())
    expect(others).toContain(unlucky.displayName)
  })

  test('is what was read so far while the report is being made, and says so', async () => {
    const world = await startWorld()
    const unlucky = memberAt(world, 2)
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
    world.emulator.faults.add({ match: { path: tokenPath, nth: 25 }, answer: { hang: 'before-headers' } })
    const browser = await world.signedIn()
    const report = await startReport(world, browser)
    await untilIsSo(world, browser, report, ({ failures, tokens }) => failures === 1 && tokens > 0)
    const running = await browser.open(`${report}/tokens.html`)
    expect(running.headers['content-disposition']).toContain('-partial.html')
    expect(running.body).toContain('Incomplete')
    expect(running.body).toContain(unlucky.displayName ?? '?')

    await browser.submit(`${report}/cancel`, { _csrf: await world.csrfToken(browser) })
    const rows = rowsIn(await eventsOf(browser, report))
    for (const format of ['xlsx', 'csv', 'ndjson', 'html']) {
      const answer = await opened(world, browser, `${report}/tokens.${format}`)
      expect(answer.headers['content-disposition']).toContain(`-partial.${format}`)
      expect((await bytesOf(answer)).length).toBeGreaterThan(0)
    }
    const lines = (await browser.open(`${report}/tokens.ndjson`)).body.trim().split('\n')
    const ids = lines.map((line) => (JSON.parse(line) as { readonly authorizationId?: string }).authorizationId)
    expect(ids.sort()).toEqual(idsOf(rows))
    expect((await browser.open(`${report}/tokens.pdf`)).status).toBe(404)
  })

  test('shows as revoked what was revoked from the page', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const { report, events } = await finishReport(world, browser)
    const chosen = rowsIn(events).find(({ status }) => status === 'active')?.id ?? ''
    const preview = await sendTokens(world, browser, `${report}/revoke/preview`, [chosen])
    const form = /name="form" value="([^"]+)"/.exec(preview.body)?.[1] ?? ''
    await sendTokens(world, browser, `${report}/revoke`, [chosen], { form, count: '1' })
    const records = readCsv((await browser.open(`${report}/tokens.csv`)).body)
    const at = column(records, 'Authorization ID').indexOf(chosen)
    expect(column(records, 'Status')[at]).toBe('revoked')
    expect(idsIn((await browser.open(`${report}/tokens.csv?status=active`)).body)).not.toContain(chosen)
  })

  test('keeps names as they are, whatever is in them', async () => {
    const names = ['a;b\n"c",d', '<script>alert(1)</script>', '\u202egnp.exe', 'x'.repeat(40_000)]
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 0 },
      { displayName: '<b>Bob</b>; "x"', tokens: names.map((displayName) => ({ displayName })) },
    ]
    const world = await startWorld({ emulator: { people } })
    const browser = await world.signedIn()
    const { report } = await finishReport(world, browser)
    const records = readCsv((await browser.open(`${report}/tokens.csv`)).body)
    expect(column(records, 'Token').sort()).toEqual([...names].sort())
    expect(new Set(column(records, 'Owner'))).toEqual(new Set(['<b>Bob</b>; "x"']))
    const { body } = await browser.open(`${report}/tokens.html`)
    expect(body.includes('<script>alert')).toBe(false)
  })

  test('ends quietly when the browser leaves, and is cut when the report cannot be read to its end', async () => {
    const tokens = Array.from({ length: 40 }, (_, token) => ({ displayName: `${token}${'x'.repeat(20_000)}` }))
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 1 },
      ...Array.from({ length: 25 }, (_, index) => ({ displayName: `Person ${index}`, tokens })),
    ]
    const world = await startWorld({ emulator: { people } })
    const browser = await world.signedIn()
    const { report } = await finishReport(world, browser)
    for (const format of ['csv', 'xlsx', 'html']) {
      const answer = await opened(world, browser, `${report}/tokens.${format}`)
      await once(answer, 'readable')
      answer.destroy()
    }
    // Each of them is over when a whole one is.
    const whole = await bytesOf(await opened(world, browser, `${report}/tokens.csv`))
    expect(whole.length).toBeGreaterThan(15 * 2 ** 20)
    expect(world.logged.filter((line) => !line.startsWith('Sign-in goes to the emulator'))).toEqual([])

    const log = path.join(folderOf(world, report), 'scan.ndjson')
    const text = await readFile(log, 'utf8')
    await writeFile(log, `${text}{"user":"nobody"}\n`)
    const answer = await opened(world, browser, `${report}/tokens.csv`)
    await expect(bytesOf(answer)).rejects.toThrow('aborted')
    const page = await browser.open(report)
    expect(page.status).toBe(500)
    expect(page.body).not.toContain(world.settings.reportsFolder)
    expect(world.logged.join()).toContain('cannot be shown')
  })
})
