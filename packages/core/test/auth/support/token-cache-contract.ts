import { createTestClock, type TestClock } from '@patkit/emulator'
import { describe, expect, test } from 'vitest'
import type { TokenCacheStore } from '../../../src/index.js'
import { failureOf } from '../../world.js'

/** A place to keep tokens in, new for each test. */
export interface Place {
  /** A store over this place; each as another process would make it. */
  readonly open: () => Promise<TokenCacheStore>
  /** Lets so much time pass that the locks of those who died run out; only for what several processes share. */
  readonly outlastLocks?: () => Promise<void>
}

const ttlMs = 60_000

/** What every store has to keep. `shared` stores also keep it for several processes. */
export function tokenCacheContract(
  name: string,
  kind: 'private' | 'shared',
  make: (clock: TestClock) => Promise<Place>,
): void {
  const start = async () => {
    const clock = createTestClock(new Date().toISOString())
    const { open, outlastLocks = () => Promise.resolve() } = await make(clock)
    return { clock, open, outlastLocks, store: await open() }
  }

  describe(`${name} keeps the contract of a token cache`, () => {
    test('get() gives undefined for what was never set', async () => {
      const { store } = await start()
      expect(await store.get('nobody')).toBeUndefined()
    })

    test('get() gives what set() was given, whatever it is', async () => {
      const { store } = await start()
      for (const text of ['{"a":1}', '', 'Zoë 🚀 \u0000 \r\n', 'x'.repeat(100_000)]) {
        await store.set('alice', text, { ttlMs })
        expect(await store.get('alice')).toBe(text)
      }
    })

    test('set() replaces, and touches no other key', async () => {
      const { store } = await start()
      await store.set('alice', 'one', { ttlMs })
      await store.set('bob', 'two', { ttlMs })
      await store.set('alice', 'three', { ttlMs })
      expect([await store.get('alice'), await store.get('bob')]).toEqual(['three', 'two'])
    })

    test('delete() forgets, also twice', async () => {
      const { store } = await start()
      await store.set('alice', 'one', { ttlMs })
      await store.delete('alice')
      await store.delete('alice')
      expect(await store.get('alice')).toBeUndefined()
    })

    test('keys that differ by little are different keys', async () => {
      const { store } = await start()
      const keys = ['a', 'A', 'a ', 'a/b', '../a', 'a\\b', 'a:b']
      for (const key of keys) await store.set(key, `of ${key}`, { ttlMs })
      for (const key of keys) expect(await store.get(key)).toBe(`of ${key}`)
    })

    if (kind === 'shared') sharedContract(start)
  })
}

function sharedContract(
  start: () => Promise<Required<Place> & { readonly clock: TestClock; readonly store: TokenCacheStore }>,
): void {
  test('what one process sets another gets', async () => {
    const { open, store } = await start()
    await store.set('alice', 'one', { ttlMs })
    expect(await (await open()).get('alice')).toBe('one')
  })

  test('lock() makes the others wait until it is released', async () => {
    const { clock, open, store } = await start()
    const other = await open()
    const lock = await store.lock?.('alice', {})
    const order: string[] = []

    const second = other.lock?.('alice', {}).then((taken) => {
      order.push('second')
      return taken
    })
    const others = await clock.runUntil(Promise.resolve(other.lock?.('bob', {})))
    await others?.release()
    order.push('first')
    await lock?.release()
    await (await clock.runUntil(Promise.resolve(second)))?.release()

    expect(order).toEqual(['first', 'second'])
  })

  test('lock() is taken from a holder that is gone', async () => {
    const { clock, open, outlastLocks, store } = await start()
    const gone = await store.lock?.('alice', {})

    const waiting = Promise.resolve((await open()).lock?.('alice', {}))
    await outlastLocks()
    const lock = await clock.runUntil(waiting)
    expect(lock).toBeDefined()
    // Whoever was gone and comes back takes nothing from the new holder.
    await gone?.release()
    const leaving = new AbortController()
    const third = failureOf(Promise.resolve((await open()).lock?.('alice', { signal: leaving.signal })))
    leaving.abort(new Error('still held'))
    expect(await clock.runUntil(third)).toHaveProperty('message', 'still held')
    await lock?.release()
  })

  test('lock() stops waiting when the signal aborts', async () => {
    const { clock, open, store } = await start()
    const lock = await store.lock?.('alice', {})
    const leaving = new AbortController()

    const waiting = failureOf(Promise.resolve((await open()).lock?.('alice', { signal: leaving.signal })))
    leaving.abort(new Error('left'))

    expect(await clock.runUntil(waiting)).toHaveProperty('message', 'left')
    await lock?.release()
  })

  test('a release twice harms nobody', async () => {
    const { open, store } = await start()
    const lock = await store.lock?.('alice', {})
    await lock?.release()
    const next = await (await open()).lock?.('alice', {})
    await lock?.release()
    await next?.release()
  })
}
