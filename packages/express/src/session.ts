import { randomBytes } from 'node:crypto'
import type { Account, Clock, Logger } from '@patkit/core'
import type { Request, RequestHandler, Response } from 'express'
import session, { type SessionData } from 'express-session'
import { clearCookie, type CookieSettings } from './cookies.js'
import { SessionStoreError } from './errors.js'
import { GuardedStore, type SessionLives } from './session-store.js'
import type { WebStorage } from './storage.js'

/** What a session knows of whoever signed in. Plain data without any token. */
export interface SessionRecord {
  readonly account: Account
  /** Stands in every form; nobody else can know it. */
  readonly csrfToken: string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAt: number
  /** Sign-ins that were demanded while somebody was signed in already, so that they do not go on for ever. */
  readonly renewals: readonly Renewal[]
  /** What an answer to a program said was missing; the next sign-in asks for it. */
  readonly demand?: (Demand & { readonly at: number }) | undefined
}

/** A sign-in for scopes that were missing. */
export interface Renewal {
  readonly scopes: readonly string[]
  /** Milliseconds since 1970-01-01 UTC. */
  readonly at: number
}

/** What a sign-in must bring. */
export interface Demand {
  readonly scopes: readonly string[]
  readonly claims: string | undefined
}

declare module 'express-session' {
  interface SessionData {
    /** Belongs to `@patkit/express`. */
    patkit?: SessionRecord
  }
}

/** What sessions are made of. */
export interface SessionsOptions {
  readonly storage: WebStorage
  readonly namespace: string
  readonly cookie: CookieSettings
  readonly lives: SessionLives
  readonly trustProxy: boolean
  readonly clock: Clock
  readonly logger: Logger
}

/** The sessions of one application: express-session, with our promises around it. */
export class Sessions {
  readonly store: GuardedStore
  readonly #cookie: CookieSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #middleware: RequestHandler
  readonly #loading = new WeakMap<Request, Promise<void>>()

  constructor({ storage, namespace, cookie, lives, trustProxy, clock, logger }: SessionsOptions) {
    this.store = new GuardedStore({ store: storage.sessions, namespace, lives, clock })
    this.#cookie = cookie
    this.#clock = clock
    this.#logger = logger
    this.#middleware = session({
      name: cookie.name,
      secret: storage.secrets.map((secret) => secret.reveal()),
      store: this.store,
      genid: (req) => this.#newId(req),
      // Without an end: it goes with the browser window. The store ends the session on time.
      cookie: { httpOnly: true, sameSite: 'lax', secure: cookie.secure, path: '/' },
      proxy: trustProxy,
      resave: false,
      saveUninitialized: false,
    })
  }

  /**
   * Makes `req.session` available; as often as one likes.
   *
   * @throws {@link SessionStoreError} When the store fails.
   * @throws TypeError When another session middleware was there first.
   */
  load(req: Request, res: Response): Promise<void> {
    const loading = this.#loading.get(req) ?? this.#load(req, res)
    this.#loading.set(req, loading)
    return loading
  }

  /** Who is signed in with a loaded session. */
  recordOf(req: Request): SessionRecord | undefined {
    // After its end a session is gone from the request, whatever its type says.
    const record: unknown = (req.session as Partial<SessionData> | undefined)?.patkit
    return isRecord(record) ? record : undefined
  }

  /** The key under which the store knows the session of a request. */
  keyOf(req: Request): string {
    return this.store.keyOf(req.sessionID)
  }

  /**
   * Begins a session under a new id: whoever knew the old one has nothing. What the application kept stays if it is the same person.
   *
   * @throws {@link SessionStoreError} When the store fails; nobody is signed in then.
   */
  async begin(req: Request, account: Account, renewals: readonly Renewal[]): Promise<void> {
    const before = this.recordOf(req)
    const isSamePerson = before?.account.id === account.id
    const kept = isSamePerson ? Object.entries(req.session).filter(([name]) => !own.has(name)) : []
    await settled((done) => req.session.regenerate(done))
    Object.assign(req.session, Object.fromEntries(kept))
    const csrfToken = randomBytes(32).toString('base64url')
    req.session.patkit = { account, csrfToken, createdAt: this.#clock.now(), renewals }
    await settled((done) => req.session.save(done))
  }

  /** Notes what the next sign-in of this person must ask for. */
  async remember(req: Request, demand: Demand): Promise<void> {
    const record = this.recordOf(req)
    if (record === undefined) return
    req.session.patkit = { ...record, demand: { ...demand, at: this.#clock.now() } }
    await settled((done) => req.session.save(done))
  }

  /**
   * Ends the session, on the server and in the browser.
   *
   * @throws {@link SessionStoreError} When the store fails; the session is still there then.
   */
  async end(req: Request, res: Response): Promise<void> {
    await settled((done) => req.session.destroy(done))
    clearCookie(res, this.#cookie)
  }

  #newId(req: Request): string {
    const sid = randomBytes(32).toString('base64url')
    this.store.isNew(req, sid)
    return sid
  }

  async #load(req: Request, res: Response): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let isLoaded = false
      void this.#middleware(req, res, (error?: unknown) => {
        if (isLoaded) this.#failedLate(error)
        else if (error === undefined) resolve()
        else reject(toError(error))
        isLoaded = true
      })
    })
    if (req.sessionStore !== (this.store as unknown)) throw twoSessions()
  }

  /** The answer is under way already, so nothing but a word to whoever runs the server is left. */
  #failedLate(error: unknown): void {
    this.#logger.warn?.(`A session could not be written: ${toError(error).message}`)
  }
}

/** Fields that a new session has of its own. */
const own: ReadonlySet<string> = new Set(['cookie', 'patkit'])

function isRecord(value: unknown): value is SessionRecord {
  if (typeof value !== 'object' || value === null) return false
  const { account, csrfToken, createdAt, renewals } = value as Partial<Record<keyof SessionRecord, unknown>>
  return isAccount(account) && typeof csrfToken === 'string' && typeof createdAt === 'number' && Array.isArray(renewals)
}

/** Whether it is an account as core makes them: what another version left behind is nobody. */
function isAccount(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const account = value as Partial<Record<keyof Account, unknown>>
  const texts = [account.id, account.homeAccountId, account.objectId, account.tenantId, account.username]
  return (
    texts.every((text) => typeof text === 'string') && typeof account.claims === 'object' && account.claims !== null
  )
}

function twoSessions(): TypeError {
  return new TypeError(
    'Another session middleware runs before web.routes(). Remove it: req.session is there for your own data too. To keep its store, give it to signIn: storage: { ...memoryStorage({ secret }), sessions: store }.',
  )
}

function settled(work: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error === undefined || error === null) resolve()
      else reject(toError(error))
    })
  })
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new SessionStoreError('The place where sessions are kept failed.')
}
