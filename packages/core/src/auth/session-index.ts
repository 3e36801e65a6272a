import * as z from 'zod'
import { memoryTokenCache, type TokenCacheStore } from './token-cache.js'
import { TokenVault, vaultKey } from './token-vault.js'

/** How a {@link SessionIndex} keeps what it knows. */
export interface SessionIndexOptions {
  /** Default: in this process. With several servers give a store that they share, such as `redisTokenCache()`. */
  readonly store?: TokenCacheStore
  /** Milliseconds after which a session may be forgotten: the longest a session of the application lives. Default: 24 hours. */
  readonly ttlMs?: number
}

const sessionIds = z.array(z.string())
const defaultTtlMs = 24 * 60 * 60_000

/**
 * Finds the application's sessions that belong to a session at the sign-in service, for front-channel sign-out.
 *
 * That sign-out arrives in a frame of another site, where browsers send no session cookie; its `sid` is all there is.
 */
export class SessionIndex {
  readonly #vault: TokenVault
  readonly #authority: string
  readonly #clientId: string

  /** Made by {@link AuthClient.sessionIndex}: what one authority says must not end sessions of another. */
  constructor(
    authority: string,
    clientId: string,
    { store = memoryTokenCache(), ttlMs = defaultTtlMs }: SessionIndexOptions,
  ) {
    this.#vault = new TokenVault(store, ttlMs)
    this.#authority = authority
    this.#clientId = clientId
  }

  /**
   * Notes that a session of the application belongs to one at the sign-in service.
   *
   * @param sessionId - `account.sessionId`; nothing is noted when the service gave none.
   * @param applicationSession - The application's own id of the session.
   */
  async add(sessionId: string | undefined, applicationSession: string): Promise<void> {
    if (sessionId === undefined) return
    await this.#change(sessionId, (known) => [...known.filter((one) => one !== applicationSession), applicationSession])
  }

  /** Forgets a session of the application, as when somebody signs out here. */
  async remove(sessionId: string | undefined, applicationSession: string): Promise<void> {
    if (sessionId === undefined) return
    await this.#change(sessionId, (known) => known.filter((one) => one !== applicationSession))
  }

  /** The sessions of the application that have to end, each given once: they are forgotten here. */
  async take(sessionId: string): Promise<readonly string[]> {
    return this.#change(sessionId, () => [])
  }

  /** Returns what was known before. */
  #change(sessionId: string, change: (known: readonly string[]) => readonly string[]): Promise<readonly string[]> {
    const key = vaultKey(this.#authority, this.#clientId, `session ${sessionId}`)
    return this.#vault.hold(key, undefined, async (held) => {
      const before = read(await held.read())
      const after = change(before)
      if (after.length > 0) await held.write(JSON.stringify(after))
      else if (before.length > 0) await held.delete()
      return before
    })
  }
}

function read(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  try {
    return sessionIds.safeParse(JSON.parse(text)).data ?? []
  } catch {
    return []
  }
}
