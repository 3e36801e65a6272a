import { describe, expect, test } from 'vitest'
import { expressNames, startWorld, type World } from './world.js'

async function signedIn(options: Parameters<typeof startWorld>[0]): Promise<{ world: World; token: string }> {
  const world = await startWorld(options)
  await world.signIn()
  return { world, token: String((await world.browser.open('/private')).json().csrfToken) }
}

describe.each(expressNames)('csrf() on %s', (express) => {
  test('lets a form of this session through', async () => {
    const { world, token } = await signedIn({ express })
    const answer = await world.browser.submit('/change', { _csrf: token })
    expect(answer).toMatchObject({ status: 200, body: '{"changed":true}' })
  })

  test('takes the token from a header or from JSON as well', async () => {
    const { world, token } = await signedIn({ express })
    const byHeader = { method: 'POST', headers: { 'x-csrf-token': token } }
    expect((await world.browser.fetch('/change', byHeader)).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    const byJson = { method: 'POST', headers, body: JSON.stringify({ _csrf: token }) }
    expect((await world.browser.fetch('/change', byJson)).status).toBe(200)
  })

  test('takes no token from the address', async () => {
    const { world, token } = await signedIn({ express })
    expect((await world.browser.submit(`/change?_csrf=${token}`, {})).status).toBe(403)
  })

  test.each([
    ['no token', {}, {}, 'CSRF_NO_TOKEN'],
    ['an empty token', { _csrf: '' }, {}, 'CSRF_WRONG_TOKEN'],
    ['a token of the right length', { _csrf: 'A'.repeat(43) }, {}, 'CSRF_WRONG_TOKEN'],
    ['a site that is another', undefined, { 'sec-fetch-site': 'cross-site' }, 'CSRF_OTHER_SITE'],
    ['a neighbour under the same domain', undefined, { 'sec-fetch-site': 'same-site' }, 'CSRF_OTHER_SITE'],
  ])('refuses %s with 403', async (_, fields, headers, code) => {
    const { world, token } = await signedIn({ express })

    const answer = await world.browser.submit('/change', fields ?? { _csrf: token }, { headers })

    expect(answer.status).toBe(403)
    expect(answer.body).toContain(code)
    expect(answer.body).not.toContain(token)
  })

  test('does without Sec-Fetch-Site where the browser sends none', async () => {
    const { world, token } = await signedIn({ express })
    const send = (origin: string) =>
      world.browser.submit('/change', { _csrf: token }, { site: 'unsaid', headers: { origin } })
    expect((await send(world.origin)).status).toBe(200)
    // A page that sends no referrer to anybody says null even to itself.
    expect((await send('null')).status).toBe(200)
    expect((await send('https://evil.example')).status).toBe(403)
  })

  test('refuses the token of somebody else, and one of an earlier sign-in', async () => {
    const { world, token } = await signedIn({ express })
    const other = world.otherBrowser()
    await world.signIn('/private', { person: world.place.otherPerson }, other)
    expect((await other.submit('/change', { _csrf: token })).status).toBe(403)

    await world.signIn('/login')
    expect((await world.browser.submit('/change', { _csrf: token })).status).toBe(403)
  })

  test.each(['GET', 'HEAD', 'OPTIONS'])('leaves %s alone', async (method) => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes(), web.csrf())
        app.use((_req, res) => void res.json({}))
      },
    })
    expect((await world.browser.open('/anything', { method })).status).toBe(200)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('guards %s', async (method) => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/private', web.required(), (_req, res) => void res.json({}))
        app.use(web.required(), web.csrf(), (_req, res) => void res.json({}))
      },
    })
    await world.signIn()
    expect((await world.browser.open('/anything', { method })).status).toBe(403)
  })

  test('answers a program in its own terms', async () => {
    const { world } = await signedIn({ express })
    const answer = await world.browser.fetch('/change', { method: 'POST' })
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ status: 403, code: 'CSRF_NO_TOKEN' })
  })

  test('asks somebody to sign in again whose session has ended', async () => {
    const { world, token } = await signedIn({ express })
    await world.clock.advance(61 * 60_000)
    const answer = await world.browser.submit('/change', { _csrf: token })
    expect(answer.status).toBe(401)
    expect(answer.body).toContain('Nothing was changed.')
  })
})
