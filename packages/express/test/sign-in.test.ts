import { describe, expect, test } from 'vitest'
import { expressNames, places, sampleRoutes, startWorld, type World } from './world.js'

/** The session cookie as the browser has it. */
const sessionOf = ({ browser, port }: World): string | undefined => browser.cookies.get(`patkit-${port}`)?.value

describe.each(expressNames)('signIn() on %s', (express) => {
  test.each(Object.keys(places) as (keyof typeof places)[])(
    'sends people of %s to sign in and back to the page they asked for',
    async (place) => {
      const world = await startWorld({ express, place })

      const first = await world.browser.open('/private?page=2')
      expect(first.status).toBe(302)
      const back = await world.atService(first.location)
      const callback = await world.browser.open(back, { site: 'cross-site' })

      expect(callback).toMatchObject({ status: 303, location: '/private?page=2' })
      const page = await world.browser.open('/private?page=2', { site: 'cross-site' })
      expect(page.json()).toMatchObject({ who: world.place.person })
    },
  )

  test('gives a session cookie that scripts, other sites and the disk do not get', async () => {
    const world = await startWorld({ express })
    await world.signIn()

    expect(world.browser.attributesOf(`patkit-${world.port}`)).toEqual(['Path=/', 'HttpOnly', 'SameSite=Lax'])
  })

  test('gives nobody a session before they have signed in', async () => {
    const world = await startWorld({ express })
    await world.browser.open('/')
    await world.browser.open('/private')

    expect([...world.browser.cookies.keys()]).toEqual([`patkit-${world.port}-start`])
    expect(world.browser.attributesOf(`patkit-${world.port}-start`)).toEqual(
      expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/']),
    )
  })

  test('makes a new session at every sign-in, and the old one is dead', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    const before = world.browser.copy()
    await world.signIn('/login')

    expect(sessionOf(world)).not.toBe(before.cookies.get(`patkit-${world.port}`)?.value)
    expect((await before.open('/')).json()).toEqual({ who: null })
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
  })

  test('takes no session over that somebody else planted', async () => {
    const world = await startWorld({ express })
    const attacker = world.otherBrowser()
    await world.signIn('/private', { person: world.place.otherPerson }, attacker)
    for (const [name, cookie] of attacker.cookies) world.browser.cookies.set(name, cookie)

    await world.signIn('/login')

    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
    expect((await attacker.open('/')).json()).toEqual({ who: null })
  })

  test('lets a session id that the application never made be nobody', async () => {
    const world = await startWorld({ express })
    world.browser.cookies.set(`patkit-${world.port}`, { value: 's%3Aforged.signature', attributes: [] })

    expect((await world.browser.open('/')).json()).toEqual({ who: null })
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    '/%2f%2fevil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    '/a\r\nSet-Cookie: x=y',
    'reports',
    '',
    '/login',
    '/login?returnTo=/login',
    '/logout',
    '/getAToken?code=a&state=b',
  ])('leads nobody from the sign-in to %j', async (returnTo) => {
    const world = await startWorld({ express })

    const callback = await world.signIn(`/login?${new URLSearchParams({ returnTo }).toString()}`)

    expect(callback).toMatchObject({ status: 303, location: '/' })
  })

  test('returns to the start page from a link without returnTo, and to returnTo with it', async () => {
    const world = await startWorld({ express })
    expect((await world.signIn('/login')).location).toBe('/')
    expect((await world.signIn('/login?returnTo=%2Fprivate%3Fa%3Db%26c')).location).toBe('/private?a=b&c')
  })

  test.each([
    ['/private/日本', '/private/%E6%97%A5%E6%9C%AC'],
    ['/private/é?q=ü#ö', '/private/%C3%A9?q=%C3%BC#%C3%B6'],
    ['/private/%41?a=%20b', '/private/%41?a=%20b'],
    ['/private/\u202e', '/private/%E2%80%AE'],
  ])('returns to %s, whatever a page is called', async (returnTo, location) => {
    const world = await startWorld({ express })
    const callback = await world.signIn(`/login?${new URLSearchParams({ returnTo }).toString()}`)
    expect(callback).toMatchObject({ status: 303, location })
  })

  test('lets several tabs sign in at once, in whatever order they come back', async () => {
    const world = await startWorld({ express })
    const visitor = world.serviceBrowser()
    const pages = ['/private/1', '/private/2', '/private/3']
    const starts = []
    for (const page of pages) starts.push(await world.browser.open(page))
    const backs: string[] = []
    for (const start of starts) backs.push(await world.atService(start.location, {}, visitor))

    for (const at of [1, 2, 0]) {
      const callback = await world.browser.open(backs[at] ?? '', { site: 'cross-site' })
      expect(callback).toMatchObject({ status: 303, location: pages[at] })
    }
    expect((await world.browser.open('/private/2')).json()).toEqual({ who: world.place.person, id: '2' })
  })

  test('keeps the last eight sign-ins of a browser; an older one gets a page that says so', async () => {
    const world = await startWorld({ express })
    const visitor = world.serviceBrowser()
    const backs: string[] = []
    for (let tab = 0; tab < 9; tab++) {
      backs.push(await world.atService((await world.browser.open(`/private/${tab}`)).location, {}, visitor))
    }

    const first = await world.browser.open(backs[0] ?? '', { site: 'cross-site' })
    expect(first.status).toBe(400)
    expect(first.body).toContain('This sign-in is not known here')
    const second = await world.browser.open(backs[1] ?? '', { site: 'cross-site' })
    expect(second).toMatchObject({ status: 303, location: '/private/1' })
  })

  test.each(['/auth/redirect', '/getAToken', '/'])('takes people back at %s if that is configured', async (path) => {
    const world = await startWorld({ express, redirectPath: path })

    expect(await world.signIn()).toMatchObject({ status: 303, location: '/private' })
    expect((await world.browser.open('/')).json()).toEqual({ who: world.place.person })
  })

  test('takes where it lives from its configuration, whatever the request says', async () => {
    const world = await startWorld({ express })
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }

    const { location } = await world.browser.open('/private', { headers })

    expect(new URL(location ?? '').searchParams.get('redirect_uri')).toBe(`${world.origin}/getAToken`)
    expect([...world.browser.cookies.keys()]).toEqual([`patkit-${world.port}-start`])
  })

  test('leads from 127.0.0.1 to localhost before the sign-in, because cookies do not go from one to the other', async () => {
    const world = await startWorld({ express })

    const answer = await world.browser.open('/private?a=1', { headers: { host: `127.0.0.1:${world.port}` } })

    expect(answer).toMatchObject({ status: 302, location: `${world.origin}/private?a=1` })
    expect(world.browser.cookies.size).toBe(0)
  })

  test('suggests the name that a link gives, and asks for the prompt it names', async () => {
    const world = await startWorld({ express })
    const { location } = await world.browser.open('/login?login_hint=zoe%40contoso.example&prompt=login')
    const query = new URL(location ?? '').searchParams

    expect([query.get('login_hint'), query.get('prompt')]).toEqual(['zoe@contoso.example', 'login'])
    const odd = await world.browser.open(`/login?prompt=none&login_hint=${'x'.repeat(300)}`)
    const ignored = new URL(odd.location ?? '').searchParams
    expect([ignored.get('login_hint'), ignored.get('prompt')]).toEqual([null, null])
  })

  test('begins no sign-in for HEAD, and says what /login takes', async () => {
    const world = await startWorld({ express })
    const head = await world.browser.open('/private', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 401, body: '' })
    const post = await world.browser.submit('/login', {})
    expect(post).toMatchObject({ status: 405 })
    expect(post.headers.allow).toBe('GET')
    expect(world.browser.cookies.size).toBe(0)
  })

  test('keeps the data of the application when the same person signs in again, and drops it for another', async () => {
    const world = await startWorld({
      express,
      routes: (app, web, made) => {
        app.use(web.routes())
        app.get('/note', web.required(), (req, res) => {
          const before = req.session.note ?? null
          req.session.note = 'written'
          res.json({ before })
        })
        sampleRoutes(app, web, made)
      },
    })
    await world.signIn()
    await world.browser.open('/note')
    await world.signIn('/login')
    expect((await world.browser.open('/note')).json()).toEqual({ before: 'written' })

    const back = await world.atService(
      (await world.browser.open('/login')).location,
      { person: world.place.otherPerson },
      world.serviceBrowser(),
    )
    await world.browser.open(back, { site: 'cross-site' })
    expect((await world.browser.open('/note')).json()).toEqual({ before: null })
  })
})

declare module 'express-session' {
  interface SessionData {
    note?: string
  }
}

describe.each(expressNames)('signIn() behind a proxy that ends https, on %s', (express) => {
  const publicOrigin = 'https://app.example.com'
  const proxied = { host: 'app.example.com', 'x-forwarded-proto': 'https' }

  test('gives cookies that are for this host and for https only', async () => {
    const world = await startWorld({ express, publicOrigin, signIn: { trustProxy: true } })
    const browser = world.otherBrowser(proxied)

    const callback = await world.signIn('/private', {}, browser)

    expect(callback).toMatchObject({ status: 303, location: '/private' })
    expect((await browser.open('/private')).json()).toMatchObject({ who: world.place.person })
    expect([...browser.cookies.keys()].sort()).toEqual(['__Host-patkit', '__Host-patkit-last', '__Host-patkit-start'])
    for (const name of browser.cookies.keys()) {
      expect(browser.attributesOf(name)).toEqual(
        expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Secure', 'Path=/']),
      )
    }
  })

  test('says what is wrong when the proxy is not trusted, instead of losing the cookie', async () => {
    const world = await startWorld({ express, publicOrigin })
    const answer = await world.otherBrowser(proxied).open('/private')

    expect(answer.status).toBe(500)
    expect(answer.body).toContain('trustProxy')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('says what is wrong when a request comes over plain http', async () => {
    const world = await startWorld({ express, publicOrigin, signIn: { trustProxy: true } })
    const answer = await world.otherBrowser({ host: 'app.example.com' }).open('/private')

    expect(answer.status).toBe(500)
    expect(answer.body).toContain('X-Forwarded-Proto')
  })
})
