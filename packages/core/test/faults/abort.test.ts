import { setTimeout as sleep } from 'node:timers/promises'
import { getEventListeners } from 'node:events'
import { createTestClock, startEmulator, type Emulator, type FaultRule } from '@patkit/emulator'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { DevOpsClient, type DevOpsClientOptions } from '../../src/index.js'
import { collect, failureOf, firstUsers, readUsers, startWorld } from '../world.js'
import { startHttpServer } from './support/servers.js'

const reason = new Error('enough')

/** On the machine's clock, the one that a person at Ctrl-C goes by. A busy machine may take the processor away for as long; hence the retry. */
describe('an abort', { retry: 3 }, () => {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await startEmulator({ users: 20, pageSize: 10 })
  })
  afterAll(() => emulator.close())

  const client = (options: Partial<DevOpsClientOptions> = {}): DevOpsClient =>
    new DevOpsClient({
      organization: emulator.organization,
      baseUrl: emulator.url,
      credential: () => emulator.tokenFor('administrator'),
      random: () => 1,
      ...options,
    })

  const statuses = (count: number) => emulator.journal.waitFor(({ status, n }) => status !== undefined && n >= count)

  /** What a call is doing when it is aborted; how to get it there; how many requests it has sent by then. */
  interface State {
    readonly rule?: FaultRule
    readonly options?: Partial<DevOpsClientOptions>
    readonly reached: () => Promise<unknown>
    readonly sent: number
  }

  const neverGiven = (): Promise<string> => new Promise(() => undefined)
  const states: Record<string, State> = {
    'while the credential is asked': { options: { credential: neverGiven }, reached: () => sleep(20), sent: 0 },
    'while a refused token is renewed': {
      rule: { answer: { status: 401 } },
      options: { credential: ({ forceRefresh }) => (forceRefresh ? neverGiven() : 'a.b.c') },
      reached: () => statuses(1),
      sent: 1,
    },
    'while the service is silent': {
      rule: { answer: { hang: 'before-headers' } },
      reached: () => emulator.journal.waitFor(1),
      sent: 1,
    },
    'in the middle of a body': {
      rule: { answer: { hang: { afterBytes: 100 } } },
      reached: () => statuses(1),
      sent: 1,
    },
    'in the pause between two tries': { rule: { answer: { status: 500 } }, reached: () => statuses(1), sent: 1 },
    'in a pause that the service asked for': {
      rule: { answer: { status: 429, headers: { 'retry-after': '60' } } },
      reached: () => statuses(1),
      sent: 1,
    },
    'between two pages': {
      rule: { match: { nth: 2 }, answer: { hang: 'before-headers' } },
      reached: () => emulator.journal.waitFor(2),
      sent: 2,
    },
  }

  test.each(Object.entries(states))(
    'fault 58, R9: %s ends the call within 50 ms; nothing more is sent',
    async (_, state) => {
      emulator.journal.clear()
      emulator.faults.clear()
      if (state.rule !== undefined) emulator.faults.add(state.rule)
      const stop = new AbortController()
      const failing = failureOf(collect(client(state.options).users.list({ signal: stop.signal })))
      await state.reached()
      // So that the answer also gets where it makes the call wait.
      await sleep(20)
      const begun = performance.now()
      stop.abort(reason)
      expect(await failing).toBe(reason)
      expect(performance.now() - begun).toBeLessThan(50)
      expect(getEventListeners(stop.signal, 'abort')).toEqual([])
      await sleep(30)
      expect(emulator.journal.counts.total).toBe(state.sent)
    },
  )

  it('fault 58, R9: ends a scan of many requests within 50 ms, and every one of them', async () => {
    emulator.journal.clear()
    emulator.faults.clear()
    emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { hang: 'before-headers' } })
    const stop = new AbortController()
    const failing = failureOf(collect(client().scanTokens({ signal: stop.signal })))
    await emulator.journal.waitFor(2 + 8)
    const begun = performance.now()
    stop.abort(reason)
    expect(await failing).toBe(reason)
    expect(performance.now() - begun).toBeLessThan(50)
    await emulator.journal.waitFor(({ n, outcome }) => n >= 10 && outcome === 'abandoned')
    const left = emulator.journal.requests.filter(({ path }) => path.includes('tokenadmin'))
    expect(left).toHaveLength(8)
  })
})

describe('a signal', () => {
  it('R9: that was aborted before sends nothing', async () => {
    const world = await startWorld()
    const list = world.devops.users.list({ signal: AbortSignal.abort(reason) })
    expect(await failureOf(collect(list))).toBe(reason)
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it('R9: ends the wait in the queue of the gate', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: firstUsers, answer: { headers: { 'retry-after': '100' } } })
    await readUsers(world)
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.clock.advance(1000)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    await world.clock.advance(200_000)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R9: that aborts while the credential is asked tells it so', async () => {
    const world = await startWorld()
    const stop = new AbortController()
    let told = false
    const devops = world.client({
      credential: ({ signal }) =>
        new Promise<string>(() => {
          signal.addEventListener('abort', () => (told = true))
        }),
    })
    const failing = failureOf(collect(devops.users.list({ signal: stop.signal })))
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    expect(told).toBe(true)
  })

  it(
    'R9: of 10,000 calls is left without a listener, and the clock without a timer',
    { timeout: 120_000 },
    async () => {
      const warnings: Error[] = []
      const warn = (warning: Error): void => void warnings.push(warning)
      process.on('warning', warn)
      onTestFinished(() => void process.off('warning', warn))
      const still = createTestClock()
      let timers = 0
      const counting = {
        now: () => still.now(),
        sleep: (ms: number, signal?: AbortSignal) => still.sleep(ms, signal),
        timer: (ms: number, fire: () => void) => {
          timers++
          const end = still.timer(ms, fire)
          return () => {
            timers--
            end()
          }
        },
      }
      let requests = 0
      const baseUrl = await startHttpServer((_, response) => {
        requests++
        response.setHeader('content-type', 'application/json').end('{"value":[]}')
      })
      const devops = new DevOpsClient({ organization: 'fabrikam', baseUrl, credential: () => 'token', clock: counting })
      const { signal } = new AbortController()
      const forty = () => Promise.all(Array.from({ length: 40 }, () => collect(devops.users.list({ signal }))))
      for (let n = 0; n < 250; n++) await forty()
      expect(requests).toBe(10_000)
      expect(getEventListeners(signal, 'abort')).toEqual([])
      expect(timers).toBe(0)
      await new Promise((resolve) => setImmediate(resolve))
      expect(warnings).toEqual([])
    },
  )

  it.each([
    [
      'is left by break',
      async (devops: DevOpsClient, signal: AbortSignal) => {
        for await (const _ of devops.users.list({ signal })) break
      },
    ],
    ['fails', (devops: DevOpsClient, signal: AbortSignal) => failureOf(devops.users.get('aad.bm9ib2R5', { signal }))],
    ['scans', (devops: DevOpsClient, signal: AbortSignal) => collect(devops.scanTokens({ signal }))],
  ] as const)('R9: is left without a listener by a call that %s', async (_, call) => {
    const world = await startWorld({ users: 20, pageSize: 10 })
    const { signal } = new AbortController()
    await world.clock.runUntil(call(world.devops, signal))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
