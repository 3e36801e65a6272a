import { describe, expect, test } from 'vitest'
import { basic, graphVersion, type Reply, startWorld } from '../../test/world.js'
import type { EmulatorOptions, TokenSpec } from '../index.js'

const version = 'api-version=7.1-preview.1'

interface Result {
  readonly patToken: {
    readonly authorizationId: string
    readonly displayName: string
    readonly scope: string
    readonly targetAccounts: readonly string[] | null
    readonly token: string | null
    readonly validFrom: string
    readonly validTo: string
  } | null
  readonly patTokenError: string
  readonly patTokenErrorMessage?: string | null
}

interface List {
  readonly patTokens: readonly {
    readonly displayName: string
    readonly authorizationId: string
    readonly token: null
  }[]
  readonly continuationToken?: string | null
}

async function startWithTokens(tokens: readonly TokenSpec[] | number = [], options: EmulatorOptions = {}) {
  const owner = { principalName: 'owner@fabrikam.example', tokens }
  const other = { principalName: 'other@fabrikam.example', tokens: 1 }
  const world = await startWorld({ people: [owner, other], ...options })
  const authorization = `Bearer ${world.emulator.tokenFor('owner@fabrikam.example')}`
  const call = (method: string, body: unknown, at = version): Promise<Reply> =>
    world.send(`tokens/pats?${at}`, { method, authorization, body })
  return {
    ...world,
    authorization,
    list: async (query = ''): Promise<List> =>
      (await world.send(`tokens/pats?${version}${query}`, { authorization })).json as List,
    get: async (id: string): Promise<Result> =>
      (await world.send(`tokens/pats?${version}&authorizationId=${id}`, { authorization })).json as Result,
    create: async (body: unknown, at?: string): Promise<Result> => (await call('POST', body, at)).json as Result,
    update: async (body: unknown, at?: string): Promise<Result> => (await call('PUT', body, at)).json as Result,
    revoke: (id: string): Promise<Reply> =>
      world.send(`tokens/pats?${version}&authorizationId=${id}`, { method: 'DELETE', authorization }),
    call,
  }
}

const good = { displayName: 'ci', scope: 'vso.code', validTo: '2026-04-01T00:00:00Z', allOrgs: false }
const namesOf = ({ patTokens }: List): string[] => patTokens.map(({ displayName }) => displayName)

describe('tokens/pats, list', () => {
  const tokens: readonly TokenSpec[] = [
    { displayName: 'beta', validTo: '2026-06-01T00:00:00' },
    { displayName: 'alpha', validTo: '2026-01-01T00:00:00' },
    { displayName: 'gamma', validTo: '2026-05-01T00:00:00', revoked: true },
    { displayName: 'ssh', isPublic: true },
  ]

  test.each([
    ['active', ['beta']],
    ['expired', ['alpha']],
    ['revoked', ['gamma']],
    ['all', ['beta', 'alpha', 'gamma']],
    ['ALL', ['beta', 'alpha', 'gamma']],
  ])('filters by displayFilterOption=%s', async (filter, names) => {
    const { list } = await startWithTokens(tokens)
    expect(namesOf(await list(`&displayFilterOption=${filter}`))).toEqual(names)
  })

  test('lists active tokens where no filter is given', async () => {
    const { list } = await startWithTokens(tokens)
    expect(namesOf(await list())).toEqual(['beta'])
  })

  test.each([
    ['displayName', 'true', ['alpha', 'beta', 'gamma']],
    ['displayName', 'false', ['gamma', 'beta', 'alpha']],
    ['displayDate', 'true', ['alpha', 'gamma', 'beta']],
    ['status', 'true', ['beta', 'alpha', 'gamma']],
  ])('sorts by %s, ascending: %s', async (sort, isAscending, names) => {
    const { list } = await startWithTokens(tokens)
    expect(namesOf(await list(`&displayFilterOption=all&sortByOption=${sort}&isSortAscending=${isAscending}`))).toEqual(
      names,
    )
  })

  test('pages by $top, with a token that is empty at the end', async () => {
    const { list, emulator } = await startWithTokens(Array.from({ length: 5 }, (_, n) => ({ displayName: `t${n}` })))
    const names: string[] = []
    const sizes: number[] = []
    let token: string | null | undefined
    do {
      const page: List = await list(
        `&$top=2${token === undefined || token === null ? '' : `&continuationToken=${encodeURIComponent(token)}`}`,
      )
      names.push(...namesOf(page))
      sizes.push(page.patTokens.length)
      token = page.continuationToken
    } while (token !== '')
    expect(sizes).toEqual([2, 2, 1])
    expect(names).toEqual(emulator.data.tokensOf('owner@fabrikam.example').map(({ displayName }) => displayName))
  })

  test('refuses a page token that came with other filters', async () => {
    const { list, send, authorization } = await startWithTokens(Array.from({ length: 3 }, () => ({})))
    const { continuationToken } = await list('&$top=1&displayFilterOption=all')
    const query = `$top=1&displayFilterOption=active&continuationToken=${encodeURIComponent(continuationToken ?? '')}`
    expect((await send(`tokens/pats?${version}&${query}`, { authorization })).status).toBe(400)
  })

  test.each([
    '$top=101',
    '$top=0',
    '$top=x',
    'displayFilterOption=some',
    'sortByOption=size',
    'isSortAscending=up',
    'continuationToken=zzz',
  ])('refuses %s with 400', async (query) => {
    const { send, authorization } = await startWithTokens(tokens)
    expect((await send(`tokens/pats?${version}&${query}`, { authorization })).status).toBe(400)
  })
})

describe('tokens/pats, create', () => {
  test('makes a token whose secret is shown once and works', async () => {
    const { create, get, list, send, emulator } = await startWithTokens()
    const { patToken, patTokenError } = await create({
      ...good,
      scope: 'vso.graph',
      validTo: '2026-04-01T10:11:12.319Z',
    })
    expect(patTokenError).toBe('none')
    expect(patToken).toMatchObject({ displayName: 'ci', scope: 'vso.graph', validFrom: '2026-03-02T09:00:00Z' })
    // The database counts in 300ths of a second.
    expect(patToken?.validTo).toBe('2026-04-01T10:11:12.32Z')
    const secret = patToken?.token ?? ''
    expect(secret).toMatch(/^[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}$/)
    expect((await send(`graph/users?${graphVersion}`, { authorization: basic(secret) })).status).toBe(200)
    expect((await get(patToken?.authorizationId ?? '')).patToken?.token).toBeNull()
    expect((await list()).patTokens).toMatchObject([{ displayName: 'ci', token: null }])
    expect(JSON.stringify(emulator.journal.requests)).not.toContain(secret)
  })

  test('gives a token 30 days where no end is given', async () => {
    const { create } = await startWithTokens()
    expect((await create({ displayName: 'ci', scope: 'vso.code' })).patToken?.validTo).toBe('2026-04-01T09:00:00Z')
  })

  test.each([
    ['displayNameRequired', { displayName: undefined }],
    ['displayNameRequired', { displayName: '  ' }],
    ['invalidDisplayName', { displayName: 'x'.repeat(256) }],
    ['invalidDisplayName', { displayName: 'two\nlines' }],
    ['invalidScope', { scope: undefined }],
    ['invalidScope', { scope: 'vso.everything' }],
    ['invalidScope', { scope: 'vso.code vso.cod' }],
    ['invalidValidTo', { validTo: '2026-03-02T08:59:59Z' }],
    ['invalidValidTo', { validTo: 'next week' }],
    ['invalidValidTo', { validTo: 1_775_000_000 }],
    ['patLifespanPolicyViolation', { validTo: '2027-03-03T09:00:00Z' }],
  ])('reports %s inside an answer of status 200', async (patTokenError, change) => {
    const { call, emulator } = await startWithTokens()
    const reply = await call('POST', { ...good, ...change })
    expect([reply.status, reply.json]).toEqual([200, { patToken: null, patTokenError }])
    expect(emulator.data.tokensOf('owner@fabrikam.example')).toEqual([])
  })

  test.each([
    ['fullScopePatPolicyViolation', { fullScope: 'refuse' }, { scope: 'app_token' }],
    ['globalPatPolicyViolation', { allOrganizations: 'refuse' }, { allOrgs: true }],
    ['accessDenied', { creation: 'refuse' }, {}],
  ] as const)('reports %s where the policies say so', async (patTokenError, policies, change) => {
    const { create } = await startWithTokens([], { policies })
    expect(await create({ ...good, ...change })).toEqual({ patToken: null, patTokenError })
  })

  test('reports duplicateHash for a name that is in use, where the policies say so', async () => {
    const { create } = await startWithTokens([], { policies: { sameName: 'refuse' } })
    expect((await create(good)).patTokenError).toBe('none')
    expect((await create(good)).patTokenError).toBe('duplicateHash')
  })

  test('shortens a life that is too long, where the policies say so', async () => {
    const { create } = await startWithTokens([], { policies: { maximumLifespanDays: 7, longerLifespan: 'clamp' } })
    expect((await create(good)).patToken?.validTo).toBe('2026-03-09T09:00:00Z')
  })

  test('makes tokens for all organizations until 2026-03-15 and none after', async () => {
    const { create, clock } = await startWithTokens()
    expect((await create({ ...good, allOrgs: true })).patToken?.targetAccounts).toBeNull()
    await clock.advance(13 * 86_400_000)
    expect((await create({ ...good, allOrgs: true })).patTokenError).toBe('globalPatPolicyViolation')
  })

  test('uses the names and the message of 7.2 where 7.2 is asked for', async () => {
    const { create } = await startWithTokens([], { policies: { creation: 'refuse' } })
    const result = await create(good, 'api-version=7.2-preview.1')
    expect(result.patTokenError).toBe('disablePatCreationPolicyViolation')
    expect(result.patTokenErrorMessage).toContain('policy')
  })

  test.each([
    ['no JSON', '{"displayName":', 400],
    ['a list', [], 400],
    ['null', 'null', 400],
    ['allOrgs that is no boolean', { ...good, allOrgs: 'yes' }, 400],
  ])('refuses %s with 400', async (_what, body, status) => {
    const { call } = await startWithTokens()
    expect((await call('POST', body)).status).toBe(status)
  })
})

describe('tokens/pats, get, update and revoke', () => {
  const id = '11111111-2222-4333-8444-555555555555'
  const token: TokenSpec = {
    authorizationId: id,
    displayName: 'old',
    scope: 'vso.code',
    validFrom: '2026-02-01T00:00:00',
    validTo: '2026-05-01T00:00:00',
  }

  test('changes what is given and leaves the rest', async () => {
    const { update, get, emulator } = await startWithTokens([token])
    const { patToken, patTokenError } = await update({ authorizationId: id, displayName: 'new' })
    expect(patTokenError).toBe('none')
    expect(patToken).toMatchObject({
      authorizationId: id,
      displayName: 'new',
      scope: 'vso.code',
      validTo: '2026-05-01T00:00:00Z',
      token: null,
    })
    expect((await get(id)).patToken).toEqual(patToken)
    expect(emulator.data.token(id)?.displayName).toBe('new')
  })

  test('changes nothing when one of the fields is wrong', async () => {
    const { update, get } = await startWithTokens([token])
    expect(await update({ authorizationId: id, displayName: 'new', scope: 'vso.nothing' })).toEqual({
      patToken: null,
      patTokenError: 'invalidScope',
    })
    expect((await get(id)).patToken?.displayName).toBe('old')
  })

  test('counts the longest life of an old token from its creation', async () => {
    const { update } = await startWithTokens([token])
    expect((await update({ authorizationId: id, validTo: '2027-02-01T00:00:00Z' })).patTokenError).toBe('none')
    expect((await update({ authorizationId: id, validTo: '2027-02-02T00:00:00Z' })).patTokenError).toBe(
      'patLifespanPolicyViolation',
    )
  })

  test.each([
    ['failedToUpdateAccessToken', { ...token, revoked: true }, version],
    ['failedToUpdateAccessToken', { ...token, validTo: '2026-02-20T00:00:00' }, version],
    ['expiredPatCannotBeExtended', { ...token, validTo: '2026-02-20T00:00:00' }, 'api-version=7.2-preview.1'],
  ])('reports %s for a token that is over', async (patTokenError, over, at) => {
    const { update } = await startWithTokens([over])
    expect((await update({ authorizationId: id, displayName: 'new' }, at)).patTokenError).toBe(patTokenError)
  })

  test("knows nothing of other people's tokens", async () => {
    const { emulator, get, update, revoke } = await startWithTokens([token])
    const [foreign] = emulator.data.tokensOf('other@fabrikam.example')
    const foreignId = foreign?.authorizationId ?? ''
    expect((await get(foreignId)).patTokenError).toBe('tokenNotFound')
    expect((await update({ authorizationId: foreignId, displayName: 'mine' })).patTokenError).toBe('tokenNotFound')
    expect((await revoke(foreignId)).status).toBe(404)
    expect(emulator.data.token(foreignId)).toEqual(foreign)
  })

  test.each([['not-an-id'], [undefined], [7]])('reports invalidAuthorizationId for the id %s', async (wrong) => {
    const { update } = await startWithTokens([token])
    expect((await update({ authorizationId: wrong, displayName: 'x' })).patTokenError).toBe('invalidAuthorizationId')
  })

  test('revokes once; a second time there is nothing left', async () => {
    const { revoke, list, emulator } = await startWithTokens([token])
    const first = await revoke(id.toUpperCase())
    expect([first.status, first.text]).toEqual([204, ''])
    expect(emulator.data.token(id)?.status).toBe('revoked')
    expect((await list()).patTokens).toEqual([])
    expect((await revoke(id)).status).toBe(404)
  })

  test('refuses to revoke without an id', async () => {
    const { send, authorization } = await startWithTokens([token])
    expect((await send(`tokens/pats?${version}`, { method: 'DELETE', authorization })).status).toBe(400)
  })
})
