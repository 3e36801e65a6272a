import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, multiTenant, singleTenant, type SignInTransaction } from '../../src/index.js'
import { failureOf } from '../world.js'
import { expectSignedIn, sampleIds, startAuthWorld, throughJson, type AuthWorld } from './support/world.js'

const minute = 60_000

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const decoded = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
const changed = (body: string): string => encoded({ ...decoded(body), roles: ['Administrator'] })

/** A sign-in up to the browser's return. */
async function comeBack({ auth, browser, place }: AuthWorld): Promise<{ url: URL; transaction: SignInTransaction }> {
  const { url, transaction } = await auth.startSignIn({ scopes: [place.scope], returnTo: '/reports' })
  const end = await browser.signIn(url, { person: place.person })
  return { url: end.url, transaction }
}

/** What was redeemed so far. */
const redeemed = ({ identity }: AuthWorld): number => identity.requests.list('token').length

describe('finishSignIn() before anything is sent', () => {
  test('refuses an answer with a wrong state', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    url.searchParams.set('state', 'A'.repeat(transaction.state.length))

    const result = await world.auth.finishSignIn(url, transaction)

    expect(result).toMatchObject({ kind: 'failed', reason: 'state', returnTo: '/reports' })
    expect(redeemed(world)).toBe(0)
  })

  test.each([
    ['without a state', (url: URL) => url.searchParams.delete('state')],
    ['with an empty state', (url: URL) => url.searchParams.set('state', '')],
    ['with a shorter state', (url: URL) => url.searchParams.set('state', 'x')],
  ])('refuses an answer %s', async (_, spoil) => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    spoil(url)

    expect(await world.auth.finishSignIn(url, transaction)).toMatchObject({ kind: 'failed', reason: 'state' })
    expect(redeemed(world)).toBe(0)
  })

  test.each(['state', 'code', 'error'])('refuses an answer with two of %s', async (name) => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    url.searchParams.append(name, 'x')
    url.searchParams.append(name, 'y')

    expect(await world.auth.finishSignIn(url, transaction)).toMatchObject({ kind: 'failed', reason: 'malformed' })
    expect(redeemed(world)).toBe(0)
  })

  test('refuses an answer without code and error', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    url.searchParams.delete('code')

    expect(await world.auth.finishSignIn(url, transaction)).toMatchObject({ kind: 'failed', reason: 'malformed' })
  })

  test('refuses an error with a wrong state: nobody may end the sign-in of another', async () => {
    const world = await startAuthWorld()
    const { transaction } = await comeBack(world)
    const forged = { error: 'access_denied', state: 'forged' }

    expect(await world.auth.finishSignIn(forged, transaction)).toMatchObject({ kind: 'failed', reason: 'state' })
  })

  test.each([[undefined], [null], ['text'], [{}], [{ version: 1 }], [[]]])(
    'refuses an answer when the session holds %j instead of a transaction',
    async (kept) => {
      const world = await startAuthWorld()
      const { url } = await comeBack(world)

      const result = await world.auth.finishSignIn(url, kept)

      expect(result).toMatchObject({ kind: 'failed', reason: 'transaction', returnTo: '/' })
      expect(redeemed(world)).toBe(0)
    },
  )

  test('refuses to take the same answer twice', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    expectSignedIn(await world.auth.finishSignIn(url, transaction))

    const replayed = await world.auth.finishSignIn(url, transaction)

    expect(replayed).toMatchObject({ kind: 'failed', reason: 'replayed' })
    expect(redeemed(world)).toBe(1)
  })

  test('leaves it to the service to refuse an answer that another server took already', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    expectSignedIn(await world.auth.finishSignIn(url, transaction))

    const replayed = await world.client().finishSignIn(url, transaction)

    expect(replayed).toMatchObject({ kind: 'failed', reason: 'refused', code: 'AADSTS54005' })
  })

  test('gives ten minutes, and no second more', async () => {
    const world = await startAuthWorld()
    const [early, late] = [await comeBack(world), await comeBack(world)]

    await world.clock.advance(10 * minute - 1000)
    expectSignedIn(await world.auth.finishSignIn(early.url, early.transaction))
    await world.clock.advance(1001)
    const result = await world.auth.finishSignIn(late.url, late.transaction)

    expect(result).toMatchObject({ kind: 'failed', reason: 'too-late' })
    expect(redeemed(world)).toBe(1)
  })

  test('refuses a transaction that was started for another application', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    const other = world.client({
      authority: multiTenant({ audience: 'common', allowedTenants: 'any' }),
      clientId: sampleIds.multiTenantClient,
    })

    expect(await other.finishSignIn(url, transaction)).toMatchObject({ kind: 'failed', reason: 'transaction' })
    expect(redeemed(world)).toBe(0)
  })

  test.each([
    ['another application', { clientId: sampleIds.multiTenantClient }],
    ['another authority', { authority: singleTenant({ tenant: 'contoso.onmicrosoft.com' }) }],
    ['another redirect URI', { redirectUri: 'http://localhost:5010/getAToken' }],
  ])('refuses a transaction that was started for %s, be all else equal', async (_, options) => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)

    const result = await world.client(options).finishSignIn(url, transaction)

    expect(result).toMatchObject({ kind: 'failed', reason: 'transaction' })
    expect(redeemed(world)).toBe(0)
  })

  test('refuses an answer that names another issuer (mix-up)', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    url.searchParams.set('iss', 'https://login.evil.example/v2.0')

    expect(await world.auth.finishSignIn(url, transaction)).toMatchObject({ kind: 'failed', reason: 'issuer' })
    expect(redeemed(world)).toBe(0)
  })

  test('takes an answer that names our issuer', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    url.searchParams.set('iss', `https://login.microsoftonline.com/${sampleIds.contosoTenant}/v2.0`)

    expectSignedIn(await world.auth.finishSignIn(url, transaction))
  })

  test('throws when the signal has aborted, and sends nothing', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    const reason = new Error('gone')

    const error = await failureOf(world.auth.finishSignIn(url, transaction, { signal: AbortSignal.abort(reason) }))

    expect(error).toBe(reason)
    expect(redeemed(world)).toBe(0)
  })
})

describe('finishSignIn() takes the answer in every form a framework has', () => {
  test.each([
    ['an address', (url: URL) => url],
    ['the text of an address', (url: URL) => url.href],
    ['path and query', (url: URL) => `${url.pathname}${url.search}`],
    ['a query', (url: URL) => url.search],
    ['search parameters', (url: URL) => url.searchParams],
    ['a parsed query', (url: URL) => Object.fromEntries(url.searchParams)],
  ])('%s', async (_, form) => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)

    expectSignedIn(await world.auth.finishSignIn(form(url), throughJson(transaction)))
  })
})

describe('finishSignIn() refuses an ID token', () => {
  test.each([
    ['with a wrong nonce', { nonce: 'another-sign-in' }, 'nonce'],
    ['without a nonce', { omit: ['nonce'] }, 'nonce'],
    ['for another application', { audience: sampleIds.b2cClient }, 'audience'],
    ['without an audience', { omit: ['aud'] }, 'audience'],
    ['of another issuer', { issuer: 'https://login.evil.example/v2.0' }, 'issuer'],
    ['without an issuer', { omit: ['iss'] }, 'issuer'],
    ['of another tenant', { tenantId: sampleIds.fabrikamTenant }, 'issuer'],
    ['that has expired', { expiresInSeconds: -3600 }, 'expired'],
    ['without an end', { omit: ['exp'] }, 'expired'],
    ['that nobody published the key of', { signature: 'unpublished-key' }, 'signature'],
    ['that does not say who', { omit: ['oid', 'sub'] }, 'identity'],
  ] as const)('%s', async (_, idTokenFlaws, reason) => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)
    world.identity.knobs.set({ idTokenFlaws: { ...idTokenFlaws } })

    const result = await world.auth.finishSignIn(url, transaction)

    expect(result).toMatchObject({ kind: 'failed', reason })
    expect(redeemed(world)).toBe(1)
  })

  test.each([
    ['its contents', (head: string, body: string, signature: string) => [head, changed(body), signature]],
    ['its signature', (head: string, body: string, signature: string) => [head, body, `A${signature.slice(1)}`]],
    ['no signature at all', (head: string, body: string) => [head, body, '']],
    ['the algorithm none', (_head: string, body: string) => [encoded({ alg: 'none', typ: 'JWT' }), body, '']],
    [
      'an algorithm that takes the public key for a secret',
      (head: string, body: string, signature: string) => [encoded({ ...decoded(head), alg: 'HS256' }), body, signature],
    ],
  ])('that was changed on the way, in %s', async (_, change) => {
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init)
      if (init?.method !== 'POST') return response
      const answer = (await response.json()) as { id_token: string }
      const [head = '', body = '', signature = ''] = answer.id_token.split('.')
      return Response.json({ ...answer, id_token: change(head, body, signature).join('.') })
    }
    const { finish } = await startAuthWorld('one tenant by id', { fetch })

    expect(await finish()).toMatchObject({ kind: 'failed', reason: 'signature' })
  })

  test('keeps no token of a sign-in that it refused', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    await world.auth.signOut(account)
    world.identity.knobs.set({ idTokenFlaws: { audience: sampleIds.b2cClient } })

    expect(await world.finish({ prompt: 'login' })).toMatchObject({ kind: 'failed', reason: 'audience' })

    expect(await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))).toMatchObject({
      reason: 'no-account',
    })
  })

  test('accepts one that ended less than five minutes ago: clocks differ', async () => {
    const world = await startAuthWorld()
    world.identity.knobs.set({ idTokenFlaws: { expiresInSeconds: -240 } })

    await world.signIn()
  })

  test.each([
    ['behind', -6 * minute, 'behind'],
    ['ahead', 70 * minute, 'ahead of'],
  ])('fault 36: says that the clock is %s instead of blaming the token', async (_, offsetMs, side) => {
    const world = await startAuthWorld()
    const skewed = world.client({ clock: { ...offset(world.clock, offsetMs) } })
    const { url, transaction } = await skewed.startSignIn({ scopes: [world.place.scope] })
    const end = await world.browser.signIn(url, { person: world.place.person })

    const result = await skewed.finishSignIn(end.url, transaction)

    expect(result).toMatchObject({ kind: 'failed', reason: 'clock' })
    expect(result).toHaveProperty('message', expect.stringContaining(`minutes ${side} the clock`))
  })

  test('fault 36: works with a clock that is four minutes off, either way', async () => {
    const world = await startAuthWorld()
    for (const offsetMs of [-4 * minute, 4 * minute]) {
      const skewed = world.client({ clock: { ...offset(world.clock, offsetMs) } })
      const { url, transaction } = await skewed.startSignIn({ scopes: [world.place.scope] })
      const end = await world.browser.signIn(url, { person: world.place.person })
      expectSignedIn(await skewed.finishSignIn(end.url, transaction))
    }
  })
})

function offset(clock: AuthWorld['clock'], ms: number) {
  return {
    now: () => clock.now() + ms,
    sleep: (pause: number, signal?: AbortSignal) => clock.sleep(pause, signal),
    timer: (pause: number, fire: () => void) => clock.timer(pause, fire),
  }
}

describe('multiTenant()', () => {
  test('lets nobody in whose tenant is not on the list', async () => {
    const { auth, finish, place } = await startAuthWorld('organizations on a list')

    const result = await finish({}, { person: 'erin@fabrikam.onmicrosoft.com' })

    expect(result).toMatchObject({ kind: 'failed', reason: 'tenant' })
    expect(await finish({ prompt: 'login' })).toMatchObject({ kind: 'signed-in' })
    expect(auth.authority).toBe(place.authority)
  })

  test("lets everybody of the audience in with 'any'", async () => {
    const { signIn } = await startAuthWorld('any account')

    const { account } = await signIn({}, { person: 'erin@fabrikam.onmicrosoft.com' })

    expect(account.tenantId).toBe(sampleIds.fabrikamTenant)
  })

  test('lets personal accounts in only where they are listed', async () => {
    const closed = await startAuthWorld('any account', {
      authority: multiTenant({ audience: 'common', allowedTenants: [sampleIds.contosoTenant] }),
    })
    const open = await startAuthWorld('any account', {
      authority: multiTenant({
        audience: 'common',
        allowedTenants: [sampleIds.contosoTenant, '9188040D-6C67-4C5B-B112-36A304B66DAD'],
      }),
    })
    const dana = { person: 'dana@outlook.example' }

    const scopes = ['https://graph.microsoft.com/User.Read']
    expect(await closed.finish({ scopes }, dana)).toMatchObject({ kind: 'failed', reason: 'tenant' })
    expect(await open.finish({ scopes }, dana)).toMatchObject({ kind: 'signed-in' })
  })

  test('refuses a token that says a tenant on the list but comes from another', async () => {
    const world = await startAuthWorld('organizations on a list')
    world.identity.knobs.set({
      idTokenFlaws: { issuer: `https://login.microsoftonline.com/${sampleIds.fabrikamTenant}/v2.0` },
    })

    expect(await world.finish()).toMatchObject({ kind: 'failed', reason: 'issuer' })
  })
})

describe('a sign-in that the person ends', () => {
  test.each(['cancel', 'decline-consent'] as const)('is a value: %s', async (turn) => {
    const { finish } = await startAuthWorld()

    const result = await finish({ returnTo: '/reports' }, { turn })

    expect(result).toEqual({ kind: 'cancelled', returnTo: '/reports', userFlow: 'signUpSignIn' })
  })

  test('asks for a page when there must be none', async () => {
    const { auth, browser, place } = await startAuthWorld()
    const { url, transaction } = await auth.startSignIn({ scopes: [place.scope], prompt: 'none' })
    const end = await browser.open(url)

    const result = await auth.finishSignIn(end.url, transaction)

    expect(result).toMatchObject({ kind: 'failed', reason: 'interaction-required' })
  })
})

describe('startSignIn()', () => {
  test('makes new secrets each time', async () => {
    const { auth } = await startAuthWorld()

    const [one, other] = [await auth.startSignIn(), await auth.startSignIn()]

    for (const name of ['state', 'nonce', 'codeVerifier'] as const) {
      expect(one.transaction[name]).toMatch(/^[\w-]{43}$/)
      expect(one.transaction[name]).not.toBe(other.transaction[name])
    }
  })

  test('sends the SHA-256 of the code verifier', async () => {
    const { auth } = await startAuthWorld()

    const { url, transaction } = await auth.startSignIn()

    const expected = createHash('sha256').update(transaction.codeVerifier).digest('base64url')
    expect(new URL(url).searchParams.get('code_challenge')).toBe(expected)
  })

  test('gives a transaction that survives JSON', async () => {
    const { auth, signIn } = await startAuthWorld()
    const { account } = await signIn()

    const { transaction } = await auth.startSignIn({ account, claims: '{"id_token":{}}' })

    expect(throughJson(transaction)).toEqual(throughJson(throughJson(transaction)))
    expect(transaction).toMatchObject({ version: 1, userFlow: 'signUpSignIn', claims: '{"id_token":{}}' })
  })

  test.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', ''])(
    'goes back to the start page instead of %s',
    async (returnTo) => {
      const { auth } = await startAuthWorld()

      const { transaction } = await auth.startSignIn({ returnTo })

      expect(transaction.returnTo).toBe('/')
    },
  )

  test('goes nowhere unsafe even if the session was tampered with', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await comeBack(world)

    const result = await world.auth.finishSignIn(url, { ...transaction, returnTo: '//evil.example' })

    expect(result.returnTo).toBe('/')
  })

  test('fills in the name of who is signed in already', async () => {
    const { auth, signIn } = await startAuthWorld()
    const { account } = await signIn()

    const { url } = await auth.startSignIn({ account: { ...account, loginHint: undefined } })

    expect(new URL(url).searchParams.get('login_hint')).toBe(account.username)
  })

  test.each([[['a b']], [['']], [['a"b']], ['User.Read'], [[7]]])('refuses the scopes %j', async (scopes) => {
    const { auth } = await startAuthWorld()

    expect(await failureOf(auth.startSignIn({ scopes: scopes as never }))).toBeInstanceOf(TypeError)
  })

  test.each(['', 'text', '"text"', '7', 'null'])('refuses the claims %j', async (claims) => {
    const { auth } = await startAuthWorld()

    expect(await failureOf(auth.startSignIn({ claims }))).toBeInstanceOf(TypeError)
  })

  test('puts further parameters into the address', async () => {
    const { auth } = await startAuthWorld()

    const { url } = await auth.startSignIn({ parameters: { ui_locales: 'de', campaign: 'a&b' } })

    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ ui_locales: 'de', campaign: 'a&b' })
  })

  test.each([{ state: 'x' }, { redirect_uri: 'https://evil.example' }, { Nonce: 'x' }, { p: 'B2C_1_x' }, { a: 7 }])(
    'refuses the parameters %j',
    async (parameters) => {
      const { auth } = await startAuthWorld()
      expect(await failureOf(auth.startSignIn({ parameters: parameters as never }))).toBeInstanceOf(TypeError)
    },
  )

  test('warns that it goes to an emulator, and says where', async () => {
    const { auth, logged, url } = await startAuthWorld()

    expect(logged[0]).toBe(`Sign-in goes to the emulator at ${url}, where anybody can sign in as anybody.`)
    expect(auth.emulatorOrigin).toBe(url)
  })

  test('refuses a user flow outside B2C', async () => {
    const { auth } = await startAuthWorld()

    expect(await failureOf(auth.startSignIn({ userFlow: 'editProfile' }))).toBeInstanceOf(TypeError)
  })

  test('names the tenant when the service does not know it', async () => {
    const { auth } = await startAuthWorld('one tenant by id', {
      authority: singleTenant({ tenant: 'nowhere.onmicrosoft.com' }),
    })

    const error = await failureOf(auth.startSignIn())

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ faults: [{ field: 'authority.tenant' }] })
    expect(error).toHaveProperty('message', expect.stringMatching(/nowhere\.onmicrosoft\.com.*AADSTS90002/))
  })

  test('asks for a further consent, after which both scopes give tokens', async () => {
    const { auth, place, signIn } = await startAuthWorld()
    const { account } = await signIn()
    const graph = 'https://graph.microsoft.com/User.Read'
    expect(await failureOf(auth.credentialFor(account).getToken(graph))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      serviceCode: 'AADSTS65001',
      scopes: [graph],
    })

    await signIn({ scopes: [graph], account })

    expect(await auth.credentialFor(account).getToken(graph)).toHaveProperty('token')
    expect(await auth.credentialFor(account).getToken(place.scope)).toHaveProperty('token')
  })
})
