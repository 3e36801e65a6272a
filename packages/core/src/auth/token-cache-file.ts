import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { systemClock, type Clock } from '../clock.js'
import { TokenCacheError } from '../errors.js'
import type { TokenCacheLock, TokenCacheStore } from './token-cache.js'
import { encryptTokenCache, type TokenCacheKey } from './token-cache-crypto.js'

/** Where {@link fileTokenCache} keeps tokens. */
export interface FileTokenCacheOptions {
  /** Folder for the files, made if need be. Only the owner may read what is in it. */
  readonly directory: string
  /** Encrypts the files: see {@link encryptTokenCache}. Keep it elsewhere than the folder. */
  readonly keys: TokenCacheKey | readonly TokenCacheKey[]
  /** Source of time. */
  readonly clock?: Clock
}

/**
 * Keeps tokens in encrypted files, one per person: they survive a restart, and processes on one machine share them.
 *
 * @throws {@link ConfigurationError} When a key is missing or not 32 bytes.
 */
export function fileTokenCache({ directory, keys, clock = systemClock }: FileTokenCacheOptions): TokenCacheStore {
  return encryptTokenCache(plainFiles(directory, clock), keys)
}

const fileContent = z.object({ endsAt: z.number(), value: z.string() })
const lockContent = z.object({ token: z.string(), host: z.string(), pid: z.number(), takenAt: z.number() })

/** A holder that lives keeps a lock for seconds; after this it is taken for dead. */
const leaseMs = 60_000
// Longer than the lease: whoever waits must see a dead holder go.
const waitForLockMs = 75_000
const pollMs = 40

function plainFiles(directory: string, clock: Clock): TokenCacheStore {
  // The name tells nothing, and no key can lead out of the folder.
  const pathOf = (key: string, ending: string): string =>
    join(directory, `${createHash('sha256').update(key).digest('hex')}.${ending}`)
  const prepare = (): Promise<unknown> => mkdir(directory, { recursive: true, mode: 0o700 })

  return {
    get: async (key) => {
      const text = await readIfThere(pathOf(key, 'json'))
      const content = text === undefined ? undefined : parse(fileContent, text)
      return content === undefined || content.endsAt <= clock.now() ? undefined : content.value
    },
    set: async (key, value, { ttlMs }) => {
      await prepare()
      const path = pathOf(key, 'json')
      const beside = `${path}.${randomUUID()}`
      try {
        await writeFile(beside, JSON.stringify({ endsAt: clock.now() + ttlMs, value }), { flag: 'wx', mode: 0o600 })
        // Whoever reads sees the old content or the new one, never half of it.
        await rename(beside, path)
      } catch (error) {
        await removeIfThere(beside)
        throw error
      }
    },
    delete: (key) => removeIfThere(pathOf(key, 'json')),
    lock: async (key, { signal }) => {
      await prepare()
      return takeLock(pathOf(key, 'lock'), clock, signal)
    },
  }
}

async function takeLock(path: string, clock: Clock, signal: AbortSignal | undefined): Promise<TokenCacheLock> {
  const token = randomUUID()
  const mine = `${path}.${token}`
  const giveUpAt = clock.now() + waitForLockMs
  try {
    for (;;) {
      const content = { token, host: hostname(), pid: process.pid, takenAt: clock.now() }
      await writeFile(mine, JSON.stringify(content), { mode: 0o600 })
      // A link appears with its whole content or not at all, and only one can.
      if (await linkIfFree(mine, path)) return { release: () => releaseLock(path, token) }
      await removeDeadLock(path, clock)
      if (clock.now() >= giveUpAt) {
        throw new TokenCacheError('The tokens of this person are locked by another process for too long.', {
          hint: 'Try again; if it lasts, look for a process that hangs.',
        })
      }
      await clock.sleep(pollMs * (0.5 + Math.random()), signal)
    }
  } finally {
    await removeIfThere(mine)
  }
}

async function releaseLock(path: string, token: string): Promise<void> {
  if ((await readLock(path))?.token === token) await removeIfThere(path)
}

/** Removes the lock of a holder that is no more. Moved aside first: of several who see it dead only one may remove it. */
async function removeDeadLock(path: string, clock: Clock): Promise<void> {
  const seen = await readLock(path)
  if (seen === undefined || !isDead(seen, clock)) return
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  // Somebody else was faster and a new holder got in between: it gets its lock back.
  if ((await readLock(aside))?.token !== seen.token) await linkIfFree(aside, path)
  await removeIfThere(aside)
}

function isDead({ host, pid, takenAt }: z.output<typeof lockContent>, clock: Clock): boolean {
  if (clock.now() - takenAt > leaseMs) return true
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

async function readLock(path: string): Promise<z.output<typeof lockContent> | undefined> {
  const text = await readIfThere(path)
  return text === undefined ? undefined : parse(lockContent, text)
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function parse<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
