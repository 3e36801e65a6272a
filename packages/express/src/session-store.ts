import { createHash } from 'node:crypto'
import type { Clock } from '@patkit/core'
import session, { type SessionData, type Store } from 'express-session'
import { SessionStoreError } from './errors.js'
import { endingAt } from './session-end.js'

/** How long sessions live, in milliseconds. */
export interface SessionLives {
  /** Without any request. */
  readonly idleMs: number
  /** In all, whatever happens. */
  readonly absoluteMs: number
}

/** What a {@link GuardedStore} is put around. */
export interface GuardedStoreOptions {
  readonly store: Store
  /** Stands before every key: applications that share a store never see each other's sessions. */
  readonly namespace: string
  readonly lives: SessionLives
  readonly clock: Clock
}

interface Entry {
  readonly value: unknown
  readonly endsAt: number
}

type Callback = (error?: unknown) => void

/** Tells the caller, as express-session's stores do, how some work ended. */
export function report(work: Promise<unknown>, callback: Callback | undefined): void {
  work.then(
    () => callback?.(),
    (error: unknown) => callback?.(error),
  )
}

/** A store that hangs must not hang every request with it. */
const deadlineMs = 5000

/**
 * Makes any express-session store keep our promises: sessions end on time, one that was ended stays ended, what is in the store is of no
 * use as a cookie, and a store that fails or hangs is an error of ours within seconds.
 */
export class GuardedStore extends session.Store {
  readonly #store: Store
  readonly #namespace: string
  readonly #lives: SessionLives
  readonly #clock: Clock
  /** Ids that were made for a request and are not in the store yet. */
  readonly #fresh = new WeakMap<object, string>()

  constructor({ store, namespace, lives, clock }: GuardedStoreOptions) {
    super()
    this.#store = store
    this.#namespace = namespace
    this.#lives = lives
    this.#clock = clock
  }

  /** Notes that the session of this request is a new one. */
  isNew(req: object, sid: string): void {
    this.#fresh.set(req, sid)
  }

  /** What a session is called in the store. Tells nothing about its id. */
  keyOf(sid: string): string {
    return `${this.#namespace}.s.${hash(sid)}`
  }

  override get(sid: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    this.#find(sid).then((data) => callback(undefined, data), callback)
  }

  override set(sid: string, data: SessionData, callback?: Callback): void {
    report(this.#save(sid, data), callback)
  }

  override touch(sid: string, data: SessionData, callback?: Callback): void {
    report(this.#touch(sid, data), callback)
  }

  override destroy(sid: string, callback?: Callback): void {
    report(this.remove(this.keyOf(sid)), callback)
  }

  /** Keeps a value that is no session, such as a sign-in under way. */
  async put(name: string, value: unknown, lifeMs: number): Promise<void> {
    const endsAt = this.#clock.now() + lifeMs
    const entry: Entry = { value, endsAt }
    await this.#run((done) => this.#store.set(this.#entryKey(name), endingAt(entry, endsAt), done))
  }

  /** A value that was put and whose time is not over. */
  async read(name: string): Promise<unknown> {
    const data = await this.#load(this.#entryKey(name))
    const { value, endsAt = 0 } = (data ?? {}) as Partial<Entry>
    return endsAt > this.#clock.now() ? value : undefined
  }

  async forget(name: string): Promise<void> {
    await this.remove(this.#entryKey(name))
  }

  /** Ends a session by its key. */
  async remove(key: string): Promise<void> {
    await this.#run((done) => this.#store.destroy(key, done))
  }

  /** A session by its key. */
  async sessionAt(key: string): Promise<SessionData | undefined> {
    return this.#load(key)
  }

  #entryKey(name: string): string {
    return `${this.#namespace}.e.${hash(name)}`
  }

  async #find(sid: string): Promise<SessionData | null> {
    const key = this.keyOf(sid)
    const data = await this.#load(key)
    if (data === undefined) return null
    // To browsers it is a cookie without an end of its own: it goes with the browser window, and their clocks do not matter.
    return endingAt(data, undefined)
  }

  async #load(key: string): Promise<SessionData | undefined> {
    const data = await this.#run<SessionData | null | undefined>((done) => this.#store.get(key, done))
    if (data === undefined || data === null) return undefined
    // The end that a store keeps with the content is that of the last writing; requests since then have only put off the store's own.
    if (this.#lastEnd(data) > this.#clock.now()) return data
    await this.remove(key)
    return undefined
  }

  #lastEnd(data: SessionData): number {
    const createdAt = data.patkit?.createdAt
    return createdAt === undefined ? Infinity : createdAt + this.#lives.absoluteMs
  }

  async #save(sid: string, data: SessionData): Promise<void> {
    const { req } = data as { readonly req?: object }
    const isFresh = req !== undefined && this.#fresh.get(req) === sid
    // Another request ended it while this one was busy: somebody signed out. Writing it back would sign them in again.
    if (!isFresh && (await this.#load(this.keyOf(sid))) === undefined) return
    await this.#run((done) => this.#store.set(this.keyOf(sid), this.#lasting(data), done))
    if (isFresh) this.#fresh.delete(req)
  }

  async #touch(sid: string, data: SessionData): Promise<void> {
    const lasting = this.#lasting(data)
    await this.#run((done) => {
      // Stores may leave it out; then the whole session is written.
      if (this.#store.touch === undefined) this.set(sid, data, done)
      else this.#store.touch(this.keyOf(sid), lasting, done)
    })
  }

  /** The session as plain data, with the time at which it ends unless another request comes. */
  #lasting(data: SessionData): SessionData {
    const now = this.#clock.now()
    const end = Math.min(now + this.#lives.idleMs, this.#lastEnd(data))
    return endingAt(JSON.parse(JSON.stringify(data)) as SessionData, end)
  }

  #run<T>(work: (done: (error?: unknown, value?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = this.#clock.timer(deadlineMs, () => reject(failed('it did not answer in time')))
      const done = (error?: unknown, value?: T): void => {
        stop()
        if (error === undefined || error === null) resolve(value as T)
        else reject(failed(nameOf(error)))
      }
      try {
        work(done)
      } catch (error) {
        done(error)
      }
    })
  }
}

/** The error's code or class; its message may hold an address with a password. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[\w-]{1,40}$/.test(code) ? code : error.name
}

function failed(reason: string): SessionStoreError {
  return new SessionStoreError(`The place where sessions are kept failed: ${reason}.`, {
    hint: 'Try again in a moment. If it lasts, check that the place where sessions are kept is reachable and writable.',
  })
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
