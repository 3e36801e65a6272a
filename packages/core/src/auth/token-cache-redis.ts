import { randomUUID } from 'node:crypto'
import { systemClock, type Clock } from '../clock.js'
import { TokenCacheError } from '../errors.js'
import type { TokenCacheLock, TokenCacheStore } from './token-cache.js'
import { encryptTokenCache, type TokenCacheKey } from './token-cache-crypto.js'

/**
 * What is needed of a Redis client: a connected client of `redis` (node-redis 4 and later) has it. For ioredis give
 * `{ sendCommand: ([command, ...args]) => redis.call(command, ...args) }`.
 */
export interface RedisCommands {
  sendCommand(command: string[]): Promise<unknown>
}

/** Where {@link redisTokenCache} keeps tokens. */
export interface RedisTokenCacheOptions {
  /** A connected client. It stays the caller's: it is never closed here. */
  readonly client: RedisCommands
  /** Encrypts what is kept: see {@link encryptTokenCache}. */
  readonly keys: TokenCacheKey | readonly TokenCacheKey[]
  /** Stands before every key. Default `'patkit:tokens:'`. */
  readonly prefix?: string
  /** Milliseconds to wait for Redis before giving up: a client that has lost its connection would wait for ever. Default 5,000. */
  readonly commandTimeoutMs?: number
  /** Source of time. */
  readonly clock?: Clock
}

/**
 * Keeps tokens in Redis, encrypted: they survive restarts, and all servers share them.
 *
 * A person's tokens are renewed under a lock that spans the servers, so two that renew at once lose nothing.
 *
 * @remarks Needs no scripting rights beyond `EVAL`, and no persistence: what Redis loses, people sign in again for.
 * @throws {@link ConfigurationError} When a key is missing or not 32 bytes.
 */
export function redisTokenCache(options: RedisTokenCacheOptions): TokenCacheStore {
  const { client, keys, prefix = 'patkit:tokens:', commandTimeoutMs = 5000, clock = systemClock } = options
  const run = (...command: string[]): Promise<unknown> =>
    withDeadline(client.sendCommand(command), commandTimeoutMs, clock)
  const plain: TokenCacheStore = {
    get: async (key) => {
      const value = await run('GET', prefix + key)
      return value === null || value === undefined ? undefined : textOf(value)
    },
    set: async (key, value, { ttlMs }) => {
      await run('SET', prefix + key, value, 'PX', String(Math.max(Math.round(ttlMs), 1)))
    },
    delete: async (key) => {
      await run('DEL', prefix + key)
    },
    lock: (key, { signal }) => takeLock(`${prefix}lock:${key}`, run, clock, signal),
  }
  return encryptTokenCache(plain, keys)
}

// A renewal takes 30 s at most (its deadline), so a lock that is older belongs to a server that died or was stopped.
const leaseMs = 60_000
const waitForLockMs = 75_000
const pollMs = 40

/** Deletes the lock only if it is still ours: it may have run out, and belong to somebody else by now. */
const releaseScript =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"

type Run = (...command: string[]) => Promise<unknown>

async function takeLock(
  name: string,
  run: Run,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<TokenCacheLock> {
  const token = randomUUID()
  const release = async (): Promise<void> => {
    await run('EVAL', releaseScript, '1', name, token)
  }
  const giveUpAt = clock.now() + waitForLockMs
  for (;;) {
    if ((await run('SET', name, token, 'NX', 'PX', String(leaseMs))) !== null) return { release }
    if (clock.now() >= giveUpAt) {
      throw new TokenCacheError('The tokens of this person are locked by another server for too long.', {
        hint: 'Try again; if it lasts, look for a server that hangs.',
      })
    }
    await clock.sleep(pollMs * (0.5 + Math.random()), signal)
  }
}

async function withDeadline(work: Promise<unknown>, timeoutMs: number, clock: Clock): Promise<unknown> {
  let stop: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    stop = clock.timer(timeoutMs, () =>
      reject(
        new TokenCacheError(`Redis did not answer within ${Math.round(timeoutMs / 1000)} s.`, {
          hint: 'Check that Redis runs and is reachable from here.',
        }),
      ),
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stop?.()
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString('utf8') : ''
}
