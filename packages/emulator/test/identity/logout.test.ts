import { describe, expect, it } from 'vitest'
import { sampleDirectory, sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityServer, SignInBrowser, SignInEnd, SignInPage } from '../../src/index.js'
import { browserOf, claimsOf, identityServer, post, shiftedClock, withQuery } from './helpers.js'

const redirectUri = 'http://localhost:5000/getAToken'
const home = 'http://localhost:5000/'
const contoso = `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0`
const susi = 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi/oauth2/v2.0'
const client = { client_id: sampleIds.singleTenantClient, client_secret: sampleSecret }
const asked = { post_logout_redirect_uri: home, state: 's 1' }

interface Session {
  readonly browser: SignInBrowser
  readonly idToken: string
  readonly sessionState: string | null
}

async function signIn(server: IdentityServer, person = 'alice@', browser = browserOf(server)): Promise<Session> {
  const request = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile',
  }
  const prompt = { prompt: 'select_account' }
  const end = await browser.signIn(withQuery(`${contoso}/authorize`, { ...request, ...prompt }), { person })
  const code = end.parameters.get('code') ?? ''
  const form = { grant_type: 'authorization_code', ...client, code, redirect_uri: redirectUri }
  const { body } = await post(server, `${contoso}/token`, form)
  return { browser, idToken: String(body.id_token), sessionState: end.parameters.get('session_state') }
}

const isSignedIn = async ({ browser }: Session): Promise<boolean> => {
  const request = { client_id: client.client_id, response_type: 'code', redirect_uri: redirectUri, scope: 'openid' }
  const end = (await browser.open(withQuery(`${contoso}/authorize`, { ...request, prompt: 'none' }))) as SignInEnd
  return end.parameters.has('code')
}

/** The same applications, without an address to tell about a sign-out. */
const withoutFrames = () =>
  sampleDirectory().clients.map((seed) => {
    const { frontChannelLogoutUri, ...rest } = seed
    return frontChannelLogoutUri === undefined ? seed : rest
  })

describe('logout', () => {
  it('with the login_hint claim signs out at once and goes to the registered address with the state', async () => {
    const server = await identityServer({ clients: withoutFrames() })
    const session = await signIn(server)
    const hint = { logout_hint: String(claimsOf(session.idToken).login_hint) }
    const end = (await session.browser.open(withQuery(`${contoso}/logout`, { ...asked, ...hint }))) as SignInEnd
    expect(end.url.href).toBe(`${home}?state=s+1`)
    expect(await isSignedIn(session)).toBe(false)
  })

  it('with an ID token signs out at once, also when the token has expired', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock, clients: withoutFrames() })
    const session = await signIn(server)
    clock.advance(2 * 60 * 60)
    const hint = { id_token_hint: session.idToken }
    const end = (await session.browser.open(withQuery(`${contoso}/logout`, { ...asked, ...hint }))) as SignInEnd
    expect(end.url.origin + end.url.pathname).toBe(home)
    expect(await isSignedIn(session)).toBe(false)
  })

  it.each([
    ['no hint', {}],
    ['the sign-in name as hint', { logout_hint: 'alice@contoso.onmicrosoft.com' }],
    ['a token that is none', { id_token_hint: 'nonsense' }],
  ])('with %s asks whom to sign out, and does it on the answer', async (_what, hint) => {
    const server = await identityServer({ clients: withoutFrames() })
    const session = await signIn(server)
    const page = (await session.browser.open(withQuery(`${contoso}/logout`, { ...asked, ...hint }))) as SignInPage
    expect(page.html).toContain('Which account do you want to sign out of?')
    expect(await isSignedIn(session)).toBe(true)
    const leaving = /name="leaving" value="([^"]*)"/.exec(page.html)?.[1] ?? ''
    expect(await session.browser.submit(page, { leaving })).toMatchObject({ url: new URL(`${home}?state=s+1`) })
    expect(await isSignedIn(session)).toBe(false)
  })

  it('signs out one of two people', async () => {
    const server = await identityServer({ clients: withoutFrames() })
    const alice = await signIn(server, 'alice@')
    const bob = await signIn(server, 'bob@', alice.browser)
    await bob.browser.open(withQuery(`${contoso}/logout`, { ...asked, id_token_hint: bob.idToken }))
    expect(await isSignedIn(alice)).toBe(true)
  })

  it('opens the front-channel address in a frame, with sid and nothing else, and a link onwards', async () => {
    const server = await identityServer()
    const session = await signIn(server)
    const { sid, login_hint: hint } = claimsOf(session.idToken)
    expect(sid).toBe(session.sessionState)
    const address = withQuery(`${contoso}/logout`, { ...asked, logout_hint: String(hint) })
    const page = (await session.browser.open(address)) as SignInPage
    const frame = `http://localhost:5000/auth/front-channel-logout?sid=${String(sid)}`
    expect(page.html).toContain(`<iframe src="${frame}"`)
    expect(page.html).toContain(`href="${home}?state=s+1"`)
  })

  it.each([
    ['another address', { post_logout_redirect_uri: 'https://evil.example/' }],
    ['an address of another application', { post_logout_redirect_uri: home, client_id: sampleIds.contosoApi }],
    ['something that is no address', { post_logout_redirect_uri: 'nonsense' }],
    ['no address', {}],
  ])('stays on its page with %s', async (_what, parameters) => {
    const server = await identityServer()
    const page = (await browserOf(server).open(withQuery(`${contoso}/logout`, parameters))) as SignInPage
    expect(page.title).toBe('You are signed out')
    expect(page.html).not.toContain('id="next"')
  })
})

describe('logout at B2C', () => {
  const anywhere = { post_logout_redirect_uri: 'https://shop.example/bye' }

  it('goes to any web address, without asking', async () => {
    const server = await identityServer()
    const end = (await browserOf(server).open(withQuery(`${susi}/logout`, anywhere))) as SignInEnd
    expect(end.url.href).toBe('https://shop.example/bye')
  })

  it('never to an address that would run as script', async () => {
    const server = await identityServer()
    const script = { post_logout_redirect_uri: 'javascript:alert(1)' }
    expect(await browserOf(server).open(withQuery(`${susi}/logout`, script))).toMatchObject({
      title: 'You are signed out',
    })
  })

  it('stays on its page without an ID token where the tenant requires one', async () => {
    const tenants = sampleDirectory().tenants.map((tenant) =>
      tenant.kind === 'b2c' ? { ...tenant, idTokenHintAtSignOut: 'required' as const } : tenant,
    )
    const server = await identityServer({ tenants })
    expect(await browserOf(server).open(withQuery(`${susi}/logout`, anywhere))).toMatchObject({
      title: 'You are signed out',
    })
  })
})
