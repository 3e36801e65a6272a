import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PersonSpec } from '@patkit/emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  openScanCheckpoint,
  ProtocolError,
  ThrottledError,
  type ScanOptions,
  type ScanOutcome,
  type ScanProgress,
} from '../src/index.js'
import { collect, failureOf, startWorld, type World } from './world.js'

const people = (count: number, tokens = 1): PersonSpec[] => Array.from({ length: count }, () => ({ tokens }))
const scanAll = ({ devops, clock }: World, options: ScanOptions = {}): Promise<ScanOutcome[]> =>
  clock.runUntil(collect(devops.scanTokens(options)))
const tokensIn = (outcomes: readonly ScanOutcome[]): string[] =>
  outcomes.flatMap((outcome) =>
    outcome.status === 'read' ? outcome.tokens.map(({ authorizationId }) => authorizationId) : [],
  )
const tokenReads = ({ emulator }: World) => emulator.journal.requests.filter(({ path }) => path.includes('tokenadmin'))

describe('scanTokens', () => {
  it('fault 48: yields one outcome per user in listing order, with every token', async () => {
    const world = await startWorld({ users: 120, pageSize: 50, tokenPageSize: 5 })
    const outcomes = await scanAll(world)
    const users = [...world.emulator.data.users()]
    expect(outcomes.map(({ user }) => user.descriptor)).toEqual(users.map(({ descriptor }) => descriptor))
    const expected = [...world.emulator.data.people()].flatMap((user) => world.emulator.data.tokensOf(user))
    expect(tokensIn(outcomes)).toEqual(expected.map(({ authorizationId }) => authorizationId))
    expect(outcomes.filter(({ status }) => status === 'failed')).toEqual([])
  })

  it('R13: records a user who cannot be read, with the error, and goes on', async () => {
    const world = await startWorld({ people: people(10) })
    const broken = world.emulator.data.userAt(3).descriptor
    world.emulator.faults.add({ match: { path: '/tokenadmin', user: broken }, answer: { status: 500 } })
    const outcomes = await scanAll(world)
    expect(outcomes).toHaveLength(10)
    const failed = outcomes.filter((outcome) => outcome.status === 'failed')
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({ user: { descriptor: broken }, error: { code: 'PATKIT_SERVICE', status: 500 } })
    expect(failed[0]?.error.attempts).toHaveLength(4)
  })

  it('fails a user whose answer lacks an authorization id, rather than leaving the token out', async () => {
    const world = await startWorld({
      people: [{ tokens: [{}, { extra: { authorizationId: null } }] }, { tokens: 1 }],
    })
    const [first, second] = await scanAll(world)
    const error = { code: 'PATKIT_PROTOCOL', field: 'value[1].authorizationId' }
    expect(first).toMatchObject({ status: 'failed', error })
    expect(second?.status).toBe('read')
  })

  it('fails a user whose descriptor cannot be part of a request, and reads the others', async () => {
    const world = await startWorld({ people: people(2) })
    const value = [
      { descriptor: 'aad.\ud800' },
      { descriptor: 'nobody' },
      { descriptor: world.emulator.data.userAt(1).descriptor },
    ]
    world.emulator.faults.add({
      match: { path: '/graph/users' },
      answer: { status: 200, body: JSON.stringify({ value }) },
    })
    const outcomes = await scanAll(world)
    const error = { code: 'PATKIT_PROTOCOL', field: 'descriptor' }
    expect(outcomes).toMatchObject([{ status: 'failed', error }, { status: 'failed', error }, { status: 'read' }])
    expect(tokenReads(world)).toHaveLength(1)
  })

  it('fails users whose tokens are not found although they are still there', async () => {
    const world = await startWorld({ people: people(3) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { status: 404 } })
    expect((await scanAll(world)).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
  })

  it('records single refusals once somebody could be read', async () => {
    const world = await startWorld({ people: people(30) }, { limits: { startConcurrency: 1, maxConcurrency: 1 } })
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 1 }, answer: { status: 403 } })
    const outcomes = await scanAll(world)
    expect(outcomes.filter(({ status }) => status === 'failed')).toHaveLength(29)
  })

  it('stops when the service asks for a longer pause than is waited out', async () => {
    const world = await startWorld({ people: people(50) })
    const answer = { status: 429, headers: { 'retry-after': '3600' } }
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 5 }, answer })
    expect(await failureOf(scanAll(world))).toBeInstanceOf(ThrottledError)
    expect(tokenReads(world).length).toBeLessThanOrEqual(5 + 16)
  })

  it('throws when the list of users breaks: what is left out would look like nobody', async () => {
    const world = await startWorld({ users: 40, pageSize: 10 })
    const answer = { status: 200, body: { count: 0 } }
    world.emulator.faults.add({ match: { path: '/graph/users', nth: 3 }, answer })
    expect(await failureOf(scanAll(world))).toBeInstanceOf(ProtocolError)
  })

  it('reads at most as many users at a time as told', async () => {
    const world = await startWorld({ people: people(40) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { delayMs: 50 } })
    await scanAll(world, { concurrency: 3 })
    const most = Math.max(...tokenReads(world).map(({ concurrentAtArrival }) => concurrentAtArrival))
    expect(most).toBe(3)
  })

  it('is held back by a slow consumer', async () => {
    const world = await startWorld({ people: people(200) })
    const outcomes = world.devops.scanTokens({ concurrency: 4 })[Symbol.asyncIterator]()
    await world.clock.runUntil(outcomes.next())
    await world.clock.advance(60_000)
    expect(tokenReads(world).length).toBeLessThanOrEqual(1 + 4 * 4)
    await outcomes.return?.()
  })

  it('sends nothing before the first read, and nothing more after break', async () => {
    const world = await startWorld({ people: people(100) })
    const scan = world.devops.scanTokens({ concurrency: 4 })
    await world.clock.advance(1000)
    expect(world.emulator.journal.requests).toHaveLength(0)
    for await (const _ of scan) break
    // What was sent before the loop was left may still be arriving.
    await world.clock.advance(1000)
    const sent = world.emulator.journal.requests.length
    await world.clock.advance(60_000)
    expect(world.emulator.journal.requests).toHaveLength(sent)
  })

  it('stops answers that are under way when the consumer leaves', async () => {
    const world = await startWorld({ people: people(20) })
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 1 }, answer: { hang: 'before-headers' } })
    const outcomes = world.devops.scanTokens({ order: 'completion' })[Symbol.asyncIterator]()
    await world.clock.runUntil(outcomes.next())
    await world.emulator.journal.waitFor(5)
    await outcomes.return?.()
    await world.clock.advance(1000)
    const left = world.emulator.journal.requests.filter(({ outcome }) => outcome !== 'answered')
    expect(left.length).toBeGreaterThan(1)
    expect(left.every(({ outcome }) => outcome === 'abandoned')).toBe(true)
  })

  it("order: 'completion' does not wait for a slow user", async () => {
    const world = await startWorld({ people: people(6) })
    const slow = world.emulator.data.userAt(0).descriptor
    world.emulator.faults.add({ match: { path: '/tokenadmin', user: slow }, answer: { delayMs: 5000 } })
    const outcomes = await scanAll(world, { order: 'completion' })
    expect(outcomes.at(-1)?.user.descriptor).toBe(slow)
    expect(outcomes).toHaveLength(6)
  })

  it('ends with the reason of the signal', async () => {
    const world = await startWorld({ people: people(20) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { hang: 'before-headers' } })
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.scanTokens({ signal: stop.signal })))
    await world.emulator.journal.waitFor(({ path }) => path.includes('tokenadmin'))
    stop.abort(new Error('enough'))
    expect(await failing).toMatchObject({ message: 'enough' })
  })

  it('onProgress tells users, tokens, failures, concurrency and pauses; the total once it is known', async () => {
    const world = await startWorld({ people: people(25, 2), pageSize: 10 })
    const { faults, data } = world.emulator
    const refusal = { status: 429, headers: { 'retry-after': '9' } }
    faults.add({ match: { path: '/tokenadmin', user: data.userAt(4).descriptor, times: 1 }, answer: refusal })
    faults.add({ match: { path: '/tokenadmin', user: data.userAt(20).descriptor }, answer: { status: 400 } })
    const seen: ScanProgress[] = []
    await scanAll(world, { onProgress: (progress) => seen.push(progress) })
    expect(seen[0]).toMatchObject({ listed: 10, done: 0, total: undefined })
    const end = { listed: 25, done: 25, total: 25, tokens: 48, failures: 1, retries: 1, throttledMs: 9000 }
    expect(seen.at(-1)).toMatchObject(end)
    expect(seen.some(({ waitingUntil }) => waitingUntil !== undefined)).toBe(true)
    expect(seen.every(({ concurrency }) => concurrency >= 1 && concurrency <= 16)).toBe(true)
    expect(seen.at(-1)?.requests).toBe(world.emulator.journal.requests.length)
  })

  it('can be iterated once', async () => {
    const world = await startWorld({ people: people(2) })
    const scan = world.devops.scanTokens()
    await collect(scan)
    await expect(collect(scan)).rejects.toThrow('already iterated')
  })

  it.each([0, 65, 1.5, Number.NaN, '8'])('refuses a concurrency of %j', async (concurrency) => {
    const { devops } = await startWorld()
    expect(() => devops.scanTokens({ concurrency: concurrency as number })).toThrow(RangeError)
  })

  it('does not ask again for users of a checkpoint, and gives the same outcomes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'patkit-scan-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'scan.ndjson')
    const world = await startWorld({ users: 60, pageSize: 20 })
    const whole = await scanAll(world)

    const first = await openScanCheckpoint(path, { organization: 'fabrikam', mode: 'new' })
    let taken = 0
    for await (const _ of world.devops.scanTokens({ checkpoint: first, concurrency: 2 })) if (++taken === 20) break
    await first.close()

    await world.clock.advance(1000)
    world.emulator.journal.clear()
    const again = await openScanCheckpoint(path, { organization: 'fabrikam', mode: 'resume' })
    const scan = world.devops.scanTokens({ checkpoint: again })
    expect(await world.clock.runUntil(collect(scan))).toEqual(whole)
    await again.close()
    expect(again.finished).toBeGreaterThan(0)
    expect(scan.progress.recalled).toBe(again.finished)
    const asked = new Set(tokenReads(world).map(({ subject }) => subject))
    expect(asked.size).toBe([...world.emulator.data.people()].length - again.finished)
  })
})
