import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ThrottledError, type AccessToken, type Hooks, type ScanProgress } from '../../src/index.js'
import { collect, failureOf, failuresIn, firstUsers, readUsers, startWorld, type World } from '../world.js'

const people = (count: number) => Array.from({ length: count }, () => ({ tokens: 1 }))
const tokenReads = ({ emulator }: World) => emulator.journal.requests.filter(({ path }) => path.includes('tokenadmin'))
/** Reads the tokens of everybody at the same time. */
const readTokens = ({ emulator, devops, clock }: World) =>
  clock.runUntil(
    Promise.all([...emulator.data.users()].map(({ descriptor }) => collect(devops.tokenAdmin.list(descriptor)))),
  )
/** Milliseconds from the first request to each. */
const timesOf = ({ emulator }: World): number[] =>
  emulator.journal.requests.map(({ at }) => at - (emulator.journal.requests[0]?.at ?? 0))

describe('a refusal by the rate limit', () => {
  it.each([
    ['seconds', { 'retry-after': '2' }, 2000],
    ['an HTTP date', { 'retry-after': 'Mon, 02 Mar 2026 09:00:03 GMT' }, 3000],
    ['decimals', { 'retry-after': '1.5' }, 1500],
    ['milliseconds', { 'retry-after-ms': '250' }, 250],
    ['milliseconds, as Azure spells them', { 'x-ms-retry-after-ms': '750' }, 750],
  ])(
    'faults 15, 16, 18, R5: with %s in Retry-After is waited out, not more and not less',
    async (_, headers, pause) => {
      const world = await startWorld({ users: 5 }, { random: () => 0 })
      world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers } })
      expect(await readUsers(world)).toHaveLength(5)
      expect(timesOf(world)).toEqual([0, pause])
    },
  )

  it.each([
    ['nothing', {}],
    ['abc', { 'retry-after': 'abc' }],
  ])('faults 17, 18, R4: with %s in Retry-After waits a second of our own', async (_, headers) => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(timesOf(world)).toEqual([0, 1000])
  })

  it.each(['0', '-5', 'Mon, 02 Mar 2026 08:00:00 GMT'])(
    'fault 18, R5: with Retry-After %s is sent again at once',
    async (value) => {
      const world = await startWorld({ users: 5 })
      world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers: { 'retry-after': value } } })
      expect(await readUsers(world)).toHaveLength(5)
      expect(timesOf(world)).toEqual([0, 0])
    },
  )

  it('fault 18, R5: fails at once when a longer pause is asked for than maxPauseSeconds', async () => {
    const world = await startWorld()
    const headers = { 'retry-after': '1e9', 'x-ratelimit-resource': 'Concurrency' }
    world.emulator.faults.add({ answer: { status: 429, headers } })
    const error = await failureOf(readUsers(world))
    expect(error).toBeInstanceOf(ThrottledError)
    expect(error).toMatchObject({
      retryAfterSeconds: 1e9,
      resource: 'Concurrency',
      path: '/fabrikam/_apis/graph/users',
    })
    expect(failuresIn(error)).toEqual(['HTTP 429'])
    expect(world.clock.pauses).toEqual([])
    expect(world.emulator.journal.requests).toHaveLength(1)
    // Others are told without asking the service again.
    expect(await failureOf(readUsers(world))).toMatchObject({ code: 'PATKIT_THROTTLED', attempts: [] })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R7: pauses that the service asks for do not count against the limit of the call', async () => {
    const world = await startWorld({ users: 5 }, { timeouts: { callMs: 5000 } })
    const answer = { status: 429, headers: { 'retry-after': '100' } }
    world.emulator.faults.add({ match: { path: '/graph/users', times: 3 }, answer })
    expect(await readUsers(world)).toHaveLength(5)
    expect(timesOf(world)).toEqual([0, 100_000, 200_000, 300_000])
  })
})

describe('a refusal of several at a time', () => {
  it('fault 19, R6: holds everyone: nothing is sent while it lasts, and one request probes afterwards', async () => {
    const world = await startWorld({ people: people(12) })
    world.emulator.faults.add({
      match: { path: '/tokenadmin', times: 8 },
      answer: { status: 429, headers: { 'retry-after': '20' } },
    })
    expect((await readTokens(world)).flat()).toHaveLength(12)
    const times = timesOf(world)
    expect(times.filter((at) => at === 0)).toHaveLength(8)
    expect(times.filter((at) => at > 0 && at < 20_000)).toEqual([])
    expect(world.emulator.journal.requests[8]?.concurrentAtArrival).toBe(1)
    expect(world.emulator.journal.requests).toHaveLength(8 + 12)
    expect(world.clock.pauses).toEqual([20_000])
  })

  it('fault 19, R6: is probed by one request at a time until the service is well', async () => {
    const world = await startWorld({ people: people(12) })
    const answer = { status: 429, headers: { 'retry-after': '20' } }
    world.emulator.faults.add({ match: { path: '/tokenadmin', times: 8 + 2 }, answer })
    expect((await readTokens(world)).flat()).toHaveLength(12)
    const times = timesOf(world)
    expect(times.filter((at) => at === 20_000)).toHaveLength(1)
    expect(times.filter((at) => at === 40_000)).toHaveLength(1)
    expect(world.emulator.journal.requests).toHaveLength(8 + 2 + 12)
  })

  it('fault 19, R6: also holds whoever was let through and then had to wait for a token', async () => {
    const world = await startWorld({ people: people(2) }, { timeouts: { tryMs: 400_000, callMs: 1_000_000 } })
    const { clock, emulator } = world
    const good = emulator.tokenFor('administrator')
    let asked = 0
    let give: (token: AccessToken) => void = () => undefined
    const getToken = (): Promise<AccessToken> =>
      ++asked === 1
        ? // To be renewed after 200 s.
          Promise.resolve({ token: good, expiresOnTimestamp: clock.now() + 320_000 })
        : new Promise((resolve) => (give = resolve))
    const devops = world.client({ credential: { getToken } })
    const [slow, other] = [emulator.data.userAt(0).descriptor, emulator.data.userAt(1).descriptor]
    const refusal = { delayMs: 310_000, status: 429, headers: { 'retry-after': '20' } }
    emulator.faults.add({ match: { path: '/tokenadmin', user: slow, times: 1 }, answer: refusal })
    emulator.faults.add({ match: firstUsers, answer: { headers: { 'retry-after': '300' } } })

    const refused = collect(devops.tokenAdmin.list(slow))
    await emulator.journal.waitFor(1)
    await collect(devops.users.list())
    const heldBack = collect(devops.tokenAdmin.list(other))
    await clock.advance(300_000)
    expect(asked).toBe(2)
    await clock.advance(11_000)
    give({ token: emulator.tokenFor('administrator'), expiresOnTimestamp: Infinity })

    await clock.runUntil(Promise.all([refused, heldBack]))
    const sent = emulator.journal.requests.filter(({ subject }) => subject === other)
    expect(sent.map(({ at }) => at - (emulator.journal.requests[0]?.at ?? 0))).toEqual([330_000])
  })

  it('R15: is told by onHold, onRetry and the logger, without secrets', async () => {
    const events: unknown[] = []
    const log = (event: unknown): void => void events.push(event)
    const hooks: Hooks = { onHold: log, onRetry: log, onRequest: log, onResponse: log }
    const world = await startWorld({ users: 5 }, { logger: { debug: log, warn: log }, hooks })
    const token = world.emulator.tokenFor('administrator')
    const headers = { 'retry-after': '12', 'x-ratelimit-resource': 'ATCPU/Identity' }
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers } })
    await readUsers({ devops: world.client({ credential: () => token }), clock: world.clock })
    const text = inspect(events, { depth: 10 })
    expect(text).toContain('Azure DevOps asks for a pause of 12 s (limit ATCPU/Identity).')
    expect(text).toContain("resource: 'ATCPU/Identity'")
    expect(text).toContain('waitMs: 12000')
    expect(text).not.toContain(token)
  })
})

describe('an answer of 200 that the service delayed', () => {
  it('fault 20, R6: is a success that holds the next call', async () => {
    const world = await startWorld({ users: 5 })
    const headers = { 'retry-after': '7', 'x-ratelimit-delay': '0.4' }
    world.emulator.faults.add({ match: firstUsers, answer: { headers } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(1)
    expect(await readUsers(world)).toHaveLength(5)
    expect(timesOf(world)).toEqual([0, 7000])
  })

  it('fault 20, R15: shows in the progress of a scan as a pause, and afterwards as time held back', async () => {
    const world = await startWorld({ people: people(20) })
    const headers = { 'retry-after': '7', 'x-ratelimit-delay': '0.4' }
    world.emulator.faults.add({ match: { path: '/tokenadmin', nth: 3 }, answer: { headers } })
    const seen: ScanProgress[] = []
    const scan = world.devops.scanTokens({ onProgress: (progress) => seen.push(progress) })
    await world.clock.runUntil(collect(scan))
    expect(seen.some(({ waitingUntil }) => waitingUntil !== undefined)).toBe(true)
    expect(seen.at(-1)).toMatchObject({ throttledMs: 7000, retries: 0, failures: 0 })
    expect(tokenReads(world)).toHaveLength(20)
  })

  it('fault 20, R6: with nothing left holds everyone for 15 s, however far the reset', async () => {
    const world = await startWorld({ users: 5 })
    const reset = String(world.clock.now() / 1000 + 300)
    const headers = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    world.emulator.faults.add({ match: firstUsers, answer: { headers } })
    await readUsers(world)
    await readUsers(world)
    expect(timesOf(world)).toEqual([0, 15_000])
  })
})

describe('concurrency', () => {
  it('starts with 8 requests, grows to 16 while the service is well, and no further', async () => {
    const world = await startWorld({ people: people(300) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { delayMs: 20 } })
    await world.clock.runUntil(collect(world.devops.scanTokens()))
    const together = tokenReads(world).map(({ concurrentAtArrival }) => concurrentAtArrival)
    expect(Math.max(...together.slice(0, 8))).toBe(8)
    expect(Math.max(...together)).toBe(16)
  })

  it('is halved once by answers that were under way together, and again by one sent afterwards', async () => {
    const world = await startWorld({ people: people(40) })
    const headers = { 'x-ratelimit-delay': '0.1' }
    world.emulator.faults.add({ match: { path: '/tokenadmin', times: 8 }, answer: { delayMs: 20, headers } })
    world.emulator.faults.add({ match: { path: '/tokenadmin', nth: 13 }, answer: { delayMs: 20, headers } })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { delayMs: 20 } })
    const concurrency: number[] = []
    await world.clock.runUntil(
      collect(world.devops.scanTokens({ onProgress: (progress) => concurrency.push(progress.concurrency) })),
    )
    const changes = concurrency.filter((now, index) => now !== concurrency[index - 1])
    expect(changes.slice(0, 4)).toEqual([8, 4, 5, 2])
  })

  it('follows what the service says is left, so that it never has to hold or refuse a request', async () => {
    const world = await startWorld({ people: people(400), rateLimit: { requestsPerSecond: 5, usedTstu: 150 } })
    const startedAt = world.clock.now()
    const outcomes = await world.clock.runUntil(collect(world.devops.scanTokens()))
    expect(outcomes.every(({ status }) => status === 'read')).toBe(true)
    expect(world.emulator.journal.counts).toMatchObject({ held: 0, byStatus: { 200: 401 } })
    // Faster than 5 a second for as long as something is left of the 50 units, each of which pays for 7.5 requests.
    expect((world.clock.now() - startedAt) / 1000).toBeGreaterThan(5)
  })
})
