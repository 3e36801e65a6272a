import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sampleIds, sampleSecret, startEmulator, type PersonSpec } from '@patkit/emulator'
import { demoSettings } from '../../examples/flask-parity-web/src/demo.js'
import { atSignInService, freePort, originOf, TestBrowser } from '../../examples/kit/test/index.js'
import type { BenchOptions, BenchRow, BenchSuite } from '../bench-row.js'
import { forkServer, type ServerProcess } from './server-process.js'

const tokensPerUser = 10
const megabyte = 2 ** 20
/** Reports before the one that counts: until code is compiled and caches are full, memory grows whatever one does. */
const warmUps = 3
const samplesEveryMs = 200

/** What a report cost the server. */
interface Cost {
  /** How much more it held at the worst moment than before the report. */
  readonly growthMb: number
  readonly reportSeconds: number
  /** Milliseconds until the page, without script, was there as a whole: the first one, and the last one by name. */
  readonly pageMs: number
  readonly lastPageMs: number
  readonly rows: number
}

/** A report of so many tokens with a page that listens, one that is opened, and every download. */
async function costOf(rows: number): Promise<Cost> {
  const people: PersonSpec[] = Array.from({ length: rows / tokensPerUser }, (_, index) => ({
    displayName: `Person ${index}`,
    principalName: `person${index}@fabrikam.example`,
    isAdministrator: index === 0,
    tokens: tokensPerUser,
  }))
  const emulator = await startEmulator({ people, seed: 3, journalSize: 0 })
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-bench-'))
  let server: ServerProcess | undefined
  try {
    const port = await freePort()
    const settings = demoSettings(emulator, { PORT: String(port) }, folder)
    server = await forkServer({
      CLIENT_ID: settings.auth.clientId,
      CLIENT_SECRET: sampleSecret,
      TENANT_ID: sampleIds.contosoTenant,
      ORGANIZATION: emulator.organization,
      PATKIT_BASE_URL: emulator.url,
      PORT: String(port),
      EMULATOR: originOf(emulator),
      FOLDER: folder,
    })
    const browser = new TestBrowser(port)
    const login = (await browser.open('/login')).location
    await browser.open(await atSignInService(emulator, login, { person: settings.demoPerson ?? '' }), {
      site: 'cross-site',
    })
    for (let turn = 0; turn < warmUps; turn++) await makeReport(server, browser, port)
    return await makeReport(server, browser, port)
  } finally {
    await server?.close()
    await emulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function makeReport(server: ServerProcess, browser: TestBrowser, port: number): Promise<Cost> {
  const before = await server.heldBytes()
  let [worst, isOver] = [before, false]
  const watch = (async () => {
    while (!isOver) {
      worst = Math.max(worst, await server.heldBytes())
      await new Promise((resolve) => setTimeout(resolve, samplesEveryMs))
    }
  })()
  const csrf = /name="_csrf" value="([^"]+)"/.exec((await browser.open('/')).body)?.[1] ?? ''
  const startedAt = performance.now()
  const report = (await browser.submit('/reports', { _csrf: csrf })).location ?? ''
  const rows = await read(port, browser, `${report}/events`, /"daysLeft"/g)
  const reportSeconds = (performance.now() - startedAt) / 1000
  const pageMs = await timed(() => browser.open(report))
  const lastPageMs = await timed(() => browser.open(`${report}?sort=token&page=99999`))
  for (const format of ['xlsx', 'csv', 'ndjson', 'html']) await read(port, browser, `${report}/tokens.${format}`, /$^/g)
  isOver = true
  await watch
  return { growthMb: (worst - before) / megabyte, reportSeconds, pageMs, lastPageMs, rows }
}

/** Reads an answer to its end without keeping it; counts what is looked for in it. */
async function read(port: number, browser: TestBrowser, address: string, wanted: RegExp): Promise<number> {
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
  const outgoing = request({ host: '127.0.0.1', port, path: address, headers: { cookie, host: `localhost:${port}` } })
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${address} was answered with ${String(answer.statusCode)}`)
  let [found, rest] = [0, '']
  for await (const chunk of answer.setEncoding('latin1') as AsyncIterable<string>) {
    const text = rest + chunk
    found += text.match(wanted)?.length ?? 0
    // A word that is cut in two is counted when it is whole.
    rest = text.slice(-10)
    found -= rest.match(wanted)?.length ?? 0
  }
  return found + (rest.match(wanted)?.length ?? 0)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

async function serverMemory({ quick }: BenchOptions): Promise<BenchRow[]> {
  const [fewer, more] = quick ? [1_000, 4_000] : [10_000, 50_000]
  const few = await costOf(fewer)
  const many = await costOf(more)
  for (const [cost, rows] of [
    [few, fewer],
    [many, more],
  ] as const)
    if (cost.rows !== rows) throw new Error(`${cost.rows} rows were told instead of ${rows}`)
  const detail = ({ rows, reportSeconds, pageMs, lastPageMs }: Cost): string =>
    `${rows} tokens in ${reportSeconds.toFixed(1)} s, page ${pageMs.toFixed(0)} ms, last page ${lastPageMs.toFixed(0)} ms`
  const beyond = many.growthMb - few.growthMb
  return [
    {
      name: 'web server: growth over a report with its page and downloads',
      measured: `${many.growthMb.toFixed(1)} MB`,
      target: '<= 40 MB',
      passed: many.growthMb <= 40,
      detail: detail(many),
    },
    {
      // What is held is what is on its way: reads of the log, a page, the parts of a workbook. It must not depend on the tokens.
      name: 'web server: how much more that is than with a fifth of the tokens',
      measured: `${beyond.toFixed(1)} MB`,
      target: '<= 10 MB',
      passed: beyond <= 10,
      detail: `${few.growthMb.toFixed(1)} MB; ${detail(few)}`,
    },
  ]
}

/** The server half of the example site. */
export const serverSuite: BenchSuite = { name: 'web-server', run: serverMemory }
