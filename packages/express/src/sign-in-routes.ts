import type { StartSignInOptions } from '@patkit/core'
import type { Request, RequestHandler, Response } from 'express'
import { beginSignIn } from './begin-sign-in.js'
import type { SignInContext } from './context.js'
import { demandSignIn, optionsFor } from './demand-sign-in.js'
import { SessionStoreError } from './errors.js'
import { finishSignIn } from './finish-sign-in.js'
import { link, type PageContent } from './page-content.js'
import { askedReturnTo, queryOf } from './return-to.js'
import type { Demand, SessionRecord } from './session.js'
import { frontChannelSignOut, signOut, signOutByGet } from './sign-out.js'

type Route = (context: SignInContext, req: Request, res: Response) => Promise<void>

/** The routes of the sign-in, and the session for everything that comes after them. */
export function signInRoutes(context: SignInContext): RequestHandler {
  const table = routeTable(context)
  return (req, res, next) => {
    const route = routeOf(table, context, req)
    if (route === undefined) {
      // A page that needs no session must not fail with the store; those that do ask again.
      context.sessions.load(req, res).then(
        () => next(),
        (error: unknown) => next(error instanceof SessionStoreError ? undefined : error),
      )
      return
    }
    run(context, req, res, route).catch(next)
  }
}

/** Runs a handler of ours with a session; what goes wrong becomes a page. */
export async function run(context: SignInContext, req: Request, res: Response, route: Route): Promise<void> {
  const { sessions, answers, paths } = context
  try {
    await sessions.load(req, res)
    await route(context, req, res)
  } catch (error) {
    if (res.headersSent) throw error
    await answers.sayError(req, res, error, paths.signIn)
  }
}

type Methods = Readonly<Partial<Record<'GET' | 'POST', Route>>>

function routeTable({ paths }: SignInContext): ReadonlyMap<string, Methods> {
  const { editProfile, resetPassword } = paths
  return new Map<string, Methods>([
    [paths.signIn, { GET: login }],
    [paths.redirect, { GET: finishSignIn }],
    [paths.signOut, { POST: signOut, GET: refuseSignOutByGet }],
    [paths.frontChannelLogout, { GET: frontChannelSignOut }],
    ...(editProfile === undefined ? [] : [[editProfile, { GET: startEditProfile }] as const]),
    ...(resetPassword === undefined ? [] : [[resetPassword, { GET: startResetPassword }] as const]),
  ])
}

function routeOf(
  table: ReadonlyMap<string, Methods>,
  { paths }: SignInContext,
  { method, originalUrl }: Request,
): Route | undefined {
  const [path = '', query = ''] = originalUrl.split('?', 2)
  const methods = table.get(path)
  // Where the start page is the redirect URI too, it stays the start page for whoever brings no answer of the service.
  if (methods === undefined || (path === paths.redirect && path === '/' && !/(?:^|&)state=/.test(query)))
    return undefined
  const route = method === 'GET' || method === 'POST' ? methods[method] : undefined
  return route ?? ((context, req, res) => refuseMethod(context, req, res, Object.keys(methods)))
}

function refuseMethod(
  { answers }: SignInContext,
  req: Request,
  res: Response,
  allowed: readonly string[],
): Promise<void> {
  res.setHeader('Allow', allowed.filter((method) => method !== 'GET' || allowed.length === 1).join(', '))
  return answers.say(req, res, methodNotAllowed)
}

const methodNotAllowed: PageContent = {
  status: 405,
  title: 'This page cannot be used like that',
  message: 'The address is right, but it is not made for this kind of request.',
  actions: [link('Start page', '/')],
}

function refuseSignOutByGet(context: SignInContext, req: Request, res: Response): Promise<void> {
  res.setHeader('Allow', 'POST')
  return context.answers.say(req, res, signOutByGet(context, req))
}

const prompts = ['login', 'select_account', 'consent', 'create'] as const

/** What a link to the sign-in may ask for; anything else in its query is ignored. */
async function login(context: SignInContext, req: Request, res: Response): Promise<void> {
  const query = queryOf(req)
  const record = context.sessions.recordOf(req)
  const demand = sessionDemand(context, record)
  const loginHint = shortText(query.get('login_hint'))
  return beginSignIn(context, req, res, {
    ...optionsFor(context, record, demand),
    // Without a demand it may be to sign in as somebody else: nobody is suggested then.
    ...(demand === undefined ? { account: undefined } : {}),
    ...(loginHint === undefined ? {} : { loginHint }),
    domainHint: shortText(query.get('domain_hint')),
    prompt: prompts.find((prompt) => prompt === query.get('prompt')),
    returnTo: askedReturnTo(req, context.paths),
  })
}

/** What an answer to a program said was missing, unless that was a while ago. */
function sessionDemand({ clock }: SignInContext, record: SessionRecord | undefined): Demand | undefined {
  const { demand } = record ?? {}
  return demand !== undefined && clock.now() - demand.at < demandLifeMs ? demand : undefined
}

const demandLifeMs = 10 * 60_000

function shortText(value: string | null): string | undefined {
  return value === null || value === '' || value.length > 256 ? undefined : value
}

async function startEditProfile(context: SignInContext, req: Request, res: Response): Promise<void> {
  const record = context.sessions.recordOf(req)
  if (record === undefined) return demandSignIn(context, req, res, { scopes: [], claims: undefined })
  const { account } = record
  return startFlow(context, req, res, { userFlow: 'editProfile', account })
}

function startResetPassword(context: SignInContext, req: Request, res: Response): Promise<void> {
  return startFlow(context, req, res, { userFlow: 'resetPassword' })
}

function startFlow(
  context: SignInContext,
  req: Request,
  res: Response,
  flow: Pick<StartSignInOptions, 'userFlow' | 'account'>,
): Promise<void> {
  const returnTo = askedReturnTo(req, context.paths)
  return beginSignIn(context, req, res, { ...flow, returnTo, purpose: 'sign-in' })
}
