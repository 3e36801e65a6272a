import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createTestClock } from '@patkit/emulator'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import type { createClient } from 'redis'
import {
  ConfigurationError,
  encryptTokenCache,
  fileTokenCache,
  memoryTokenCache,
  redisTokenCache,
  Secret,
  TokenCacheError,
  type RedisCommands,
  type TokenCacheKey,
} from '../../src/index.js'
import { failureOf } from '../world.js'
import { skipWithoutRedis, startRedis } from './support/redis.js'
import { tokenCacheContract } from './support/token-cache-contract.js'

const key = randomBytes(32)
const ttlMs = 60_000

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'patkit-cache-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

tokenCacheContract('memoryTokenCache()', 'private', (clock) => {
  const store = memoryTokenCache({ clock })
  return Promise.resolve({ open: () => Promise.resolve(store) })
})

tokenCacheContract('encryptTokenCache()', 'private', (clock) => {
  const store = encryptTokenCache(memoryTokenCache({ clock }), key)
  return Promise.resolve({ open: () => Promise.resolve(store) })
})

tokenCacheContract('fileTokenCache()', 'shared', async (clock) => {
  const directory = join(await temporaryFolder(), 'tokens')
  return {
    open: () => Promise.resolve(fileTokenCache({ directory, keys: key, clock })),
    outlastLocks: () => clock.advance(61_000),
  }
})

describe('memoryTokenCache()', () => {
  test('forgets when the time is over', async () => {
    const clock = createTestClock()
    const store = memoryTokenCache({ clock })
    await store.set('alice', 'one', { ttlMs })
    await clock.advance(ttlMs)
    expect(await store.get('alice')).toBeUndefined()
  })

  test('is bounded: who was not there for longest goes first', async () => {
    const store = memoryTokenCache({ maxPeople: 2 })
    await store.set('alice', '1', { ttlMs })
    await store.set('bob', '2', { ttlMs })
    await store.get('alice')
    await store.set('carol', '3', { ttlMs })

    expect([await store.get('alice'), await store.get('bob'), await store.get('carol')]).toEqual(['1', undefined, '3'])
  })

  test.each([0, -1, 1.5, NaN])('refuses %d people', (maxPeople) => {
    expect(() => memoryTokenCache({ maxPeople })).toThrow(RangeError)
  })

  test('shows no token when it is printed', async () => {
    const store = memoryTokenCache()
    await store.set('alice', 'canary-token', { ttlMs })
    expect(inspect(store, { depth: 10, showHidden: true })).not.toContain('canary')
  })
})

describe('encryptTokenCache()', () => {
  test('keeps nothing readable', async () => {
    const inner = memoryTokenCache()
    await encryptTokenCache(inner, key).set('alice', 'canary-token', { ttlMs })

    const kept = await inner.get('alice')

    expect(kept).toMatch(/^v1\.[\da-f]{8}\.[\w-]+$/)
    expect(Buffer.from(kept?.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('canary')
  })

  test('makes something else of the same text each time', async () => {
    const inner = memoryTokenCache()
    const store = encryptTokenCache(inner, key)
    await store.set('alice', 'same', { ttlMs })
    const first = await inner.get('alice')
    await store.set('alice', 'same', { ttlMs })

    expect(await inner.get('alice')).not.toBe(first)
  })

  test('takes nobody’s tokens for somebody else’s, wherever they are put', async () => {
    const inner = memoryTokenCache()
    const store = encryptTokenCache(inner, key)
    await store.set('alice', 'of alice', { ttlMs })
    await inner.set('mallory', (await inner.get('alice')) ?? '', { ttlMs })

    expect(await store.get('mallory')).toBeUndefined()
    expect(await store.get('alice')).toBe('of alice')
  })

  test('takes nothing that was changed', async () => {
    const inner = memoryTokenCache()
    const store = encryptTokenCache(inner, key)
    await store.set('alice', 'of alice', { ttlMs })
    const [form, id, body = ''] = (await inner.get('alice'))?.split('.') ?? []
    const bytes = Buffer.from(body, 'base64url')
    for (const at of [0, 11, 12, bytes.length - 17, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      await inner.set('alice', [form, id, changed.toString('base64url')].join('.'), { ttlMs })
      expect(await store.get('alice')).toBeUndefined()
    }
    for (const text of ['', 'x', 'v1', `v1.${id ?? ''}`, `v1.${id ?? ''}.AAAA`, `v2.${id ?? ''}.${body}`]) {
      await inner.set('alice', text, { ttlMs })
      expect(await store.get('alice')).toBeUndefined()
    }
  })

  test('reads with old keys and writes with the first, so that keys can be rotated', async () => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
    const inner = memoryTokenCache()
    await encryptTokenCache(inner, oldKey).set('alice', 'one', { ttlMs })
    const rotating = encryptTokenCache(inner, [newKey, oldKey])

    expect(await rotating.get('alice')).toBe('one')
    await rotating.set('alice', 'two', { ttlMs })

    expect(await encryptTokenCache(inner, newKey).get('alice')).toBe('two')
    expect(await encryptTokenCache(inner, oldKey).get('alice')).toBeUndefined()
  })

  test.each([
    ['bytes', key],
    ['base64', key.toString('base64')],
    ['base64url', key.toString('base64url')],
    ['hexadecimal digits', key.toString('hex')],
    ['a Secret', new Secret(`${key.toString('base64')}\n`)],
  ])('takes a key as %s', async (_, form) => {
    const inner = memoryTokenCache()
    await encryptTokenCache(inner, form).set('alice', 'one', { ttlMs })
    expect(await encryptTokenCache(inner, key).get('alice')).toBe('one')
  })

  test.each([
    ['none', [], ['keys']],
    ['a short one', 'c2hvcnQ=', ['keys']],
    ['an empty one', '', ['keys']],
    ['a long one', randomBytes(33), ['keys']],
    ['a passphrase', 'correct horse battery staple', ['keys']],
    ['two bad ones among three', [key, 'bad', randomBytes(16)], ['keys[1]', 'keys[2]']],
  ])('refuses %s', async (_, keys, fields) => {
    const error = await failureOf(
      Promise.resolve().then(() => encryptTokenCache(memoryTokenCache(), keys as TokenCacheKey[])),
    )
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).faults.map(({ field }) => field)).toEqual(fields)
  })

  test('shows no key when it is printed', () => {
    const text = inspect(encryptTokenCache(memoryTokenCache(), key), { depth: 10, showHidden: true })
    expect(text).not.toContain(key.toString('hex').slice(0, 8))
  })
})

describe('fileTokenCache()', () => {
  test('keeps files that only the owner may read, with nothing readable in them', async () => {
    const directory = join(await temporaryFolder(), 'deep', 'tokens')
    const store = fileTokenCache({ directory, keys: key })
    await store.set('alice@contoso', 'canary-token', { ttlMs })

    const [name = '', ...others] = await readdir(directory)

    expect(others).toEqual([])
    expect(name).toMatch(/^[\da-f]{64}\.json$/)
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect(await readFile(join(directory, name), 'utf8')).not.toMatch(/canary|alice/)
  })

  test('forgets when the time is over', async () => {
    const clock = createTestClock()
    const store = fileTokenCache({ directory: await temporaryFolder(), keys: key, clock })
    await store.set('alice', 'one', { ttlMs })
    await clock.advance(ttlMs)
    expect(await store.get('alice')).toBeUndefined()
  })

  test('takes a damaged file for none', async () => {
    const directory = await temporaryFolder()
    const store = fileTokenCache({ directory, keys: key })
    await store.set('alice', 'one', { ttlMs })
    const [name = ''] = await readdir(directory)
    for (const text of ['', '{', '[]', '{"endsAt":"x"}']) {
      await writeFile(join(directory, name), text)
      expect(await store.get('alice')).toBeUndefined()
    }
  })

  test('leaves no file behind but the tokens, also after locks and failures', async () => {
    const directory = await temporaryFolder()
    const store = fileTokenCache({ directory, keys: key })
    const lock = await store.lock?.('alice', {})
    await store.set('alice', 'one', { ttlMs })
    await lock?.release()

    expect(await readdir(directory)).toHaveLength(1)
  })

  test('fails when the folder cannot be written', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    const store = fileTokenCache({ directory: join(file, 'tokens'), keys: key })

    expect(await failureOf(store.set('alice', 'one', { ttlMs }))).toHaveProperty('code', 'ENOTDIR')
  })
})

describe.skipIf(skipWithoutRedis())('redisTokenCache()', () => {
  tokenCacheContract('redisTokenCache()', 'shared', async (clock) => {
    const { connect } = await startRedis()
    return {
      open: async () => redisTokenCache({ client: await connect(), keys: key, clock }),
      // Redis ends them by its own clock, which no test moves.
      outlastLocks: async () => {
        const client = await connect()
        for (const lock of await client.keys('*lock*')) await client.del(lock)
      },
    }
  })

  const open = async (options: object = {}) => {
    const redis = await startRedis()
    const client = await redis.connect()
    return { redis, client, store: redisTokenCache({ client, keys: key, ...options }) }
  }

  test('takes a client of the package redis', () => {
    expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisCommands>()
  })

  test('keeps nothing readable, for a limited time, under keys of its own', async () => {
    const { client, store } = await open()
    await store.set('alice', 'canary-token', { ttlMs })

    expect(await client.keys('*')).toEqual(['patkit:tokens:alice'])
    expect(await client.get('patkit:tokens:alice')).not.toContain('canary')
    const leftMs = await client.pTTL('patkit:tokens:alice')
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(ttlMs)
  })

  test('holds a lock with a token and an end, and gives back only its own', async () => {
    const { client, store } = await open({ prefix: 'app:' })
    const lock = await store.lock?.('alice', {})

    expect(await client.get('app:lock:alice')).toMatch(/^[\da-f-]{36}$/)
    expect(await client.pTTL('app:lock:alice')).toBeGreaterThan(0)
    await client.set('app:lock:alice', 'somebody else')
    await lock?.release()

    expect(await client.get('app:lock:alice')).toBe('somebody else')
  })

  test('waits for a lock and gets it when its holder is gone', async () => {
    const clock = createTestClock()
    const { client, store } = await open({ clock })
    await client.set('patkit:tokens:lock:alice', 'somebody who died')
    const waiting = Promise.resolve(store.lock?.('alice', {}))
    await client.del('patkit:tokens:lock:alice')

    await (await clock.runUntil(waiting))?.release()
    expect(await client.keys('*')).toEqual([])
  })

  test('gives up waiting for a lock that nobody gives back', async () => {
    const clock = createTestClock()
    const { client, store } = await open({ clock })
    await client.set('patkit:tokens:lock:alice', 'somebody who hangs')

    const error = await failureOf(clock.runUntil(Promise.resolve(store.lock?.('alice', {}))))

    expect(error).toBeInstanceOf(TokenCacheError)
    expect(error).toMatchObject({ retryable: true })
  })

  test('does not wait for ever for a Redis that does not answer', async () => {
    const clock = createTestClock()
    const silent: RedisCommands = { sendCommand: () => new Promise(() => undefined) }
    const store = redisTokenCache({ client: silent, keys: key, clock, commandTimeoutMs: 3000 })

    const failure = failureOf(store.get('alice'))
    await clock.advance(3000)

    expect(await failure).toMatchObject({ code: 'PATKIT_TOKEN_CACHE', message: 'Redis did not answer within 3 s.' })
  })

  test('fails when Redis is down', async () => {
    const { redis, store } = await open()
    await redis.stop()

    expect(await failureOf(store.get('alice'))).toBeInstanceOf(Error)
  })
})
