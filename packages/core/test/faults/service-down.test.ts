import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../src/index.js'
import { collect, failureOf, startWorld } from '../world.js'

const people = (count: number) => Array.from({ length: count }, (_, n) => ({ displayName: `Person ${n}`, tokens: 1 }))

describe('a service that is down for everybody', () => {
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

  it('R8: single users who fail for good do not end a scan in which others are read', async () => {
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

describe('users who come and go while they are listed', () => {
  it('fault 45: somebody added in the middle is read, somebody listed twice is read once', async () => {
    const world = await startWorld({ users: 60, pageSize: 20, pageOverlap: 3 })
    const outcomes = await world.clock.runUntil(collect(world.devops.scanTokens()))
    const descriptors = outcomes.map(({ user }) => user.descriptor)
    expect(descriptors).toHaveLength(60)
    expect(new Set(descriptors).size).toBe(60)
  })
})
