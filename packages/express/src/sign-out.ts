import type { Account } from '@patkit/core'
import type { Request, Response } from 'express'
import { attempt } from './attempt.js'
import type { SignInContext } from './context.js'
import { csrfFault, csrfField, type CsrfFault } from './csrf.js'
import { link, type PageContent } from './page-content.js'
import { readForm } from './read-form.js'
import { wantsPage } from './request-kind.js'

/** Signs out here and then at the sign-in service. The session here ends first, and whatever happens afterwards. */
export async function signOut(context: SignInContext, req: Request, res: Response): Promise<void> {
  const { sessions, sessionIndex, lastSignIn, answers, paths, origin } = context
  const record = sessions.recordOf(req)
  if (record === undefined) return answers.redirect(res, paths.afterSignOut, 303)
  await readForm(req)
  const fault = csrfFault(req, origin, record)
  if (fault !== undefined) return answers.say(req, res, csrfContent(fault))

  const { account } = record
  const key = sessions.keyOf(req)
  // The hint may be the ID token, which is gone once the tokens are forgotten.
  const url = await serviceSignOutUrl(context, account)
  await sessions.end(req, res)
  lastSignIn.forget(res)
  await attempt(context, () => sessionIndex.remove(account.sessionId, key))
  await attempt(context, () => context.auth.signOut(account))
  // What the browser kept of the pages somebody saw; its storage may hold what is not ours.
  res.setHeader('Clear-Site-Data', '"cache"')
  if (!wantsPage(req)) return answers.json(req, res, { signOutUrl: url })
  return answers.say(req, res, signedOutContent(url))
}

async function serviceSignOutUrl(context: SignInContext, account: Account): Promise<string> {
  const { auth, origin, paths, signOutHint } = context
  const postLogoutRedirectUri = origin + paths.afterSignOut
  const url = await attempt(context, () => auth.signOutUrl({ account, postLogoutRedirectUri, hint: signOutHint }))
  return url ?? paths.afterSignOut
}

/**
 * A page that goes on by itself. A redirect would be stopped by every `form-action` that does not name the sign-in service: browsers hold
 * it against where a form leads in the end.
 */
function signedOutContent(url: string): PageContent {
  return {
    status: 200,
    title: 'You are signed out of this application',
    message: 'You are now being signed out of your account.',
    actions: [link('Go on', url)],
    goOnTo: url,
  }
}

/** Signing out changes something, so following a link must not do it. Says so, with a button that does. */
export function signOutByGet({ sessions, paths }: SignInContext, req: Request): PageContent {
  const record = sessions.recordOf(req)
  const startPage = link('Start page', '/')
  if (record === undefined) {
    return {
      status: 405,
      title: 'You are not signed in',
      message: 'Nobody is signed in here, so there is nothing to sign out of.',
      actions: [startPage],
    }
  }
  const fields = { [csrfField]: record.csrfToken }
  return {
    status: 405,
    title: 'Sign out?',
    message: 'A link cannot sign you out, because any other site could have one. The button can.',
    actions: [{ kind: 'form', label: 'Sign out', action: paths.signOut, fields }, startPage],
  }
}

/** The sign-in service says, in a frame where no cookie is sent, that somebody signed out elsewhere. */
export async function frontChannelSignOut(context: SignInContext, req: Request, res: Response): Promise<void> {
  const { auth, sessions, sessionIndex, answers } = context
  const logout = auth.readFrontChannelLogout(req.originalUrl)
  for (const key of logout === undefined ? [] : await sessionIndex.take(logout.sessionId)) {
    const account = (await sessions.store.sessionAt(key))?.patkit?.account
    await sessions.store.remove(key)
    if (account !== undefined) await attempt(context, () => auth.signOut(account))
  }
  // The same answer for every sid: nobody learns from it who is signed in.
  await answers.json(req, res, {})
}

/** What is said about a request that did not come from a page of this session. */
export function csrfContent(fault: CsrfFault): PageContent {
  return {
    status: 403,
    title: 'This was not carried out',
    message:
      fault === 'other-site'
        ? 'The request came from another site.'
        : 'The page it came from belongs to an earlier sign-in, or the request is not complete.',
    help: 'Open the page again here, and do it once more.',
    code: fault === 'other-site' ? 'CSRF_OTHER_SITE' : fault === 'no-token' ? 'CSRF_NO_TOKEN' : 'CSRF_WRONG_TOKEN',
    actions: [link('Start page', '/')],
  }
}
