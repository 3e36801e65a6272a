import type { Account, SignInResult } from '@patkit/core'
import type { Request, Response } from 'express'
import { attempt } from './attempt.js'
import { startSignIn } from './begin-sign-in.js'
import type { SignInContext } from './context.js'
import { signInFailureContent } from './failure-content.js'
import { link, type PageContent } from './page-content.js'
import { queryOf, withReturnTo } from './return-to.js'
import type { Renewal } from './session.js'
import type { PendingSignIn } from './session-transaction.js'

/** The browser comes back from the sign-in service. */
export async function finishSignIn(context: SignInContext, req: Request, res: Response): Promise<void> {
  const { auth, pending, answers } = context
  const query = queryOf(req)
  const states = query.getAll('state')
  const [state] = states
  if (state === undefined || states.length > 1) return answers.say(req, res, notAnAnswer(context, query))
  const taken = await pending.take(req, state)
  if (taken.kind !== 'found') return answers.say(req, res, notTaken(context, req, taken.kind))
  const result = await auth.finishSignIn(query, taken.pending.transaction)
  return conclude(context, req, res, taken.pending, result)
}

async function conclude(
  context: SignInContext,
  req: Request,
  res: Response,
  pending: PendingSignIn,
  result: SignInResult,
): Promise<void> {
  const { answers, sessions, lastSignIn, paths } = context
  switch (result.kind) {
    case 'signed-in':
      await enter(context, req, res, result.account, pending)
      return answers.redirect(res, result.returnTo, 303)
    case 'profile-edited':
      // Whoever signed out meanwhile in another tab stays signed out.
      if (sessions.recordOf(req)?.account.id === result.account.id)
        await enter(context, req, res, result.account, pending)
      return answers.redirect(res, result.returnTo, 303)
    case 'password-reset-requested': {
      const { scopes, returnTo } = result
      const { purpose } = pending
      const url = await startSignIn(context, req, res, { userFlow: 'resetPassword', scopes, returnTo, purpose })
      return answers.redirect(res, url, 303)
    }
    case 'cancelled':
      lastSignIn.noteCancelled(res)
      return answers.redirect(res, result.returnTo, 303)
    case 'failed':
      return answers.say(req, res, signInFailureContent(result, withReturnTo(paths.signIn, result.returnTo)))
    default: {
      const unreachable: never = result
      return unreachable
    }
  }
}

async function enter(
  context: SignInContext,
  req: Request,
  res: Response,
  account: Account,
  { transaction, purpose }: PendingSignIn,
): Promise<void> {
  const { sessions, sessionIndex, lastSignIn, clock } = context
  const before = sessions.recordOf(req)
  const oldKey = sessions.keyOf(req)
  const renewal: Renewal = { scopes: transaction.scopes, at: clock.now() }
  const isRenewal = purpose === 'renewal' && before?.account.id === account.id
  await sessions.begin(req, account, isRenewal ? [...before.renewals.slice(-9), renewal] : [])
  await attempt(context, () => sessionIndex.remove(before?.account.sessionId, oldKey))
  await attempt(context, () => sessionIndex.add(account.sessionId, sessions.keyOf(req)))
  lastSignIn.noteSignedIn(req, res)
}

/** Somebody opened the address by hand, or the sign-in service could not say which sign-in it refuses. */
function notAnAnswer({ paths }: SignInContext, query: URLSearchParams): PageContent {
  const isRefusal = query.has('error')
  return {
    status: 400,
    title: isRefusal ? 'The sign-in could not be finished' : 'There is nothing to see here',
    message: isRefusal
      ? 'The sign-in service reported a problem, but not for which sign-in.'
      : 'People come to this page from the sign-in service only.',
    help: 'Start the sign-in from the beginning.',
    actions: [link('Sign in', paths.signIn), link('Start page', '/')],
    signInUrl: paths.signIn,
  }
}

function notTaken(context: SignInContext, req: Request, kind: 'spent' | 'unknown' | 'no-cookie'): PageContent {
  const { sessions, paths } = context
  const isSignedIn = sessions.recordOf(req) !== undefined
  const startPage = link('Start page', '/')
  const signIn = link('Sign in', paths.signIn)
  return {
    status: 400,
    title: titles[kind],
    ...texts(kind, context.origin),
    ...(isSignedIn ? { help: 'You are signed in.' } : {}),
    actions: isSignedIn ? [startPage] : [signIn, startPage],
    signInUrl: paths.signIn,
  }
}

const titles = {
  spent: 'This sign-in was finished already',
  unknown: 'This sign-in is not known here',
  'no-cookie': 'Your browser did not bring its cookie',
} as const

function texts(
  kind: 'spent' | 'unknown' | 'no-cookie',
  origin: string,
): { readonly message: string; readonly help: string } {
  switch (kind) {
    case 'spent':
      return {
        message: 'The answer of the sign-in service counts only once. The page was probably loaded again.',
        help: 'Sign in again if you need to.',
      }
    case 'unknown':
      return {
        message: 'It was started in another browser, too long ago, or before too many others.',
        help: 'Start the sign-in from the beginning.',
      }
    case 'no-cookie':
      return {
        message: 'A sign-in has to end in the browser in which it began, and that is known by a cookie.',
        help: `Open the application as ${origin}, allow its cookies, and start the sign-in from the beginning.`,
      }
    default: {
      const unreachable: never = kind
      return unreachable
    }
  }
}
