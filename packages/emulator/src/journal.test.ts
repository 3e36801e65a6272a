import { describe, expect, test } from 'vitest'
import { basic, graphVersion, startWorld, tokensVersion } from '../test/world.js'

const list = `graph/users?subjectTypes=aad&${graphVersion}`

describe('journal', () => {
  test('records who asked what and what came of it', async () => {
    const { emulator, send, clock } = await startWorld()
    await send(list, { headers: { 'X-Custom': 'yes' } })
    const [entry] = emulator.journal.requests
    expect(entry).toMatchObject({
      n: 1,
      at: clock.now(),
      method: 'GET',
      path: '/fabrikam/_apis/graph/users',
      query: { subjectTypes: 'aad', 'api-version': '7.1-preview.1' },
      user: emulator.data.find('administrator')?.descriptor,
      status: 200,
      outcome: 'answered',
      durationMs: 0,
      concurrentAtArrival: 1,
    })
    expect(entry?.headers).toMatchObject({ 'x-custom': 'yes' })
  })

  test('keeps the body of a request', async () => {
    const { emulator, send } = await startWorld()
    await send(`tokens/pats?${tokensVersion}`, { method: 'POST', body: { displayName: '' } })
    expect(emulator.journal.requests[0]?.body).toBe('{"displayName":""}')
  })

  test('tells credentials apart without keeping them', async () => {
    const { emulator, send } = await startWorld()
    const [first, second, pat] = [emulator.tokenFor(), emulator.tokenFor(), emulator.patFor()]
    await send(list, { authorization: `Bearer ${first}`, headers: { cookie: `session=${second}` } })
    await send(list, { authorization: `Bearer ${first}` })
    await send(list, { authorization: `Bearer ${second}` })
    await send(list, { authorization: basic(pat) })
    await send(list, { authorization: 'naked-secret-without-scheme' })
    const seen = emulator.journal.requests.map(({ headers }) => headers['authorization'])
    expect(seen[0]).toMatch(/^Bearer sha256:[0-9a-f]{12}$/)
    expect(seen[1]).toBe(seen[0])
    expect(seen[2]).not.toBe(seen[0])
    expect(seen[3]).toMatch(/^Basic sha256:[0-9a-f]{12}$/)
    const text = JSON.stringify(emulator.journal.requests)
    for (const secret of [first, second, pat, basic(pat).slice(6), 'naked-secret']) expect(text).not.toContain(secret)
  })

  test('counts how many requests were being answered at once', async () => {
    const { emulator, send } = await startWorld()
    const held = emulator.faults.add({ match: { times: 3 }, answer: { hang: 'before-headers' } })
    const leaving = new AbortController()
    const hanging = [1, 2, 3].map(() => send(list, { signal: leaving.signal }).catch(() => 'left'))
    await emulator.journal.waitFor(3)
    await send(list)
    expect(emulator.journal.requests.map(({ concurrentAtArrival }) => concurrentAtArrival)).toEqual([1, 2, 3, 4])
    expect(emulator.journal.counts.mostConcurrent).toBe(4)
    leaving.abort()
    expect(await Promise.all(hanging)).toEqual(['left', 'left', 'left'])
    expect(held.hits).toBe(3)
  })

  test('waitFor() resolves with a request that is already there, and with one that comes later', async () => {
    const { emulator, send } = await startWorld()
    const later = emulator.journal.waitFor(({ status }) => status === 203)
    await send(list)
    expect(await emulator.journal.waitFor(1)).toHaveLength(1)
    await send(list, { authorization: null })
    expect((await later).n).toBe(2)
  })

  test('waitFor() rejects when its predicate throws, and when the emulator is closed', async () => {
    const { emulator, send } = await startWorld()
    const throwing = expect(
      emulator.journal.waitFor(() => {
        throw new Error('a bad test')
      }),
    ).rejects.toThrow('a bad test')
    expect((await send(list)).status).toBe(200)
    await throwing
    const waiting = expect(emulator.journal.waitFor(99)).rejects.toThrow('the emulator was closed')
    await emulator.close()
    await waiting
  })

  test('clear() forgets requests and counts, and goes on numbering', async () => {
    const { emulator, send } = await startWorld()
    await send(list)
    emulator.journal.clear()
    expect(emulator.journal.requests).toEqual([])
    expect(emulator.journal.counts).toEqual({ total: 0, byStatus: {}, held: 0, mostConcurrent: 0 })
    await send(list)
    expect(emulator.journal.requests.map(({ n }) => n)).toEqual([2])
    expect(emulator.journal.counts.total).toBe(1)
  })

  test('keeps the newest requests and counts all of them', async () => {
    const { emulator, send } = await startWorld({ journalSize: 3 })
    for (let n = 0; n < 8; n++) await send(list)
    const kept = emulator.journal.requests.map(({ n }) => n)
    expect(kept.at(-1)).toBe(8)
    expect(kept.length).toBeGreaterThanOrEqual(3)
    expect(kept.length).toBeLessThanOrEqual(6)
    expect(emulator.journal.counts.total).toBe(8)
  })

  test('only counts where journalSize is 0', async () => {
    const { emulator, send } = await startWorld({ journalSize: 0 })
    await send(list)
    await send(list, { authorization: null })
    expect(emulator.journal.requests).toEqual([])
    expect(emulator.journal.counts.byStatus).toEqual({ '200': 1, '203': 1 })
  })
})
