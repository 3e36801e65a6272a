import { describe, expect, test } from 'vitest'
import { fileStorage } from '../src/index.js'
import type { Answer } from './browser.js'
import { temporaryFolder } from './folder.js'
import { expressNames, startWorld, type World } from './world.js'

const minuteMs = 60_000

/** A sign-in up to the return of the browser. */
async function comeBack(world: World): Promise<string> {
  return world.atService((await world.browser.open('/private')).location)
}

/** A page for people: titled, in HTML, with our policy, and without the inside of the application. */
function expectClearPage(answer: Answer, status: number, ...texts: string[]): void {
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  expect(answer.headers['cache-control']).toBe('no-store')
  for (const text of texts) expect(answer.body).toContain(text)
  expect(answer.body).not.toMatch(/node_modules|\.ts:\d|\bat \w+ \(/)
}

describe.each(expressNames)('the redirect path on %s', (express) => {
  test('takes an answer once; loading it again says so and signs nobody out', async () => {
    const world = await startWorld({ express })
    const back = await comeBack(world)
    await world.browser.open(back, { site: 'cross-site' })

    expectClearPage(await world.browser.open(back), 400, 'This sign-in was finished already', 'You are signed in.')
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
  })

  test('takes an answer that arrives twice at once only once', async () => {
    const world = await startWorld({
      express,
      storage: (clock) => fileStorage({ directory: temporaryFolder(), clock }),
    })
    const back = await comeBack(world)

    const both = await Promise.all([world.browser.open(back), world.browser.open(back)])

    expect(both.map(({ status }) => status).sort()).toEqual([303, 400])
    expect(world.identity.requests.list('token')).toHaveLength(1)
  })

  test('refuses a state it does not know, and asks the service nothing', async () => {
    const world = await startWorld({ express })
    const back = new URL(await comeBack(world), world.origin)
    back.searchParams.set('state', 'A'.repeat(43))

    expectClearPage(await world.browser.open(back.pathname + back.search), 400, 'This sign-in is not known here')
    expect(world.identity.requests.list('token')).toHaveLength(0)
  })

  test('refuses the answer to a sign-in that another browser began', async () => {
    const world = await startWorld({ express })
    const back = await comeBack(world)
    const victim = world.otherBrowser()
    expectClearPage(await victim.open(back), 400, 'Your browser did not bring its cookie')

    await victim.open('/private')
    expectClearPage(await victim.open(back), 400, 'This sign-in is not known here')
    expect((await victim.open('/')).json()).toEqual({ who: null })
  })

  test('explains a cookie that did not come back, and begins no other sign-in', async () => {
    const world = await startWorld({ express })
    const back = await comeBack(world)
    world.browser.cookies.clear()

    const answer = await world.browser.open(back, { site: 'cross-site' })

    expectClearPage(answer, 400, 'Your browser did not bring its cookie', world.origin)
    expect(answer.location).toBeUndefined()
  })

  test('refuses a sign-in that took longer than ten minutes', async () => {
    const world = await startWorld({ express })
    const back = await comeBack(world)
    await world.clock.advance(10 * minuteMs + 1)

    expectClearPage(
      await world.browser.open(back),
      400,
      'The sign-in took too long.',
      'href="/login?returnTo=%2Fprivate"',
    )
  })

  test('does not know a sign-in of yesterday any more', async () => {
    const world = await startWorld({ express })
    const back = await comeBack(world)
    await world.clock.advance(61 * minuteMs)

    expectClearPage(await world.browser.open(back), 400, 'This sign-in is not known here')
  })

  test.each(['?state=a&state=b&code=c', '?code=abc', '', '?error=access_denied'])(
    'says what it is for when it is opened as /getAToken%s',
    async (query) => {
      const world = await startWorld({ express })
      expectClearPage(await world.browser.open(`/getAToken${query}`), 400, 'href="/login"')
    },
  )

  test('answers a program in its own terms', async () => {
    const world = await startWorld({ express })
    const answer = await world.browser.fetch('/getAToken?state=x&code=y')

    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.json()).toMatchObject({ status: 400, signInUrl: '/login' })
  })

  test('refuses what is posted to it', async () => {
    const world = await startWorld({ express })
    expect(await world.browser.submit('/getAToken', { code: 'x', state: 'y' })).toMatchObject({ status: 405 })
  })

  test('shows nothing of what the address says as anything but text', async () => {
    const world = await startWorld({ express })
    const state = new URL((await world.browser.open('/private')).location ?? '').searchParams.get('state') ?? ''
    const query = new URLSearchParams({
      state,
      error: '<script>alert(1)</script>',
      error_description: '<img src=x onerror=alert(2)> "quoted" AADSTS50105: <b>bold</b>',
    })

    const answer = await world.browser.open(`/getAToken?${query.toString()}`, { site: 'cross-site' })

    expectClearPage(answer, 403, 'AADSTS50105', 'This account is not assigned to the application.')
    expect(answer.body).not.toContain('alert')
    expect(answer.body).not.toContain('<img')
    expect(answer.body).not.toContain('<script')
  })

  test('names the code of the service, what it means and what helps', async () => {
    const world = await startWorld({ express })
    world.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS7000222' } })

    const answer = await world.signIn()

    expectClearPage(answer, 500, 'This application is not set up correctly', 'AADSTS7000222', 'Make a new secret')
    expect(world.browser.cookies.has(`patkit-${world.port}`)).toBe(false)
  })

  test('refuses a token that was made for another sign-in', async () => {
    const world = await startWorld({ express })
    world.identity.knobs.set({ idTokenFlaws: { nonce: 'another' } })

    expectClearPage(await world.signIn(), 400, 'The ID token was made for another sign-in.')
    expect((await world.browser.open('/')).json()).toEqual({ who: null })
  })

  test('says that the service cannot be reached when it hangs up', async () => {
    const world = await startWorld({ express, auth: { retry: { tries: 1 } } })
    world.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'hang-up' } })

    expectClearPage(await world.signIn(), 502, 'The sign-in service cannot be used at the moment')
  })

  test('sends no address of the sign-in to anybody as a referrer', async () => {
    const world = await startWorld({ express })
    const callback = await world.signIn()
    expect(callback.headers['referrer-policy']).toBe('no-referrer')
    expect(callback.headers['cache-control']).toBe('no-store')
  })
})
