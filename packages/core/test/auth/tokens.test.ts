import { describe, expect, test } from 'vitest'
import {
  ConfigurationError,
  InteractionRequiredError,
  isPatkitError,
  memoryTokenCache,
  TokenCacheError,
  type TokenCacheStore,
} from '../../src/index.js'
import { failureOf } from '../world.js'
import {
  claimsIn,
  personIn,
  sampleIds,
  startAuthWorld,
  throughJson,
  type Account,
  type AuthWorld,
} from './support/world.js'

const minute = 60_000
const graph = 'https://graph.microsoft.com/User.Read'

/** Grants that were asked for at the token endpoint so far. */
const grants = ({ identity }: AuthWorld): unknown[] => identity.requests.list('token').map(({ grantType }) => grantType)
const refreshes = (world: AuthWorld): number => grants(world).filter((grant) => grant === 'refresh_token').length

describe('credentialFor()', () => {
  test('takes the account as a session keeps it', async () => {
    const { auth, place, signIn } = await startAuthWorld()
    const { account } = await signIn()

    const token = await auth.credentialFor(throughJson(account) as Account).getToken(place.scope)

    expect(personIn(token)).toBe(account.objectId)
  })

  test('takes scopes as one text or as a list, as @azure/core-auth does', async () => {
    const { auth, place, signIn } = await startAuthWorld()
    const credential = auth.credentialFor((await signIn()).account)

    const [one, other] = [await credential.getToken([place.scope]), await credential.getToken(place.scope)]
    expect(one?.token).toBe(other?.token)
  })

  test('fault 35: renews once for all who ask at the same time', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    await world.clock.advance(60 * minute)

    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => world.auth.credentialFor(account).getToken(world.place.scope)),
    )

    expect(new Set(tokens.map((token) => token?.token)).size).toBe(1)
    expect(refreshes(world)).toBe(1)
  })

  test('fault 35: renews once for all servers that share a store with a lock', async () => {
    let last = Promise.resolve()
    const tokenCache: TokenCacheStore = {
      ...memoryTokenCache(),
      lock: async () => {
        let release: () => void = () => undefined
        const mine = new Promise<void>((resolve) => {
          release = resolve
        })
        const before = last
        last = mine
        await before
        return {
          release: () => {
            release()
            return Promise.resolve()
          },
        }
      },
    }
    const world = await startAuthWorld('one tenant by id', { tokenCache })
    const { account } = await world.signIn()
    await world.clock.advance(60 * minute)

    const servers = [world.auth, world.client(), world.client()]
    const tokens = await Promise.all(servers.map((auth) => auth.credentialFor(account).getToken(world.place.scope)))

    expect(new Set(tokens.map((token) => token?.token)).size).toBe(1)
    expect(refreshes(world)).toBe(1)
  })

  test('goes on for the others when one of them gives up', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    await world.clock.advance(60 * minute)
    const leaving = new AbortController()

    const left = world.auth.credentialFor(account).getToken(world.place.scope, { abortSignal: leaving.signal })
    const stays = world.auth.credentialFor(account).getToken(world.place.scope)
    leaving.abort(new Error('left'))

    expect(await failureOf(left)).toHaveProperty('message', 'left')
    expect(await stays).toHaveProperty('token')
    expect(refreshes(world)).toBe(1)
  })

  test('stops asking the service when nobody waits any more, and asks anew for whoever comes next', async () => {
    let begun: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      begun = resolve
    })
    const stopped: unknown[] = []
    // The first renewal hangs on its way.
    const fetch: typeof globalThis.fetch = (input, init) => {
      const hangs = stopped.length === 0 && typeof init?.body === 'string' && init.body.includes('refresh_token=')
      if (!hangs) return globalThis.fetch(input, init)
      begun()
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => {
          stopped.push(init.signal?.reason)
          reject(new Error('aborted'))
        })
      })
    }
    const world = await startAuthWorld('one tenant by id', { fetch })
    const { account } = await world.signIn()
    await world.clock.advance(60 * minute)
    const leaving = new AbortController()

    const left = failureOf(
      world.auth.credentialFor(account).getToken(world.place.scope, { abortSignal: leaving.signal }),
    )
    await asked
    leaving.abort(new Error('left'))

    expect(await left).toHaveProperty('message', 'left')
    expect(stopped).toHaveLength(1)
    expect(await world.auth.credentialFor(account).getToken(world.place.scope)).toHaveProperty('token')
  })

  test('serves the old token while it is good when it cannot be renewed ahead of its end', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    const credential = world.auth.credentialFor(account)
    const first = await credential.getToken(world.place.scope)
    await world.clock.advance(56 * minute)
    world.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'status', status: 503 } })

    const second = await world.clock.runUntil(credential.getToken(world.place.scope))

    expect(second?.token).toBe(first?.token)
    await world.clock.advance(5 * minute)
    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({
      code: 'PATKIT_SERVICE',
      status: 503,
      retryable: true,
    })
    world.identity.faults.clear()
    expect((await world.clock.runUntil(credential.getToken(world.place.scope)))?.token).not.toBe(first?.token)
  })

  test('serves the last token of the same credential when MSAL counts it as expired but it is not', async () => {
    const world = await startAuthWorld('one tenant by id', {}, { knobs: { accessTokenSeconds: 250 } })
    const credential = world.auth.credentialFor((await world.signIn()).account)
    const last = await credential.getToken(world.place.scope)
    world.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'status', status: 503 } })

    expect((await world.clock.runUntil(credential.getToken(world.place.scope)))?.token).toBe(last?.token)

    await world.clock.advance(230_000)
    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({ status: 503 })
  })

  test('gives tokens for several APIs after one sign-in', async () => {
    const { auth, place, signIn, identity } = await startAuthWorld(
      'one tenant by id',
      {},
      {
        clients: [
          {
            clientId: sampleIds.singleTenantClient,
            tenant: 'contoso.onmicrosoft.com',
            displayName: 'Report',
            redirectUris: ['http://localhost:5000/getAToken'],
            secrets: [{ value: 'emulator-only-secret' }],
            consent: 'granted',
          },
        ],
      },
    )
    const credential = auth.credentialFor((await signIn()).account)

    const [devops, other] = [await credential.getToken(place.scope), await credential.getToken(graph)]

    expect(claimsIn(devops).aud).not.toBe(claimsIn(other).aud)
    await Promise.all([credential.getToken(place.scope), credential.getToken(graph)])
    expect(identity.requests.list('token')).toHaveLength(2)
  })

  test.each([[''], [[]], ['  ']])('refuses to give a token for no scope: %j', async (scopes) => {
    const { auth, signIn } = await startAuthWorld()
    const credential = auth.credentialFor((await signIn()).account)

    expect(await failureOf(credential.getToken(scopes))).toBeInstanceOf(TypeError)
  })

  test('lives by the clock it is given, whatever the machine’s says', async () => {
    const world = await startAuthWorld('one tenant by id', {}, {}, '2031-05-05T05:05:05Z')
    const { account } = await world.signIn()
    const credential = world.auth.credentialFor(account)

    for (let hours = 1; hours <= 5; hours++) {
      const token = await credential.getToken(world.place.scope)
      expect(new Date(token?.expiresOnTimestamp ?? 0).getUTCFullYear()).toBe(2031)
      expect((await credential.getToken(world.place.scope))?.token).toBe(token?.token)
      expect(refreshes(world)).toBe(hours - 1)
      await world.clock.advance(60 * minute)
    }
  })

  test.each([[undefined], [{}], [{ id: 'x' }]])('refuses %j as an account', async (account) => {
    const { auth } = await startAuthWorld()

    expect(() => auth.credentialFor(account as never)).toThrow(TypeError)
  })

  test('tells expiry and time to renew in milliseconds', async () => {
    const { auth, clock, place, signIn } = await startAuthWorld()
    const token = await auth.credentialFor((await signIn()).account).getToken(place.scope)

    const lifeMs = (token?.expiresOnTimestamp ?? 0) - clock.now()
    expect(lifeMs).toBeGreaterThan(55 * minute)
    expect(lifeMs).toBeLessThan(65 * minute)
  })
})

describe('getToken() needs the person', () => {
  test('when the refresh token has expired (AADSTS700082)', async () => {
    const world = await startAuthWorld('one tenant by id', {}, { knobs: { refreshTokenSeconds: 2 * 60 * 60 } })
    const { account } = await world.signIn()
    await world.clock.advance(3 * 60 * minute)

    const error = await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))

    expect(error).toBeInstanceOf(InteractionRequiredError)
    expect(error).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason: 'refused',
      serviceCode: 'AADSTS700082',
      status: 400,
      scopes: [world.place.scope],
    })
    expect(refreshes(world)).toBe(1)
  })

  test('when the refresh token was revoked', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    world.identity.revokeRefreshTokens({ person: world.place.person })
    await world.clock.advance(60 * minute)

    expect(await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))).toMatchObject({
      reason: 'refused',
      serviceCode: 'AADSTS50173',
    })
  })

  test.each([
    ['AADSTS50076', 'a second factor'],
    ['AADSTS50079', 'the set-up of a second factor'],
    ['AADSTS53003', 'conditional access'],
    ['AADSTS65001', 'a consent'],
    ['AADSTS70000', 'any other invalid_grant'],
    ['AADSTS700082', 'an expired refresh token'],
  ])('when the service says %s: %s', async (code) => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    world.identity.faults.add({ at: 'token', answer: { kind: 'error', code } })
    await world.clock.advance(60 * minute)

    const error = await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))

    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', reason: 'refused', serviceCode: code })
    expect(error).toHaveProperty('hint', expect.any(String))
    expect(refreshes(world)).toBe(1)
  })

  test('when nothing is kept of this person', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()

    const elsewhere = world.client().credentialFor(account)

    expect(await failureOf(elsewhere.getToken(world.place.scope))).toMatchObject({ reason: 'no-account' })
    expect(refreshes(world)).toBe(0)
  })

  test.each(['', 'not json', '[]', '{"Account":7}', '{}'])('when what is kept is damaged: %j', async (damaged) => {
    const store = memoryTokenCache()
    const spoiled: TokenCacheStore = {
      ...store,
      get: async (key) => ((await store.get(key)) === undefined ? undefined : damaged),
    }
    const world = await startAuthWorld('one tenant by id', { tokenCache: spoiled })
    const { account } = await world.signIn()

    const error = await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))

    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', reason: 'no-account' })
  })

  test('when B2C gives no access token for the scope', async () => {
    const { auth, place, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn({ scopes: ['openid'] })

    const error = await failureOf(auth.credentialFor(account).getToken('openid'))

    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', reason: 'no-token' })
    expect(place.scope).toContain('demo.read')
  })
})

describe('a claims challenge', () => {
  const knobs = { claimsChallenge: { authContext: 'c1', at: 'token' } } as const

  test('is passed on: first to the service, then to the person, then the token has the claims', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    const credential = world.auth.credentialFor(account)
    world.identity.knobs.set(knobs)
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

    const error = await failureOf(credential.getToken(world.place.scope, { claims }))
    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', reason: 'refused' })
    if (!isPatkitError(error) || error.code !== 'PATKIT_INTERACTION_REQUIRED') return
    expect(JSON.parse(error.claims ?? '')).toMatchObject({ access_token: { acrs: { value: 'c1' } } })

    const { account: again } = await world.signIn({ claims: error.claims, account })
    const token = await world.auth.credentialFor(again).getToken(world.place.scope)

    expect(claimsIn(token).acrs).toEqual(['c1'])
  })

  test('makes no use of a kept token', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    const credential = world.auth.credentialFor(account)
    const kept = await credential.getToken(world.place.scope)

    const token = await credential.getToken(world.place.scope, {
      claims: '{"access_token":{"nbf":{"essential":true}}}',
    })

    expect(token?.token).not.toBe(kept?.token)
    expect(refreshes(world)).toBe(1)
  })

  test('is passed on once for all who meet it at the same time', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    const claims = '{"access_token":{"nbf":{"essential":true}}}'

    const credentials = Array.from({ length: 10 }, () => world.auth.credentialFor(account))
    await Promise.all(credentials.map((credential) => credential.getToken(world.place.scope, { claims })))

    expect(refreshes(world)).toBe(1)
  })

  test('says what the client can handle, so that tokens can be revoked at once (CAE)', async () => {
    const { auth, place, signIn } = await startAuthWorld()

    const token = await auth.credentialFor((await signIn()).account).getToken(place.scope)

    expect(claimsIn(token).xms_cc).toEqual(['cp1'])
  })
})

describe('signOut()', () => {
  test('ends the credentials of the person on every server', async () => {
    const tokenCache = memoryTokenCache()
    const world = await startAuthWorld('one tenant by id', { tokenCache })
    const { account } = await world.signIn()
    const other = world.client().credentialFor(account)
    await other.getToken(world.place.scope)

    await world.auth.signOut(account)

    expect(await failureOf(other.getToken(world.place.scope))).toMatchObject({ reason: 'no-account' })
  })

  test('is not undone by a renewal that was under way', async () => {
    let locked = (): void => undefined
    const renewing = new Promise<void>((resolve) => {
      locked = resolve
    })
    const store = memoryTokenCache()
    const world = await startAuthWorld('one tenant by id', { tokenCache: store })
    const { account } = await world.signIn()
    await world.clock.advance(60 * minute)
    world.identity.faults.add({ at: 'token', answer: { kind: 'delay', seconds: 3 } })
    const auth = world.client({
      tokenCache: {
        ...store,
        lock: () => {
          locked()
          return Promise.resolve({ release: () => Promise.resolve() })
        },
      },
    })

    const renewal = auth.credentialFor(account).getToken(world.place.scope)
    await renewing
    const out = auth.signOut(account)
    await world.clock.runUntil(Promise.all([renewal, out]))

    expect(refreshes(world)).toBe(1)
    expect(await failureOf(auth.credentialFor(account).getToken(world.place.scope))).toMatchObject({
      reason: 'no-account',
    })
  })
})

describe('two people in one process', () => {
  test('never see each other’s tokens, however their requests interleave', async () => {
    const world = await startAuthWorld()
    const [alice, bob] = [
      await world.signIn(),
      await world.signIn({ prompt: 'login' }, { person: world.place.otherPerson }),
    ]
    const people = [alice, bob].map(({ account }) => account)
    for (let round = 0; round < 3; round++) {
      await world.clock.advance(60 * minute)
      const asked = Array.from({ length: 12 }, (_, index) => people[index % 2] ?? alice.account)
      const tokens = await Promise.all(asked.map((one) => world.auth.credentialFor(one).getToken(world.place.scope)))
      expect(tokens.map(personIn)).toEqual(asked.map(({ objectId }) => objectId))
    }
    expect(refreshes(world)).toBe(6)
  })

  test('are kept apart in the token cache: what is kept of one holds nothing of the other', async () => {
    const kept = new Map<string, string>()
    const store = memoryTokenCache()
    const tokenCache: TokenCacheStore = {
      ...store,
      set: (key, value, options) => {
        kept.set(key, value)
        return store.set(key, value, options)
      },
    }
    const world = await startAuthWorld('one tenant by id', { tokenCache })
    const [alice, bob] = [
      await world.signIn(),
      await world.signIn({ prompt: 'login' }, { person: world.place.otherPerson }),
    ]
    await world.clock.advance(60 * minute)
    await Promise.all([alice, bob].map(({ account }) => world.auth.credentialFor(account).getToken(world.place.scope)))

    expect(kept.size).toBe(2)
    const texts = [...kept.values()]
    for (const { account } of [alice, bob]) {
      expect(texts.filter((text) => text.includes(account.homeAccountId))).toHaveLength(1)
      expect(texts.filter((text) => text.includes(account.username))).toHaveLength(1)
    }
    for (const key of kept.keys()) {
      expect(key).not.toContain(alice.account.objectId)
      expect(key).not.toContain(bob.account.objectId)
    }
  })
})

describe('a token cache that fails', () => {
  const broken = (part: keyof TokenCacheStore, message: string): TokenCacheStore => ({
    ...memoryTokenCache(),
    [part]: () => Promise.reject(new Error(message)),
  })

  test.each(['get', 'set'] as const)('ends finishSignIn() with an error of its own: %s()', async (part) => {
    const world = await startAuthWorld('one tenant by id', { tokenCache: broken(part, 'ECONNREFUSED') })

    const error = await failureOf(world.finish())

    expect(error).toBeInstanceOf(TokenCacheError)
    expect(error).toMatchObject({ code: 'PATKIT_TOKEN_CACHE', retryable: true })
  })

  test('ends getToken() with it too, so that nobody is sent to sign in for it', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()

    const credential = world.client({ tokenCache: broken('get', 'no connection') }).credentialFor(account)

    expect(await failureOf(credential.getToken(world.place.scope))).toMatchObject({ code: 'PATKIT_TOKEN_CACHE' })
  })

  test('does not repeat secrets of its message', async () => {
    const world = await startAuthWorld('one tenant by id', {
      tokenCache: broken('get', 'failed with eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'),
    })

    expect(String(await failureOf(world.finish()))).not.toContain('eyJ')
  })
})

describe('a scope that the service does not know', () => {
  test('is a fault of the configuration', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()

    const error = await failureOf(world.auth.credentialFor(account).getToken('api://nowhere/read'))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ faults: [{ field: 'scopes' }] })
  })
})

describe('accounts that naive code mixes up', () => {
  const contoso = 'contoso.onmicrosoft.com'
  const guest = 'guest@fabrikam.onmicrosoft.com'

  test('a guest is known by the ids of the tenant, and gets kept tokens as everybody does', async () => {
    const world = await startAuthWorld()
    const home = { tenantId: sampleIds.fabrikamTenant, objectId: '12121212-1212-4212-8212-121212121212' }
    const person = world.identity.addPerson({
      tenant: contoso,
      userPrincipalName: guest,
      displayName: 'Gus Guest',
      home,
    })

    const { account } = await world.signIn({}, { person: guest })
    const token = await world.auth.credentialFor(account).getToken(world.place.scope)

    expect(account).toMatchObject({ objectId: person.objectId, tenantId: sampleIds.contosoTenant })
    expect(account.homeAccountId).toBe(`${home.objectId}.${home.tenantId}`)
    expect(personIn(token)).toBe(person.objectId)
    expect(grants(world)).toEqual(['authorization_code'])
    await world.clock.advance(60 * minute)
    expect(personIn(await world.auth.credentialFor(account).getToken(world.place.scope))).toBe(person.objectId)
  })

  test('somebody signs in also when the answer has no client_info', async () => {
    const world = await startAuthWorld('one tenant by id', {}, { knobs: { clientInfo: 'absent' } })

    const { account } = await world.signIn()

    expect(personIn(await world.auth.credentialFor(account).getToken(world.place.scope))).toBe(account.objectId)
    await world.clock.advance(60 * minute)
    expect(personIn(await world.auth.credentialFor(account).getToken(world.place.scope))).toBe(account.objectId)
  })

  test('a service that keeps its refresh token, giving no new one, goes on being asked with it', async () => {
    const world = await startAuthWorld('one tenant by id', {}, { knobs: { refreshTokenRotation: 'keep' } })
    const { account } = await world.signIn()

    for (let hours = 0; hours < 3; hours++) {
      await world.clock.advance(60 * minute)
      expect(await world.auth.credentialFor(account).getToken(world.place.scope)).toHaveProperty('token')
    }
    expect(refreshes(world)).toBe(3)
  })

  test('nobody gets tokens that the service renewed for somebody else', async () => {
    let swap: string | undefined
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const body = init?.body
      const changed = swap !== undefined && typeof body === 'string' && body.includes('grant_type=refresh_token')
      if (!changed) return globalThis.fetch(input, init)
      const form = new URLSearchParams(body)
      form.set('refresh_token', swap ?? '')
      return globalThis.fetch(input, { ...init, body: form.toString() })
    }
    const kept = new Map<string, string>()
    const store = memoryTokenCache()
    const tokenCache: TokenCacheStore = {
      ...store,
      set: (key, value, options) => {
        kept.set(key, value)
        return store.set(key, value, options)
      },
    }
    const world = await startAuthWorld('one tenant by id', { fetch, tokenCache })
    const alice = await world.signIn()
    const bob = await world.signIn({ prompt: 'login' }, { person: world.place.otherPerson })
    const ofBob = [...kept.values()].find((text) => text.includes(bob.account.homeAccountId)) ?? '{}'
    const tokens = (JSON.parse(ofBob) as { RefreshToken: Record<string, { secret: string }> }).RefreshToken
    swap = Object.values(tokens)[0]?.secret
    await world.clock.advance(60 * minute)

    const error = await failureOf(world.auth.credentialFor(alice.account).getToken(world.place.scope))

    expect(error).toMatchObject({
      code: 'PATKIT_PROTOCOL',
      message: expect.stringContaining('somebody else') as unknown,
    })
    swap = undefined
    expect(personIn(await world.auth.credentialFor(alice.account).getToken(world.place.scope))).toBe(
      alice.account.objectId,
    )
  })
})
