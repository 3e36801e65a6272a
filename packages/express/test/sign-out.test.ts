import { AZURE_DEVOPS_SCOPE, type Account } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { expressNames, sampleRoutes, startWorld, type World } from './world.js'

const tokenOf = async ({ browser }: World): Promise<string> => String((await browser.open('/private')).json().csrfToken)

/** The address a page goes on to by itself. */
const goesOnTo = (body: string): string => (/content="0;url=([^"]*)"/.exec(body)?.[1] ?? '').replaceAll('&amp;', '&')

describe.each(expressNames)('POST /logout on %s', (express) => {
  test('ends the session on the server, in the browser and at the service, and forgets the tokens', async () => {
    const world = await startWorld({ express, signIn: { scopes: [AZURE_DEVOPS_SCOPE] } })
    const visitor = world.serviceBrowser()
    const back = await world.atService((await world.browser.open('/private')).location, {}, visitor)
    await world.browser.open(back, { site: 'cross-site' })
    const thief = world.browser.copy()

    const answer = await world.browser.submit('/logout', { _csrf: await tokenOf(world) })

    expect(answer.status).toBe(200)
    expect(answer.headers['clear-site-data']).toBe('"cache"')
    expect(world.browser.cookies.has(`patkit-${world.port}`)).toBe(false)
    expect((await thief.open('/')).json()).toEqual({ who: null })
    const end = await visitor.open(goesOnTo(answer.body))
    expect('html' in end ? end.title : end.url.href).toBe('You are signed out')
  })

  test('leads from the service back to where people are after they signed out', async () => {
    const world = await startWorld({ express, signIn: { paths: { afterSignOut: '/goodbye' } } })
    await world.signIn()
    const answer = await world.browser.submit('/logout', { _csrf: await tokenOf(world) })
    const url = new URL(goesOnTo(answer.body))

    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${world.origin}/goodbye`)
    expect(url.searchParams.get('logout_hint')).not.toBeNull()
  })

  test('gives the ID token as a hint where that is configured', async () => {
    const world = await startWorld({ express, place: 'B2C', signIn: { signOutHint: 'id-token' } })
    await world.signIn()
    const answer = await world.browser.submit('/logout', { _csrf: await tokenOf(world) })
    expect(new URL(goesOnTo(answer.body)).searchParams.get('id_token_hint')).toMatch(/^eyJ/)
  })

  test('tells a program where to go on', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    const headers = { 'x-csrf-token': await tokenOf(world) }
    const answer = await world.browser.fetch('/logout', { method: 'POST', headers })
    expect(answer.json().signOutUrl).toMatch(/^http:\/\/localhost:\d+\/login\.microsoftonline\.com\//)
  })

  test.each([
    ['without the token', { _csrf: '' }, {}],
    ['with a wrong token', { _csrf: 'A'.repeat(43) }, {}],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a neighbour under the same domain', {}, { 'sec-fetch-site': 'same-site' }],
  ])('signs nobody out %s', async (_, fields, headers) => {
    const world = await startWorld({ express })
    await world.signIn()

    const answer = await world.browser.submit('/logout', { _csrf: await tokenOf(world), ...fields }, { headers })

    expect(answer.status).toBe(403)
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
  })

  test('reads no form that is longer than any of ours', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    const fields = { filler: 'x'.repeat(20_000), _csrf: await tokenOf(world) }
    expect((await world.browser.submit('/logout', fields)).status).toBe(403)
  })

  test('reads its form whatever parser of the application was there before', async () => {
    const world = await startWorld({
      express,
      routes: (app, web, made) => {
        app.use(made.express.json(), made.express.text())
        sampleRoutes(app, web, made)
      },
    })
    await world.signIn()
    expect((await world.browser.submit('/logout', { _csrf: await tokenOf(world) })).status).toBe(200)

    world.again({
      routes: (app, web, made) => {
        app.use(made.express.urlencoded({ extended: false }))
        sampleRoutes(app, web, made)
      },
    })
    await world.signIn()
    expect((await world.browser.submit('/logout', { _csrf: await tokenOf(world) })).status).toBe(200)
  })

  test('has nothing to do for somebody who is not signed in', async () => {
    const world = await startWorld({ express })
    expect(await world.browser.submit('/logout', {})).toMatchObject({ status: 303, location: '/' })
  })

  test('signs out here even when the tokens cannot be forgotten, and says so in the log', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    const token = await tokenOf(world)
    world.storage.tokenCache.delete = () => Promise.reject(new Error('disk full'))

    const answer = await world.browser.submit('/logout', { _csrf: token })

    expect(answer.status).toBe(200)
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
    expect(world.logged.join('\n')).toContain('not noted everywhere: PATKIT_TOKEN_CACHE')
  })

  test('GET /logout signs nobody out; its page has a button that does', async () => {
    const world = await startWorld({ express })
    await world.signIn()

    const page = await world.browser.open('/logout')

    expect(page.status).toBe(405)
    expect(page.headers.allow).toBe('POST')
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
    const token = /name="_csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
    expect((await world.browser.submit('/logout', { _csrf: token })).status).toBe(200)
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
    expect((await world.browser.open('/logout')).body).toContain('Nobody is signed in here')
  })

  test('is not undone by a request that was still busy', async () => {
    let release = (): void => undefined
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/', web.optional(), (_req, res) => void res.json({ who: res.locals.signIn?.account.username ?? null }))
        app.get('/private', web.required(), (_req, res) => void res.json(res.locals.signIn))
        app.get('/slow', web.required(), (req, res) => {
          req.session.slow = true
          release = () => void res.json({})
          entered()
        })
      },
    })
    let entered = (): void => undefined
    const isIn = new Promise<void>((resolve) => {
      entered = resolve
    })
    await world.signIn()
    const token = await tokenOf(world)
    const before = world.browser.copy()
    const slow = world.browser.copy().open('/slow')
    await isIn

    await world.browser.submit('/logout', { _csrf: token })
    release()
    await slow

    expect((await before.open('/')).json()).toEqual({ who: null })
  })
})

declare module 'express-session' {
  interface SessionData {
    slow?: boolean
  }
}

describe.each(expressNames)('front-channel logout on %s', (express) => {
  const accountOf = async ({ browser }: World): Promise<Account> =>
    (await browser.open('/account')).json() as unknown as Account

  const start = () =>
    startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/', web.optional(), (_req, res) => void res.json({ who: res.locals.signIn?.account.username ?? null }))
        app.get('/private', web.required(), (_req, res) => void res.json({}))
        app.get('/account', web.required(), (_req, res) => void res.json(res.locals.signIn.account))
      },
    })

  test('ends the sessions of whoever signed out elsewhere, though no cookie comes with it', async () => {
    const world = await start()
    await world.signIn()
    const sid = (await accountOf(world)).sessionId ?? ''
    const frame = await world.otherBrowser().send(`/auth/front-channel-logout?sid=${sid}`, { site: 'cross-site' })

    expect(frame.status).toBe(200)
    expect(frame.headers['cache-control']).toBe('no-store')
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
  })

  test('is what the service itself calls when somebody signs out there', async () => {
    const world = await start()
    const visitor = world.serviceBrowser()
    await world.browser.open(await world.atService((await world.browser.open('/private')).location, {}, visitor), {
      site: 'cross-site',
    })
    const url = await world.auth.signOutUrl({ account: await accountOf(world) })

    const page = await visitor.open(url)

    const frame = 'html' in page ? /<iframe src="([^"]*)"/.exec(page.html)?.[1] : undefined
    expect(frame).toContain(`${world.origin}/auth/front-channel-logout?sid=`)
    await world.otherBrowser().send((frame ?? '').slice(world.origin.length), { site: 'cross-site' })
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
  })

  test.each(['?sid=unknown', '', '?sid=a&sid=b', `?sid=${'x'.repeat(10_000)}`])(
    'answers %.20s as any other, and ends nobody’s session',
    async (query) => {
      const world = await start()
      await world.signIn()
      const answer = await world.otherBrowser().send(`/auth/front-channel-logout${query}`, { site: 'cross-site' })
      expect(answer).toMatchObject({ status: 200, body: '{}' })
      expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
    },
  )

  test('refuses a word from another issuer', async () => {
    const world = await start()
    await world.signIn()
    const query = new URLSearchParams({ sid: (await accountOf(world)).sessionId ?? '', iss: 'https://evil.example' })
    await world.otherBrowser().send(`/auth/front-channel-logout?${query.toString()}`)
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
  })
})
