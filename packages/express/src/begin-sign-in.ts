import type { StartSignInOptions } from '@patkit/core'
import type { Request, Response } from 'express'
import type { SignInContext } from './context.js'
import { link, type PageContent } from './page-content.js'
import { withReturnTo } from './return-to.js'
import type { PendingSignIn } from './session-transaction.js'

/** A sign-in to begin. */
export interface BeginOptions extends Omit<StartSignInOptions, 'signal'> {
  readonly purpose: PendingSignIn['purpose']
}

/** Sends the browser to the sign-in service, unless it could not come back. */
export async function beginSignIn(
  context: SignInContext,
  req: Request,
  res: Response,
  options: BeginOptions,
): Promise<void> {
  const { answers } = context
  const detour = ownAddress(context, req)
  if (detour !== undefined) return answers.redirect(res, detour)
  if (!isSecureEnough(context, req)) return answers.say(req, res, overHttp(context))
  const objection = objectionContent(context, req, res, options.returnTo)
  if (objection !== undefined) return answers.say(req, res, objection)
  return answers.redirect(res, await startSignIn(context, req, res, options))
}

/** Begins a sign-in, and gives the address to send the browser to. */
export async function startSignIn(
  { auth, scopes, pending }: SignInContext,
  req: Request,
  res: Response,
  { purpose, ...options }: BeginOptions,
): Promise<string> {
  const { url, transaction } = await auth.startSignIn({ scopes, ...options })
  await pending.keep(req, res, { transaction, purpose })
  return url
}

/** `localhost` and `127.0.0.1` are one machine, but their cookies are two: a sign-in that began at one ends at the other. */
function ownAddress({ origin }: SignInContext, { method, headers, originalUrl }: Request): string | undefined {
  const { host, hostname, port } = new URL(origin)
  const asked = `http://${headers.host ?? ''}`
  if (method !== 'GET' || headers.host === host || !URL.canParse(asked)) return undefined
  const isSame =
    loopbackNames.has(hostname) && loopbackNames.has(new URL(asked).hostname) && new URL(asked).port === port
  return isSame ? origin + originalUrl : undefined
}

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Over plain http a browser keeps no cookie that is for https only, and nobody could come back. */
function isSecureEnough({ origin, trustProxy }: SignInContext, { socket, headers }: Request): boolean {
  if (!origin.startsWith('https:') || ('encrypted' in socket && socket.encrypted === true)) return true
  const proxied = String(headers['x-forwarded-proto'] ?? '').split(',')[0]
  return trustProxy && proxied?.trim().toLowerCase() === 'https'
}

function overHttp({ origin, trustProxy }: SignInContext): PageContent {
  return {
    status: 500,
    title: 'This application is not set up correctly',
    message: `It is configured for ${origin}, but this request reached it over plain http.`,
    help: trustProxy
      ? 'The proxy in front of it has to send X-Forwarded-Proto: https.'
      : 'If a proxy in front of it ends https, set trustProxy to true; otherwise serve it over https.',
    code: 'PATKIT_CONFIGURATION',
    actions: [],
  }
}

/** Why a sign-in should not begin by itself just now; said once, so that the button below leads on. */
function objectionContent(
  { sessions, lastSignIn, paths, origin, logger }: SignInContext,
  req: Request,
  res: Response,
  returnTo: string | undefined,
): PageContent | undefined {
  const isSignedIn = sessions.recordOf(req) !== undefined
  const objection = lastSignIn.objection(req, isSignedIn)
  if (objection === undefined) return undefined
  lastSignIn.forget(res)
  const signInUrl = withReturnTo(paths.signIn, returnTo)
  if (objection === 'cancelled') {
    return {
      status: isSignedIn ? 403 : 401,
      title: isSignedIn ? 'The sign-in was not finished' : 'You are not signed in',
      message: 'You left the sign-in before it was finished, and the page you asked for needs it.',
      actions: [link('Sign in', signInUrl), link('Start page', '/')],
      signInUrl,
    }
  }
  logger.warn?.('A browser signed in three times within a minute and still has no session; it was stopped.')
  return {
    status: 500,
    title: 'The sign-in goes round in circles',
    message: 'You signed in several times, but this application does not recognize you afterwards.',
    help: `Open it as ${origin} and allow its cookies. For whoever runs it: all servers need the same SESSION_SECRET and must share the sessions.`,
    actions: [link('Try again', signInUrl)],
    signInUrl,
  }
}
