import { b2c } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { expressNames, sampleScopes, startWorld, type World } from './world.js'

const policyOf = (location: string | undefined): string => /b2c_1_\w+/i.exec(location ?? '')?.[0].toLowerCase() ?? ''

/** Opens what the application sent the browser to, and brings the answer back. */
async function goOn(world: World, location: string | undefined, choices = {}) {
  return world.browser.open(await world.atService(location, choices), { site: 'cross-site' })
}

describe.each(expressNames)('user flows of B2C on %s', (express) => {
  test('/edit-profile shows the new claims at once, and returns to where the person was', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    await world.signIn()
    const edit = await world.browser.open('/edit-profile?returnTo=%2Fprivate', { site: 'same-origin' })
    expect(policyOf(edit.location)).toBe('b2c_1_edit')

    const callback = await goOn(world, edit.location, { profile: { displayName: 'Caroline Clark' } })

    expect(callback).toMatchObject({ status: 303, location: '/private' })
    const page = (await world.browser.open('/private')).json()
    expect(page).toMatchObject({ who: world.place.person, name: 'Caroline Clark', userFlow: 'signUpSignIn' })
  })

  test('tokens still come from the sign-in after the profile was edited', async () => {
    const world = await startWorld({
      express,
      place: 'B2C',
      signIn: { scopes: [sampleScopes.b2c] },
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/private', web.required(), (_req, res) => void res.json({}))
        app.get('/token', web.required({ scopes: [sampleScopes.b2c] }), (_req, res) => void res.json({ granted: true }))
      },
    })
    await world.signIn()
    await goOn(world, (await world.browser.open('/edit-profile', { site: 'same-origin' })).location, {
      profile: { displayName: 'C.' },
    })
    expect((await world.browser.open('/token')).json()).toEqual({ granted: true })
  })

  test('/edit-profile asks somebody to sign in first, and goes on to the edit', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const start = await world.browser.open('/edit-profile')
    expect(policyOf(start.location)).toBe('b2c_1_susi')
    expect(await goOn(world, start.location)).toMatchObject({ status: 303, location: '/edit-profile' })
    expect(policyOf((await world.browser.open('/edit-profile', { site: 'cross-site' })).location)).toBe('b2c_1_edit')
  })

  test('cancelling the edit returns quietly', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    await world.signIn()
    const edit = await world.browser.open('/edit-profile?returnTo=%2Fprivate', { site: 'same-origin' })

    expect(await goOn(world, edit.location, { turn: 'cancel' })).toMatchObject({ status: 303, location: '/private' })
    expect((await world.browser.open('/private', { site: 'cross-site' })).json()).toMatchObject({ name: 'Carol Clark' })
  })

  test('an edit that comes back after a sign-out signs nobody in', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    await world.signIn()
    const token = String((await world.browser.open('/private')).json().csrfToken)
    const edit = await world.browser.open('/edit-profile?returnTo=%2Fprivate', { site: 'same-origin' })
    await world.browser.submit('/logout', { _csrf: token })

    expect(await goOn(world, edit.location)).toMatchObject({ status: 303, location: '/private' })
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
  })

  test('a sign-in service that does not answer is a page, not a redirect', async () => {
    const world = await startWorld({ express, place: 'B2C', auth: { retry: { tries: 1 } } })
    world.identity.faults.add({ at: 'discovery', times: 'always', answer: { kind: 'hang-up' } })
    const page = await world.browser.open('/private')
    expect([page.status, page.location]).toEqual([502, undefined])
    expect(page.body).toContain('PATKIT_NETWORK')
  })

  test('a forgotten password starts its user flow by itself, and ends where the person was going', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const start = await world.browser.open('/private?page=3')

    const forgot = await goOn(world, start.location, { turn: 'forgot-password' })
    expect(forgot.status).toBe(303)
    expect(policyOf(forgot.location)).toBe('b2c_1_reset')
    const callback = await goOn(world, forgot.location)

    expect(callback).toMatchObject({ status: 303, location: '/private?page=3' })
    expect((await world.browser.open('/private?page=3')).json()).toMatchObject({ who: world.place.person })
  })

  test('/reset-password starts the user flow from a link', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const start = await world.browser.open('/reset-password?returnTo=%2Fprivate', { site: 'same-origin' })
    expect(policyOf(start.location)).toBe('b2c_1_reset')
    expect(await goOn(world, start.location)).toMatchObject({ status: 303, location: '/private' })
    expect((await world.browser.open('/private')).json()).toMatchObject({ who: world.place.person })
  })

  test('cancelling the sign-in returns quietly to a page for everybody', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const start = await world.browser.open('/login', { site: 'same-origin' })

    expect(await goOn(world, start.location, { turn: 'cancel' })).toMatchObject({ status: 303, location: '/' })
    expect((await world.browser.open('/', { site: 'cross-site' })).json()).toEqual({ who: null })
    expect((await world.browser.open('/login', { site: 'same-origin' })).status).toBe(302)
  })

  test('cancelling the sign-in for a guarded page does not lead straight back into it', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const start = await world.browser.open('/private')
    const cancelled = await goOn(world, start.location, { turn: 'cancel' })
    expect(cancelled).toMatchObject({ status: 303, location: '/private' })

    const page = await world.browser.open('/private', { site: 'cross-site' })

    expect(page.status).toBe(401)
    expect(page.location).toBeUndefined()
    expect(page.body).toContain('href="/login?returnTo=%2Fprivate"')
    expect((await world.browser.open('/login?returnTo=%2Fprivate', { site: 'same-origin' })).status).toBe(302)
  })

  test('an old browser that says nothing gets that page once, and then the sign-in', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    await goOn(world, (await world.browser.open('/private')).location, { turn: 'cancel' })
    const open = () => world.browser.open('/private', { site: 'unsaid' })
    expect((await open()).status).toBe(401)
    expect((await open()).status).toBe(302)
  })

  test('cancelling the password reset returns quietly', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    const forgot = await goOn(world, (await world.browser.open('/login')).location, { turn: 'forgot-password' })
    expect(await goOn(world, forgot.location, { turn: 'cancel' })).toMatchObject({ status: 303, location: '/' })
  })

  test('user flows that are not configured have no address', async () => {
    const authority = b2c({ tenantName: 'fabrikamb2c', userFlows: { signUpSignIn: 'B2C_1_susi' } })
    const world = await startWorld({ express, place: 'B2C', authority })
    expect(world.web.paths).toMatchObject({ editProfile: undefined, resetPassword: undefined })
    expect((await world.browser.open('/edit-profile')).status).toBe(404)

    const forgot = await goOn(world, (await world.browser.open('/login')).location, { turn: 'forgot-password' })
    expect(forgot.status).toBe(500)
    expect(forgot.body).toContain('authority.userFlows.resetPassword')
  })

  test('an answer of one user flow is not taken for that of another', async () => {
    const world = await startWorld({ express, place: 'B2C' })
    await world.signIn()
    const edit = await world.atService((await world.browser.open('/edit-profile', { site: 'same-origin' })).location)
    const login = await world.atService((await world.browser.open('/login', { site: 'same-origin' })).location)
    const swapped = new URL(login, world.origin)
    swapped.searchParams.set('code', new URL(edit, world.origin).searchParams.get('code') ?? '')

    const answer = await world.browser.open(swapped.pathname + swapped.search, { site: 'cross-site' })

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect((await world.browser.open('/private')).json()).toMatchObject({ name: 'Carol Clark' })
  })
})

describe.each(expressNames)('start() on %s', (express) => {
  test('begins a sign-in on an address of the application, with what it says', async () => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/register', web.start({ prompt: 'create', returnTo: '/welcome' }))
        app.get('/consent', web.start({ scopes: [sampleScopes.contoso] }))
      },
    })
    const register = new URL((await world.browser.open('/register')).location ?? '')
    expect(register.searchParams.get('prompt')).toBe('create')

    const consent = await world.browser.open('/consent?returnTo=%2Fpage')
    expect(new URL(consent.location ?? '').searchParams.get('scope')).toContain(sampleScopes.contoso)
    expect(await goOn(world, consent.location)).toMatchObject({ status: 303, location: '/page' })
    const circle = await world.browser.open('/consent?returnTo=%2Fconsent', { site: 'same-origin' })
    expect(await goOn(world, circle.location)).toMatchObject({ status: 303, location: '/' })
  })
})
