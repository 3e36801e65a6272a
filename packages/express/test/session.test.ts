import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AZURE_DEVOPS_SCOPE, memoryTokenCache } from '@patkit/core'
import session, { type SessionData } from 'express-session'
import { describe, expect, test } from 'vitest'
import { fileStorage, memoryStorage } from '../src/index.js'
import { temporaryFolder } from './folder.js'
import { expressNames, sampleRoutes, startWorld, type World, type WorldOptions } from './world.js'

const minuteMs = 60_000

const who = async ({ browser }: World): Promise<unknown> => (await browser.open('/')).json().who

describe.each(expressNames)('a session on %s', (express) => {
  test('ends after an hour without a request, and every request puts that off', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    for (let visit = 0; visit < 3; visit++) {
      await world.clock.advance(59 * minuteMs)
      expect(await who(world)).toBe(world.place.person)
    }
    await world.clock.advance(60 * minuteMs + 1)
    expect(await who(world)).toBeNull()
  })

  test('ends after twelve hours, however busy it is', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    for (let visit = 0; visit < 14; visit++) {
      await world.clock.advance(50 * minuteMs)
      expect(await who(world)).toBe(world.place.person)
    }
    await world.clock.advance(20 * minuteMs)
    expect(await who(world)).toBeNull()
  })

  test('ends when its settings say so', async () => {
    const settings = { idleTimeoutMinutes: 5, absoluteTimeoutMinutes: 8 }
    const world = await startWorld({ express, signIn: { session: settings } })
    await world.signIn()
    await world.clock.advance(4 * minuteMs)
    expect(await who(world)).toBe(world.place.person)
    await world.clock.advance(4 * minuteMs + 1)
    expect(await who(world)).toBeNull()
    await world.signIn()
    await world.clock.advance(5 * minuteMs + 1)
    expect(await who(world)).toBeNull()
  })

  test('survives a restart of the server when it is kept in files', async () => {
    const directory = temporaryFolder()
    const storage = () => fileStorage({ directory })
    const world = await startWorld({ express, storage, auth: {}, signIn: {} })
    await world.signIn()

    world.again({ storage })

    expect(await who(world)).toBe(world.place.person)
  })

  test('keeps its tokens over a restart with the storage, and asks for a sign-in where only the tokens were lost', async () => {
    const directory = temporaryFolder()
    const storage = () => fileStorage({ directory })
    const scopes = [AZURE_DEVOPS_SCOPE]
    const routes: WorldOptions['routes'] = (app, web) => {
      app.use(web.routes())
      app.get('/token', web.required({ scopes }), (_req, res) => void res.json({ granted: true }))
      app.use(web.errorPage())
    }
    const world = await startWorld({ express, storage, routes, signIn: { scopes } })
    await world.signIn('/token')

    world.again({ storage })
    expect((await world.browser.open('/token')).json()).toEqual({ granted: true })
    world.again({ storage, auth: { tokenCache: memoryTokenCache() } })
    expect((await world.browser.open('/token')).status).toBe(302)
  })

  test('is of no use to another application that shares the storage', async () => {
    const world = await startWorld({ express })
    await world.signIn()
    const cookie = world.browser.cookies.get(`patkit-${world.port}`)
    world.again({ auth: { clientId: '99999999-aaaa-bbbb-cccc-dddddddddddd' }, signIn: {} })

    expect(cookie).toBeDefined()
    expect(await who(world)).toBeNull()
  })

  test('is of no use to a server with another secret, which says so instead of going in circles', async () => {
    const world = await startWorld({ express })
    const other = (clock: World['clock']) => ({ ...memoryStorage({ clock }), sessions: world.storage.sessions })
    // Two servers behind one address: the sign-in comes back to one, and the page is asked of the other.
    for (let round = 0; round < 3; round++) {
      world.again({ storage: other })
      const back = await world.atService((await world.browser.open('/private', { site: 'cross-site' })).location)
      world.again()
      expect((await world.browser.open(back, { site: 'cross-site' })).status).toBe(303)
    }
    world.again({ storage: other })

    const page = await world.browser.open('/private', { site: 'cross-site' })
    expect(page.status).toBe(500)
    expect(page.body).toContain('The sign-in goes round in circles')
    expect(page.body).toContain('SESSION_SECRET')
  })

  test('fault 69: whose file is damaged is dropped, and nothing else happens', async () => {
    const directory = temporaryFolder()
    const world = await startWorld({ express, storage: (clock) => fileStorage({ directory, clock }) })
    await world.signIn()
    const folder = join(directory, 'sessions')
    for (const name of readdirSync(folder)) {
      writeFileSync(join(folder, name), '{"cookie":{"exp')
      // The content changed, its time did not.
      const soon = new Date(world.clock.now() + minuteMs)
      utimesSync(join(folder, name), soon, soon)
    }

    expect(await who(world)).toBeNull()
    expect((await world.browser.open('/private')).status).toBe(302)
  })

  test.each([
    ['a text', 'nobody'],
    ['an account without an id', { account: {}, csrfToken: 'x', createdAt: 1, renewals: [] }],
    ['no token', { account: { id: 'a' }, createdAt: 1, renewals: [] }],
    ['nothing', null],
  ])('that holds %s is nobody’s', async (_, record) => {
    const world = await startWorld({
      express,
      routes: (app, web, made) => {
        app.use(web.routes())
        app.get('/spoil', (req, res) => {
          req.session.patkit = record as never
          res.end()
        })
        sampleRoutes(app, web, made)
      },
    })
    await world.signIn()
    await world.browser.open('/spoil')
    expect(await who(world)).toBeNull()
  })

  test('that holds what is no account of ours is nobody’s', async () => {
    const world = await startWorld({
      express,
      routes: (app, web, made) => {
        app.use(web.routes())
        app.get('/spoil', (req, res) => {
          const record = req.session.patkit
          if (record !== undefined) req.session.patkit = { ...record, account: { id: 'x' } as never }
          res.end()
        })
        sampleRoutes(app, web, made)
      },
    })
    await world.signIn()
    await world.browser.open('/spoil')
    expect(await who(world)).toBeNull()
    expect((await world.browser.open('/private')).status).toBe(302)
  })

  test('of another middleware in front is refused by name, not used by chance', async () => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(session({ secret: 'another secret of some length', resave: false, saveUninitialized: false }))
        app.use(web.routes())
        app.get('/private', web.required(), (_req, res) => void res.end())
        app.use(web.errorPage())
      },
    })
    expect((await world.browser.open('/private')).status).toBe(500)
    expect(world.logged.join('\n')).toContain('Another session middleware runs before web.routes()')
  })
})

/** A store that can fail in every way. */
class FailingStore extends session.MemoryStore {
  fault: 'none' | 'error' | 'throw' | 'hang' = 'none'
  override get = (key: string, callback: (error: unknown, data?: SessionData | null) => void): void =>
    this.#unless(callback, () => super.get(key, callback))
  override set = (key: string, data: SessionData, callback?: (error?: unknown) => void): void =>
    this.#unless(callback, () => super.set(key, data, callback))
  override destroy = (key: string, callback?: (error?: unknown) => void): void =>
    this.#unless(callback, () => super.destroy(key, callback))
  override touch = (key: string, data: SessionData, callback?: () => void): void =>
    this.#unless(callback, () => super.touch(key, data, callback))

  #unless(callback: ((error?: unknown) => void) | undefined, work: () => void): void {
    if (this.fault === 'none') work()
    else if (this.fault === 'error') callback?.(new Error('connect ECONNREFUSED redis://:hunter2secret@db:6379'))
    else if (this.fault === 'throw') throw new Error('hunter2secret')
  }
}

describe.each(expressNames)('when the place of the sessions is down, on %s,', (express) => {
  async function start() {
    const sessions = new FailingStore()
    const world = await startWorld({
      express,
      storage: (clock) => ({ ...memoryStorage({ clock }), sessions }),
      routes: (app, web, made) => {
        app.use(web.routes())
        app.get('/public', (_req, res) => void res.json({ open: true }))
        sampleRoutes(app, web, made)
      },
    })
    return { world, sessions }
  }

  test.each(['error', 'throw'] as const)(
    'fault 68: required() answers 503 and sends nobody to sign in (%s)',
    async (fault) => {
      const { world, sessions } = await start()
      await world.signIn()
      sessions.fault = fault

      const page = await world.browser.open('/private')

      expect(page.status).toBe(503)
      expect(page.location).toBeUndefined()
      expect(page.headers['retry-after']).toBe('10')
      expect(page.headers['set-cookie']).toBeUndefined()
      expect(page.body).toContain('You were not signed out.')
      expect(page.body + world.logged.join('\n')).not.toContain('hunter2secret')
      expect((await world.browser.fetch('/private')).json()).toMatchObject({
        status: 503,
        code: 'PATKIT_SESSION_STORE',
      })

      sessions.fault = 'none'
      expect((await world.browser.open('/private')).json()).toMatchObject({ who: world.place.person })
    },
  )

  test('a store that hangs is given up after five seconds', async () => {
    const { world, sessions } = await start()
    await world.signIn()
    sessions.fault = 'hang'
    let status = 0
    const page = world.browser.open('/private').then((answer) => {
      status = answer.status
    })
    // Requests of a browser take turns of the event loop that the clock does not know of.
    for (let turn = 0; turn < 100_000 && status === 0; turn++) {
      await world.clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await page
    expect(status).toBe(503)
  })

  test('nobody is sent to a sign-in from which they could not return', async () => {
    const { world, sessions } = await start()
    sessions.fault = 'error'
    for (const path of ['/login', '/private']) {
      const page = await world.browser.open(path)
      expect([page.status, page.location]).toEqual([503, undefined])
    }
  })

  test('a sign-in that comes back ends with a page, not with half a session', async () => {
    const { world, sessions } = await start()
    const back = await world.atService((await world.browser.open('/private')).location)
    sessions.fault = 'error'

    expect((await world.browser.open(back, { site: 'cross-site' })).status).toBe(503)
    expect(world.browser.cookies.has(`patkit-${world.port}`)).toBe(false)
    // The answer of the service was not used up by it.
    sessions.fault = 'none'
    expect(await world.browser.open(back, { site: 'cross-site' })).toMatchObject({ status: 303, location: '/private' })
  })

  test('a sign-out that cannot be carried out says so', async () => {
    const { world, sessions } = await start()
    await world.signIn()
    const token = String((await world.browser.open('/private')).json().csrfToken)
    sessions.fault = 'error'
    expect((await world.browser.submit('/logout', { _csrf: token })).status).toBe(503)
    sessions.fault = 'none'
    expect(await who(world)).toBe(world.place.person)
  })

  test('pages that need no session go on', async () => {
    const { world, sessions } = await start()
    await world.signIn()
    sessions.fault = 'error'
    expect((await world.browser.open('/public')).json()).toEqual({ open: true })
  })
})
