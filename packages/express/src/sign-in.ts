import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  ConfigurationError,
  systemClock,
  type AuthClient,
  type Clock,
  type ConfigurationFault,
  type Logger,
  type StartSignInOptions,
} from '@patkit/core'
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express'
import { Answers, type RenderPage } from './answers.js'
import { beginSignIn } from './begin-sign-in.js'
import type { SignInContext, SignInPaths } from './context.js'
import { csrfFault } from './csrf.js'
import { demandSignIn, optionsFor } from './demand-sign-in.js'
import { admit, missingOf, welcome, type RequiredOptions, type SignInState } from './guard.js'
import { LastSignIn } from './last-sign-in.js'
import { mayChange } from './request-kind.js'
import { askedReturnTo } from './return-to.js'
import { Sessions } from './session.js'
import { PendingSignIns } from './session-transaction.js'
import { run, signInRoutes } from './sign-in-routes.js'
import { csrfContent } from './sign-out.js'
import { storageFromEnv, type WebStorage } from './storage.js'

/** How {@link signIn} is set up. */
export interface SignInOptions {
  /** Signs people in; its `redirectUri` says where the application lives and where people come back to. */
  readonly auth: AuthClient
  /** What the application wants to do for people, such as `[AZURE_DEVOPS_SCOPE]`: asked for at every sign-in. Of one API. Default: nothing. */
  readonly scopes?: readonly string[]
  /** Where sessions are kept. Default: {@link storageFromEnv}, which is Redis with `REDIS_URL` and files of this machine without. */
  readonly storage?: WebStorage
  /** Addresses that are not the usual ones. The redirect path is that of the client's `redirectUri`. */
  readonly paths?: Partial<Omit<SignInPaths, 'redirect'>>
  /** How long sessions last, and what their cookie is called. */
  readonly session?: SessionSettings
  /**
   * Whether a proxy in front of the application, and nobody else, can reach it: then its `X-Forwarded-Proto` says whether people use
   * https. Nothing else is ever taken from such headers. Default false.
   */
  readonly trustProxy?: boolean
  /**
   * What spares the question who signs out: `'login-hint'` (default) or `'id-token'`, which B2C and External ID can demand, and which puts
   * personal data into an address.
   */
  readonly signOutHint?: 'login-hint' | 'id-token'
  /** Puts pages of ours into the application's layout. Default: a plain page with its own strict policy. */
  readonly renderPage?: RenderPage
  /** Receives what went wrong, without secrets and names of people. Default: `console.warn` for warnings. */
  readonly logger?: Logger
  /** Source of time. */
  readonly clock?: Clock
}

/** How long sessions last, and what their cookie is called. */
export interface SessionSettings {
  /** Minutes without a request after which somebody has to sign in again. 1 to 10,080; default 60. */
  readonly idleTimeoutMinutes?: number
  /** Minutes after which somebody has to sign in again in any case. 1 to 43,200; default 720, twelve hours. */
  readonly absoluteTimeoutMinutes?: number
  /**
   * Name of the cookie, without `__Host-`, which is put in front on https. Default `'patkit'`, and on localhost `'patkit-'` and the port:
   * browsers give the cookies of one port to all others.
   */
  readonly cookieName?: string
}

/** Sign-in for an Express application. Made by {@link signIn}. */
export interface WebSignIn {
  /** Addresses for links and forms of the application; `undefined` for user flows that are not configured. */
  readonly paths: SignInPaths
  /**
   * The routes of the sign-in, and the session. Put it in front of everything that needs to know who is signed in; `req.session` of
   * express-session is there for the application's own data too.
   */
  routes(): RequestHandler
  /**
   * Lets only people in who are signed in, and gives `res.locals.signIn` to the handlers behind it.
   *
   * Others are sent to sign in and back to the page they asked for; a form that was sent is answered with a page and 401, a program
   * (`fetch`, XHR, curl) with 401 and JSON. When the place where sessions are kept is down, the answer is 503.
   */
  required(options?: RequiredOptions): SignedInHandler
  /** Gives `res.locals.signIn` if somebody is signed in, and lets everybody through. */
  optional(): RequestHandler
  /**
   * Refuses (403) what changes something and does not come from a page of this session: by the token (`_csrf` in the form or JSON, or the
   * header `X-CSRF-Token`), and by what the browser says about where it comes from. Put it behind `required()` and the body parser.
   */
  csrf(): RequestHandler
  /**
   * Begins a sign-in on an address of your own: to sign up (`prompt: 'create'`), for a user flow, or for scopes that a page wants to
   * explain first. `returnTo` in the query is honoured where the options name none.
   */
  start(options?: Omit<StartSignInOptions, 'signal' | 'account'>): RequestHandler
  /** Turns errors that only a sign-in can help into one, and passes on all others: for applications with an error page of their own. */
  interactionErrors(): ErrorRequestHandler
  /**
   * The last error handler: what only a sign-in can help becomes one; for everything else it shows a page (JSON to programs) that says
   * what helps. Errors of which nothing may be told go to the log, under a reference that the page shows.
   */
  errorPage(): ErrorRequestHandler
  /** Ends what `signIn` opened by itself: the storage, if none was given. */
  close(): Promise<void>
}

/**
 * A middleware behind which `res.locals.signIn` is there. It says nothing of the request, so that the parameters of the route keep the
 * types they have without it.
 */
export type SignedInHandler = (req: IncomingMessage, res: SignedInResponse, next: NextFunction) => void

// What is sent is the business of the handlers behind it; any other type would become theirs.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type SignedInResponse = Response<any, SignedInLocals>

/** `res.locals` behind `required()`. */
export interface SignedInLocals extends Record<string, unknown> {
  readonly signIn: SignInState
}

const defaults = {
  signIn: '/login',
  signOut: '/logout',
  editProfile: '/edit-profile',
  resetPassword: '/reset-password',
  frontChannelLogout: '/auth/front-channel-logout',
  afterSignOut: '/',
  idleTimeoutMinutes: 60,
  absoluteTimeoutMinutes: 12 * 60,
} as const

/**
 * Signs people in to an Express application (4.18 or newer, or 5).
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When paths or cookie name cannot work, or the storage cannot be opened: every fault at once.
 * @throws RangeError When a timeout is out of bounds.
 *
 * @example
 * ```ts
 * import { AuthClient, authConfigFromEnv, AZURE_DEVOPS_SCOPE, DevOpsClient } from '@patkit/core'
 * import { signIn, storageFromEnv } from '@patkit/express'
 * import express from 'express'
 *
 * const storage = storageFromEnv()
 * const auth = new AuthClient({ ...authConfigFromEnv(), tokenCache: storage.tokenCache })
 * const web = signIn({ auth, storage, scopes: [AZURE_DEVOPS_SCOPE] })
 *
 * export const app = express()
 * app.use(web.routes())
 * app.get('/', web.required(), (_req, res) => {
 *   const { account, credential } = res.locals.signIn
 *   const devops = new DevOpsClient({ organization: 'fabrikam', credential })
 *   res.send(`${account.username} may look at ${devops.organization}`)
 * })
 * app.use(web.errorPage())
 * ```
 */
export function signIn(options: SignInOptions): WebSignIn {
  const { auth } = options
  const redirect = new URL(auth.redirectUri)
  const paths = toPaths(auth, redirect, options.paths ?? {})
  const lives = livesOf(options.session ?? {})
  const cookieName = options.session?.cookieName ?? defaultCookieName(redirect)
  const faults = [...pathFaults(paths), ...cookieFaults(cookieName)]
  if (faults.length > 0) throw new ConfigurationError(faults)

  const { clock = systemClock, logger = { warn: (message: string) => console.warn(message) } } = options
  const storage = options.storage ?? storageFromEnv({ logger })
  const trustProxy = options.trustProxy ?? false
  const cookie = (ending: string) => toCookie(redirect, cookieName + ending)
  const namespace = namespaceOf(auth)
  const sessions = new Sessions({ storage, namespace, cookie: cookie(''), lives, trustProxy, clock, logger })
  return toWebSignIn(
    {
      auth,
      scopes: options.scopes ?? [],
      origin: redirect.origin,
      paths,
      signOutHint: options.signOutHint ?? 'login-hint',
      trustProxy,
      sessions,
      pending: new PendingSignIns(sessions.store, cookie('-start')),
      lastSignIn: new LastSignIn(cookie('-last')),
      sessionIndex: auth.sessionIndex({ store: storage.tokenCache, ttlMs: lives.absoluteMs }),
      answers: new Answers(options.renderPage, logger),
      clock,
      logger,
    },
    async () => (options.storage === undefined ? storage.close() : undefined),
  )
}

function toWebSignIn(context: SignInContext, close: () => Promise<void>): WebSignIn {
  return {
    paths: context.paths,
    routes: () => signInRoutes(context),
    required: (options = {}) => guard(context, (req, res) => admit(context, req, res, options)) as SignedInHandler,
    optional: () =>
      guard(context, (req, res) => {
        welcome(context, req, res)
        return Promise.resolve(true)
      }),
    csrf: () => guard(context, (req, res) => checkCsrf(context, req, res)),
    start: (options = {}) => guard(context, (req, res) => begin(context, req, res, options)),
    interactionErrors: () => interactionErrors(context),
    errorPage: () => errorPage(context),
    close,
  }
}

/** A middleware that needs the session, and goes on if `work` says so. */
function guard(context: SignInContext, work: (req: Request, res: Response) => Promise<boolean>): RequestHandler {
  return (req, res, next) => {
    let goesOn = false
    run(context, req, res, async () => {
      goesOn = await work(req, res)
    }).then(() => {
      if (goesOn) next()
    }, next)
  }
}

async function checkCsrf(context: SignInContext, req: Request, res: Response): Promise<boolean> {
  if (!mayChange(req.method)) return true
  const record = context.sessions.recordOf(req)
  if (record === undefined) {
    await demandSignIn(context, req, res, { scopes: [], claims: undefined })
    return false
  }
  const fault = csrfFault(req, context.origin, record)
  if (fault !== undefined) await context.answers.say(req, res, csrfContent(fault))
  return fault === undefined
}

async function begin(
  context: SignInContext,
  req: Request,
  res: Response,
  options: Omit<StartSignInOptions, 'signal' | 'account'>,
): Promise<boolean> {
  const record = context.sessions.recordOf(req)
  const returnTo = options.returnTo ?? askedReturnTo(req, context.paths)
  await beginSignIn(context, req, res, { ...optionsFor(context, record, undefined), ...options, returnTo })
  return false
}

function interactionErrors(context: SignInContext): ErrorRequestHandler {
  return (error, req, res, next) => {
    const missing = missingOf(error)
    if (missing === undefined || res.headersSent) next(error)
    else run(context, req, res, () => demandSignIn(context, req, res, missing)).catch(next)
  }
}

function errorPage(context: SignInContext): ErrorRequestHandler {
  const interaction = interactionErrors(context)
  return (error: unknown, req, res, next) => {
    // Half an answer cannot be taken back: express closes the connection, so that nobody takes it for a whole one.
    if (res.headersSent) next(error)
    else if (missingOf(error) !== undefined) interaction(error, req, res, next)
    else context.answers.sayError(req, res, error, context.paths.signIn).catch(next)
  }
}

function toPaths({ authority }: AuthClient, redirect: URL, given: Partial<Omit<SignInPaths, 'redirect'>>): SignInPaths {
  const flows = authority.kind === 'b2c' ? authority.userFlows : undefined
  const { editProfile = defaults.editProfile, resetPassword = defaults.resetPassword } = given
  return {
    signIn: given.signIn ?? defaults.signIn,
    signOut: given.signOut ?? defaults.signOut,
    redirect: redirect.pathname,
    editProfile: flows?.editProfile === undefined ? undefined : editProfile,
    resetPassword: flows?.resetPassword === undefined ? undefined : resetPassword,
    frontChannelLogout: given.frontChannelLogout ?? defaults.frontChannelLogout,
    afterSignOut: given.afterSignOut ?? defaults.afterSignOut,
  }
}

function pathFaults({ redirect, afterSignOut, ...routes }: SignInPaths): ConfigurationFault[] {
  const own = Object.entries(routes as Record<string, string | undefined>)
  const isPath = (path: string): boolean => /^\/(?!\/)[\w\-./~]*$/.test(path)
  const malformed = [...own, ['afterSignOut', afterSignOut] as const].flatMap(([name, path]) =>
    path === undefined || isPath(path)
      ? []
      : [fault(`paths.${name}`, `${JSON.stringify(path)} is no path.`, 'Give a path such as /login.')],
  )
  const taken = new Map([[redirect, 'the redirect URI']])
  const twice = own.flatMap(([name, path]) => {
    if (path === undefined) return []
    const other = taken.get(path)
    taken.set(path, `paths.${name}`)
    return other === undefined ? [] : [fault(`paths.${name}`, `It is the same as ${other}.`, 'Give each its own path.')]
  })
  return [...malformed, ...twice]
}

function cookieFaults(name: string): ConfigurationFault[] {
  if (/^[A-Za-z][\w-]{0,63}$/.test(name) && !/^__/.test(name)) return []
  const problem = `${JSON.stringify(name)} is no name of a cookie.`
  return [fault('session.cookieName', problem, 'Give letters, digits, - and _, beginning with a letter.')]
}

function fault(field: string, problem: string, fix: string): ConfigurationFault {
  return { field, problem, fix }
}

function livesOf({ idleTimeoutMinutes, absoluteTimeoutMinutes }: SessionSettings) {
  const minutes = (name: string, value: number, most: number): number => {
    if (Number.isFinite(value) && value >= 1 && value <= most) return value * 60_000
    throw new RangeError(`session.${name} must be a number of minutes from 1 to ${most}, not ${JSON.stringify(value)}.`)
  }
  return {
    idleMs: minutes('idleTimeoutMinutes', idleTimeoutMinutes ?? defaults.idleTimeoutMinutes, 7 * 24 * 60),
    absoluteMs: minutes(
      'absoluteTimeoutMinutes',
      absoluteTimeoutMinutes ?? defaults.absoluteTimeoutMinutes,
      30 * 24 * 60,
    ),
  }
}

const defaultCookieName = ({ port }: URL): string => (port === '' ? 'patkit' : `patkit-${port}`)

function toCookie({ protocol }: URL, name: string) {
  const secure = protocol === 'https:'
  // With this prefix browsers take it from this host alone: no neighbour under the same domain can plant one.
  return { name: secure ? `__Host-${name}` : name, secure }
}

/** Sessions of one application mean nothing to another, even where they share store and secret. */
function namespaceOf({ authority, clientId, redirectUri }: AuthClient): string {
  const text = JSON.stringify([authority, clientId.toLowerCase(), new URL(redirectUri).origin])
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
