import { getEventListeners } from 'node:events'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { adminVersion, graphVersion, startWorld } from '../test/world.js'
import { createTestClock, StandingClock, systemClock } from './clock.js'
import type { EmulatorClock } from './clock.js'

const start = '2026-03-02T09:00:00Z'
const startMs = Date.parse(start)

describe('createTestClock()', () => {
  test('stands still at its start', () => {
    expect(createTestClock(start).now()).toBe(startMs)
    expectTypeOf(createTestClock()).toExtend<EmulatorClock>()
  })

  test('refuses a start that is no time', () => {
    expect(() => createTestClock('tomorrow')).toThrow(
      new RangeError('startIso must be an ISO 8601 time, not "tomorrow"'),
    )
  })
})

describe('runUntil()', () => {
  test('skips pauses and records them in order', async () => {
    const clock = createTestClock(start)
    const work = async (): Promise<string> => {
      await clock.sleep(60_000)
      await clock.sleep(0)
      await clock.sleep(3_600_000)
      return 'done'
    }
    await expect(clock.runUntil(work())).resolves.toBe('done')
    expect(clock.pauses).toEqual([60_000, 0, 3_600_000])
    expect(clock.now()).toBe(startMs + 3_660_000)
  })

  test('fails as the promise fails', async () => {
    const clock = createTestClock()
    await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  test('ends concurrent pauses in the order of their ends', async () => {
    const clock = createTestClock(start)
    const ends: [name: string, at: number][] = []
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms)
      ends.push([name, clock.now() - startMs])
    }
    await clock.runUntil(Promise.all([sleeper('long', 500), sleeper('short', 20), sleeper('middle', 100)]))
    expect(ends).toEqual([
      ['short', 20],
      ['middle', 100],
      ['long', 500],
    ])
  })

  test('fires a guard that time passes on the way to a pause, at the time of the guard', async () => {
    const clock = createTestClock(start)
    const fired: number[] = []
    clock.timer(30_000, () => fired.push(clock.now() - startMs))
    await clock.runUntil(clock.sleep(60_000))
    expect(fired).toEqual([30_000])
  })

  test('does not fire a guard that was called off', async () => {
    const clock = createTestClock()
    const callOff = clock.timer(10, () => expect.unreachable('the guard fired'))
    callOff()
    await clock.runUntil(clock.sleep(20))
    expect(clock.pauses).toEqual([20])
  })

  test('lets no time pass while requests are being sent and answered', async () => {
    const { clock, emulator, send } = await startWorld({ users: 40, latencyMs: 1 })
    const reader = async (): Promise<void> => {
      for (const user of emulator.data.people()) {
        const guard = clock.timer(500, () => expect.unreachable('time passed while a request was under way'))
        const { status } = await send(`tokenadmin/personalaccesstokens/${user.descriptor}?${adminVersion}`)
        guard()
        expect(status).toBe(200)
      }
    }
    const sleeper = clock.sleep(1_000)
    const readers = Promise.all([reader(), reader(), reader()])
    await clock.runUntil(readers)
    expect(new Set(emulator.journal.requests.map(({ at }) => at))).toEqual(new Set([startMs]))
    await clock.runUntil(sleeper)
    expect(clock.now()).toBe(startMs + 1_000)
  })

  test('counts the delays of the emulator and the pauses of the client to the same time, exactly', async () => {
    const { clock, emulator, send } = await startWorld()
    emulator.faults.add({ answer: { delayMs: 100 } })
    const rounds = 20
    const client = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const guard = clock.timer(101, () => expect.unreachable('the guard fired'))
        await send(`graph/users?${graphVersion}`)
        guard()
        await clock.sleep(50)
      }
    }
    await clock.runUntil(client())
    expect(clock.now() - startMs).toBe(rounds * 150)
    expect(clock.pauses).toEqual(Array.from({ length: rounds }, () => 50))
  })

  test('does not fire a guard for a request that hangs; advance() does', async () => {
    const { clock, emulator, send } = await startWorld()
    emulator.faults.add({ match: { times: 1 }, answer: { hang: 'before-headers' } })
    const timeout = new AbortController()
    clock.timer(30_000, () => timeout.abort(new Error('timed out')))
    const hanging = send(`graph/users?${graphVersion}`, { signal: timeout.signal })
    const settled = expect(hanging).rejects.toThrow('timed out')
    await emulator.journal.waitFor(1)
    await clock.advance(29_999)
    expect(timeout.signal.aborted).toBe(false)
    await clock.advance(1)
    await settled
    const [entry] = emulator.journal.requests
    await emulator.journal.waitFor(() => entry?.outcome === 'abandoned')
    expect(clock.now()).toBe(startMs + 30_000)
  })

  test('says what is left when nothing can move any more', async () => {
    const clock = new StandingClock(startMs, 0)
    clock.timer(1_234, () => undefined)
    const never = new Promise(() => undefined)
    await expect(clock.runUntil(never)).rejects.toThrow(
      'runUntil() is stuck: nobody sleeps and 1 guard(s) are set, the next fires in 1234 ms. Call advance(ms)',
    )
  })
})

describe('advance()', () => {
  test('ends pauses and fires guards in the order of their times, and lets what follows happen in between', async () => {
    const clock = createTestClock(start)
    const events: [what: string, at: number][] = []
    const note = (what: string) => () => void events.push([what, clock.now() - startMs])
    const pausing = clock
      .sleep(100)
      .then(note('pause'))
      .then(() => clock.sleep(100))
      .then(note('second pause'))
    clock.timer(150, note('guard'))
    await clock.advance(200)
    await pausing
    expect(events).toEqual([
      ['pause', 100],
      ['guard', 150],
      ['second pause', 200],
    ])
  })

  test('stops where it was told to, with nothing else to do', async () => {
    const clock = createTestClock(start)
    await clock.advance(12_345)
    expect(clock.now()).toBe(startMs + 12_345)
  })
})

describe.each([
  ['the test clock', () => createTestClock()],
  ['the system clock', () => systemClock],
])('sleep() of %s', (_name, make) => {
  test('rejects with the reason of the signal and leaves no listener on it', async () => {
    const controller = new AbortController()
    const sleeping = make().sleep(600_000, controller.signal)
    const reason = new Error('stopped by the test')
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('rejects at once when the signal has already aborted', async () => {
    const reason = new Error('stopped before')
    await expect(make().sleep(600_000, AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  test('leaves no listener when it ends by itself', async () => {
    const clock = make()
    const { signal } = new AbortController()
    const sleeping = clock.sleep(0, signal)
    await (clock instanceof StandingClock ? clock.runUntil(sleeping) : sleeping)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
