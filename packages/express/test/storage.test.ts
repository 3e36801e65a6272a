import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createTestClock, type TestClock } from '@patkit/emulator'
import type { SessionData, Store } from 'express-session'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileStorage, memoryStorage, redisStorage, storageFromEnv, type WebStorage } from '../src/index.js'
import { endingAt } from '../src/session-end.js'
import { temporaryFolder } from './folder.js'
import { skipWithoutRedis, startRedis } from './redis.js'

const minuteMs = 60_000
const secret = 'a secret that is only for tests'

type Done<T> = (error?: unknown, value?: T) => void

/** What a callback is told, as a promise. */
function told<T>(work: (done: Done<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    work((error, value) => {
      if (error instanceof Error) reject(error)
      else resolve(value)
    })
  })
}

/** A store as promises. */
const over = (store: Store) => ({
  get: async (key: string) => (await told<SessionData | null>((done) => store.get(key, done))) ?? null,
  set: (key: string, data: SessionData) => told((done) => store.set(key, data, done)),
  touch: (key: string, data: SessionData) => told((done) => store.touch?.(key, data, done)),
  destroy: (key: string) => told((done) => store.destroy(key, done)),
})

const sessionOf = (note: string, end: number): SessionData => endingAt({ note }, end)

/** A place to keep sessions in. */
interface Place {
  readonly clock: { now(): number }
  open(): WebStorage
}

function contract(name: string, make: () => Promise<Place>): void {
  const start = async () => {
    const place = await make()
    const open = () => {
      const storage = place.open()
      onTestFinished(() => storage.close())
      return over(storage.sessions)
    }
    return { ...place, open, store: open(), soon: place.clock.now() + 10 * minuteMs }
  }

  describe(`${name} keeps the contract of a session store`, () => {
    test('get() gives nothing for what was never set', async () => {
      expect(await (await start()).store.get('nobody')).toBeNull()
    })

    test('get() gives what set() was given, whatever it says', async () => {
      const { store, soon } = await start()
      for (const note of ['', 'Zoë 🚀 \u0000 \r\n', 'x'.repeat(100_000)]) {
        await store.set('a', sessionOf(note, soon))
        expect(await store.get('a')).toMatchObject({ note })
      }
    })

    test('destroy() forgets, also twice', async () => {
      const { store, soon } = await start()
      await store.set('a', sessionOf('one', soon))
      await store.set('b', sessionOf('two', soon))
      await store.destroy('a')
      await store.destroy('a')
      expect([await store.get('a'), (await store.get('b'))?.note]).toEqual([null, 'two'])
    })

    test('keys that differ by little are different keys', async () => {
      const { store, soon } = await start()
      const keys = ['a', 'A', 'a ', 'a/b', '../a', '../../session-secret', 'a\\b', 'a:b', 'x'.repeat(300)]
      for (const key of keys) await store.set(key, sessionOf(`of ${key}`, soon))
      for (const key of keys) expect(await store.get(key)).toMatchObject({ note: `of ${key}` })
    })

    test('touch() writes no content, so it undoes nothing', async () => {
      const { store, soon } = await start()
      await store.set('a', sessionOf('old', soon))
      await store.set('a', sessionOf('new', soon))
      await store.touch('a', sessionOf('old', soon + minuteMs))
      expect(await store.get('a')).toMatchObject({ note: 'new' })
    })

    test('touch() brings nothing back that was destroyed', async () => {
      const { store, soon } = await start()
      await store.set('a', sessionOf('one', soon))
      await store.destroy('a')
      await store.touch('a', sessionOf('one', soon))
      expect(await store.get('a')).toBeNull()
    })
  })
}

function contractOfTime(name: string, make: (clock: TestClock) => WebStorage): void {
  test(`${name} ends a session on time unless touch() puts it off`, async () => {
    const clock = createTestClock()
    const store = over(make(clock).sessions)
    const soon = clock.now() + 10 * minuteMs
    await store.set('a', sessionOf('one', soon))
    await store.set('b', sessionOf('two', soon))
    await store.touch('b', sessionOf('two', soon + 10 * minuteMs))
    await clock.advance(10 * minuteMs)
    expect([await store.get('a'), (await store.get('b'))?.note]).toEqual([null, 'two'])
    await clock.advance(10 * minuteMs)
    expect(await store.get('b')).toBeNull()
  })
}

contractOfTime('memoryStorage()', (clock) => memoryStorage({ clock }))
contractOfTime('fileStorage()', (clock) => fileStorage({ directory: temporaryFolder(), clock }))

declare module 'express-session' {
  interface SessionData {
    note?: string
  }
}

contract('memoryStorage()', () => {
  const clock = createTestClock()
  const storage = memoryStorage({ clock })
  return Promise.resolve({ clock, open: () => storage })
})

contract('fileStorage()', () => {
  const clock = createTestClock()
  const directory = temporaryFolder()
  return Promise.resolve({ clock, open: () => fileStorage({ directory, clock }) })
})

describe.skipIf(skipWithoutRedis())('with a Redis', () => {
  contract('redisStorage()', async () => {
    const { url } = await startRedis()
    return { clock: { now: () => Date.now() }, open: () => redisStorage({ url, secret }) }
  })

  test('redisStorage() gives Redis the time at which a session ends, and touch() puts it off', async () => {
    const redis = await startRedis()
    const storage = redisStorage({ url: redis.url, secret })
    onTestFinished(() => storage.close())
    const store = over(storage.sessions)
    const timeLeft = (): number => Number(redis.ask('TTL', 'patkit:sessions:a'))

    await store.set('a', sessionOf('one', Date.now() + 1000 * 1000))
    expect(timeLeft()).toBeGreaterThan(900)
    expect(timeLeft()).toBeLessThanOrEqual(1000)
    await store.touch('a', sessionOf('one', Date.now() + 5000 * 1000))
    expect(timeLeft()).toBeGreaterThan(4900)
  })
})

describe('fileStorage()', () => {
  const soonOf = (clock: TestClock): number => clock.now() + 10 * minuteMs

  test('keeps sessions in files that only the owner may read, under names that tell nothing', async () => {
    const directory = join(temporaryFolder(), 'new', 'folder')
    const clock = createTestClock()
    await over(fileStorage({ directory, clock }).sessions).set('the-session-id', sessionOf('x', soonOf(clock)))

    const folder = join(directory, 'sessions')
    const [file = ''] = readdirSync(folder)
    expect(file).toMatch(/^[0-9a-f]{64}\.json$/)
    expect(readFileSync(join(folder, file), 'utf8')).not.toContain('the-session-id')
    const modes = [directory, folder, join(folder, file), join(directory, 'session-secret')]
    expect(modes.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600])
  })

  test('makes a secret once, and finds it again', () => {
    const directory = temporaryFolder()
    const [first, second] = [fileStorage({ directory }), fileStorage({ directory })]
    expect(first.secrets.map((one) => one.reveal())).toEqual(second.secrets.map((one) => one.reveal()))
    expect(first.secrets[0]?.reveal().length).toBeGreaterThanOrEqual(43)
    expect(readdirSync(directory)).toEqual(['session-secret'])
  })

  test.each([
    ['half a session', '{"cookie":{"ex'],
    ['no session', '[]'],
    ['nothing', ''],
    ['a number', '42'],
  ])('fault 69: drops a file that holds %s, with a word in the log', async (_, content) => {
    const directory = temporaryFolder()
    const clock = createTestClock()
    const warnings: string[] = []
    const storage = fileStorage({ directory, clock, logger: { warn: (message) => warnings.push(message) } })
    const store = over(storage.sessions)
    await store.set('a', sessionOf('x', soonOf(clock)))
    const [file = ''] = readdirSync(join(directory, 'sessions'))
    const path = join(directory, 'sessions', file)
    writeFileSync(path, content)
    utimesSync(path, new Date(soonOf(clock)), new Date(soonOf(clock)))

    expect(await store.get('a')).toBeNull()
    expect(readdirSync(join(directory, 'sessions'))).toEqual([])
    expect(warnings).toEqual(['A session file was damaged; the session was dropped.'])
  })

  test('removes what is over, and leaves what is not its own', async () => {
    const directory = temporaryFolder()
    const clock = createTestClock()
    const storage = fileStorage({ directory, clock })
    const store = over(storage.sessions)
    const folder = join(directory, 'sessions')
    await store.set('old', sessionOf('x', clock.now() + minuteMs))
    await store.set('lasting', sessionOf('x', clock.now() + 60 * minuteMs))
    writeFileSync(join(folder, 'README.txt'), 'not ours')
    await clock.advance(11 * minuteMs)
    await store.set('new', sessionOf('x', soonOf(clock)))
    await storage.close()

    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(2)
    expect(readdirSync(folder)).toContain('README.txt')
  })

  test('leaves no half of a file behind when it cannot be put in place', async () => {
    const directory = temporaryFolder()
    const clock = createTestClock()
    const store = over(fileStorage({ directory, clock }).sessions)
    await store.set('a', sessionOf('x', soonOf(clock)))
    const folder = join(directory, 'sessions')
    const [file = ''] = readdirSync(folder)
    await store.destroy('a')
    // A folder where the file should be: it can be written beside, but not be renamed.
    mkdirSync(join(folder, file))
    writeFileSync(join(folder, file, 'full'), '')

    await expect(store.set('a', sessionOf('x', soonOf(clock)))).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([file])
  })

  test('says at once that its folder cannot be used', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    expect(() => fileStorage({ directory: join(folder, 'file', 'below') })).toThrow(
      /storage\.directory: The folder .* cannot be used \(ENOTDIR\)/,
    )
  })

  test('says at once that its secret was damaged', () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'session-secret'), 'short')
    chmodSync(join(directory, 'session-secret'), 0o600)
    expect(() => fileStorage({ directory })).toThrow('It has fewer than 16 characters.')
  })
})

describe('storageFromEnv()', () => {
  test('keeps files below XDG_STATE_HOME without REDIS_URL', async () => {
    const folder = temporaryFolder()
    const storage = storageFromEnv({}, { XDG_STATE_HOME: folder })
    await storage.close()
    expect(readdirSync(join(folder, 'patkit', 'web'))).toEqual(['session-secret'])
  })

  test('makes no secret of its own beside one that is given', async () => {
    const folder = temporaryFolder()
    const storage = storageFromEnv({}, { XDG_STATE_HOME: folder, SESSION_SECRET: secret })
    await storage.close()
    expect(readdirSync(join(folder, 'patkit', 'web'))).toEqual([])
  })

  test('signs cookies with SESSION_SECRET', () => {
    const storage = storageFromEnv({}, { XDG_STATE_HOME: temporaryFolder(), SESSION_SECRET: ` ${secret} ` })
    expect(storage.secrets.map((one) => one.reveal())).toEqual([secret])
  })

  test.each([
    [{ SESSION_SECRET: 'short' }, 'SESSION_SECRET: It has fewer than 16 characters.'],
    [{ REDIS_URL: 'redis://localhost' }, 'SESSION_SECRET: It is missing.'],
    [{ REDIS_URL: 'http://localhost', SESSION_SECRET: secret }, 'REDIS_URL: It is no address of a Redis server.'],
    [{ REDIS_URL: 'localhost:6379', SESSION_SECRET: secret }, 'REDIS_URL: It is no address of a Redis server.'],
  ])('names the variable at fault in %j', (env, message) => {
    expect(() => storageFromEnv({}, { XDG_STATE_HOME: temporaryFolder(), ...env })).toThrow(message)
  })

  test('says nothing of a secret when it is printed', () => {
    const storages = [
      memoryStorage({ secret }),
      fileStorage({ directory: temporaryFolder(), secret }),
      redisStorage({ url: 'redis://:hunter2secret@localhost', secret }),
    ]
    for (const storage of storages) {
      const printed = inspect(storage, { depth: 10, showHidden: true }) + JSON.stringify(storage)
      expect(printed).not.toContain(secret)
      expect(printed).not.toContain('hunter2secret')
    }
  })
})
