import type { ScanOutcome, ScanProgress, TokenScan } from '@patkit/core'
import { isPatkitError } from '@patkit/core'
import * as fs from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import {
  collector,
  daysFromNow,
  failed,
  manyTokens,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  skipped,
  temporaryFolder,
} from '../test/samples.js'
import { unzip } from '../test/unzip.js'
import {
  ReportError,
  writeReport,
  type ReportFormat,
  type ReportOptions,
  type ReportSummary,
  type TokenRow,
} from './index.js'

const formats: readonly ReportFormat[] = ['xlsx', 'csv', 'ndjson', 'html']

async function rejectionOf(pending: Promise<unknown>): Promise<unknown> {
  try {
    await pending
  } catch (error) {
    return error
  }
  throw new Error('it should have failed')
}

async function reportErrorOf(pending: Promise<unknown>): Promise<ReportError> {
  const error = await rejectionOf(pending)
  if (!(error instanceof ReportError)) throw error
  return error
}

/** Lets everything that is ready happen, without a clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function tokenScan(outcomes: AsyncIterable<ScanOutcome>, progress: Partial<ScanProgress>): TokenScan {
  return {
    organization: 'fabrikam',
    progress: {
      listed: 0,
      done: 0,
      total: undefined,
      tokens: 0,
      failures: 0,
      recalled: 0,
      concurrency: 1,
      waitingUntil: undefined,
      requests: 0,
      retries: 0,
      throttledMs: 0,
      ...progress,
    },
    [Symbol.asyncIterator]: () => outcomes[Symbol.asyncIterator](),
  }
}

describe('writeReport()', () => {
  it('writes every format in one pass over the scan', async () => {
    const folder = await temporaryFolder()
    const targets = formats.map((format) => path.join(folder, `pats.${format}`))
    const summary = await writeReport(manyTokens(120), targets, { now })
    expect(summary.files).toEqual(formats.map((format, index) => ({ path: targets[index], format, rows: 120 })))
    expect((await fs.readdir(folder)).sort()).toEqual(['pats.csv', 'pats.html', 'pats.ndjson', 'pats.xlsx'])
  })

  it('gives the totals of everything scanned, whatever the row filter', async () => {
    const tokens = [
      sampleToken(),
      sampleToken({ validTo: daysFromNow(3), scope: 'app_token' }),
      sampleToken({ validTo: daysFromNow(-3), targetAccounts: null }),
      sampleToken({ isValid: false }),
      sampleToken({ validTo: null }),
    ]
    const scan = scanOf(
      read(tokens),
      skipped(sampleUser({ descriptor: 'svc.1' })),
      failed(sampleUser({ descriptor: 'aad.2', displayName: 'Zoë' }), 'HTTP 503, 5 tries', {
        code: 'PATKIT_SERVICE',
        status: 503,
      }),
      failed(sampleUser({ descriptor: 'aad.3', displayName: null }), 'No answer', { code: 'PATKIT_TIMEOUT' }),
    )
    const { stream } = collector()
    const options: ReportOptions = { now, status: 'expired', organization: 'fabrikam' }
    const { durationMs, ...summary } = await writeReport(scan, [{ stream, format: 'csv' }], options)
    expect(durationMs).toBeGreaterThanOrEqual(0)
    expect(summary).toEqual({
      organization: 'fabrikam',
      complete: false,
      users: { listed: 4, read: 1, skipped: 1, failed: 2 },
      tokens: 5,
      status: { active: 2, expiring: 1, expired: 1, revoked: 1 },
      flags: { fullScope: 1, allOrganizations: 1, overLongLife: 1, noExpiry: 1 },
      files: [{ path: '-', format: 'csv', rows: 1 }],
      requests: 0,
      retries: 0,
      throttledMs: 0,
      failures: [
        { descriptor: 'aad.2', displayName: 'Zoë', reason: 'HTTP 503, 5 tries', status: 503, code: 'PATKIT_SERVICE' },
        { descriptor: 'aad.3', displayName: null, reason: 'No answer', status: null, code: 'PATKIT_TIMEOUT' },
      ],
    })
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
    expectTypeOf<ReportSummary['status']>().toEqualTypeOf<
      Readonly<Record<'active' | 'expiring' | 'expired' | 'revoked', number>>
    >()
  })

  it.each([
    ['all', 5],
    ['active', 3],
    ['expiring', 1],
    ['expired', 1],
    ['revoked', 1],
  ] as const)('keeps for the status %s the %i tokens it names', async (status, rows) => {
    const tokens = [
      sampleToken(),
      sampleToken({ validTo: null }),
      sampleToken({ validTo: daysFromNow(3) }),
      sampleToken({ validTo: daysFromNow(-3) }),
      sampleToken({ isValid: false }),
    ]
    const { stream } = collector()
    const summary = await writeReport(scanOf(read(tokens)), [{ stream, format: 'ndjson' }], { now, status })
    expect(summary.files[0]?.rows).toBe(rows)
    expect(summary.tokens).toBe(5)
  })

  it('needs no target when only the totals are wanted', async () => {
    await expect(writeReport(manyTokens(3), [], { now })).resolves.toMatchObject({ tokens: 3, files: [] })
  })

  it('takes organization and traffic from the scan when it knows them', async () => {
    const scan = tokenScan(manyTokens(1), { listed: 1, done: 1, total: 1, requests: 7, retries: 2, throttledMs: 900 })
    const summary = await writeReport(scan, [], { now, organization: 'another' })
    expect(summary).toMatchObject({
      organization: 'fabrikam',
      complete: true,
      requests: 7,
      retries: 2,
      throttledMs: 900,
    })
  })

  it.each([
    ['whose listing did not end', { total: undefined, done: 1 }],
    ['that did not reach every user', { total: 2, done: 1 }],
  ])('calls a report incomplete over a scan %s', async (_, progress) => {
    const summary = await writeReport(tokenScan(manyTokens(1), progress), [], { now })
    expect(summary.complete).toBe(false)
  })

  it('calls a report of nobody complete', async () => {
    await expect(writeReport(scanOf(), [], { now })).resolves.toMatchObject({ complete: true, tokens: 0 })
  })

  it('names every failure of an organization in which everything fails', async () => {
    async function* everybodyFails(): AsyncGenerator<ScanOutcome> {
      for (let index = 0; index < 3_000; index++) {
        await Promise.resolve()
        yield failed(sampleUser({ descriptor: `aad.${index}` }), 'HTTP 503', { code: 'PATKIT_SERVICE', status: 503 })
      }
    }
    const summary = await writeReport(everybodyFails(), [], { now })
    expect(summary.failures).toHaveLength(3_000)
    expect(summary.failures.at(-1)?.descriptor).toBe('aad.2999')
  })

  it('calls onRow for every token scanned, also for those the filter leaves out', async () => {
    const rows: TokenRow[] = []
    const tokens = [sampleToken({ displayName: 'kept' }), sampleToken({ displayName: 'left out', isValid: false })]
    await writeReport(scanOf(read(tokens)), [], { now, status: 'active', onRow: (row) => rows.push(row) })
    expect(rows.map((row) => [row.token, row.status])).toEqual([
      ['kept', 'active'],
      ['left out', 'revoked'],
    ])
  })

  it('ends a response that somebody wrapped, as express-session does, without a callback', async () => {
    const { stream, bytes } = collector()
    const end = stream.end.bind(stream)
    stream.end = (...given: unknown[]) => {
      if (given.length > 0) throw new TypeError('The first argument must be of type string or a Buffer.')
      return end()
    }
    await writeReport(manyTokens(2), [{ stream, format: 'csv' }], { now })
    expect(bytes().length).toBeGreaterThan(0)
  })

  it('leaves the connection of an http response open for the next request', async () => {
    const server = createServer((_request, response) => {
      void writeReport(manyTokens(3), [{ stream: response, format: 'csv' }], { now })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (let each = 0; each < 5; each++) {
      const { port } = server.address() as AddressInfo
      const [response] = (await once(get({ host: '127.0.0.1', port, agent }), 'response')) as [IncomingMessage]
      ports.add(response.socket.localPort)
      await finished(response.resume())
    }
    expect(ports.size).toBe(1)
    agent.destroy()
    server.close()
  })

  it('ends a stream when the report is whole', async () => {
    const { stream, bytes } = collector()
    await writeReport(manyTokens(2), [{ stream, format: 'xlsx' }], { now })
    expect(stream.writableFinished).toBe(true)
    expect(unzip(bytes()).has('xl/workbook.xml')).toBe(true)
  })

  it('lets no secret of the service through, in any format', async () => {
    const secret = 'canary-7f3a'
    const token = {
      ...sampleToken(),
      ...{ token: secret, alternateToken: secret, publicData: secret, claims: { a: secret }, accessId: secret },
    }
    const outputs = formats.map((format) => ({ format, ...collector() }))
    await writeReport(
      scanOf(read([token])),
      outputs.map(({ stream, format }) => ({ stream, format })),
      { now },
    )
    for (const { format, bytes } of outputs) {
      const texts = format === 'xlsx' ? [...unzip(bytes()).values()] : [bytes().toString('utf8')]
      expect(texts.join('')).toContain('build agent')
      expect(texts.join('')).not.toContain(secret)
    }
  })
})

describe('writeReport() and the files that are there already', () => {
  it('replaces them, keeping their mode, once the report is whole', async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'pats.csv')
    await fs.writeFile(file, 'old', { mode: 0o640 })
    await writeReport(manyTokens(1), [file], { now })
    expect(await fs.readFile(file, 'utf8')).toContain('token 0')
    expect((await fs.stat(file)).mode & 0o777).toBe(0o640)
    expect(await fs.readdir(folder)).toEqual(['pats.csv'])
  })

  it('writes through a symbolic link, which stays one', async () => {
    const folder = await temporaryFolder()
    await fs.mkdir(path.join(folder, 'real'))
    await fs.writeFile(path.join(folder, 'real', 'pats.csv'), 'old')
    await fs.symlink(path.join('real', 'pats.csv'), path.join(folder, 'link.csv'))
    await writeReport(manyTokens(1), [path.join(folder, 'link.csv')], { now })
    expect((await fs.lstat(path.join(folder, 'link.csv'))).isSymbolicLink()).toBe(true)
    expect(await fs.readFile(path.join(folder, 'real', 'pats.csv'), 'utf8')).toContain('token 0')
    expect((await fs.readdir(folder)).sort()).toEqual(['link.csv', 'real'])
  })

  it('creates the file a dangling link points to', async () => {
    const folder = await temporaryFolder()
    await fs.symlink('later.csv', path.join(folder, 'link.csv'))
    await writeReport(manyTokens(1), [path.join(folder, 'link.csv')], { now })
    expect(await fs.readFile(path.join(folder, 'later.csv'), 'utf8')).toContain('token 0')
    expect((await fs.lstat(path.join(folder, 'link.csv'))).isSymbolicLink()).toBe(true)
  })

  it("refuses to when asked by overwrite: 'refuse', before the scan is read", async () => {
    const file = path.join(await temporaryFolder(), 'pats.csv')
    await fs.writeFile(file, 'old')
    let started = false
    async function* scan(): AsyncGenerator<ScanOutcome> {
      started = true
      yield* manyTokens(1)
    }
    const error = await reportErrorOf(writeReport(scan(), [file], { now, overwrite: 'refuse' }))
    expect(error).toMatchObject({ code: 'PATKIT_REPORT_EXISTS', file, message: `${file} exists already.` })
    expect(started).toBe(false)
    expect(await fs.readFile(file, 'utf8')).toBe('old')
  })

  it("does not replace a file that appeared during the scan with overwrite: 'refuse'", async () => {
    const folder = await temporaryFolder()
    const [first, second] = [path.join(folder, 'a.csv'), path.join(folder, 'b.csv')]
    async function* scan(): AsyncGenerator<ScanOutcome> {
      yield* manyTokens(1)
      await fs.writeFile(second, 'somebody else')
    }
    const error = await reportErrorOf(writeReport(scan(), [first, second], { now, overwrite: 'refuse' }))
    expect(error.code).toBe('PATKIT_REPORT_EXISTS')
    expect(await fs.readFile(second, 'utf8')).toBe('somebody else')
    expect(await fs.readdir(folder)).toEqual(['b.csv'])
  })

  it('writes a new file with overwrite refused', async () => {
    const folder = await temporaryFolder()
    await writeReport(manyTokens(1), [path.join(folder, 'pats.csv')], { now, overwrite: 'refuse' })
    expect(await fs.readdir(folder)).toEqual(['pats.csv'])
  })

  it('leaves them as they were when the scan fails, and hands its error on unchanged', async () => {
    const folder = await temporaryFolder()
    const targets = formats.map((format) => path.join(folder, `pats.${format}`))
    for (const target of targets) await fs.writeFile(target, 'old')
    const failure = new Error('the sign-in expired')
    async function* scan(): AsyncGenerator<ScanOutcome> {
      yield* manyTokens(500)
      throw failure
    }
    expect(await rejectionOf(writeReport(scan(), targets, { now }))).toBe(failure)
    expect(await fs.readdir(folder)).toHaveLength(4)
    for (const target of targets) expect(await fs.readFile(target, 'utf8')).toBe('old')
  })

  it('leaves them as they were when onRow fails', async () => {
    const folder = await temporaryFolder()
    const failure = new Error('enough')
    const onRow = (): never => {
      throw failure
    }
    const pending = writeReport(manyTokens(5), [path.join(folder, 'pats.xlsx')], { now, onRow })
    expect(await rejectionOf(pending)).toBe(failure)
    expect(await fs.readdir(folder)).toEqual([])
  })

  it('takes back the first file when the second cannot take its place', async () => {
    const folder = await temporaryFolder()
    const [replaced, created, blocked] = ['a.csv', 'b.csv', 'c.csv'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    await fs.writeFile(replaced, 'old')
    async function* scan(): AsyncGenerator<ScanOutcome> {
      yield* manyTokens(1)
      await fs.mkdir(path.join(blocked, 'in the way'), { recursive: true })
    }
    const error = await reportErrorOf(writeReport(scan(), [replaced, created, blocked], { now }))
    expect(error).toMatchObject({ code: 'PATKIT_REPORT_NOT_WRITABLE', file: blocked })
    expect(await fs.readFile(replaced, 'utf8')).toBe('old')
    expect((await fs.readdir(folder)).sort()).toEqual(['a.csv', 'c.csv'])
  })

  it('keeps what it writes out of the way under a name nobody can guess', async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'pats.csv')
    const seen: string[] = []
    for (let run = 0; run < 2; run++) {
      await writeReport(manyTokens(1), [file], {
        now,
        onRow: () => seen.push(...readdirSync(folder).filter((name) => name !== 'pats.csv')),
      })
    }
    expect(seen).toHaveLength(2)
    expect(seen[0]).toMatch(/^\.patkit-[0-9a-f]{12}-[0-9a-f]{12}-\d+-[0-9a-f]{24}\.tmp$/)
    expect(seen[0]).not.toBe(seen[1])
  })
})

/** The superuser may write everywhere: until the end of the test this process is somebody else. */
function asSomebodyWithoutRights(): void {
  if (process.geteuid?.() !== 0) return
  const nobody = 65_534
  process.seteuid?.(nobody)
  onTestFinished(() => process.seteuid?.(0))
}

describe('writeReport() and targets that cannot be written', () => {
  it.each([
    ['the folder is missing', 'nowhere/pats.csv', 'the folder does not exist', 'ENOENT'],
    ['the path goes through a file', 'file.csv/pats.csv', 'a part of the path is a file, not a folder', 'ENOTDIR'],
    ['it is a folder', 'folder.csv', 'it is a folder', 'EISDIR'],
    ['its name is too long', `${'x'.repeat(300)}.csv`, 'the name is too long', 'ENAMETOOLONG'],
    ['its links lead in a circle', 'circle.csv', 'its symbolic links lead in a circle', 'ELOOP'],
  ])('says in one sentence that %s', async (_, name, because, systemCode) => {
    const folder = await temporaryFolder()
    await fs.writeFile(path.join(folder, 'file.csv'), 'old')
    await fs.mkdir(path.join(folder, 'folder.csv'))
    await fs.symlink('circle.csv', path.join(folder, 'circle.csv'))
    const before = (await fs.readdir(folder)).sort()
    const [good, bad] = [path.join(folder, 'file.csv'), path.join(folder, name)]
    const error = await reportErrorOf(writeReport(manyTokens(1), [good, bad], { now }))
    expect(error).toMatchObject({
      name: 'ReportError',
      code: 'PATKIT_REPORT_NOT_WRITABLE',
      file: bad,
      message: `Cannot write ${bad}: ${because}.`,
      systemCode,
    })
    expect(error.hint).toMatch(/\.$/)
    expect(await fs.readFile(good, 'utf8')).toBe('old')
    expect((await fs.readdir(folder)).sort()).toEqual(before)
  })

  it.skipIf(process.platform === 'win32')('respects a file and a folder that may not be written', async () => {
    const folder = await temporaryFolder()
    await fs.writeFile(path.join(folder, 'mine.csv'), 'old', { mode: 0o444 })
    await fs.mkdir(path.join(folder, 'closed'), { mode: 0o555 })
    await fs.chmod(folder, 0o755)
    asSomebodyWithoutRights()
    const readOnly = await reportErrorOf(writeReport(manyTokens(1), [path.join(folder, 'mine.csv')], { now }))
    expect(readOnly.message).toContain('permission denied')
    const closed = await reportErrorOf(writeReport(manyTokens(1), [path.join(folder, 'closed', 'a.csv')], { now }))
    expect(closed.message).toContain('permission denied')
  })

  it.skipIf(process.platform !== 'linux').each(formats)(
    'rejects with PATKIT_REPORT_NO_SPACE when the disk is full, writing %s',
    async (format) => {
      const folder = await temporaryFolder()
      const good = path.join(folder, 'pats.ndjson')
      await fs.writeFile(good, 'old')
      const targets = [{ path: '/dev/full', format }, good]
      const error = await reportErrorOf(writeReport(manyTokens(20_000), targets, { now }))
      expect(error).toMatchObject({
        code: 'PATKIT_REPORT_NO_SPACE',
        file: '/dev/full',
        message: 'Cannot write /dev/full: no space left on the device.',
      })
      expect(await fs.readFile(good, 'utf8')).toBe('old')
      expect(await fs.readdir(folder)).toEqual(['pats.ndjson'])
    },
  )

  it.each(formats)('rejects when the sink fails in the middle, writing %s', async (format) => {
    let taken = 0
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        taken += chunk.length
        done(taken > 10_000 ? Object.assign(new Error('no space'), { code: 'ENOSPC' }) : null)
      },
    })
    const error = await reportErrorOf(writeReport(manyTokens(20_000), [{ stream, format }], { now }))
    expect(error).toMatchObject({
      code: 'PATKIT_REPORT_NO_SPACE',
      message: 'Cannot write the stream: no space left on the device.',
    })
  })

  it.each(formats)('rejects when the sink fails at its very end, writing %s', async (format) => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(),
      final: (done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    })
    const error = await reportErrorOf(writeReport(manyTokens(10), [{ stream, format }], { now }))
    expect(error.code).toBe('PATKIT_REPORT_NO_SPACE')
  })

  it.each(formats)('rejects when the sink goes away without a word, writing %s', async (format) => {
    const stream = new Writable({ write: () => setImmediate(() => stream.destroy()) })
    const error = await reportErrorOf(writeReport(manyTokens(20_000), [{ stream, format }], { now }))
    expect(error.message).toBe('Cannot write the stream: the reader has gone.')
  })

  it('rejects while it waits for a scan that never goes on', async () => {
    const stream = new Writable({ write: () => setImmediate(() => stream.destroy()) })
    const stalled: AsyncIterable<ScanOutcome> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }
    const error = await reportErrorOf(writeReport(stalled, [{ stream, format: 'csv' }], { now }))
    expect(error.code).toBe('PATKIT_REPORT_NOT_WRITABLE')
  })

  it('is recognized as an error of the SDK', async () => {
    const error = await rejectionOf(writeReport(manyTokens(1), ['/nowhere/pats.csv'], { now }))
    expect(isPatkitError(error)).toBe(true)
    expect(error).toMatchObject({ attempts: [], retryable: false, status: undefined })
  })
})

describe('writeReport() and backpressure', () => {
  it.each(['xlsx', 'csv', 'ndjson'] as const)(
    'reads no further than the slowest sink takes, writing %s',
    async (format) => {
      let pulled = 0
      async function* scan(): AsyncGenerator<ScanOutcome> {
        for await (const outcome of manyTokens(100_000)) {
          pulled++
          yield outcome
        }
      }
      const held: (() => void)[] = []
      let open = false
      const stream = new Writable({
        write: (_chunk, _encoding, done) => {
          if (open) done()
          else held.push(done)
        },
      })
      const targets = [
        { stream, format },
        { stream: collector().stream, format: 'ndjson' as const },
      ]
      const pending = writeReport(scan(), targets, { now })
      while (held.length === 0) await settle()
      await settle()
      expect(pulled).toBeLessThan(500)
      open = true
      for (const done of held) done()
      await pending
      expect(pulled).toBe(2_000)
    },
  )
})

describe('writeReport() and its signal', () => {
  it('leaves nothing behind, closes the scan, and rejects with the reason', async () => {
    const folder = await temporaryFolder()
    const targets = formats.map((format) => path.join(folder, `pats.${format}`))
    const stop = new AbortController()
    const reason = new Error('Ctrl-C')
    let closed = false
    async function* scan(): AsyncGenerator<ScanOutcome> {
      try {
        for await (const outcome of manyTokens(100_000)) {
          yield outcome
          stop.abort(reason)
        }
      } finally {
        closed = true
      }
    }
    expect(await rejectionOf(writeReport(scan(), targets, { now, signal: stop.signal }))).toBe(reason)
    await settle()
    expect(closed).toBe(true)
    expect(await fs.readdir(folder)).toEqual([])
  })

  it('does not wait for a scan that hangs, nor for a sink that hangs', async () => {
    const stop = new AbortController()
    const stalled: AsyncIterable<ScanOutcome> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }
    const hanging = new Writable({ write: () => undefined })
    const waiting = [
      rejectionOf(writeReport(stalled, [], { now, signal: stop.signal })),
      rejectionOf(writeReport(manyTokens(50_000), [{ stream: hanging, format: 'xlsx' }], { now, signal: stop.signal })),
    ]
    await settle()
    stop.abort()
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ name: 'AbortError' })
    expect(hanging.destroyed).toBe(true)
  })

  it('touches nothing when it was aborted before', async () => {
    const folder = await temporaryFolder()
    const pending = writeReport(manyTokens(1), [path.join(folder, 'pats.csv')], { now, signal: AbortSignal.abort() })
    expect(await rejectionOf(pending)).toMatchObject({ name: 'AbortError' })
    expect(await fs.readdir(folder)).toEqual([])
  })
})

describe('writeReport() and wrong arguments', () => {
  it.each<[string, readonly unknown[], object, string]>([
    [
      'a name without a known extension',
      ['pats.pdf'],
      {},
      'Cannot tell the format of "pats.pdf": name it .xlsx, .csv, .ndjson, .html',
    ],
    ['an empty path', [''], {}, 'A report target needs a path, not ""'],
    [
      'an unknown format',
      [{ path: 'a', format: 'pdf' }],
      {},
      'Unknown report format "pdf"; choose one of xlsx, csv, ndjson, html',
    ],
    ['a stream without a format', [{ stream: collector().stream }], {}, 'Unknown report format undefined'],
    ['something that is no stream', [{ stream: 'x', format: 'csv' }], {}, 'A report target is a path'],
    [
      'something that is no target',
      [7],
      {},
      'A report target is a path, { path, format? } or { stream, format }, not number',
    ],
    [
      'targets that are no list',
      'pats.csv' as unknown as [],
      {},
      'targets must be an array of paths or streams, not string',
    ],
    ['an unknown column set', [], { columns: 'all' }, "columns must be 'full' or 'sample', not \"all\""],
    [
      'an unknown status',
      [],
      { status: 'old' },
      'status must be one of all, active, expired, expiring, revoked, not "old"',
    ],
    ['negative days', [], { expiringWithinDays: -1 }, 'expiringWithinDays must be a number of days from 0 up, not -1'],
    [
      'days that are no number',
      [],
      { expiringWithinDays: NaN },
      'expiringWithinDays must be a number of days from 0 up, not NaN',
    ],
    ['a time that is no time', [], { now: new Date(NaN) }, 'now must be a valid Date, not Invalid Date'],
    ['an unknown overwrite', [], { overwrite: 'maybe' }, "overwrite must be 'refuse' or 'replace', not \"maybe\""],
    [
      'a bound that is no count',
      [],
      { html: { maxRows: -1 } },
      'html.maxRows must be a whole number from 0 up, not -1',
    ],
  ])('refuses %s before anything is touched', async (_, targets, options, message) => {
    const error = await rejectionOf(writeReport(manyTokens(1), targets as never, options))
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    expect((error as Error).message).toContain(message)
  })

  it('refuses two targets that are the same file', async () => {
    const folder = await temporaryFolder()
    const targets = [path.join(folder, 'pats.csv'), `${folder}/./pats.csv`]
    expect(await rejectionOf(writeReport(manyTokens(1), targets, { now }))).toBeInstanceOf(TypeError)
    expect(await fs.readdir(folder)).toEqual([])
  })

  it('refuses what is no scan', async () => {
    const error = await rejectionOf(writeReport([] as never, [], { now }))
    expect(error).toBeInstanceOf(TypeError)
  })

  it('takes a format in capitals', async () => {
    const folder = await temporaryFolder()
    await writeReport(manyTokens(1), [path.join(folder, 'PATS.CSV')], { now })
    expect(await fs.readdir(folder)).toEqual(['PATS.CSV'])
  })
})
