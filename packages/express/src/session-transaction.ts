import { createHash, randomBytes } from 'node:crypto'
import type { SignInTransaction } from '@patkit/core'
import type { Request, Response } from 'express'
import { readCookie, setCookie, type CookieSettings } from './cookies.js'
import type { GuardedStore } from './session-store.js'

/** A sign-in that somebody was sent to and has not come back from. */
export interface PendingSignIn {
  readonly transaction: SignInTransaction
  /** Whether it is to get what was missing for somebody who is signed in already. */
  readonly purpose: 'sign-in' | 'renewal'
}

/** What there is about the sign-in that a browser comes back from. */
export type TakenSignIn =
  | { readonly kind: 'found'; readonly pending: PendingSignIn }
  /** It came back before. */
  | { readonly kind: 'spent' }
  /** This browser started none of this name, or too long ago. */
  | { readonly kind: 'unknown' }
  /** The browser did not send the cookie that binds it. */
  | { readonly kind: 'no-cookie' }

/** Tabs that may be at the sign-in page at once; the ones opened first are given up. */
const maxPending = 8
/** Longer than a sign-in may take, so that one that took too long is told from one that never was. */
const lifeMs = 60 * 60_000
const spent = 'spent'

/**
 * Sign-ins under way, each on its own in the session store.
 *
 * They are bound to the browser by a cookie of their own: several tabs can sign in at once without overwriting each other, one that
 * finishes first takes nothing from the others, and nobody gets a session before they have signed in.
 */
export class PendingSignIns {
  readonly #store: GuardedStore
  readonly #cookie: CookieSettings

  constructor(store: GuardedStore, cookie: CookieSettings) {
    this.#store = store
    this.#cookie = cookie
  }

  /**
   * Remembers a sign-in, and gives the browser the cookie that binds it.
   *
   * @throws {@link SessionStoreError} When the store fails.
   */
  async keep(req: Request, res: Response, pending: PendingSignIn): Promise<void> {
    const { browser, tags } = this.#read(req) ?? { browser: randomBytes(32).toString('base64url'), tags: [] }
    const tag = tagOf(pending.transaction.state)
    const all = [...tags, tag]
    await this.#store.put(nameOf(browser, tag), pending, lifeMs)
    for (const old of all.slice(0, -maxPending)) await this.#store.forget(nameOf(browser, old))
    setCookie(res, this.#cookie, [browser, ...all.slice(-maxPending)].join('.'), lifeMs / 1000)
  }

  /**
   * Takes out the sign-in that came back. Of two that come at the same moment both may get it; `AuthClient` takes the state once.
   *
   * @throws {@link SessionStoreError} When the store fails.
   */
  async take(req: Request, state: string): Promise<TakenSignIn> {
    const browser = this.#read(req)?.browser
    if (browser === undefined) return { kind: 'no-cookie' }
    const name = nameOf(browser, tagOf(state))
    const kept = await this.#store.read(name)
    if (kept === undefined) return { kind: 'unknown' }
    if (kept === spent) return { kind: 'spent' }
    await this.#store.put(name, spent, lifeMs)
    return { kind: 'found', pending: kept as PendingSignIn }
  }

  #read(req: Request): { readonly browser: string; readonly tags: readonly string[] } | undefined {
    const value = readCookie(req, this.#cookie.name)
    const [browser = '', ...tags] = value?.split('.') ?? []
    const isOurs =
      /^[\w-]{43}$/.test(browser) && tags.length <= maxPending && tags.every((tag) => /^[\w-]{16}$/.test(tag))
    return isOurs ? { browser, tags } : undefined
  }
}

/** Tells one sign-in of a browser from another, and nothing of its state. */
const tagOf = (state: string): string => createHash('sha256').update(state).digest('base64url').slice(0, 16)

const nameOf = (browser: string, tag: string): string => `sign-in ${browser} ${tag}`
