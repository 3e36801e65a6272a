import { describe, expect, test } from 'vitest'
import { adminVersion, graphVersion, type Reply, startWorld, type World } from '../test/world.js'
import type { RateLimit } from './index.js'

const limitHeaders = ({ headers }: Reply): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ratelimit') || name === 'retry-after'))

// One TSTU drains every second, so that the numbers below can be checked by eye.
const simple: RateLimit = { limitTstu: 10, windowSeconds: 10, costTstu: 1, maxDelaySeconds: 3 }

async function startLimited(rateLimit: RateLimit): Promise<World & { readonly call: () => Promise<Reply> }> {
  const world = await startWorld({ rateLimit })
  return { ...world, call: () => world.send(`graph/users?${graphVersion}`) }
}

describe('rateLimit', () => {
  test('shows no headers far from the limit, and counts down near it', async () => {
    const { call } = await startLimited(simple)
    const seen: (string | undefined)[] = []
    for (let n = 0; n < 10; n++) seen.push(limitHeaders(await call())['x-ratelimit-remaining'])
    expect(seen).toEqual([undefined, undefined, undefined, undefined, undefined, '4', '3', '2', '1', '0'])
  })

  test('says the limit, when use would be back at 0, and no delay, before it delays', async () => {
    const { call, clock } = await startLimited({ ...simple, usedTstu: 8 })
    expect(limitHeaders(await call())).toEqual({
      'x-ratelimit-resource': 'ATCPU/Identity',
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': String(clock.now() / 1000 + 9),
    })
  })

  test('holds requests at the limit on the clock and answers 200 with the length of the delay', async () => {
    const { call, clock, emulator } = await startLimited({ ...simple, usedTstu: 11.5 })
    const before = clock.now()
    const reply = await clock.runUntil(call())
    expect(reply.status).toBe(200)
    expect(clock.now() - before).toBe(2_500)
    expect(limitHeaders(reply)).toMatchObject({
      'retry-after': '3',
      'x-ratelimit-delay': '2.500',
      'x-ratelimit-remaining': '0',
    })
    // The client asked for no pause: the service kept it waiting.
    expect(clock.pauses).toEqual([])
    expect(emulator.journal.requests[0]?.heldMs).toBe(2_500)
    expect(emulator.journal.counts.held).toBe(1)
  })

  test('refuses what it would have to hold too long, with 429, and does not count it', async () => {
    const { call, clock, emulator } = await startLimited({ ...simple, usedTstu: 12.5 })
    const reply = await call()
    expect(reply.status).toBe(429)
    expect(reply.json).toMatchObject({ message: expect.stringMatching(/^TF400733: /) as string })
    expect(limitHeaders(reply)).toMatchObject({ 'retry-after': '4', 'x-ratelimit-remaining': '0' })
    expect(limitHeaders(reply)).not.toHaveProperty('x-ratelimit-delay')
    expect(emulator.usedTstu()).toBe(12.5)
    await clock.advance(4_000)
    expect((await clock.runUntil(call())).status).toBe(200)
  })

  test('lets the permitted rate through for ever', async () => {
    const { call, clock, emulator } = await startLimited({ requestsPerSecond: 50, usedTstu: 199 })
    const perSecond = 10
    for (let n = 0; n < 3 * perSecond; n++) {
      await call()
      await clock.advance(1000 / 50)
    }
    expect(emulator.journal.counts.byStatus).toEqual({ '200': 30 })
    expect(emulator.journal.counts.held).toBe(0)
    expect(emulator.usedTstu()).toBeCloseTo(199, 6)
  })

  test('limits each identity by itself, and nobody who is not signed in', async () => {
    const { emulator, send, call } = await startLimited({ ...simple, usedTstu: 9, maxDelaySeconds: 0 })
    const other = `Bearer ${emulator.tokenFor(emulator.data.userAt(1).descriptor)}`
    expect((await call()).status).toBe(200)
    expect((await call()).status).toBe(429)
    expect((await send(`graph/users?${graphVersion}`, { authorization: other })).status).toBe(200)
    for (let n = 0; n < 3; n++)
      expect((await send(`graph/users?${graphVersion}`, { authorization: null })).status).toBe(203)
  })

  test('costs what each part of the service costs', async () => {
    const { emulator, send, call } = await startLimited({ costTstu: { graph: 2, tokenadmin: 0.5 } })
    await call()
    await send(`tokenadmin/personalaccesstokens/${emulator.data.userAt(1).descriptor}?${adminVersion}`)
    expect(emulator.usedTstu()).toBe(2.5)
    await send(`tokens/pats?${graphVersion}`)
    expect(emulator.usedTstu()).toBe(2.55)
  })

  test('always shows headers where showHeadersBelow is 1', async () => {
    const { call } = await startLimited({ ...simple, showHeadersBelow: 1 })
    expect(limitHeaders(await call())).toMatchObject({ 'x-ratelimit-remaining': '9' })
  })

  test('stops holding a request whose client has left', async () => {
    const { emulator, send, clock } = await startLimited({ ...simple, usedTstu: 11 })
    const leaving = new AbortController()
    const leaver = send(`graph/users?${graphVersion}`, { signal: leaving.signal })
    const gone = leaver.catch((error: unknown) => error)
    await emulator.journal.waitFor(({ heldMs }) => heldMs === 2_000)
    leaving.abort(new Error('left'))
    expect(await gone).toHaveProperty('message', 'left')
    const entry = await emulator.journal.waitFor(({ outcome }) => outcome === 'abandoned')
    expect(entry.status).toBeUndefined()
    await clock.advance(10_000)
    expect(emulator.journal.requests).toHaveLength(1)
  })
})
