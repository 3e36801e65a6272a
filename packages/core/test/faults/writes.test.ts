import { describe, expect, it } from 'vitest'
import {
  NetworkError,
  OutcomeUnknownError,
  PartialRevocationError,
  PatRefusedError,
  type CreatePat,
} from '../../src/index.js'
import { containing, failureOf, failuresIn, startWorld, type World } from '../world.js'
import { freePort } from '../free-port.js'
import { resolveName, startBareServer } from './support/servers.js'

const ci = ({ clock }: Pick<World, 'clock'>, change: Partial<CreatePat> = {}): CreatePat => ({
  displayName: 'ci',
  scope: 'vso.code',
  validTo: new Date(clock.now() + 30 * 24 * 3600 * 1000),
  ...change,
})
const create = (world: World, change: Partial<CreatePat> = {}) =>
  world.clock.runUntil(world.devops.pats.create(ci(world, change)))
const requestsOf = ({ emulator }: World, method: string) =>
  emulator.journal.requests.filter((request) => request.method === method)
const someId = '7b7a7c65-8a52-4f90-a637-f76f1ea91510'

async function unknownOutcome(world: World): Promise<OutcomeUnknownError> {
  const error = await failureOf(create(world, { displayName: 'orphan' }))
  if (error instanceof OutcomeUnknownError) return error
  throw new Error('another error')
}

describe('creating a token', () => {
  it.each([
    ['a reset before the service acted', { reset: 'before' }],
    ['a reset after the service acted', { reset: 'after' }],
    ['an answer cut in mid-body', { reset: { afterBytes: 20 } }],
    ['HTTP 500', { status: 500 }],
    ['HTTP 502', { status: 502 }],
    ['HTTP 503 without Retry-After', { status: 503 }],
    ['HTTP 504', { status: 504 }],
    ['JSON cut in the middle, with status 200', { status: 200, body: '{"patTok' }],
    ['a web page, with status 200', { status: 200, body: '<html>' }],
  ] as const)('faults 4, 5, 56, R3: is sent once, whatever became of it, after %s', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer })
    const error = await failureOf(create(world))
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ created: { displayName: 'ci' }, hint: containing('reconcile') })
    expect(requestsOf(world, 'POST')).toHaveLength(1)
  })

  it('fault 56, R3: is sent once when no answer comes in time', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { hang: 'before-headers' } })
    const failing = failureOf(world.devops.pats.create(ci(world)))
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(30_000)
    expect(await failing).toBeInstanceOf(OutcomeUnknownError)
    await world.clock.advance(300_000)
    expect(requestsOf(world, 'POST')).toHaveLength(1)
  })

  it.each([
    ['an empty object', {}],
    ['a token without an id', { patToken: { displayName: 'ci' }, patTokenError: 'none' }],
  ])('fault 56, R3: leaves the outcome unknown after a 200 with %s', async (_, body) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { status: 200, body } })
    const error = await failureOf(world.devops.pats.create(ci(world)))
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ created: { displayName: 'ci' } })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it.each([
    ['a 429', { status: 429, headers: { 'retry-after': '2' } }, [2000]],
    ['a 503 with Retry-After', { status: 503, headers: { 'retry-after': '2' } }, [2000]],
    ['a 401', { status: 401 }, []],
    ['the sign-in page', { status: 203, body: '<html>' }, []],
  ])('R3: is sent again after %s, which proves that the service did not act', async (_, answer, pauses) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST', nth: 1 }, answer })
    const { pat } = await create(world)
    expect(pat.displayName).toBe('ci')
    expect(requestsOf(world, 'POST')).toHaveLength(2)
    expect(world.clock.pauses).toEqual(pauses)
  })

  it('fault 2, R3: is sent again after a refused connection, which nothing went through', async () => {
    const world = await startWorld()
    const devops = world.client({ baseUrl: `http://127.0.0.1:${await freePort()}` })
    const error = await failureOf(create({ ...world, devops }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(failuresIn(error)).toEqual(Array(4).fill('ECONNREFUSED'))
  })

  it('fault 1, R3: is sent again when the name was not found', async () => {
    const world = await startWorld()
    const asked = resolveName('devops.example', { code: 'EAI_AGAIN' })
    const error = await failureOf(create({ ...world, devops: world.client({ baseUrl: 'https://devops.example' }) }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(asked).toHaveLength(4)
  })

  it('fault 4, R3: is not sent again when the connection ended before any answer', async () => {
    const server = await startBareServer(({ socket }) => socket.end())
    const world = await startWorld({}, { baseUrl: server.url })
    expect(await failureOf(create(world))).toBeInstanceOf(OutcomeUnknownError)
    expect(server.requests).toHaveLength(1)
  })

  it('fault 56, R3: reconcile() finds what was created although the answer was lost, and revokes it when told to', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'after' } })
    const error = await unknownOutcome(world)
    const found = await world.devops.pats.reconcile(error)
    expect(found.map(({ displayName }) => displayName)).toEqual(['orphan'])
    await world.devops.pats.reconcile(error, { action: 'revoke' })
    expect(await world.devops.pats.reconcile(error)).toEqual([])
    expect(requestsOf(world, 'DELETE')).toHaveLength(1)
  })

  it('fault 56, R3: reconcile() leaves older tokens of the same name alone', async () => {
    const world = await startWorld()
    await create(world, { displayName: 'orphan' })
    await world.clock.advance(3_600_000)
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'before' } })
    const error = await unknownOutcome(world)
    expect(await world.devops.pats.reconcile(error, { action: 'revoke' })).toEqual([])
    expect(requestsOf(world, 'DELETE')).toHaveLength(0)
  })

  it('fault 55, R20: throws the reason inside a 200, and says what helps', async () => {
    const world = await startWorld()
    const error = await failureOf(world.devops.pats.create(ci(world, { scope: 'vso.nonsense' })))
    expect(error).toBeInstanceOf(PatRefusedError)
    expect(error).toMatchObject({ patTokenError: 'invalidScope', hint: containing('scopes that exist') })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 55, R20: passes on a reason that nobody knows yet', async () => {
    const world = await startWorld()
    const body = { patToken: null, patTokenError: 'moonPhaseViolation' }
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { status: 200, body } })
    const error = await failureOf(world.devops.pats.create(ci(world)))
    expect(error).toMatchObject({ patTokenError: 'moonPhaseViolation' })
  })
})

describe('changing a token', () => {
  it.each([
    ['a reset', { reset: 'after' }],
    ['HTTP 500', { status: 500 }],
  ] as const)('R2: is sent again after %s: twice leads to the same', async (_, answer) => {
    const world = await startWorld()
    const { pat } = await create(world)
    world.emulator.faults.add({ match: { method: 'PUT', nth: 1 }, answer })
    const updating = world.devops.pats.update({ authorizationId: pat.authorizationId, displayName: 'second' })
    expect((await world.clock.runUntil(updating)).displayName).toBe('second')
    expect(requestsOf(world, 'PUT')).toHaveLength(2)
  })
})

describe('revoking one of one’s own tokens', () => {
  const revoke = ({ devops, clock }: World, id = someId) => clock.runUntil(devops.pats.revoke(id))

  it.each([
    ['204 without a body', { status: 204, body: '' }],
    ['200 without a body', { status: 200, body: '' }],
    ['200 with {}', { status: 200, body: {} }],
    ['200 with a result', { status: 200, body: { patToken: null, patTokenError: 'none' } }],
  ])('fault 29: takes %s for done', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'DELETE' }, answer })
    expect(await revoke(world)).toEqual({ alreadyRevoked: false })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it.each([
    ['404', { status: 404 }],
    ['tokenNotFound in a 200', { status: 200, body: { patTokenError: 'tokenNotFound' } }],
  ])('fault 57, R2: that is gone after a lost answer (%s) was revoked by it', async (_, answer) => {
    const world = await startWorld()
    const { pat } = await create(world)
    world.emulator.faults.add({ match: { method: 'DELETE', times: 1 }, answer: { reset: 'after' } })
    world.emulator.faults.add({ match: { method: 'DELETE' }, answer })
    expect(await revoke(world, pat.authorizationId)).toEqual({ alreadyRevoked: true })
    expect(requestsOf(world, 'DELETE')).toHaveLength(2)
  })

  it('fault 57: a second time says that there is no such token', async () => {
    const world = await startWorld()
    const { pat } = await create(world)
    await revoke(world, pat.authorizationId)
    expect(await failureOf(revoke(world, pat.authorizationId))).toMatchObject({
      code: 'PATKIT_NOT_FOUND',
      hint: containing('may have been revoked'),
    })
    expect(requestsOf(world, 'DELETE')).toHaveLength(2)
  })

  it('fault 57, R2: that never was is not called revoked because the first try was refused', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'DELETE', times: 1 }, answer: { status: 401 } })
    world.emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 404 } })
    expect(await failureOf(revoke(world))).toMatchObject({ code: 'PATKIT_NOT_FOUND' })
  })
})

describe('revoking the tokens of others', () => {
  const idsOf = ({ emulator }: World): string[] =>
    emulator.data.tokensOf(emulator.data.userAt(0)).map(({ authorizationId }) => authorizationId)
  const sizes = ({ emulator }: World): number[] =>
    emulator.journal.requests.map(({ body }) => (JSON.parse(body ?? '[]') as unknown[]).length)

  it('fault 57: of a thousand goes in parts of 100, each id once, and a second time does no harm', async () => {
    const world = await startWorld({ people: [{ tokens: 1050 }] })
    const ids = idsOf(world)
    await world.devops.tokenAdmin.revoke([...ids, ...ids.slice(0, 5)])
    expect(sizes(world)).toEqual([...Array<number>(10).fill(100), 50])
    expect(world.emulator.data.tokensOf(world.emulator.data.userAt(0)).every(({ isValid }) => !isValid)).toBe(true)
    await world.devops.tokenAdmin.revoke(ids.slice(0, 3))
  })

  it('R2: is sent again after a lost answer', async () => {
    const world = await startWorld({ people: [{ tokens: 250 }] })
    world.emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer: { reset: 'after' } })
    await world.clock.runUntil(world.devops.tokenAdmin.revoke(idsOf(world)))
    expect(sizes(world)).toEqual([100, 100, 100, 50])
  })

  it('names every id that was and was not revoked when a part fails, and goes on with the others', async () => {
    const world = await startWorld({ people: [{ tokens: 250 }] })
    const ids = idsOf(world)
    const answer = { status: 400, body: { message: 'too many' } }
    world.emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer })
    const error = await failureOf(world.devops.tokenAdmin.revoke(ids))
    expect(error).toBeInstanceOf(PartialRevocationError)
    expect(error).toMatchObject({ revoked: [...ids.slice(0, 100), ...ids.slice(200)], remaining: ids.slice(100, 200) })
    expect(sizes(world)).toEqual([100, 100, 50])
  })

  it('stops at a part that fails for a reason the next one shares', async () => {
    const world = await startWorld({ people: [{ tokens: 250 }] })
    const ids = idsOf(world)
    const answer = { status: 403, body: { message: 'no' } }
    world.emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer })
    const error = await failureOf(world.devops.tokenAdmin.revoke(ids))
    expect(error).toMatchObject({ revoked: ids.slice(0, 100), remaining: ids.slice(100) })
    expect(sizes(world)).toEqual([100, 100])
  })

  it('R9: ends at an abort, and sends no further part', async () => {
    const world = await startWorld({ people: [{ tokens: 250 }] })
    const ids = idsOf(world)
    world.emulator.faults.add({ match: { path: '/revocations', nth: 2 }, answer: { hang: 'before-headers' } })
    const stop = new AbortController()
    const failing = failureOf(world.devops.tokenAdmin.revoke(ids, { signal: stop.signal }))
    await world.emulator.journal.waitFor(2)
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await failing).toBe(reason)
    expect(sizes(world)).toEqual([100, 100])
  })
})
