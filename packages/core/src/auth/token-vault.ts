import { createHash } from 'node:crypto'
import { untilAborted } from '../abort.js'
import { isPatkitError, TokenCacheError } from '../errors.js'
import { printable } from '../http/redact.js'
import type { TokenCacheStore } from './token-cache.js'

/** The tokens of one person, while nobody else may touch them. */
export interface HeldTokens {
  read(): Promise<string | undefined>
  write(tokens: string): Promise<void>
  delete(): Promise<void>
}

/** Names the tokens of one person in one application; tells nothing about either. */
export function vaultKey(authority: string, clientId: string, accountId: string): string {
  const name = JSON.stringify([authority, clientId.toLowerCase(), accountId])
  return createHash('sha256').update(name).digest('base64url')
}

/** A store behind a lock per person, with failures in our words. */
export class TokenVault {
  readonly #store: TokenCacheStore
  readonly #ttlMs: number
  readonly #tails = new Map<string, Promise<void>>()

  constructor(store: TokenCacheStore, ttlMs: number) {
    this.#store = store
    this.#ttlMs = ttlMs
  }

  /** What is kept of a person, without waiting for whoever is changing it. */
  read(key: string): Promise<string | undefined> {
    return translated(() => this.#store.get(key))
  }

  /** Does something with a person's tokens that nobody else may interrupt: in this process, or in any that shares the store. */
  async hold<T>(key: string, signal: AbortSignal | undefined, work: (held: HeldTokens) => Promise<T>): Promise<T> {
    const leave = await this.#enter(key, signal)
    try {
      const lock = await translated(async () => this.#store.lock?.(key, { signal }), signal)
      try {
        return await work({
          read: () => this.read(key),
          write: (tokens) => translated(() => this.#store.set(key, tokens, { ttlMs: this.#ttlMs })),
          delete: () => translated(() => this.#store.delete(key)),
        })
      } finally {
        // What was done is done; a lock that cannot be given back runs out by itself.
        await lock?.release().catch(() => undefined)
      }
    } finally {
      leave()
    }
  }

  /** Waits for those of this process who came before; the returned function lets the next one in. */
  async #enter(key: string, signal: AbortSignal | undefined): Promise<() => void> {
    let leave: () => void = () => undefined
    const mine = new Promise<void>((resolve) => {
      leave = resolve
    })
    const previous = this.#tails.get(key) ?? Promise.resolve()
    const tail = previous.then(() => mine)
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    try {
      await (signal === undefined ? previous : untilAborted(previous, signal))
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }
}

/** A store may throw anything; a message of it may hold anything. */
async function translated<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isPatkitError(error) || signal?.aborted === true) throw error
    throw new TokenCacheError(
      `The token cache failed: ${printable(error instanceof Error ? error.message : String(error))}`,
      {
        hint: 'Check that the place where tokens are kept is reachable and writable.',
      },
    )
  }
}
