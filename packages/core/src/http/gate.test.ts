import { createTestClock, type TestClock } from '@patkit/emulator'
import { describe, expect, it } from 'vitest'
import { Gate, type Permit } from './gate.js'
import { readLimitSigns } from './retry-after.js'

const never = new AbortController().signal

/** What an answer with these headers means to the gate. */
function answer(clock: TestClock, status = 200, headers: Record<string, string> = {}) {
  return { kind: 'answer', status, signs: readLimitSigns(new Headers(headers), clock.now()) } as const
}

/** Takes as many permits as the gate gives at once. */
async function takeAll(gate: Gate): Promise<Permit[]> {
  const permits: Permit[] = []
  const stop = new AbortController()
  const asked = Array.from({ length: 40 }, () =>
    gate.enter(stop.signal).then(
      (permit) => void permits.push(permit),
      () => undefined,
    ),
  )
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await Promise.all(asked)
  return permits
}

describe('Gate', () => {
  it('starts with 8 requests at a time and grows by one after each full window of good answers, up to 16', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    const permits = await takeAll(gate)
    expect(permits).toHaveLength(8)
    for (const permit of permits) permit.leave(answer(clock))
    expect(gate.concurrency).toBe(9)
    for (let n = 0; n < 500; n++) (await gate.enter(never)).leave(answer(clock))
    expect(gate.concurrency).toBe(16)
  })

  it('halves once for all answers that were under way together', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    for (const permit of await takeAll(gate)) permit.leave(answer(clock, 200, { 'x-ratelimit-delay': '1' }))
    expect(gate.concurrency).toBe(4)
    ;(await gate.enter(never)).leave(answer(clock, 200, { 'x-ratelimit-delay': '1' }))
    expect(gate.concurrency).toBe(2)
  })

  it.each([
    ['a 429', 429, {}],
    ['a 503', 503, {}],
    ['Retry-After on a 200', 200, { 'retry-after': '0' }],
    ['nothing left', 200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-limit': '200' }],
  ])('takes %s for a sign of overload', async (_, status, headers) => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    ;(await gate.enter(never)).leave(answer(clock, status, headers))
    expect(gate.concurrency).toBe(4)
  })

  it('takes a time-out for a sign of overload, and a broken connection for none', async () => {
    const gate = new Gate(createTestClock())
    ;(await gate.enter(never)).leave({ kind: 'broken' })
    expect(gate.concurrency).toBe(8)
    ;(await gate.enter(never)).leave({ kind: 'timeout' })
    expect(gate.concurrency).toBe(4)
  })

  it('lets one request probe after a refusal, and the others after its good answer', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    ;(await gate.enter(never)).leave(answer(clock, 429, { 'retry-after': '5' }))
    const probe = await clock.runUntil(gate.enter(never))
    expect(clock.pauses).toEqual([5000])
    expect(await takeAll(gate)).toHaveLength(0)
    probe.leave(answer(clock))
    expect(await takeAll(gate)).toHaveLength(4)
  })

  it('serves in the order of asking', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock, { startConcurrency: 1, maxConcurrency: 1 })
    const first = await gate.enter(never)
    const order: number[] = []
    const waiting = [1, 2, 3].map(async (n) => {
      const permit = await gate.enter(never)
      order.push(n)
      permit.leave(answer(clock))
    })
    first.leave(answer(clock))
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3])
  })

  it('waits for the longest pause that was asked for', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    const start = clock.now()
    gate.hold(2000)
    const entered = gate.enter(never)
    gate.hold(9000)
    gate.hold(1000)
    await clock.runUntil(entered)
    expect(clock.now() - start).toBe(9000)
    expect(gate.throttledMs).toBe(9000)
  })

  it('sleeps for nobody: when the last waiter leaves, no timer stays', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    gate.hold(60_000)
    const stop = new AbortController()
    const entered = gate.enter(stop.signal)
    stop.abort(new Error('left'))
    await expect(entered).rejects.toThrow('left')
    const asked = clock.pauses.length
    await clock.advance(120_000)
    expect(clock.pauses).toHaveLength(asked)
    expect(gate.throttledMs).toBe(0)
  })

  it('counts a permit once, however often it is given back', async () => {
    const gate = new Gate(createTestClock(), { startConcurrency: 2, maxConcurrency: 2 })
    const permit = await gate.enter(never)
    permit.leave({ kind: 'abandoned' })
    permit.leave({ kind: 'abandoned' })
    expect(await takeAll(gate)).toHaveLength(2)
  })

  it('prepare() starts a run where it asks for, but not after the service slowed us down', async () => {
    const clock = createTestClock()
    const gate = new Gate(clock)
    gate.prepare(20)
    expect(gate.concurrency).toBe(20)
    ;(await gate.enter(never)).leave(answer(clock, 429, { 'retry-after': '0' }))
    gate.prepare(32)
    expect(gate.concurrency).toBe(10)
  })
})
