import { AZURE_DEVOPS_SCOPE, InteractionRequiredError, SignInRequiredError } from '@patkit/core'
import type { Express, NextFunction, Request, Response } from 'express'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { SignInState, WebSignIn } from '../src/index.js'
import { expressNames, sampleRoutes, sampleScopes, startWorld, type World } from './world.js'

describe.each(expressNames)('required() on %s', (express) => {
  test.each([
    ['a script of the page', { 'sec-fetch-mode': 'cors', accept: 'text/html' }],
    ['XMLHttpRequest', { 'x-requested-with': 'XMLHttpRequest', accept: 'text/html' }],
    ['curl', { accept: '*/*' }],
    ['a program that wants JSON', { accept: 'application/json' }],
    ['a program that refuses HTML', { accept: 'application/json, text/html;q=0' }],
    ['a prefetch', { accept: 'text/html', 'sec-purpose': 'prefetch;prerender' }],
  ])('answers %s with 401 and JSON, and begins nothing', async (_, headers) => {
    const world = await startWorld({ express })
    const answer = await world.browser.send('/private?a=1', { headers })

    expect(answer.status).toBe(401)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.headers['www-authenticate']).toBe('Session')
    expect(answer.json()).toMatchObject({
      status: 401,
      code: 'PATKIT_SIGN_IN_REQUIRED',
      signInUrl: '/login?returnTo=%2Fprivate%3Fa%3D1',
    })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('answers a form with a page and 401: it is not carried out, and sent nowhere', async () => {
    const world = await startWorld({ express })
    const headers = { referer: `${world.origin}/private?tab=2` }

    const answer = await world.browser.submit('/change', { name: 'value' }, { headers })

    expect(answer.status).toBe(401)
    expect(answer.location).toBeUndefined()
    expect(answer.body).toContain('Nothing was changed.')
    expect(answer.body).toContain('href="/login?returnTo=%2Fprivate%3Ftab%3D2"')
  })

  test('suggests no page of another site to return to', async () => {
    const world = await startWorld({ express })
    const headers = { referer: 'https://evil.example/private' }
    const answer = await world.browser.submit('/change', {}, { headers })
    expect(answer.body).toContain('href="/login"')
  })

  test('lets no cache keep what somebody sees who is signed in', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    expect((await world.browser.open('/private')).headers['cache-control']).toBe('no-store')
  })

  test('keeps two people apart', async () => {
    const world = await startWorld({ express })
    const other = world.otherBrowser()
    await Promise.all([world.signIn(), world.signIn('/private', { person: world.place.otherPerson }, other)])
    const seen = await Promise.all([world.browser, other, world.browser, other].map((one) => one.open('/private')))
    expect(seen.map((answer) => answer.json().who)).toEqual([
      world.place.person,
      world.place.otherPerson,
      world.place.person,
      world.place.otherPerson,
    ])
  })

  test('works without routes() in front of it', async () => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.get('/private', web.required(), (_req, res) => void res.json({ who: res.locals.signIn.account.username }))
        app.use(web.routes())
      },
    })
    await world.signIn()
    expect((await world.browser.open('/private')).json()).toEqual({ who: world.place.person })
  })
})

/** A page that needs a token of one API, behind the guard or by itself. */
function tokenRoutes(scope: string) {
  return (app: Express, web: WebSignIn, made: Pick<World, 'express'>): void => {
    app.get('/by-guard', web.routes(), web.required({ scopes: [scope] }), async (_req, res, next) => {
      try {
        const token = await res.locals.signIn.credential.getToken(scope)
        res.json({ hasToken: token !== null && token.token !== '' })
      } catch (error) {
        next(error)
      }
    })
    app.get('/by-handler', web.routes(), web.required(), async (_req, res, next) => {
      try {
        const token = await res.locals.signIn.credential.getToken(scope)
        res.json({ hasToken: token !== null && token.token !== '' })
      } catch (error) {
        next(error)
      }
    })
    sampleRoutes(app, web, made)
  }
}

describe.each(expressNames)('incremental consent on %s', (express) => {
  const scope = sampleScopes.contoso

  test.each(['/by-guard', '/by-handler'])(
    '%s asks for scopes that are missing, and goes on with the page',
    async (page) => {
      const world = await startWorld({ express, routes: tokenRoutes(scope), signIn: { scopes: [AZURE_DEVOPS_SCOPE] } })
      await world.signIn()

      const ask = await world.browser.open(page)
      expect(ask.status).toBe(302)
      const query = new URL(ask.location ?? '').searchParams
      expect(query.get('scope')).toContain(scope)
      expect(query.get('login_hint')).not.toBeNull()
      const back = await world.atService(ask.location)
      expect(await world.browser.open(back, { site: 'cross-site' })).toMatchObject({ status: 303, location: page })

      expect((await world.browser.open(page)).json()).toEqual({ hasToken: true })
      const { who } = (await world.browser.open('/')).json()
      expect(who).toBe(world.place.person)
    },
  )

  test('tells a program what is missing, and the next sign-in asks for exactly that', async () => {
    const world = await startWorld({ express, routes: tokenRoutes(scope) })
    await world.signIn()

    const answer = await world.browser.fetch('/by-handler')
    expect(answer).toMatchObject({ status: 401 })
    const { signInUrl, code } = answer.json()
    expect(code).toBe('PATKIT_INTERACTION_REQUIRED')

    const { location } = await world.browser.open(String(signInUrl), { site: 'same-origin' })
    expect(new URL(location ?? '').searchParams.get('scope')).toContain(scope)
    await world.browser.open(await world.atService(location), { site: 'cross-site' })
    expect((await world.browser.fetch('/by-handler')).json()).toEqual({ hasToken: true })
  })

  test('leaves somebody in peace who declines', async () => {
    const world = await startWorld({ express, routes: tokenRoutes(scope) })
    await world.signIn()
    const ask = await world.browser.open('/by-guard')
    const back = await world.atService(ask.location, { turn: 'decline-consent' })

    const callback = await world.browser.open(back, { site: 'cross-site' })
    expect(callback).toMatchObject({ status: 303, location: '/by-guard' })
    const page = await world.browser.open('/by-guard', { site: 'cross-site' })

    expect(page.status).toBe(403)
    expect(page.body).toContain('The sign-in was not finished')
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
    // The button of that page leads to the sign-in again.
    expect((await world.browser.open('/by-guard', { site: 'same-origin' })).status).toBe(302)
  })

  test('asks for the claims that the service demands when a token is renewed', async () => {
    const world = await startWorld({
      express,
      routes: tokenRoutes(AZURE_DEVOPS_SCOPE),
      signIn: { scopes: [AZURE_DEVOPS_SCOPE] },
    })
    world.identity.knobs.set({ accessTokenSeconds: 200 })
    await world.signIn()
    world.identity.knobs.set({ claimsChallenge: { authContext: 'c1', at: 'token' } })

    const ask = await world.browser.open('/by-handler')
    expect(ask.status).toBe(302)
    expect(new URL(ask.location ?? '').searchParams.get('claims')).toContain('c1')
    const back = await world.atService(ask.location)
    expect(await world.browser.open(back, { site: 'cross-site' })).toMatchObject({
      status: 303,
      location: '/by-handler',
    })
    world.identity.knobs.set({ accessTokenSeconds: 3599 })
    expect((await world.browser.open('/by-handler')).json()).toEqual({ hasToken: true })
  })
})

/** A page that throws what it is told to. */
function throwingRoutes(make: () => Error) {
  return (app: Express, web: WebSignIn, made: Pick<World, 'express'>): void => {
    app.use(web.routes())
    const refuse = (_req: Request, _res: Response, next: NextFunction): void => next(make())
    app.get('/refused', web.required(), refuse)
    app.post('/refused', web.required(), refuse)
    sampleRoutes(app, web, made)
  }
}

describe.each(expressNames)('an error that only a sign-in can help, on %s', (express) => {
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

  test('SignInRequiredError of a service leads to a sign-in with its claims', async () => {
    const routes = throwingRoutes(() => new SignInRequiredError('The access token was refused.', { claims }))
    const world = await startWorld({ express, routes, signIn: { scopes: [AZURE_DEVOPS_SCOPE] } })
    await world.signIn()

    const query = new URL((await world.browser.open('/refused')).location ?? '').searchParams

    expect(query.get('claims')).toContain('"acrs"')
    expect(query.get('scope')).toContain(AZURE_DEVOPS_SCOPE)
  })

  test('a form gets a page; its link asks for what was missing', async () => {
    const routes = throwingRoutes(
      () => new InteractionRequiredError('no', { reason: 'refused', scopes: [sampleScopes.contoso], claims }),
    )
    const world = await startWorld({ express, routes })
    await world.signIn()

    const answer = await world.browser.submit('/refused', {}, { headers: { referer: `${world.origin}/refused` } })
    expect(answer.status).toBe(401)
    expect(answer.body).toContain('href="/login?returnTo=%2Frefused"')

    const { location } = await world.browser.open('/login?returnTo=%2Frefused', { site: 'same-origin' })
    const query = new URL(location ?? '').searchParams
    expect(query.get('scope')).toContain(sampleScopes.contoso)
    expect(query.get('claims')).toContain('"acrs"')
  })

  test('does not go round in circles: after two sign-ins in vain there is a page', async () => {
    const routes = throwingRoutes(
      () => new InteractionRequiredError('no', { reason: 'no-token', scopes: [sampleScopes.contoso] }),
    )
    const world = await startWorld({ express, routes })
    await world.signIn()
    for (let round = 0; round < 2; round++) {
      const ask = await world.browser.open('/refused')
      expect(ask.status).toBe(302)
      await world.browser.open(await world.atService(ask.location), { site: 'cross-site' })
    }

    const page = await world.browser.open('/refused', { site: 'cross-site' })
    expect(page.status).toBe(403)
    expect(page.body).toContain('The access is refused again and again')
    expect(page.body).toContain(sampleScopes.contoso)

    await world.clock.advance(2 * 60_000 + 1)
    expect((await world.browser.open('/refused')).status).toBe(302)
  })
})

test('the handlers behind required() know their locals and parameters', async () => {
  await startWorld({
    routes: (app, web) => {
      app.get('/:organization/:id', web.required({ scopes: [] }), (req, res) => {
        expectTypeOf(res.locals.signIn).toExtend<SignInState>()
        expectTypeOf(req.params.organization).toBeString()
        res.end()
      })
      app.get('/', web.optional(), (_req, res) => {
        expectTypeOf(res.locals.signIn).toEqualTypeOf<SignInState | undefined>()
        res.end()
      })
    },
  })
})
