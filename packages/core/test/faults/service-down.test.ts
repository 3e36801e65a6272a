import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../src/index.js'
import { collect, failureOf, failuresIn, firstUsers, readUsers, startWorld } from '../world.js'

const people = (count: number) => Array.from({ length: count }, (_, n) => ({ displayName: `Person ${n}`, tokens: 1 }))

describe('a scan of a service that is down for everybody', () => {
  it('fault 21, R8: costs some 35 further tries in all, and ends the scan instead of asking for everyone', async () => {
    const world = await startWorld({ people: people(400) })
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 10 }, answer: { status: 503 } })
    const error = await failureOf(world.clock.runUntil(collect(world.devops.scanTokens())))
    expect(error).toBeInstanceOf(ServiceError)
    const asked = world.emulator.journal.requests.filter(({ path }) => path.includes('/tokenadmin'))
    const tries = asked.length - new Set(asked.map(({ path }) => path)).size
    expect(tries).toBeLessThanOrEqual(36)
    expect(asked.length).toBeLessThan(120)
  })

  it('fault 21, R8: that comes back is asked again as before', async () => {
    const world = await startWorld({ people: people(120) })
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 10, times: 8 }, answer: { status: 503 } })
    const outcomes = await world.clock.runUntil(collect(world.devops.scanTokens()))
    expect(outcomes.filter(({ status }) => status === 'read')).toHaveLength(120)
  })

  it('R8, R13: single users who fail for good do not end a scan in which others are read', async () => {
    const world = await startWorld({ people: people(300) })
    for (const index of Array.from({ length: 60 }, (_, n) => n * 5)) {
      const user = world.emulator.data.userAt(index).descriptor
      world.emulator.faults.add({ match: { path: '/tokenadmin', user }, answer: { status: 500 } })
    }
    const outcomes = await world.clock.runUntil(collect(world.devops.scanTokens()))
    expect(outcomes.filter(({ status }) => status === 'failed')).toHaveLength(60)
    expect(outcomes.filter(({ status }) => status === 'read')).toHaveLength(240)
  })
})

describe('calls to a service that stays down', () => {
  it('R8: costs 35 retries in all; from then on calls fail at their first try', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 500 } })
    const errors: unknown[] = []
    for (let call = 0; call < 100; call++) errors.push(await failureOf(readUsers(world)))
    expect(world.emulator.journal.requests).toHaveLength(100 + 35)
    expect(failuresIn(errors[0])).toHaveLength(4)
    expect(failuresIn(errors.at(-1))).toEqual(['HTTP 500'])
  })

  it('R8: is tried again as before once it is well', async () => {
    const world = await startWorld({ users: 5 })
    const fault = world.emulator.faults.add({ answer: { status: 500 } })
    for (let call = 0; call < 20; call++) await failureOf(readUsers(world))
    fault.remove()
    for (let call = 0; call < 14; call++) await readUsers(world)
    world.emulator.faults.add({ match: firstUsers, answer: { status: 500 } })
    expect(await readUsers(world)).toHaveLength(5)
  })
})
