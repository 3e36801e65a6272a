import { describe, expect, test } from 'vitest'
import { adminVersion, type Reply, startWorld, tokensVersion, type World } from '../../test/world.js'
import type { EmulatorOptions, TokenSpec } from '../index.js'

interface Page {
  readonly value: readonly {
    readonly authorizationId: string
    readonly isValid: boolean
    readonly displayName: string | null
  }[]
  readonly continuationToken?: string | null
}

const page = (reply: Reply): Page => reply.json as Page

async function startWithTokens(tokens: number | readonly TokenSpec[], options: EmulatorOptions = {}) {
  const person = { principalName: 'owner@fabrikam.example', tokens }
  const world = await startWorld({ people: [{ isAdministrator: true, tokens: [] }, person], ...options })
  const descriptor = world.emulator.data.find('owner@fabrikam.example')?.descriptor ?? ''
  const list = (query = ''): Promise<Reply> =>
    world.send(`tokenadmin/personalaccesstokens/${descriptor}?${adminVersion}${query}`)
  return { ...world, descriptor, list }
}

const post = (send: World['send'], path: string, body: unknown): Promise<Reply> =>
  send(`tokenadmin/${path}${path.includes('?') ? '&' : '?'}${adminVersion}`, { method: 'POST', body })

describe('tokenadmin/personalaccesstokens', () => {
  test('lists all tokens of a user over several pages, with the next one as the token', async () => {
    const { emulator, descriptor, list } = await startWithTokens(250)
    const ids: string[] = []
    const sizes: number[] = []
    for (let token: string | null | undefined = undefined; token !== null;) {
      const { value, continuationToken }: Page = page(
        await list(token === undefined ? '' : `&continuationToken=${token}`),
      )
      ids.push(...value.map(({ authorizationId }) => authorizationId))
      sizes.push(value.length)
      token = continuationToken ?? null
    }
    expect(sizes).toEqual([100, 100, 50])
    expect(ids).toEqual(emulator.data.tokensOf(descriptor).map(({ authorizationId }) => authorizationId))
    expect(new Set(ids).size).toBe(250)
  })

  test.each([
    ['usual', null],
    ['null', null],
    ['absent', undefined],
    ['empty', ''],
    ['empty-guid', '00000000-0000-0000-0000-000000000000'],
  ] as const)('ends the last page as lastPageToken "%s" says', async (lastPageToken, expected) => {
    const { list } = await startWithTokens(3, { lastPageToken })
    expect(page(await list()).continuationToken).toBe(expected)
  })

  test('lists nothing, but an answer, for somebody without tokens', async () => {
    const { list } = await startWithTokens([])
    expect((await list()).json).toEqual({ value: [], continuationToken: null })
  })

  test('lists SSH keys apart from tokens', async () => {
    const { list } = await startWithTokens([{ displayName: 'token' }, { displayName: 'key', isPublic: true }])
    expect(page(await list()).value.map(({ displayName }) => displayName)).toEqual(['token'])
    expect(page(await list('&isPublic=true')).value.map(({ displayName }) => displayName)).toEqual(['key'])
  })

  test('never shows a secret, and writes times without a zone', async () => {
    const { emulator, list } = await startWithTokens([])
    const secret = emulator.patFor('owner@fabrikam.example')
    const reply = await list()
    expect(reply.text).not.toContain(secret)
    expect((reply.json as { value: unknown[] }).value[0]).toMatchObject({
      token: null,
      validFrom: '2026-03-02T09:00:00',
      validTo: '2026-04-01T09:00:00',
    })
  })

  test('says what was given by hand as it was given: texts of times, wrong validity, unknown fields', async () => {
    const given = { validFrom: 'not a time', validTo: '2020-01-01T00:00:00', isValid: true }
    const extra = { displayName: 7, novel: ['x'] }
    const { list } = await startWithTokens([{ ...given, extra }])
    expect(page(await list()).value).toMatchObject([{ ...given, ...extra }])
  })

  test.each([
    ['pageSize=0', 400],
    ['pageSize=201', 400],
    ['pageSize=many', 400],
    ['pageSize=200', 200],
    ['isPublic=perhaps', 400],
    ['continuationToken=52f9a2d8-0000-4000-8000-000000000000', 400],
    ['continuationToken=00000000-0000-0000-0000-000000000000', 200],
  ])('answers %s with %i', async (query, status) => {
    const { list } = await startWithTokens(2)
    expect((await list(`&${query}`)).status).toBe(status)
  })

  test.each([
    ['a build service', 'build-service', 400],
    ['a local authority', 'local-authority', 404],
    ['a service principal', 'service-principal', 400],
    ['an imported identity', 'imported', 200],
    ['a personal account', 'personal-account', 200],
  ] as const)('answers for %s (%s) with %i', async (_what, kind, status) => {
    const { emulator, send } = await startWorld({ people: [{ kind, displayName: 'The One' }] })
    const descriptor = emulator.data.find('The One')?.descriptor ?? ''
    expect((await send(`tokenadmin/personalaccesstokens/${descriptor}?${adminVersion}`)).status).toBe(status)
  })

  test.each([
    ['a group', 'vssgp.Uy0xLTk', 400],
    ['nobody', 'aad.MDA0NzBlMzQtZGE2MS03YTY5LWJkOTYtNDg3YTg0OWVjNTU4', 404],
    ['no descriptor', 'nonsense', 400],
  ])('answers for %s with %i', async (_what, descriptor, status) => {
    const { send } = await startWorld()
    expect((await send(`tokenadmin/personalaccesstokens/${descriptor}?${adminVersion}`)).status).toBe(status)
  })
})

describe('tokenadmin/revocations', () => {
  test('revokes tokens everywhere: for the administrator, for the owner, and as a credential', async () => {
    const { emulator, send, list } = await startWithTokens(2)
    const owner = `Bearer ${emulator.tokenFor('owner@fabrikam.example')}`
    const ids = page(await list()).value.map(({ authorizationId }) => authorizationId)
    const body = ids.map((authorizationId) => ({ authorizationId }))
    const reply = await post(send, 'revocations', body)
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect(page(await list()).value.map(({ isValid }) => isValid)).toEqual([false, false])
    const active = await send(`tokens/pats?displayFilterOption=active&${tokensVersion}`, { authorization: owner })
    expect(active.json).toMatchObject({ patTokens: [] })
    const revoked = await send(`tokens/pats?displayFilterOption=revoked&${tokensVersion}`, { authorization: owner })
    expect((revoked.json as { patTokens: unknown[] }).patTokens).toHaveLength(2)
    expect(emulator.data.token(ids[0] ?? '')?.status).toBe('revoked')
  })

  test('revokes SSH keys only where isPublic says so', async () => {
    const { emulator, descriptor, send } = await startWithTokens([{ isPublic: true }])
    const [key] = emulator.data.sshKeysOf(descriptor)
    const body = [{ authorizationId: key?.authorizationId }]
    await post(send, 'revocations', body)
    expect(emulator.data.sshKeysOf(descriptor)[0]?.status).toBe('active')
    await post(send, 'revocations?isPublic=true', body)
    expect(emulator.data.sshKeysOf(descriptor)[0]?.status).toBe('revoked')
  })

  test.each([
    ['no list', {}, 400],
    ['an empty list', [], 400],
    ['an entry without an id', [{}], 400],
    ['an id that is none', [{ authorizationId: 'x' }], 400],
    ['an empty id', [{ authorizationId: '00000000-0000-0000-0000-000000000000' }], 400],
    ['broken JSON', '[{', 400],
    ['an id that nobody has', [{ authorizationId: '52f9a2d8-1111-4222-8333-444455556666' }], 204],
    [
      'three at once',
      Array.from({ length: 3 }, () => ({ authorizationId: '52f9a2d8-1111-4222-8333-444455556666' })),
      400,
    ],
  ])('answers %s with its status', async (_what, body, status) => {
    const { send } = await startWorld({ maxRevocations: 2 })
    expect((await post(send, 'revocations', body)).status).toBe(status)
  })

  test('refuses a body that is not JSON by its type', async () => {
    const { send } = await startWorld()
    const options = { method: 'POST', body: '[]', headers: { 'content-type': 'text/plain' } }
    expect((await send(`tokenadmin/revocations?${adminVersion}`, options)).status).toBe(415)
  })
})

describe('tokenadmin/revocationrules', () => {
  const tokens: readonly TokenSpec[] = [
    { displayName: 'old code', scope: 'vso.code vso.work', validFrom: new Date('2026-01-01T00:00:00Z') },
    { displayName: 'new code', scope: 'vso.code', validFrom: new Date('2026-02-20T00:00:00Z') },
    { displayName: 'old other', scope: 'vso.build', validFrom: new Date('2026-01-01T00:00:00Z') },
  ]

  const validity = async (list: () => Promise<Reply>): Promise<Record<string, boolean>> =>
    Object.fromEntries(
      page(await list()).value.map(({ displayName, isValid }) => [displayName ?? '', isValid] as const),
    )

  test('rejects tokens with any of the scopes that were made before the time', async () => {
    const { send, list } = await startWithTokens(tokens)
    const reply = await post(send, 'revocationrules', {
      scopes: 'vso.packaging vso.code',
      createdBefore: '2026-02-01T00:00:00Z',
    })
    expect([reply.status, reply.text]).toEqual([201, ''])
    expect(await validity(list)).toEqual({ 'old code': false, 'new code': true, 'old other': true })
  })

  test('takes the time of the rule where none is given', async () => {
    const { send, list } = await startWithTokens(tokens)
    await post(send, 'revocationrules', { scopes: 'vso.code' })
    expect(await validity(list)).toEqual({ 'old code': false, 'new code': false, 'old other': true })
  })

  test('rejects access tokens too', async () => {
    const { clock, emulator, send } = await startWithTokens(tokens)
    const authorization = `Bearer ${emulator.tokenFor('administrator', { scopes: ['vso.graph'] })}`
    await clock.advance(1_000)
    await post(send, 'revocationrules', { scopes: 'vso.graph' })
    expect((await send('graph/users?api-version=7.1-preview.1', { authorization })).status).toBe(401)
    const later = `Bearer ${emulator.tokenFor('administrator', { scopes: ['vso.graph'] })}`
    expect((await send('graph/users?api-version=7.1-preview.1', { authorization: later })).status).toBe(200)
  })

  test.each([
    ['no scopes', {}],
    ['empty scopes', { scopes: '  ' }],
    ['scopes that are no text', { scopes: ['vso.code'] }],
    ['a time that is none', { scopes: 'vso.code', createdBefore: 'yesterday' }],
    ['no object', []],
  ])('refuses %s', async (_what, body) => {
    const { send } = await startWorld()
    expect((await post(send, 'revocationrules', body)).status).toBe(400)
  })
})
