import { describe, expect, it, onTestFinished } from 'vitest'
import { collect, failureOf, firstUsers, readUsers, startWorld } from '../world.js'

describe('an abort signal', () => {
  const reason = new Error('enough')

  it('R9: stops before anything is sent', async () => {
    const world = await startWorld()
    const list = world.devops.users.list({ signal: AbortSignal.abort(reason) })
    expect(await failureOf(collect(list))).toBe(reason)
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it.each([
    ['while the service is silent', { hang: 'before-headers' }],
    ['in mid-body', { hang: { afterBytes: 100 } }],
  ] as const)('R9: stops %s', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
  })

  it('R9: stops in a pause between tries, and sends nothing more', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 500 } })
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.emulator.journal.waitFor(({ status }) => status === 500)
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    await world.clock.advance(60_000)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R9: stops in the queue of the gate', async () => {
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

  it('R9: stops while the credential is being asked, and tells it so', async () => {
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

  it('R9: gathers no listeners over many calls, and Node warns of none', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    onTestFinished(() => void process.off('warning', warn))
    const world = await startWorld({ users: 2 })
    const { signal } = new AbortController()
    const forty = () => Promise.all(Array.from({ length: 40 }, () => collect(world.devops.users.list({ signal }))))
    for (let n = 0; n < 5; n++) await forty()
    await world.clock.advance(0)
    expect(warnings).toEqual([])
  })
})
