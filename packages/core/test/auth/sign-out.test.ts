import { createTestClock } from '@patkit/emulator'
import { describe, expect, test } from 'vitest'
import { b2c, memoryTokenCache, multiTenant, type SignOutUrlOptions } from '../../src/index.js'
import { failureOf } from '../world.js'
import { sampleIds, startAuthWorld } from './support/world.js'

const home = 'http://localhost:5000/'

describe('signOutUrl()', () => {
  test('encodes where to come back to, and names the person by the login hint', async () => {
    const { auth, signIn, url } = await startAuthWorld()
    const { account } = await signIn()

    const address = new URL(
      await auth.signOutUrl({ account, postLogoutRedirectUri: 'https://app.example/?a=1&b=2', state: 'x&y' }),
    )

    expect(`${address.origin}${address.pathname}`).toBe(
      `${url}/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/logout`,
    )
    expect(Object.fromEntries(address.searchParams)).toEqual({
      client_id: auth.clientId,
      post_logout_redirect_uri: 'https://app.example/?a=1&b=2',
      logout_hint: account.loginHint,
      state: 'x&y',
    })
    expect(account.loginHint).toMatch(/\S{10,}/)
  })

  test('asks for nothing but the page when nothing is known', async () => {
    const { auth } = await startAuthWorld()

    const address = new URL(await auth.signOutUrl())

    expect([...address.searchParams.keys()]).toEqual(['client_id'])
  })

  test('gives the kept ID token where B2C demands it', async () => {
    const world = await startAuthWorld(
      'B2C',
      {},
      {
        tenants: [
          {
            kind: 'b2c',
            name: 'fabrikamb2c',
            idTokenHintAtSignOut: 'required',
            userFlows: [{ name: 'B2C_1_susi', kind: 'sign-up-sign-in' }],
          },
          { kind: 'entra', domain: 'contoso.onmicrosoft.com' },
          { kind: 'entra', domain: 'fabrikam.onmicrosoft.com' },
          { kind: 'external-id', name: 'woodgrove' },
        ],
      },
    )
    const { account } = await world.signIn()
    const without = await world.browser.open(await world.auth.signOutUrl({ account, postLogoutRedirectUri: home }))
    expect(without.url.href).not.toBe(home)

    const { account: again } = await world.signIn()
    const address = await world.auth.signOutUrl({ account: again, postLogoutRedirectUri: home, hint: 'id-token' })

    expect((await world.browser.open(address)).url.href).toBe(home)
  })

  test('gives an ID token of one’s own', async () => {
    const { auth } = await startAuthWorld()
    const address = new URL(await auth.signOutUrl({ hint: { idToken: 'a.b.c' } }))
    expect(address.searchParams.get('id_token_hint')).toBe('a.b.c')
  })

  test('gives no ID token of somebody whose tokens are gone', async () => {
    const { auth, signIn } = await startAuthWorld()
    const { account } = await signIn()
    await auth.signOut(account)

    const address = new URL(await auth.signOutUrl({ account, hint: 'id-token' }))

    expect(address.searchParams.has('id_token_hint')).toBe(false)
  })

  test('leads to the user flow that signed the person in', async () => {
    const { auth, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn({ userFlow: 'resetPassword' })

    expect(await auth.signOutUrl({ account })).toMatch(
      /fabrikamb2c\.onmicrosoft\.com\/b2c_1_reset\/oauth2\/v2\.0\/logout/i,
    )
  })

  test('works when the service cannot be asked: people must be able to leave', async () => {
    const world = await startAuthWorld()
    world.identity.faults.add({ at: 'discovery', times: 'always', answer: { kind: 'status', status: 503 } })

    const address = await world.clock.runUntil(world.auth.signOutUrl({ postLogoutRedirectUri: home }))

    expect(address).toContain(`/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/logout?`)
  })

  test.each(['/', 'app', 'javascript:alert(1)', 'http://app.example/', 'ftp://localhost/'])(
    'refuses to come back to %s',
    async (postLogoutRedirectUri) => {
      const { auth } = await startAuthWorld()
      const options: SignOutUrlOptions = { postLogoutRedirectUri }
      expect(await failureOf(auth.signOutUrl(options))).toBeInstanceOf(TypeError)
    },
  )
})

describe('front-channel sign-out', () => {
  test('finds the session that the service says has ended', async () => {
    const { auth, browser, signIn } = await startAuthWorld()
    const { account } = await signIn()
    const index = auth.sessionIndex()
    await index.add(account.sessionId, 'session of this browser')

    const page = await browser.open(await auth.signOutUrl({ account, postLogoutRedirectUri: home }))
    const frame = /http:\/\/localhost:5000\/auth\/front-channel-logout\?[^"]*/.exec(
      'html' in page ? page.html : '',
    )?.[0]
    const ended = auth.readFrontChannelLogout(frame?.replaceAll('&amp;', '&') ?? '')

    expect(ended).toEqual({ sessionId: account.sessionId })
    expect(await index.take(ended?.sessionId ?? '')).toEqual(['session of this browser'])
    expect(await index.take(ended?.sessionId ?? '')).toEqual([])
  })

  test('takes the session from the redirect when the ID token does not name it', async () => {
    const world = await startAuthWorld()
    world.identity.knobs.set({ idTokenFlaws: { omit: ['sid'] } })

    const { account } = await world.signIn()

    expect(account.sessionId).toMatch(/^[\da-f-]{36}$/)
    expect(account.claims).not.toHaveProperty('sid')
  })

  test('has nothing to note when the service names no session', async () => {
    const world = await startAuthWorld()
    world.identity.knobs.set({ idTokenFlaws: { omit: ['sid'] }, sessionState: 'absent' })
    const { account } = await world.signIn()

    const index = world.auth.sessionIndex()
    await index.add(account.sessionId, 'session')
    await index.remove(account.sessionId, 'session')

    expect(account.sessionId).toBeUndefined()
  })

  test.each([
    ['nothing', {}, undefined],
    ['an empty sid', { sid: '' }, undefined],
    ['two sids', { sid: ['a', 'b'] }, undefined],
    ['a sid that is too long', { sid: 'x'.repeat(257) }, undefined],
    ['a sid alone', { sid: 'abc' }, { sessionId: 'abc' }],
    [
      'our issuer',
      { sid: 'abc', iss: `https://login.microsoftonline.com/${sampleIds.contosoTenant}/v2.0` },
      { sessionId: 'abc' },
    ],
    [
      'another tenant',
      { sid: 'abc', iss: `https://login.microsoftonline.com/${sampleIds.fabrikamTenant}/v2.0` },
      undefined,
    ],
    ['another host', { sid: 'abc', iss: 'https://evil.example/v2.0' }, undefined],
  ])('readFrontChannelLogout() of a request with %s', async (_, parameters, expected) => {
    const { auth } = await startAuthWorld()
    expect(auth.readFrontChannelLogout(parameters)).toEqual(expected)
  })

  test('readFrontChannelLogout() takes any tenant of an authority of several', async () => {
    const { auth } = await startAuthWorld('any account', {
      authority: multiTenant({ audience: 'organizations', allowedTenants: 'any' }),
    })
    const iss = `https://login.microsoftonline.com/${sampleIds.fabrikamTenant}/v2.0`
    expect(auth.readFrontChannelLogout({ sid: 'abc', iss })).toEqual({ sessionId: 'abc' })
    expect(auth.readFrontChannelLogout({ sid: 'abc', iss: iss.replace('.com', '.us') })).toBeUndefined()
  })

  test('readFrontChannelLogout() takes every user flow of B2C', async () => {
    const { auth } = await startAuthWorld('B2C', {
      authority: b2c({
        tenantName: 'fabrikamb2c',
        userFlows: { signUpSignIn: 'B2C_1_susi', editProfile: 'B2C_1_edit' },
      }),
    })
    const issuer = (flow: string) => `https://fabrikamb2c.b2clogin.com/tfp/${sampleIds.b2cTenant}/${flow}/v2.0/`
    expect(auth.readFrontChannelLogout({ sid: 'a', iss: issuer('b2c_1_edit') })).toEqual({ sessionId: 'a' })
    expect(auth.readFrontChannelLogout({ sid: 'a', iss: issuer('b2c_1_other') })).toBeUndefined()
  })
})

describe('sessionIndex()', () => {
  test('knows several sessions of one at the service, each once', async () => {
    const { auth } = await startAuthWorld()
    const index = auth.sessionIndex()
    await Promise.all(['one', 'two', 'three', 'two'].map((session) => index.add('sid', session)))
    await index.remove('sid', 'three')

    expect([...(await index.take('sid'))].sort()).toEqual(['one', 'two'])
  })

  test('shares what it knows with other servers through a store, and with no other authority', async () => {
    const world = await startAuthWorld()
    const store = memoryTokenCache()
    await world.auth.sessionIndex({ store }).add('sid', 'session')

    const other = world.client({ authority: multiTenant({ audience: 'common', allowedTenants: 'any' }) })
    expect(await other.sessionIndex({ store }).take('sid')).toEqual([])
    expect(await world.client().sessionIndex({ store }).take('sid')).toEqual(['session'])
  })

  test('forgets when the time is over, and takes damaged notes for none', async () => {
    const world = await startAuthWorld()
    const clock = createTestClock()
    const store = memoryTokenCache({ clock })
    const index = world.auth.sessionIndex({ store, ttlMs: 1000 })
    await index.add('sid', 'session')
    await clock.advance(1000)
    expect(await index.take('sid')).toEqual([])

    const damaged = world.auth.sessionIndex({ store: { ...store, get: () => Promise.resolve('{') } })
    expect(await damaged.take('sid')).toEqual([])
  })
})
