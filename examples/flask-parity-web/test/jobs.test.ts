import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createTestClock, type Emulator } from '@patkit/emulator'
import { describe, expect, test } from 'vitest'
import type { Revocation } from '../src/jobs/job-folder.js'
import type { ReportJob } from '../src/jobs/report-job.js'
import type { ReportJobs } from '../src/jobs/report-jobs.js'
import { identityOf } from '../src/jobs/server-identity.js'
import type { JobState } from '../src/report/wire.js'
import { accountOf } from './accounts.js'
import { openOffice, until } from './office.js'

const tokenPath = '/tokenadmin/personalaccesstokens/'
const [ada, bob] = [accountOf(1), accountOf(2)]
const longAgo = new Date(0)
const inTheFuture = new Date('2100-01-01T00:00:00Z')

const untilState = (job: ReportJob, state: JobState): Promise<void> => until(job, () => job.state === state)

async function finished(jobs: ReportJobs, account = ada): Promise<ReportJob> {
  const job = await jobs.start(account)
  await until(job, () => job.isOver)
  return job
}

async function usersIn(job: ReportJob): Promise<string[]> {
  const users: string[] = []
  for await (const { outcome } of job.outcomes()) users.push(outcome.user.descriptor)
  return users
}

/** Descriptors of those whose tokens were asked for, in that order; each as often as from the beginning. */
function asked({ journal }: Emulator): string[] {
  return journal.requests.flatMap(({ path: each, query }) => {
    const at = each.indexOf(tokenPath)
    return at === -1 || query['continuationToken'] !== undefined ? [] : [each.slice(at + tokenPath.length)]
  })
}

/** Lets the first few users be read and nobody else for now. */
function stuckAfter({ faults }: Emulator, users: number) {
  return faults.add({ match: { path: tokenPath, after: users }, answer: { hang: 'before-headers' } })
}

describe('start()', () => {
  test('begins a report of a person once, however often it is asked at the same time', async () => {
    const { emulator, open } = await openOffice()
    const jobs = open()
    const [first, second] = await Promise.all([jobs.start(ada), jobs.start(ada)])
    expect(second).toBe(first)
    expect(await jobs.start(ada)).toBe(first)
    await until(first, () => first.isOver)
    expect(new Set(asked(emulator)).size).toBe(asked(emulator).length)
    expect(await jobs.start(ada)).not.toBe(first)
  })

  test('begins one of its own for each person, and gives it to nobody else', async () => {
    const jobs = (await openOffice()).open()
    const [own, other] = [await finished(jobs, ada), await finished(jobs, bob)]
    expect(own.id).not.toBe(other.id)
    expect(own.id).toMatch(/^[\w-]{22}$/)
    expect(await jobs.get(own.id, bob)).toBeUndefined()
    expect(await jobs.get(own.id, ada)).toBe(own)
    expect(await jobs.list(bob)).toEqual([other])
  })

  test('leaves nothing to attach to when its folder cannot be made', async () => {
    const { folder, open } = await openOffice()
    await writeFile(folder, 'a file in the place of the folder')
    const jobs = open()
    await expect(jobs.start(ada)).rejects.toThrow()
    expect(await jobs.list(ada)).toEqual([])
    await rm(folder)
    expect((await finished(jobs)).state).toBe('done')
  })

  test('keeps what it reads from everybody but its owner', async () => {
    const { folder, open } = await openOffice()
    const { id } = await finished(open())
    const names = (await readdir(path.join(folder, id))).sort()
    expect(names).toEqual(['job.json', 'run-1', 'scan.ndjson'])
    // Windows has no such bits.
    if (process.platform === 'win32') return
    expect((await stat(path.join(folder, id))).mode & 0o777).toBe(0o700)
    for (const name of names) expect((await stat(path.join(folder, id, name))).mode & 0o777).toBe(0o600)
  })

  test('says that it failed, without a path of the server, when its log cannot be written', async () => {
    const { emulator, folder, logged, open } = await openOffice()
    const stuck = stuckAfter(emulator, 4)
    const jobs = open()
    const job = await jobs.start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await jobs.close()
    await writeFile(path.join(folder, job.id, 'scan.ndjson'), 'not what it was\n')
    const [again] = await open().list(ada)
    if (again === undefined) throw new Error('the report is gone')
    await until(again, () => again.isOver)
    expect(again.state).toBe('failed')
    expect(again.progress.message).toContain('a fault of this application')
    expect(again.progress.message).not.toContain(folder)
    expect(logged.join()).toContain('scan.ndjson is not a checkpoint')
    await expect(usersIn(again)).rejects.toThrow(`The report ${job.id} cannot be shown`)
  })
})

describe('a report that is cancelled', () => {
  test('keeps what was read and sends nothing more', async () => {
    const { emulator, open } = await openOffice()
    const stuck = stuckAfter(emulator, 5)
    const job = await open().start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await until(job, () => job.counts.tokens > 0)
    const read = await usersIn(job)
    expect(read.length).toBeGreaterThan(0)
    await Promise.all([job.cancel(), job.cancel()])
    expect(job.progress).toMatchObject({ state: 'cancelled', complete: false, etaSeconds: null })
    expect((await usersIn(job)).slice(0, read.length)).toEqual(read)
    const sent = emulator.journal.counts.total
    stuck.remove()
    await job.cancel()
    expect(emulator.journal.counts.total).toBe(sent)
  })

  test('does not go on when its owner signs in, or the server starts again', async () => {
    const { emulator, open } = await openOffice()
    const refusal = emulator.faults.add({ match: { path: tokenPath, after: 3 }, answer: { status: 401 } })
    const jobs = open()
    const job = await jobs.start(ada)
    await untilState(job, 'sign-in-needed')
    const cancelling = job.cancel()
    refusal.remove()
    await jobs.resumeFor(ada, inTheFuture)
    await cancelling
    expect(job.state).toBe('cancelled')
    await jobs.close()
    const [again] = await open().list(ada)
    expect(again?.state).toBe('cancelled')
    expect(again?.progress.message).toContain('cancelled')
  })
})

describe('a report whose owner has to sign in again', () => {
  test('goes on at once for who signs in while its state is being kept, and with a newer sign-in only', async () => {
    const { emulator, open } = await openOffice()
    const refusal = emulator.faults.add({ match: { path: tokenPath, after: 3 }, answer: { status: 401 } })
    const jobs = open()
    const job = await jobs.start(ada)
    await untilState(job, 'sign-in-needed')
    const read = await usersIn(job)
    expect(job.progress.message).toMatch(/sign in/i)
    await jobs.resumeFor(ada, longAgo)
    await jobs.resumeFor(bob, inTheFuture)
    expect(job.state).toBe('sign-in-needed')

    refusal.remove()
    emulator.journal.clear()
    await jobs.resumeFor(ada, inTheFuture)
    expect(job.state).toBe('running')
    await untilState(job, 'done')
    expect(job.progress).toMatchObject({ complete: true, failures: 0 })
    expect(asked(emulator).filter((user) => read.includes(user))).toEqual([])
  })
})

describe('two servers on one folder', () => {
  /** A report that both know and that waits for its owner, whom the service takes again. */
  async function openBoth() {
    const office = await openOffice()
    const refusal = office.emulator.faults.add({ match: { path: tokenPath, after: 3 }, answer: { status: 401 } })
    const first = office.open()
    const job = await first.start(ada)
    await untilState(job, 'sign-in-needed')
    const second = office.open()
    expect((await second.list(ada)).map(({ id }) => id)).toEqual([job.id])
    refusal.remove()
    office.emulator.journal.clear()
    return { ...office, job, first, second }
  }

  test('go on once with a report that waits for a sign-in, however often both are asked at the same time', async () => {
    const { emulator, first, second } = await openBoth()
    await Promise.all([first, second, first, second].map((jobs) => jobs.resumeFor(ada, inTheFuture)))
    const [job, ...others] = [...(await first.list(ada)), ...(await second.list(ada))]
    expect(others).toEqual([])
    if (job === undefined) throw new Error('the report is gone')
    await untilState(job, 'done')
    expect(asked(emulator).length).toBeGreaterThan(0)
    expect(new Set(asked(emulator)).size).toBe(asked(emulator).length)
    const users = await usersIn(job)
    expect(new Set(users).size).toBe(users.length)
    expect(job.progress.complete).toBe(true)
  })

  test('leave it to the one that went on first, also when it waits for a sign-in again', async () => {
    const { emulator, job, first, second } = await openBoth()
    const refusal = emulator.faults.add({ match: { path: tokenPath, after: 3 }, answer: { status: 401 } })
    await second.resumeFor(ada, inTheFuture)
    const [again] = await second.list(ada)
    if (again === undefined) throw new Error('the report is gone')
    await untilState(again, 'sign-in-needed')
    refusal.remove()
    emulator.journal.clear()
    await first.resumeFor(ada, inTheFuture)
    expect(await first.list(ada)).toEqual([])
    expect(job.state).toBe('sign-in-needed')
    expect(emulator.journal.counts.total).toBe(0)
    await second.resumeFor(ada, inTheFuture)
    await untilState(again, 'done')
    expect(again.progress.complete).toBe(true)
  })

  test('take up once, when they start at the same time, what a server that was killed was making', async () => {
    const { emulator, open } = await openOffice()
    const stuck = stuckAfter(emulator, 4)
    const jobs = open()
    const { id } = await jobs.start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await jobs.close()
    stuck.remove()
    const both = [open(), open()]
    const lists = await Promise.all(both.map((each) => each.list(ada)))
    const [job, ...others] = lists.flat()
    expect([job?.id, others]).toEqual([id, []])
    if (job === undefined) throw new Error('the report is gone')
    await untilState(job, 'done')
    const users = await usersIn(job)
    expect(new Set(users).size).toBe(users.length)
  })

  test('do not wait for one that was killed while it took the report, but for one that runs', async () => {
    const { folder, job, first, open } = await openBoth()
    const take = (run: number, server: string) => writeFile(path.join(folder, job.id, `run-${run}`), server)
    await take(2, '["elsewhere",1,"1"]')
    await take(3, identityOf(process.ppid))
    await first.resumeFor(ada, inTheFuture)
    expect(await first.list(ada)).toEqual([])

    await take(3, identityOf(process.ppid).replace(`,${process.ppid},`, ',4194304,'))
    const last = open()
    await last.resumeFor(ada, inTheFuture)
    const [again] = await last.list(ada)
    if (again === undefined) throw new Error('the report is gone')
    await untilState(again, 'done')
    expect(again.progress.complete).toBe(true)
  })
})

describe('a restart of the server', () => {
  test('goes on, asks nobody twice but those who could not be read, and forgets their failure', async () => {
    const { emulator, open } = await openOffice()
    const [, unlucky] = [...emulator.data.people()].filter(({ kind }) => kind === 'member')
    if (unlucky === undefined) throw new Error('there is no such member')
    const match = { path: tokenPath, user: unlucky.descriptor }
    const failure = emulator.faults.add({ match, answer: { status: 400 } })
    const stuck = stuckAfter(emulator, 8)
    const jobs = open()
    const before = await jobs.start(ada)
    await until(before, () => before.counts.usersDone >= 9 && before.unread.length === 1)
    const read = await usersIn(before)
    await jobs.close()
    failure.remove()
    stuck.remove()
    emulator.journal.clear()

    const job = await open().get(before.id, ada)
    if (job === undefined) throw new Error('the report is gone')
    await untilState(job, 'done')
    expect(job.progress).toMatchObject({ complete: true, failures: 0, startedAt: before.startedAt.toISOString() })
    expect(asked(emulator).filter((user) => read.includes(user))).toEqual([])
    expect(asked(emulator)).toContain(unlucky.descriptor)
    expect(new Set(await usersIn(job)).size).toBe(job.counts.usersDone - job.skipped.length)
  })

  test.each([
    ['before anything was written', undefined],
    ['before its header was whole', 12],
  ])('goes on with a report that was killed %s', async (_when, bytes) => {
    const { emulator, folder, open } = await openOffice()
    const stuck = stuckAfter(emulator, 2)
    const jobs = open()
    const { id } = await jobs.start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await jobs.close()
    const log = path.join(folder, id, 'scan.ndjson')
    const header = await readFile(log)
    await rm(log)
    if (bytes !== undefined) await writeFile(log, header.subarray(0, bytes))
    stuck.remove()
    const job = await open().get(id, ada)
    if (job === undefined) throw new Error('the report is gone')
    expect(await usersIn(job)).toEqual(expect.any(Array))
    await untilState(job, 'done')
    expect(job.progress.complete).toBe(true)
  })

  test('leaves a report alone that another server is making, and takes it up when that one is gone', async () => {
    const { emulator, folder, open } = await openOffice()
    const stuck = stuckAfter(emulator, 4)
    const jobs = open()
    const { id } = await jobs.start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await jobs.close()
    stuck.remove()
    const file = path.join(folder, id, 'job.json')
    const readRecord = async () => JSON.parse(await readFile(file, 'utf8')) as { readonly run: number }
    const record = await readRecord()
    const belongTo = async (server: string) => {
      const { run } = await readRecord()
      await writeFile(file, JSON.stringify({ ...record, run, server }))
    }

    const other = identityOf(process.ppid)
    await belongTo(other)
    emulator.journal.clear()
    const second = open()
    expect(await second.list(ada)).toEqual([])
    expect((await readdir(folder)).length).toBe(1)
    await second.close()
    expect(emulator.journal.counts.total).toBe(0)

    // The machine gave its number to another program, or it was another machine.
    const gone = [
      other.replace(`,${process.ppid},`, ',4194304,'),
      other.replace(/"\d*"\]$/, '"1"]'),
      '["elsewhere",1,"1"]',
    ]
    for (const server of gone) {
      expect(server).not.toBe(other)
      await belongTo(server)
      const taken = open()
      expect((await taken.list(ada)).map((job) => job.id)).toEqual([id])
      await taken.close()
    }
    const last = await open().get(id, ada)
    if (last === undefined) throw new Error('the report is gone')
    await until(last, () => last.isOver)
    expect(last.progress.complete).toBe(true)
  })

  test('passes over what is no report', async () => {
    const { folder, open } = await openOffice()
    const jobs = open()
    const { id } = await finished(jobs)
    await jobs.close()
    await mkdir(path.join(folder, 'empty'))
    await writeFile(path.join(folder, 'a file'), '')
    const text = await readFile(path.join(folder, id, 'job.json'), 'utf8')
    for (const [name, content] of [
      ['torn', text.slice(0, -30)],
      ['copied', text],
      ['foreign', JSON.stringify({ ...(JSON.parse(text) as object), id: 'foreign', organization: 'contoso' })],
      ['nobodys', JSON.stringify({ ...(JSON.parse(text) as object), id: 'nobodys', account: {} })],
    ] as const) {
      await mkdir(path.join(folder, name))
      await writeFile(path.join(folder, name, 'job.json'), content)
    }
    expect((await open().list(ada)).map((job) => job.id)).toEqual([id])
  })
})

describe('old reports', () => {
  test('go: the newest five of each person stay, for seven days', async () => {
    const clock = createTestClock()
    const { folder, open } = await openOffice({ users: 2, clock }, clock)
    const jobs = open()
    const ids: string[] = []
    for (let n = 0; n < 7; n++) {
      const job = await jobs.start(ada)
      await clock.runUntil(until(job, () => job.isOver))
      ids.unshift(job.id)
      await clock.advance(60_000)
    }
    const others = await jobs.start(bob)
    await clock.runUntil(until(others, () => others.isOver))
    // The next start takes away what is too much: the newest was not over when it began.
    expect((await jobs.list(ada)).map(({ id }) => id)).toEqual(ids.slice(0, 5))
    expect((await readdir(folder)).sort()).toEqual([...ids.slice(0, 5), others.id].sort())

    await jobs.close()
    await clock.advance(7 * 86_400_000 + 1)
    expect(await open().list(ada)).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  test('go from a server that runs on, though nobody starts another', async () => {
    const clock = createTestClock()
    const { folder, open } = await openOffice({ users: 2, clock }, clock)
    const jobs = open()
    const job = await jobs.start(ada)
    await clock.runUntil(until(job, () => job.isOver))
    await clock.advance(6.9 * 86_400_000)
    expect(await readdir(folder)).toEqual([job.id])
    await clock.advance(0.2 * 86_400_000)
    expect(await jobs.list(ada)).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  test('stay while they are being made, and are given up when they wait for their owner as long', async () => {
    const clock = createTestClock()
    const { emulator, folder, open } = await openOffice({ clock }, clock)
    const jobs = open()
    const refusal = emulator.faults.add({ match: { path: tokenPath }, answer: { status: 401 } })
    const waiting = await jobs.start(bob)
    await clock.runUntil(untilState(waiting, 'sign-in-needed'))
    refusal.remove()
    const stuck = stuckAfter(emulator, 4)
    const running = await jobs.start(ada)
    await emulator.journal.waitFor(() => stuck.hits > 0)
    await jobs.close()
    await clock.advance(8 * 86_400_000)
    const again = open()
    expect((await again.list(ada)).map(({ id }) => id)).toEqual([running.id])
    expect(await again.list(bob)).toEqual([])
    expect(await readdir(folder)).toEqual([running.id])
  })
})

describe('revocations of a report', () => {
  const revocation = (id: string, revoked: string[]): Revocation => ({
    id,
    at: '2026-03-02T09:00:00.000Z',
    revoked,
    failed: [{ id: 'other', reason: 'The service\nsaid no.' }],
  })

  test('are remembered by a restart, also behind one that a crash has torn', async () => {
    const { folder, open } = await openOffice()
    const jobs = open()
    const job = await finished(jobs)
    await job.addRevocation(revocation('first', ['a', 'b']))
    await jobs.close()
    const file = path.join(folder, job.id, 'revocations.ndjson')
    await appendFile(file, '\n{"id":"torn","revoked":["c"')
    const second = open()
    const again = await second.get(job.id, ada)
    expect(again?.revocation('first')).toEqual(revocation('first', ['a', 'b']))
    expect([...(again?.revoked ?? [])]).toEqual(['a', 'b'])
    await again?.addRevocation(revocation('third', ['d']))
    await second.close()
    const last = await open().get(job.id, ada)
    expect([...(last?.revoked ?? [])]).toEqual(['a', 'b', 'd'])
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('show although they could not be kept', async () => {
    const { folder, logged, open } = await openOffice()
    const job = await finished(open())
    await mkdir(path.join(folder, job.id, 'revocations.ndjson'))
    await job.addRevocation(revocation('first', ['a']))
    expect([...job.revoked]).toEqual(['a'])
    expect(logged.join()).toContain('could not keep a revocation')
  })
})
