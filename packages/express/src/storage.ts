import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  fileTokenCache,
  memoryTokenCache,
  systemClock,
  type Clock,
  type Logger,
  type Secret,
  type TokenCacheStore,
} from '@patkit/core'
import type { Store } from 'express-session'
import { passingSecret, prepareFolder, readSecrets, secretOfFolder, type SessionSecret } from './session-secrets.js'
import { FileSessionStore } from './session-store-file.js'
import { MemorySessionStore } from './session-store-memory.js'
import { redisStorage } from './storage-redis.js'
import { tokenCacheKeys } from './session-token-cache.js'

/**
 * Where a web application keeps sessions and people's tokens. Make one with {@link storageFromEnv}, {@link fileStorage},
 * {@link redisStorage} or {@link memoryStorage}; give it to `signIn`, and its `tokenCache` to `AuthClient`.
 *
 * For another store of express-session: `{ ...memoryStorage({ secret }), sessions: new OtherStore() }`.
 */
export interface WebStorage {
  /** Any store of express-session. One that keeps sessions for ever is fine: their end is also checked when they are read. */
  readonly sessions: Store
  /** Encrypted where it leaves the process. */
  readonly tokenCache: TokenCacheStore
  /** Sign session cookies: the first signs, all are accepted. */
  readonly secrets: readonly Secret[]
  /** Ends what was opened, such as connections. */
  close(): Promise<void>
}

/** What {@link memoryStorage} may be told. */
export interface MemoryStorageOptions {
  /** Signs session cookies. Default: one that ends with the process, as the sessions do. */
  readonly secret?: SessionSecret
  /** Source of time. */
  readonly clock?: Clock
}

/** Keeps everything in this process: for tests, and where a restart may sign everybody out. */
export function memoryStorage({ secret, clock = systemClock }: MemoryStorageOptions = {}): WebStorage {
  return {
    sessions: new MemorySessionStore(clock),
    tokenCache: memoryTokenCache({ clock }),
    secrets: secret === undefined ? passingSecret() : readSecrets(secret, 'storage.secret'),
    close: () => Promise.resolve(),
  }
}

/** What {@link fileStorage} may be told. */
export interface FileStorageOptions {
  /** Folder, made if need be, readable by its owner only. Default: `$XDG_STATE_HOME/patkit/web`, or `~/.local/state/patkit/web`. */
  readonly directory?: string
  /**
   * Signs session cookies, and encrypts kept tokens with a key derived from it. Default: one that is made once and kept in the folder,
   * so that whoever can read the folder can read the tokens; give one from elsewhere to keep them apart.
   */
  readonly secret?: SessionSecret
  /** Source of time. */
  readonly clock?: Clock
  /** Receives a warning when a file was damaged or cannot be removed. */
  readonly logger?: Logger
}

/**
 * Keeps everything in files of one folder: it survives a restart, needs no other program, and serves one machine.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When the folder cannot be written to, or the secret is too short.
 */
export function fileStorage({ clock = systemClock, logger, ...options }: FileStorageOptions = {}): WebStorage {
  const directory = options.directory ?? defaultDirectory(process.env)
  const given = options.secret === undefined ? undefined : readSecrets(options.secret, 'storage.secret')
  if (given !== undefined) prepareFolder(directory)
  const secrets = given ?? secretOfFolder(directory)
  const sessions = new FileSessionStore({ directory: join(directory, 'sessions'), clock, logger })
  return {
    sessions,
    tokenCache: fileTokenCache({ directory: join(directory, 'tokens'), keys: tokenCacheKeys(secrets), clock }),
    secrets,
    close: () => sessions.idle(),
  }
}

/** The variables of the place where sessions are. One that is empty counts as not set. */
export interface StorageVariables {
  /**
   * Signs session cookies and encrypts people's tokens: a long random text (at least 16 characters), the same on every server. Default without
   * Redis: one that is made once and kept beside the sessions.
   */
  readonly SESSION_SECRET?: string
  /** A Redis that several servers share, such as `rediss://:<key>@<name>.redis.cache.windows.net:6380`. Without it sessions are files of this machine. */
  readonly REDIS_URL?: string
  /** Folder above `patkit/web`, where these files are. Default `~/.local/state`. */
  readonly XDG_STATE_HOME?: string
}

function defaultDirectory({ XDG_STATE_HOME: state }: StorageVariables): string {
  const home = state === undefined || state === '' ? join(homedir(), '.local', 'state') : state
  return join(home, 'patkit', 'web')
}

/**
 * Chooses by the environment: Redis with `REDIS_URL`, which several servers share (`SESSION_SECRET` is needed then, the same on all),
 * otherwise files. `SESSION_SECRET` signs cookies in either case.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) Naming the variable that is missing or wrong.
 */
export function storageFromEnv(
  options: { readonly logger?: Logger } = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): WebStorage {
  const valueOf = (name: keyof StorageVariables): string | undefined => env[name]?.trim() || undefined
  const [url, given] = [valueOf('REDIS_URL'), valueOf('SESSION_SECRET')]
  if (url !== undefined) return redisStorage({ ...options, url, secret: readSecrets(given, 'SESSION_SECRET') })
  const secret = given === undefined ? {} : { secret: readSecrets(given, 'SESSION_SECRET') }
  return fileStorage({ ...options, ...secret, directory: defaultDirectory(env) })
}
