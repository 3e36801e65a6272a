import type { Request, Response } from 'express'
import { beginSignIn } from './begin-sign-in.js'
import type { SignInContext } from './context.js'
import { link, type PageContent } from './page-content.js'
import { wantsPage } from './request-kind.js'
import { pageToReturnTo, withReturnTo } from './return-to.js'
import type { Demand, SessionRecord } from './session.js'

/** Sign-ins for the same scopes within `renewalWindowMs`: if they did not bring the token, one more will not. */
const maxRenewals = 2
const renewalWindowMs = 2 * 60_000

/**
 * Somebody has to sign in (again) before this request can be carried out. A browser that asked for a page is sent to sign in and back; a
 * form and a program are told, because sending them away would lose what they sent.
 */
export async function demandSignIn(context: SignInContext, req: Request, res: Response, demand: Demand): Promise<void> {
  const { answers, sessions, origin, paths } = context
  const record = sessions.recordOf(req)
  const returnTo = pageToReturnTo(req, origin)
  const signInUrl = withReturnTo(paths.signIn, returnTo)
  if (record !== undefined && isFutile(context, record, demand)) return answers.say(req, res, futile(demand, signInUrl))
  if (wantsPage(req) && req.method === 'GET') {
    return beginSignIn(context, req, res, { ...optionsFor(context, record, demand), returnTo })
  }
  await sessions.remember(req, demand)
  return answers.say(req, res, record === undefined ? signedOut(signInUrl) : furtherSignIn(signInUrl))
}

/** What a sign-in must ask for, so that it brings what was demanded. */
export function optionsFor({ scopes }: SignInContext, record: SessionRecord | undefined, demand: Demand | undefined) {
  return {
    scopes: demand === undefined || demand.scopes.length === 0 ? scopes : demand.scopes,
    claims: demand?.claims,
    account: record?.account,
    purpose: record === undefined ? 'sign-in' : 'renewal',
  } as const
}

function isFutile({ clock, scopes }: SignInContext, { renewals }: SessionRecord, demand: Demand): boolean {
  const wanted = nameOf(demand.scopes.length === 0 ? scopes : demand.scopes)
  const since = clock.now() - renewalWindowMs
  return renewals.filter((renewal) => renewal.at > since && nameOf(renewal.scopes) === wanted).length >= maxRenewals
}

const nameOf = (scopes: readonly string[]): string => [...scopes].sort().join(' ')

function futile({ scopes }: Demand, signInUrl: string): PageContent {
  return {
    status: 403,
    title: 'The access is refused again and again',
    message: 'You are signed in, and signed in again for this, but the service still does not give access.',
    help: 'Ask an administrator of the organization whether you and this application may have it.',
    details: scopes.map((scope) => `Permission asked for: ${scope}`),
    code: 'PATKIT_INTERACTION_REQUIRED',
    actions: [link('Start page', '/'), link('Sign in again', signInUrl)],
    signInUrl,
  }
}

function signedOut(signInUrl: string): PageContent {
  return {
    status: 401,
    title: 'Please sign in',
    message: 'You are not signed in, or were signed out meanwhile. Nothing was changed.',
    help: 'Sign in, then do it once more.',
    code: 'PATKIT_SIGN_IN_REQUIRED',
    actions: [link('Sign in', signInUrl)],
    signInUrl,
  }
}

function furtherSignIn(signInUrl: string): PageContent {
  return {
    status: 401,
    title: 'Please confirm that it is you',
    message: 'The service asks for a further sign-in or a consent before it goes on. Nothing was changed.',
    help: 'Sign in, then do it once more.',
    code: 'PATKIT_INTERACTION_REQUIRED',
    actions: [link('Sign in', signInUrl)],
    signInUrl,
  }
}
