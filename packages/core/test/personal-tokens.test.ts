import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CreatePat } from '../src/index.js'
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

  it('refuses a date that is none before anything is sent', async () => {
    const world = await startWorld()
    expect(await failureOf(world.devops.pats.create(ci(world, { validTo: 'soon' })))).toBeInstanceOf(TypeError)
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it('is refused with a personal access token, as the service does', async () => {
    const world = await startWorld()
    const devops = world.client({ credential: { pat: 'a'.repeat(52) } })
    const error = await failureOf(devops.pats.create(ci(world)))
    expect(error).toMatchObject({
      code: 'PATKIT_SIGN_IN_REQUIRED',
      hint: expect.stringContaining('never with a personal access token') as unknown,
    })
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
})
