import { describe, expect, test } from 'vitest'
import {
  ConfigurationError,
  deviceCodeCredential,
  interactiveCredential,
  memoryTokenCache,
  multiTenant,
  type DeviceCode,
  type DeviceCodeCredentialOptions,
  type InteractiveCredentialOptions,
} from '../../src/index.js'
import { failureOf } from '../world.js'
import { claimsIn, personIn, places, sampleIds, startAuthWorld, type AuthWorld } from './support/world.js'

const minute = 60_000

function deviceCode(world: AuthWorld, options: Partial<DeviceCodeCredentialOptions> = {}) {
  const shown: DeviceCode[] = []
  const credential = deviceCodeCredential({
    authority: world.place.authority,
    clientId: sampleIds.publicClient,
    emulator: { origin: world.url },
    clock: world.clock,
    random: () => 1,
    show: (code) => {
      shown.push(code)
      world.identity.approveDevice(code.userCode, world.place.person)
    },
    ...options,
  })
  return { credential, shown }
}

const polls = ({ identity }: AuthWorld): number => identity.requests.list('token').length

describe('deviceCodeCredential()', () => {
  test('shows where to go and what to type, and gives a token once the person has', async () => {
    const world = await startAuthWorld()
    const { credential, shown } = deviceCode(world)

    const token = await world.clock.runUntil(credential.getToken(world.place.scope))

    expect(shown).toMatchObject([
      {
        userCode: expect.stringMatching(/\S{6,}/) as unknown,
        verificationUri: expect.stringMatching(/^https?:\/\//) as unknown,
        expiresInSeconds: 900,
        message: expect.stringContaining(shown[0]?.userCode ?? 'none') as unknown,
      },
    ])
    expect(personIn(token)).toBe((await credential.account())?.objectId)
    expect((await credential.account())?.username).toBe(world.place.person)
  })

  test('asks every five seconds, as the service says, until the person is done', async () => {
    const world = await startAuthWorld()
    const waiting: DeviceCode[] = []
    const { credential } = deviceCode(world, { show: (code) => void waiting.push(code) })

    const token = credential.getToken(world.place.scope)
    while (polls(world) < 3) await world.clock.runUntil(world.clock.hold(5000))
    world.identity.approveDevice(waiting[0]?.userCode ?? '', world.place.person)

    expect(await world.clock.runUntil(token)).toHaveProperty('token')
    expect(new Set(world.clock.pauses)).toEqual(new Set([5000]))
    expect(waiting).toHaveLength(1)
  })

  test('asks less often when the service says slow_down', async () => {
    const world = await startAuthWorld()
    const { credential } = deviceCode(world)
    const answer = { kind: 'error', code: 'AADSTS70016', error: 'slow_down' } as const
    world.identity.faults.add({ at: 'token', times: 2, answer })

    await world.clock.runUntil(credential.getToken(world.place.scope))

    expect(world.clock.pauses).toEqual([5000, 10_000, 15_000])
  })

  test.each([{ kind: 'hang-up' }, { kind: 'status', status: 502 }] as const)(
    'goes on after a service that fails for a while, because the person needs minutes: %j',
    async (answer) => {
      const world = await startAuthWorld()
      const waiting: DeviceCode[] = []
      const { credential } = deviceCode(world, { show: (code) => void waiting.push(code) })
      world.identity.faults.add({ at: 'token', times: 7, answer })

      const token = credential.getToken(world.place.scope)
      while (polls(world) < 8) await world.clock.runUntil(world.clock.hold(5000))
      world.identity.approveDevice(waiting[0]?.userCode ?? '', world.place.person)

      expect(await world.clock.runUntil(token)).toHaveProperty('token')
    },
  )

  test('ends when nobody enters the code in time', async () => {
    const world = await startAuthWorld()
    const { credential } = deviceCode(world, { show: () => undefined })

    const error = await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))

    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', reason: 'expired', scopes: [world.place.scope] })
    expect(await credential.account()).toBeUndefined()
  })

  test.each([
    ['authorization_declined', 'declined'],
    ['access_denied', 'declined'],
    ['expired_token', 'expired'],
    ['code_expired', 'expired'],
  ])('ends when the service says %s', async (error, reason) => {
    const world = await startAuthWorld()
    const { credential } = deviceCode(world)
    world.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS70016', error } })

    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason,
    })
  })

  test('stops asking when the signal aborts', async () => {
    const world = await startAuthWorld()
    const leaving = new AbortController()
    const { credential } = deviceCode(world, { show: () => leaving.abort(new Error('left')) })

    const error = await failureOf(credential.getToken(world.place.scope, { abortSignal: leaving.signal }))

    expect(error).toHaveProperty('message', 'left')
    expect(polls(world)).toBe(0)
  })

  test('keeps the person from one run to the next, and renews', async () => {
    const world = await startAuthWorld()
    const tokenCache = memoryTokenCache()
    await world.clock.runUntil(deviceCode(world, { tokenCache }).credential.signIn({ scopes: [world.place.scope] }))
    await world.clock.advance(60 * minute)

    const later = deviceCode(world, { tokenCache, signIn: 'explicit' })
    const token = await later.credential.getToken(world.place.scope)

    expect(personIn(token)).toBe((await later.credential.account())?.objectId)
    expect(later.shown).toEqual([])
    expect(world.identity.requests.list('token').at(-1)).toMatchObject({ grantType: 'refresh_token', status: 200 })
  })

  test('keeps people of different profiles apart', async () => {
    const world = await startAuthWorld()
    const tokenCache = memoryTokenCache()
    await world.clock.runUntil(
      deviceCode(world, { tokenCache, profile: 'work' }).credential.getToken(world.place.scope),
    )

    const other = deviceCode(world, { tokenCache, profile: 'home', signIn: 'explicit' }).credential

    expect(await other.account()).toBeUndefined()
    expect(await failureOf(other.getToken(world.place.scope))).toMatchObject({ reason: 'no-account' })
  })

  test("shows nothing by itself with 'explicit'", async () => {
    const world = await startAuthWorld()
    const { credential, shown } = deviceCode(world, { signIn: 'explicit' })

    expect(await failureOf(credential.getToken(world.place.scope))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason: 'no-account',
    })
    expect(shown).toEqual([])
  })

  test('lets the person sign in again when the service demands it', async () => {
    const world = await startAuthWorld()
    const { credential, shown } = deviceCode(world)
    await world.clock.runUntil(credential.getToken(world.place.scope))
    world.identity.revokeRefreshTokens({ person: world.place.person })
    await world.clock.advance(60 * minute)

    expect(await world.clock.runUntil(credential.getToken(world.place.scope))).toHaveProperty('token')
    expect(shown).toHaveLength(2)
  })

  test('does not ask the person for what no person can help with', async () => {
    const world = await startAuthWorld()
    const { credential, shown } = deviceCode(world)
    await world.clock.runUntil(credential.getToken(world.place.scope))
    world.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'status', status: 503 } })
    await world.clock.advance(60 * minute)

    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({ status: 503 })
    expect(shown).toHaveLength(1)
  })

  test('forgets the person with signOut()', async () => {
    const world = await startAuthWorld()
    const { credential } = deviceCode(world, { signIn: 'explicit' })
    await world.clock.runUntil(credential.signIn({ scopes: [world.place.scope] }))

    await credential.signOut()

    expect(await credential.account()).toBeUndefined()
    expect(await failureOf(credential.getToken(world.place.scope))).toMatchObject({ reason: 'no-account' })
  })

  test.each([
    ['another application', { audience: sampleIds.b2cClient }],
    ['another issuer', { issuer: 'https://evil.example/v2.0' }],
    ['a key that nobody published', { signature: 'unpublished-key' }],
  ] as const)('refuses an ID token of %s', async (_, idTokenFlaws) => {
    const world = await startAuthWorld()
    world.identity.knobs.set({ idTokenFlaws })
    const { credential } = deviceCode(world)

    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason: 'refused',
    })
    expect(await credential.account()).toBeUndefined()
  })

  test('refuses people of a tenant that is not on the list', async () => {
    const world = await startAuthWorld('one tenant by id')
    const { credential } = deviceCode(world, {
      authority: multiTenant({ audience: 'organizations', allowedTenants: [sampleIds.fabrikamTenant] }),
    })

    expect(await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))).toMatchObject({
      message: 'People of this organization may not use this application.',
    })
  })

  test('says that a web application is no public client (AADSTS7000218)', async () => {
    const world = await startAuthWorld()
    const { credential } = deviceCode(world, { clientId: sampleIds.singleTenantClient })

    const error = await failureOf(world.clock.runUntil(credential.getToken(world.place.scope)))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toHaveProperty('message', expect.stringContaining('public client'))
  })

  test('refuses B2C, which has no device codes, with every other fault at once', () => {
    const make = () => deviceCodeCredential({ authority: places.B2C.authority, clientId: 'x', show: () => undefined })

    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(/clientId:[\s\S]*authority: Azure AD B2C has no device codes/)
  })
})

function interactive(world: AuthWorld, options: Partial<InteractiveCredentialOptions> = {}) {
  const opened: string[] = []
  const credential = interactiveCredential({
    authority: world.place.authority,
    clientId: sampleIds.publicClient,
    emulator: { origin: world.url },
    clock: world.clock,
    openUrl: async (url) => {
      opened.push(url)
      const end = await world.browser.signIn(url, { person: world.place.person })
      const page = await fetch(end.url)
      expect(page.status).toBe(200)
    },
    ...options,
  })
  return { credential, opened }
}

describe('interactiveCredential()', () => {
  test('signs the person in with the browser of this machine', async () => {
    const world = await startAuthWorld()
    const { credential, opened } = interactive(world)

    const token = await credential.getToken(world.place.scope)

    expect(personIn(token)).toBe((await credential.account())?.objectId)
    const asked = new URL(opened[0] ?? '').searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      response_mode: 'query',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+$/) as unknown,
    })
    expect(claimsIn(token).appid ?? claimsIn(token).azp).toBe(sampleIds.publicClient)
  })

  test('opens one browser for all who ask at the same time', async () => {
    const world = await startAuthWorld()
    const { credential, opened } = interactive(world)

    await Promise.all([credential.getToken(world.place.scope), credential.getToken(world.place.scope)])

    expect(opened).toHaveLength(1)
  })

  test('asks which account, unless it is told', async () => {
    const world = await startAuthWorld()
    const [asking, told] = [interactive(world), interactive(world, { loginHint: world.place.person })]
    await asking.credential.getToken(world.place.scope)
    await told.credential.getToken(world.place.scope)

    const parameters = [asking, told].map(({ opened }) => new URL(opened[0] ?? '').searchParams)
    expect(parameters.map((asked) => asked.get('prompt'))).toEqual(['select_account', null])
    expect(parameters.map((asked) => asked.get('login_hint'))).toEqual([null, world.place.person])
  })

  test('takes no answer with another state, and waits on', async () => {
    const world = await startAuthWorld()
    const statuses: number[] = []
    const { credential } = interactive(world, {
      openUrl: async (url) => {
        const end = await world.browser.signIn(url, { person: world.place.person })
        const ask = async (change: (address: URL) => void, init?: RequestInit): Promise<void> => {
          const address = new URL(end.url)
          change(address)
          statuses.push((await fetch(address, init)).status)
        }
        await ask((address) => address.searchParams.set('state', 'forged'))
        await ask((address) => address.searchParams.delete('state'))
        await ask((address) => address.searchParams.append('state', 'second'))
        await ask((address) => (address.pathname = '/favicon.ico'))
        await ask((address) => (address.search = ''))
        await ask(() => undefined, { method: 'POST' })
        await ask(() => undefined)
      },
    })

    expect(await credential.getToken(world.place.scope)).toHaveProperty('token')
    expect(statuses).toEqual([400, 400, 400, 404, 404, 400, 200])
  })

  test('shows a page that nobody keeps or passes on', async () => {
    const world = await startAuthWorld()
    let headers = new Headers()
    const { credential } = interactive(world, {
      openUrl: async (url) => {
        const end = await world.browser.signIn(url, { person: world.place.person })
        headers = (await fetch(end.url)).headers
      },
    })
    await credential.getToken(world.place.scope)

    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
  })

  test.each(['cancel', 'decline-consent'] as const)('ends when the person does: %s', async (turn) => {
    const world = await startAuthWorld()
    const { credential } = interactive(world, {
      openUrl: async (url) => {
        const end = await world.browser.signIn(url, { person: world.place.person, turn })
        await fetch(end.url)
      },
    })

    expect(await failureOf(credential.getToken(world.place.scope))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason: 'declined',
    })
  })

  test('ends when nobody comes back in time, and frees its port', async () => {
    const world = await startAuthWorld()
    let redirect = ''
    const { credential } = interactive(world, {
      signInTimeoutMs: 2 * minute,
      openUrl: (url) => {
        redirect = new URL(url).searchParams.get('redirect_uri') ?? ''
        void world.clock.advance(2 * minute)
      },
    })

    expect(await failureOf(credential.getToken(world.place.scope))).toMatchObject({ reason: 'expired' })
    expect(await failureOf(fetch(redirect))).toBeInstanceOf(TypeError)
  })

  test('ends when the signal aborts', async () => {
    const world = await startAuthWorld()
    const leaving = new AbortController()
    const { credential } = interactive(world, { openUrl: () => leaving.abort(new Error('left')) })

    const token = credential.getToken(world.place.scope, { abortSignal: leaving.signal })

    expect(await failureOf(token)).toHaveProperty('message', 'left')
  })

  test('ends when the browser cannot be opened', async () => {
    const world = await startAuthWorld()
    const { credential } = interactive(world, { openUrl: () => Promise.reject(new Error('no display')) })

    expect(await failureOf(credential.getToken(world.place.scope))).toHaveProperty('message', 'no display')
  })
})
