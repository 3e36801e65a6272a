import { redisStorage } from '../src/index.js'
import { describe, expect, test } from 'vitest'
import { skipWithoutRedis, startRedis } from './redis.js'
import { expressNames, startWorld, type World } from './world.js'

const secret = 'a secret that is only for tests'
const who = async ({ browser }: World): Promise<unknown> => (await browser.open('/')).json().who

/** Asks until the answer is the one that is waited for: a connection comes back when it does. */
async function until(status: number, ask: () => Promise<{ readonly status: number }>): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if ((await ask()).status === status) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`The answer never was ${status}.`)
}

describe.skipIf(skipWithoutRedis()).each(expressNames)('sessions in Redis, on %s,', (express) => {
  test('are shared by all servers, and so are the tokens', async () => {
    const { url } = await startRedis()
    const storage = () => redisStorage({ url, secret })
    const world = await startWorld({ express, storage })
    const back = await world.atService((await world.browser.open('/private')).location)

    world.again({ storage })
    expect(await world.browser.open(back, { site: 'cross-site' })).toMatchObject({ status: 303, location: '/private' })
    world.again({ storage })
    expect(await who(world)).toBe(world.place.person)
  })

  test('hold neither session ids nor readable tokens', async () => {
    const redis = await startRedis()
    const world = await startWorld({ express, storage: () => redisStorage({ url: redis.url, secret }) })
    await world.signIn()
    const cookie = decodeURIComponent(world.browser.cookies.get(`patkit-${world.port}`)?.value ?? '')
    const sid = cookie.slice(2, cookie.indexOf('.'))

    const keys = redis.ask('KEYS', '*').split('\n')
    const dump = keys.map((key) => `${key} ${redis.ask('GET', key)}`).join('\n')

    expect(sid).toHaveLength(43)
    expect(dump).toContain(world.place.person)
    expect(dump).not.toContain(sid)
    expect(dump).not.toMatch(/eyJ[\w-]+\./)
    for (const key of keys) expect(Number(redis.ask('TTL', key))).toBeGreaterThan(0)
  })

  test('fault 68: that cannot be reached are a page with 503, and come back by themselves', async () => {
    const redis = await startRedis()
    const world = await startWorld({ express, storage: () => redisStorage({ url: redis.url, secret }) })
    await world.signIn()
    await redis.stop()

    await until(503, () => world.browser.open('/private'))
    const page = await world.browser.open('/private')
    expect([page.status, page.location]).toEqual([503, undefined])

    await redis.restart()
    // It is empty now: nobody is signed in, and everybody can be.
    await until(302, () => world.browser.open('/private'))
    await world.signIn()
    expect(await who(world)).toBe(world.place.person)
  })

  test('fault 68: that give no answer at all are a page with 503 as well', async () => {
    const redis = await startRedis()
    const world = await startWorld({ express, storage: () => redisStorage({ url: redis.url, secret }) })
    await world.signIn()
    redis.freeze()

    let status = 0
    const asking = world.browser.open('/private').then((page) => {
      status = page.status
    })
    for (let turn = 0; turn < 100_000 && status === 0; turn++) {
      await world.clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await asking
    redis.resume()

    expect(status).toBe(503)
  })

  test('end when somebody signs out, on every server', async () => {
    const { url } = await startRedis()
    const storage = () => redisStorage({ url, secret })
    const world = await startWorld({ express, storage })
    await world.signIn()
    const token = String((await world.browser.open('/private')).json().csrfToken)
    const before = world.browser.copy()

    world.again({ storage })
    expect((await world.browser.submit('/logout', { _csrf: token })).status).toBe(200)
    world.again({ storage })
    expect((await before.open('/')).json()).toEqual({ who: null })
  })
})
