import { describe, expect, test } from 'vitest'
import { InteractionRequiredError } from '../../src/index.js'
import { failureOf } from '../world.js'
import { personIn, placeNames, startAuthWorld } from './support/world.js'

const hour = 60 * 60_000

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
})
