import { describe, expect, it } from 'vitest'
import { PaginationLoopError, type ScanOutcome } from '../../src/index.js'
import { collect, failureOf, readUsers, startWorld, type World } from '../world.js'

const people = (count: number) => Array.from({ length: count }, () => ({ tokens: 1 }))
const scanAll = ({ devops, clock }: World): Promise<ScanOutcome[]> => clock.runUntil(collect(devops.scanTokens()))
const tokenReads = ({ emulator }: World) => emulator.journal.requests.filter(({ path }) => path.includes('tokenadmin'))
const continuationTokens = ({ emulator }: World) =>
  emulator.journal.requests.map(({ query }) => query['continuationToken'])

/** Answers the next requests for users with these pages: descriptors, and the token that leads on. */
function pagesOfUsers({ emulator }: World, pages: readonly (readonly [readonly string[], string | null])[]): void {
  for (const [descriptors, next] of pages) {
    emulator.faults.add({
      match: { path: /graph\/users$/, times: 1 },
      answer: {
        status: 200,
        headers: { 'x-ms-continuationtoken': next },
        body: { value: descriptors.map((descriptor) => ({ descriptor })) },
      },
    })
  }
}

describe('a list of users', () => {
  it('fault 39, R12: goes on after an empty page that carries a token', async () => {
    const world = await startWorld()
    pagesOfUsers(world, [
      [['aad.a'], 't1'],
      [[], 't2'],
      [[], 't3'],
      [['aad.b'], null],
    ])
    expect((await readUsers(world)).map(({ descriptor }) => descriptor)).toEqual(['aad.a', 'aad.b'])
    expect(continuationTokens(world)).toEqual([undefined, 't1', 't2', 't3'])
  })

  it('fault 40, R12: ends with an error at the same token again, one request after it was seen', async () => {
    const world = await startWorld()
    pagesOfUsers(world, [
      [['aad.a'], 't1'],
      [['aad.b'], 't1'],
    ])
    expect(await failureOf(readUsers(world))).toBeInstanceOf(PaginationLoopError)
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it('fault 41, R12: ends with an error at a cycle of tokens', async () => {
    const world = await startWorld()
    pagesOfUsers(world, [
      [['aad.a'], 't1'],
      [['aad.b'], 't2'],
      [['aad.c'], 't1'],
    ])
    expect(await failureOf(readUsers(world))).toBeInstanceOf(PaginationLoopError)
    expect(world.emulator.journal.requests).toHaveLength(3)
  })

  it.each(['usual', 'absent', 'null', 'empty', 'empty-guid'] as const)(
    'fault 42, R12: ends with the last page, however its token is spelled (%s)',
    async (lastPageToken) => {
      const world = await startWorld({ people: people(3), pageSize: 2, tokenPageSize: 1, lastPageToken })
      expect(await readUsers(world)).toHaveLength(3)
      expect(world.emulator.journal.requests).toHaveLength(2)
      const user = world.emulator.data.userAt(0)
      expect(await collect(world.devops.tokenAdmin.list(user.descriptor))).toHaveLength(1)
      expect(await collect(world.devops.pats.list().byPage({ maxPageSize: 1 }))).toHaveLength(1)
    },
  )

  it.each(['', null])('fault 42, R12: ends at the token %j', async (next) => {
    const world = await startWorld()
    pagesOfUsers(world, [[['aad.a'], next]])
    expect(await readUsers(world)).toHaveLength(1)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it.each(['a+/=&%25 b;,#?', 'MDA0=='])('fault 43: sends the token %j back encoded once', async (token) => {
    const world = await startWorld()
    pagesOfUsers(world, [
      [[], token],
      [['aad.a'], null],
    ])
    await readUsers(world)
    expect(continuationTokens(world)).toEqual([undefined, token])
  })

  it('fault 43: sends a token with letters of any script back encoded once, where it comes in the body', async () => {
    const world = await startWorld()
    const token = 'caf\u00e9 \u041f\u0440\u0438\u0432\u0435\u0442 \u{1f511}'
    const page = (continuationToken: string) => ({ status: 200, body: { patTokens: [], continuationToken } })
    world.emulator.faults.add({ match: { path: '/tokens/pats', nth: 1 }, answer: page(token) })
    world.emulator.faults.add({ match: { path: '/tokens/pats' }, answer: page('') })
    await collect(world.devops.pats.list())
    expect(continuationTokens(world)).toEqual([undefined, token])
  })

  it('fault 44: gives a user who comes again on a later page once', async () => {
    const world = await startWorld({ users: 60, pageSize: 20, pageOverlap: 5 })
    const users = await readUsers(world)
    expect(users).toHaveLength(60)
    expect(new Set(users.map(({ descriptor }) => descriptor)).size).toBe(60)
    expect((await scanAll(world)).map(({ user }) => user)).toEqual(users)
    const asked = tokenReads(world).map(({ path, query }) => `${path}?${query['continuationToken'] ?? ''}`)
    expect(new Set(asked).size).toBe(asked.length)
  })
})

describe('an organization that changes while it is read', () => {
  it('fault 45: gives who was there, who came, and nobody twice when the pages shift', async () => {
    const world = await startWorld({ people: people(4) })
    const [a, b, c, d] = [...world.emulator.data.users()].map(({ descriptor }) => descriptor) as [
      string,
      string,
      string,
      string,
    ]
    // Somebody came before the second page was cut, so that b moved onto it; d is gone.
    pagesOfUsers(world, [
      [[a, b], 'more'],
      [[b, c, d], null],
    ])
    world.emulator.faults.add({ match: { path: d }, answer: { status: 404 } })
    const outcomes = await scanAll(world)
    expect(outcomes.map(({ user, status }) => [user.descriptor, status])).toEqual([
      [a, 'read'],
      [b, 'read'],
      [c, 'read'],
      [d, 'skipped'],
    ])
    expect(tokenReads(world)).toHaveLength(4)
  })

  it('fault 46: skips a user who was deleted meanwhile, after making sure', async () => {
    const world = await startWorld({ people: people(3) })
    const gone = world.emulator.data.userAt(1).descriptor
    world.emulator.faults.add({ match: { path: gone }, answer: { status: 404 } })
    const outcomes = await scanAll(world)
    expect(outcomes[1]).toMatchObject({ status: 'skipped', reason: 'no longer exists' })
    const about = world.emulator.journal.requests.filter(({ subject }) => subject === gone)
    expect(about.map(({ path }) => path.split('/').at(-2))).toEqual(['personalaccesstokens', 'users'])
  })
})

describe('the tokens of a user', () => {
  it('fault 47: are not asked for where there can be none, and the scan says why', async () => {
    const world = await startWorld({
      people: [{ tokens: 1 }, { kind: 'build-service' }, { kind: 'local-authority' }, { descriptor: 'vssgp.Z3JvdXA' }],
    })
    const said = (await scanAll(world)).map((outcome) => (outcome.status === 'read' ? 'read' : outcome.reason))
    expect(said).toEqual(['read', 'service identity', 'service identity', 'group'])
    expect(tokenReads(world)).toHaveLength(1)
  })

  it.each([400, 404])('fault 47: are no failure when an imported identity is refused with %i', async (status) => {
    const world = await startWorld({ people: [{ tokens: 1 }, { kind: 'imported' }] })
    const user = world.emulator.data.userAt(1).descriptor
    world.emulator.faults.add({ match: { path: '/tokenadmin', user }, answer: { status } })
    expect((await scanAll(world))[1]).toMatchObject({ status: 'skipped' })
    expect(tokenReads(world)).toHaveLength(2)
  })

  it('fault 48: are none, or 5,000 over many pages', async () => {
    const world = await startWorld({ people: [{ tokens: 0 }, { tokens: 5000 }] })
    const [none, many] = await scanAll(world)
    expect(none).toMatchObject({ status: 'read', tokens: [] })
    const expected = world.emulator.data.tokensOf(world.emulator.data.userAt(1))
    const read = many?.status === 'read' ? many.tokens.map(({ authorizationId }) => authorizationId) : []
    expect(read).toEqual(expected.map(({ authorizationId }) => authorizationId))
    expect(tokenReads(world)).toHaveLength(1 + 50)
  })

  it('fault 49: continue by the id in the body, one’s own by the text in the body, users by a header', async () => {
    const world = await startWorld({
      people: [{ isAdministrator: true, tokens: 3 }, ...people(2)],
      pageSize: 2,
      tokenPageSize: 2,
    })
    const { devops, emulator } = world
    expect(await collect(devops.tokenAdmin.list(emulator.data.userAt(0).descriptor))).toHaveLength(3)
    const [, byId] = continuationTokens(world)
    expect(byId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(
      (await collect(devops.pats.list({ displayFilter: 'all' }).byPage({ maxPageSize: 2 }))).map(
        ({ items }) => items.length,
      ),
    ).toEqual([2, 1])
    expect(await readUsers(world)).toHaveLength(3)
    expect(continuationTokens(world).map((token) => token !== undefined)).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
    ])
  })
})
