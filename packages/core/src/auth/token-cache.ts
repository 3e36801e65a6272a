import { systemClock, type Clock } from '../clock.js'
import { checkRange } from '../config/range.js'

/**
 * Where the tokens of the people who signed in are kept, one text per person.
 *
 * {@link memoryTokenCache}, {@link fileTokenCache} and {@link redisTokenCache} are such stores. One of your own must keep these promises;
 * what it keeps is secret, so wrap it in {@link encryptTokenCache} if it leaves the process.
 */
export interface TokenCacheStore {
  /** The text under this key; `undefined` when there is none or its time is over. Keys are short ASCII texts without personal data. */
  get(key: string): Promise<string | undefined>
  /** Replaces the text under this key as a whole; it may be forgotten after `ttlMs` milliseconds. */
  set(key: string, value: string, options: { readonly ttlMs: number }): Promise<void>
  /** Forgets the key; nothing happens if it is not there. */
  delete(key: string): Promise<void>
  /**
   * Waits until nobody else holds this key and takes it: nobody in this process, and nobody in any other that shares the store. Absent
   * for a store that only one process uses. A holder that dies must lose the lock by itself after a minute or so.
   */
  lock?(key: string, options: { readonly signal?: AbortSignal | undefined }): Promise<TokenCacheLock>
}

/** A key that is held. */
export interface TokenCacheLock {
  /** Gives the key back. Never takes it from somebody who got it meanwhile. */
  release(): Promise<void>
}

/** How {@link memoryTokenCache} is bounded. */
export interface MemoryTokenCacheOptions {
  /** How many people are kept at most; those that were not used for longest go first. Default 10,000 (of about 8 KB each). */
  readonly maxPeople?: number
  /** Source of time. */
  readonly clock?: Clock
}

/** Keeps tokens in this process: gone after a restart, and not shared with other servers. */
export function memoryTokenCache({
  maxPeople = 10_000,
  clock = systemClock,
}: MemoryTokenCacheOptions = {}): TokenCacheStore {
  checkRange('maxPeople', maxPeople, 1, 10_000_000)
  // A Map keeps the order of insertion: what is read or written moves to the end, the first is the one longest unused.
  const kept = new Map<string, { readonly value: string; readonly endsAt: number }>()
  return {
    get: (key) => {
      const entry = kept.get(key)
      if (entry === undefined) return Promise.resolve(undefined)
      kept.delete(key)
      if (entry.endsAt <= clock.now()) return Promise.resolve(undefined)
      kept.set(key, entry)
      return Promise.resolve(entry.value)
    },
    set: (key, value, { ttlMs }) => {
      kept.delete(key)
      kept.set(key, { value, endsAt: clock.now() + ttlMs })
      for (const oldest of kept.keys()) {
        if (kept.size <= maxPeople) break
        kept.delete(oldest)
      }
      return Promise.resolve()
    },
    delete: (key) => {
      kept.delete(key)
      return Promise.resolve()
    },
  }
}
