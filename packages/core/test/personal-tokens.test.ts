import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { OutcomeUnknownError, PatRefusedError, type CreatePat } from '../src/index.js'
import { collect, failureOf, startWorld, type World } from './world.js'

/** A token named `ci` for reading code, over in 30 days. */
const ci = ({ clock }: World, change: Partial<CreatePat> = {}): CreatePat => ({
  displayName: 'ci',
  scope: 'vso.code',
  validTo: new Date(clock.now() + 30 * 24 * 3600 * 1000),
  ...change,
})

describe('pats.list', () => {
  it('fault 49: follows the continuation token in the body with the same filters on every page', async () => {
    const { emulator, devops } = await startWorld({ people: [{ isAdministrator: true, tokens: 25 }] })
    const list = devops.pats.list({ displayFilter: 'all', sortBy: 'displayName', sortDirection: 'ascending' })
    const pages = await collect(list.byPage({ maxPageSize: 10 }))
    expect(pages.flatMap(({ items }) => items)).toHaveLength(25)
    expect(emulator.journal.requests).toHaveLength(3)
    const filters = { displayFilterOption: 'all', sortByOption: 'displayName', isSortAscending: 'true', $top: '10' }
    for (const { query } of emulator.journal.requests) expect(query).toMatchObject(filters)
  })
})

describe('pats.create', () => {
  it('gives the token and its secret, which shows itself to reveal() alone', async () => {
    const world = await startWorld()
    const created = await world.devops.pats.create(ci(world, { scope: ['vso.code', 'vso.build'] }))
    const value = created.secret.reveal()
    expect(value).toMatch(/^.{76}AZDO.{4}$/)
    expect(created.pat).toMatchObject({ displayName: 'ci', scope: 'vso.code vso.build' })
    expect(inspect(created, { depth: 10, showHidden: true })).not.toContain(value)
    expect(JSON.stringify(created)).not.toContain(value)
    expect(created.validToAdjusted).toBe(false)
  })

  it('fault 55: R20: throws the reason inside a 200, and says what helps', async () => {
    const world = await startWorld()
    const error = await failureOf(world.devops.pats.create(ci(world, { scope: 'vso.nonsense' })))
    expect(error).toBeInstanceOf(PatRefusedError)
    const hint = expect.stringContaining('scopes that exist') as string
    expect(error).toMatchObject({ patTokenError: 'invalidScope', hint })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('faults 52, 55: R20: passes on a reason that nobody knows yet', async () => {
    const world = await startWorld()
    const body = { patToken: null, patTokenError: 'moonPhaseViolation' }
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { status: 200, body } })
    const error = await failureOf(world.devops.pats.create(ci(world)))
    expect(error).toMatchObject({ patTokenError: 'moonPhaseViolation' })
  })

  it.each([
    ['a reset before the service acted', { reset: 'before' }],
    ['a reset after the service acted', { reset: 'after' }],
    ['an answer cut in mid-body', { reset: { afterBytes: 20 } }],
    ['HTTP 500', { status: 500 }],
    ['HTTP 502', { status: 502 }],
    ['HTTP 504', { status: 504 }],
  ] as const)('faults 4, 56: R3: is not sent again after %s', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer })
    const error = await failureOf(world.clock.runUntil(world.devops.pats.create(ci(world))))
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(world.emulator.journal.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it.each([
    ['an empty object', {}],
    ['a token without an id', { patToken: { displayName: 'ci' }, patTokenError: 'none' }],
  ])('R3: a 200 with %s leaves the outcome unknown', async (_, body) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { status: 200, body } })
    const error = await failureOf(world.devops.pats.create(ci(world)))
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ created: { displayName: 'ci' } })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '2' } }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '2' } }],
  ])('R3: is sent again after %s, which the service sends before it acts', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST', nth: 1 }, answer })
    const { pat } = await world.clock.runUntil(world.devops.pats.create(ci(world)))
    expect(pat.displayName).toBe('ci')
    expect(world.emulator.journal.requests).toHaveLength(2)
    expect(world.clock.pauses).toEqual([2000])
  })

  it('fault 56: R3: reconcile() finds what was created although the answer was lost, and revokes it when told to', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'after' } })
    const error = await failureOf(world.clock.runUntil(world.devops.pats.create(ci(world, { displayName: 'orphan' }))))
    if (!(error instanceof OutcomeUnknownError)) throw new Error('another error')
    const found = await world.devops.pats.reconcile(error)
    expect(found.map(({ displayName }) => displayName)).toEqual(['orphan'])
    await world.devops.pats.reconcile(error, { action: 'revoke' })
    expect(await world.devops.pats.reconcile(error)).toEqual([])
  })

  it('R3: reconcile() finds nothing when nothing was created', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'before' } })
    const error = await failureOf(world.clock.runUntil(world.devops.pats.create(ci(world, { displayName: 'orphan' }))))
    if (!(error instanceof OutcomeUnknownError)) throw new Error('another error')
    expect(await world.devops.pats.reconcile(error)).toEqual([])
  })

  it('refuses a date that is none before anything is sent', async () => {
    const world = await startWorld()
    expect(await failureOf(world.devops.pats.create(ci(world, { validTo: 'soon' })))).toBeInstanceOf(TypeError)
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it('is refused with a personal access token, as the service does', async () => {
    const world = await startWorld()
    const devops = world.client({ credential: { pat: 'a'.repeat(52) } })
    const error = await failureOf(devops.pats.create(ci(world)))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED' })
    expect(String(error)).not.toContain('aaaa')
  })
})

describe('pats.get, update and revoke', () => {
  it('read, rename and revoke one token', async () => {
    const world = await startWorld()
    const { devops } = world
    const { pat } = await devops.pats.create(ci(world))
    const { authorizationId } = pat
    expect((await devops.pats.get(authorizationId)).displayName).toBe('ci')
    const renamed = await devops.pats.update({ authorizationId, displayName: 'second' })
    expect(renamed).toMatchObject({ displayName: 'second', scope: 'vso.code' })
    expect(await devops.pats.revoke(authorizationId)).toEqual({ alreadyRevoked: false })
    const left = await collect(devops.pats.list({ displayFilter: 'active' }))
    expect(left.map((each) => each.authorizationId)).not.toContain(authorizationId)
  })

  it('R2: update is sent again after a broken answer', async () => {
    const world = await startWorld()
    const { pat } = await world.devops.pats.create(ci(world))
    world.emulator.faults.add({ match: { method: 'PUT', nth: 1 }, answer: { reset: 'after' } })
    const updating = world.devops.pats.update({ authorizationId: pat.authorizationId, displayName: 'second' })
    expect((await world.clock.runUntil(updating)).displayName).toBe('second')
    expect(world.emulator.journal.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2)
  })

  it('fault 57: R2: revoke counts a token that is gone after a lost answer as revoked', async () => {
    const world = await startWorld()
    const { pat } = await world.devops.pats.create(ci(world))
    world.emulator.faults.add({ match: { method: 'DELETE', times: 1 }, answer: { reset: 'after' } })
    world.emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 404 } })
    const revoking = world.devops.pats.revoke(pat.authorizationId)
    expect(await world.clock.runUntil(revoking)).toEqual({ alreadyRevoked: true })
  })

  it('revoke says so when there never was such a token', async () => {
    const { devops, emulator } = await startWorld()
    emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 404 } })
    const error = await failureOf(devops.pats.revoke('7b7a7c65-8a52-4f90-a637-f76f1ea91510'))
    expect(error).toMatchObject({ code: 'PATKIT_NOT_FOUND' })
  })

  it.each([
    ['204 without a body', { status: 204, body: '' }],
    ['200 without a body', { status: 200, body: '' }],
    ['200 with {}', { status: 200, body: {} }],
  ])('fault 29: revoke takes %s for done', async (_, answer) => {
    const { devops, emulator } = await startWorld()
    emulator.faults.add({ match: { method: 'DELETE' }, answer })
    expect(await devops.pats.revoke('7b7a7c65-8a52-4f90-a637-f76f1ea91510')).toEqual({ alreadyRevoked: false })
  })
})
