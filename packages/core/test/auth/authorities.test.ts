import { describe, expect, test } from 'vitest'
import { InteractionRequiredError } from '../../src/index.js'
import { failureOf } from '../world.js'
import { personIn, placeNames, sampleSecret, startAuthWorld } from './support/world.js'

const hour = 60 * 60_000
const otherApplication = '99999999-9999-4999-8999-999999999999'

describe.each(placeNames)('AuthClient with %s', (name) => {
  test('signs somebody in and gives an access token for them without asking again', async () => {
    const { auth, identity, place, signIn } = await startAuthWorld(name)

    const result = await signIn({ returnTo: '/reports?page=2' })
    const token = await auth.credentialFor(result.account).getToken(place.scope)

    expect(result).toMatchObject({ kind: 'signed-in', returnTo: '/reports?page=2', userFlow: 'signUpSignIn' })
    expect(result.account.username).toBe(place.person)
    expect(personIn(token)).toBe(result.account.objectId)
    expect(identity.requests.list('token')).toMatchObject([{ grantType: 'authorization_code', status: 200 }])
    expect(identity.requests.list('discovery')).toHaveLength(1)
  })

  test('asks with PKCE, state and nonce, and with the query as the way back', async () => {
    const { auth, place } = await startAuthWorld(name)

    const { url, transaction } = await auth.startSignIn({ scopes: [place.scope] })

    const asked = new URL(url).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      client_id: place.clientId,
      response_type: 'code',
      response_mode: 'query',
      code_challenge_method: 'S256',
      state: transaction.state,
      nonce: transaction.nonce,
    })
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    expect(url).not.toContain(transaction.codeVerifier)
    expect(asked.get('scope')?.split(' ')).toContain(place.scope)
  })

  test('renews an access token once it is about to end', async () => {
    const { auth, clock, identity, place, signIn } = await startAuthWorld(name)
    const { account } = await signIn()
    const first = await auth.credentialFor(account).getToken(place.scope)

    await clock.advance(hour - 5 * 60_000)
    const second = await auth.credentialFor(account).getToken(place.scope)

    expect(second?.token).not.toBe(first?.token)
    expect(personIn(second)).toBe(account.objectId)
    expect(identity.requests.list('token').map(({ grantType }) => grantType)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
  })

  test('signs somebody out here and at the service', async () => {
    const { auth, browser, place, signIn } = await startAuthWorld(name)
    const { account } = await signIn()

    await auth.signOut(account)
    const url = await auth.signOutUrl({ account, postLogoutRedirectUri: 'http://localhost:5000/' })
    const end = await browser.open(url)

    expect(await failureOf(auth.credentialFor(account).getToken(place.scope))).toMatchObject({
      constructor: InteractionRequiredError,
      reason: 'no-account',
      scopes: [place.scope],
    })
    // An application with a front-channel address is told in a frame first, so the way back is a link of that page.
    expect('html' in end ? end.html : end.url.href).toContain('http://localhost:5000/')
    const { url: again } = await auth.startSignIn({ scopes: [place.scope], prompt: 'none' })
    const silent = await browser.open(again)
    expect(silent.url.searchParams.get('error')).toMatch(/^(?:login|interaction)_required$/)
  })

  test('never shows one person the tokens of another', async () => {
    const { auth, place, signIn } = await startAuthWorld(name)
    const [one, other] = [await signIn(), await signIn({ prompt: 'login' }, { person: place.otherPerson })]

    const tokens = await Promise.all(
      [one, other, one, other].map(({ account }) => auth.credentialFor(account).getToken(place.scope)),
    )

    expect(one.account.id).not.toBe(other.account.id)
    expect(tokens.map(personIn)).toEqual([one, other, one, other].map(({ account }) => account.objectId))
  })

  test('keeps nobody signed in whose sign-in has expired', async () => {
    const { auth, clock, place, signIn } = await startAuthWorld(name, {}, { knobs: { refreshTokenSeconds: 2 * 3600 } })
    const { account } = await signIn()

    await clock.advance(3 * hour)

    expect(await failureOf(auth.credentialFor(account).getToken(place.scope))).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      reason: 'refused',
      serviceCode: expect.stringMatching(/^AADSTS700082$|^AADB2C90080$/) as unknown,
    })
  })

  test('passes a claims challenge on to the person', async () => {
    const { auth, identity, place, signIn } = await startAuthWorld(name)
    const { account } = await signIn()
    identity.knobs.set({ claimsChallenge: { authContext: 'c1', at: 'token' } })
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

    const error = await failureOf(auth.credentialFor(account).getToken(place.scope, { claims }))

    expect(error).toMatchObject({
      code: 'PATKIT_INTERACTION_REQUIRED',
      claims: expect.stringContaining('c1') as unknown,
    })
    await signIn({ claims, account })
    expect(await auth.credentialFor(account).getToken(place.scope)).toHaveProperty('token')
  })

  test('goes on with the next secret when one has expired', async () => {
    const credential = [{ secret: 'a-secret-of-last-year' }, { secret: sampleSecret }]
    const { identity, place, signIn } = await startAuthWorld(name, { credential })
    identity.addSecret(place.clientId, { value: 'a-secret-of-last-year' })
    identity.expireSecrets(place.clientId, 'a-secret-of-last-year')

    await signIn()

    expect(identity.requests.list('token').map(({ code }) => code)).toEqual([
      expect.stringMatching(/^AADSTS7000222$|^AADB2C90081$/),
      undefined,
    ])
  })

  test('ends without an error when the person cancels', async () => {
    const { finish } = await startAuthWorld(name)
    expect(await finish({ returnTo: '/here' }, { turn: 'cancel' })).toEqual({
      kind: 'cancelled',
      returnTo: '/here',
      userFlow: 'signUpSignIn',
    })
  })

  test('refuses a wrong state and a second use before anything is sent', async () => {
    const { auth, browser, identity, place } = await startAuthWorld(name)
    const { url, transaction } = await auth.startSignIn({ scopes: [place.scope] })
    const end = await browser.signIn(url, { person: place.person })
    const forged = new URL(end.url)
    forged.searchParams.set('state', 'forged')

    expect(await auth.finishSignIn(forged, transaction)).toMatchObject({ kind: 'failed', reason: 'state' })
    expect(identity.requests.list('token')).toHaveLength(0)
    expect(await auth.finishSignIn(end.url, transaction)).toMatchObject({ kind: 'signed-in' })
    expect(await auth.finishSignIn(end.url, transaction)).toMatchObject({ kind: 'failed', reason: 'replayed' })
    expect(identity.requests.list('token')).toHaveLength(1)
  })

  test('refuses an ID token that is not right in every part', async () => {
    const { finish, identity } = await startAuthWorld(name)
    for (const [flaw, idTokenFlaws] of Object.entries(flaws)) {
      identity.knobs.set({ idTokenFlaws })

      const result = await finish()

      expect(`${flaw}: ${result.kind === 'failed' ? result.reason : result.kind}`).toBe(`${flaw}: ${flaw}`)
    }
  })

  test('lets nobody in from a tenant that is not allowed', async () => {
    const { auth, finish, identity } = await startAuthWorld(name)
    identity.knobs.set({ idTokenFlaws: { tenantId: '77777777-7777-4777-8777-777777777777' } })

    const result = await finish()

    // Where 'any' account is let in, a tenant says nothing against anybody; everywhere else it does.
    const isOpen = 'allowedTenants' in auth.authority && auth.authority.allowedTenants === 'any'
    const ends = isOpen ? ['signed-in'] : ['issuer', 'tenant']
    expect(ends).toContain(result.kind === 'failed' ? result.reason : result.kind)
  })
})

/** What can be wrong with an ID token, by the reason it has to be refused for. */
const flaws = {
  nonce: { nonce: 'of-another-sign-in' },
  audience: { audience: otherApplication },
  issuer: { issuer: 'https://login.evil.example/v2.0' },
  expired: { expiresInSeconds: -hour / 1000 },
  signature: { signature: 'unpublished-key' },
} as const
