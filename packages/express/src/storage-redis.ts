import { ConfigurationError, redisTokenCache, systemClock, type Clock, type Logger } from '@patkit/core'
import type { createClient } from 'redis'
import session, { type SessionData, type Store } from 'express-session'
import { readSecrets, type SessionSecret } from './session-secrets.js'
import { tokenCacheKeys } from './session-token-cache.js'
import type { WebStorage } from './storage.js'

/** Where {@link redisStorage} keeps everything. */
export interface RedisStorageOptions {
  /** Such as `redis://localhost:6379` or `rediss://:password@host:6380`. */
  readonly url: string
  /** Signs session cookies, and encrypts kept tokens with a key derived from it: the same on all servers. */
  readonly secret: SessionSecret
  /** Stands before every key. Default `'patkit:'`. */
  readonly prefix?: string
  /** Source of time. */
  readonly clock?: Clock
  /** Receives a warning when the connection is lost, and when it is back. */
  readonly logger?: Logger
}

/**
 * Keeps everything in Redis, so that several servers share it. Needs the packages `redis` (5) and `connect-redis` (9).
 *
 * The connection is made at the first use, and made again whenever it is lost; until then what needs it fails at once.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When the address or the secret cannot be one.
 */
export function redisStorage(options: RedisStorageOptions): WebStorage {
  const { url, prefix = 'patkit:', clock = systemClock, logger } = options
  checkUrl(url)
  const secrets = readSecrets(options.secret, 'storage.secret')
  const connection = new RedisConnection(url, logger)
  const client = { sendCommand: async (command: string[]) => (await connection.client()).sendCommand(command) }
  return {
    sessions: new RedisSessionStore(connection, `${prefix}sessions:`),
    tokenCache: redisTokenCache({ client, keys: tokenCacheKeys(secrets), prefix: `${prefix}tokens:`, clock }),
    secrets,
    close: () => connection.close(),
  }
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return
  throw new ConfigurationError([
    {
      field: 'REDIS_URL',
      problem: 'It is no address of a Redis server.',
      fix: 'Give an address such as redis://localhost:6379, or rediss:// for an encrypted connection.',
    },
  ])
}

type RedisClient = ReturnType<typeof createClient>

/** One connection for everything. */
class RedisConnection {
  readonly #url: string
  readonly #logger: Logger | undefined
  #client: RedisClient | undefined
  #connected: Promise<RedisClient> | undefined

  constructor(url: string, logger: Logger | undefined) {
    this.#url = url
    this.#logger = logger
  }

  /** The client, connected for the first time; later it may have lost the connection, and then its commands fail. */
  client(): Promise<RedisClient> {
    this.#connected ??= this.#open()
    return this.#connected
  }

  close(): Promise<void> {
    this.#client?.destroy()
    return Promise.resolve()
  }

  async #open(): Promise<RedisClient> {
    const redis = await import('redis').catch((error: unknown) => this.#notInstalled(error))
    const client = redis.createClient({
      url: this.#url,
      // A request waits for nothing that may never come: it fails, and says so.
      disableOfflineQueue: true,
      socket: { connectTimeout: 3000, reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, 5000) },
    })
    this.#client = client
    this.#watch(client)
    // It goes on trying until it is connected. Whoever waits for it has a deadline of their own.
    await client.connect()
    return client
  }

  /** Of packages that are there only where Redis is used. Caught at the import itself, a missing one does not stop a bundler either. */
  #notInstalled(error: unknown): never {
    this.#logger?.warn?.('Redis needs two more packages: npm install redis@5 connect-redis@9')
    throw error
  }

  /** connect-redis over this connection. */
  async store(prefix: string): Promise<Store> {
    const { RedisStore } = await import('connect-redis').catch((error: unknown) => this.#notInstalled(error))
    return new RedisStore({ client: await this.client(), prefix })
  }

  /** Without a listener its first error would end the process. Errors hold the address; a name is enough. */
  #watch(client: RedisClient): void {
    let isUp = true
    client.on('error', (error: unknown) => {
      if (isUp) this.#logger?.warn?.(`The connection to Redis is lost (${codeOf(error)}).`)
      isUp = false
    })
    client.on('ready', () => {
      if (!isUp) this.#logger?.warn?.('The connection to Redis is back.')
      isUp = true
    })
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** connect-redis over a connection that is made when it is needed. */
class RedisSessionStore extends session.Store {
  readonly #connection: RedisConnection
  readonly #prefix: string
  #store: Promise<Store> | undefined

  constructor(connection: RedisConnection, prefix: string) {
    super()
    this.#connection = connection
    this.#prefix = prefix
  }

  override get(key: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    this.#with((store) => store.get(key, callback), callback)
  }

  override set(key: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#with((store) => store.set(key, data, callback), callback)
  }

  override touch(key: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#with((store) => store.touch?.(key, data, callback), callback)
  }

  override destroy(key: string, callback?: (error?: unknown) => void): void {
    this.#with((store) => store.destroy(key, callback), callback)
  }

  #with(work: (store: Store) => unknown, failed: ((error: unknown) => void) | undefined): void {
    this.#store ??= this.#connection.store(this.#prefix)
    this.#store.then(work).catch((error: unknown) => failed?.(error))
  }
}
