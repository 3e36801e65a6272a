import { safeReturnTo } from '@patkit/core'
import type { Request } from 'express'
import type { SignInPaths } from './context.js'

/** The page to show again after a sign-in: the one that was asked for, if asking for it again changes nothing. */
export function pageToReturnTo(req: Request, origin: string): string | undefined {
  return req.method === 'GET' ? safeReturnTo(req.originalUrl) : pageOfForm(req, origin)
}

/** The page a form was sent from, if it is one of ours. */
function pageOfForm(req: Request, origin: string): string | undefined {
  const referer = req.headers.referer
  if (referer === undefined || !URL.canParse(referer)) return undefined
  const url = new URL(referer)
  return url.origin === origin ? safeReturnTo(url.pathname + url.search) : undefined
}

/**
 * The page that a link to a sign-in names in its query. One that would begin the next sign-in is none: the browser would go in circles.
 */
export function askedReturnTo(
  req: Request,
  { signIn, signOut, redirect, resetPassword }: SignInPaths,
): string | undefined {
  const asked = queryOf(req).get('returnTo') ?? ''
  const [path = ''] = asked.split(/[?#]/, 1)
  const [own = ''] = req.originalUrl.split('?', 1)
  return asked === '' || [own, signIn, signOut, redirect, resetPassword].includes(path) ? undefined : asked
}

/** The query as it was sent: what a framework made of it may be nested or merged. */
export function queryOf({ originalUrl }: Request): URLSearchParams {
  const at = originalUrl.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : originalUrl.slice(at + 1))
}

/** An address of ours with the page to return to in its query. */
export function withReturnTo(path: string, returnTo: string | undefined): string {
  return returnTo === undefined || returnTo === '/' ? path : `${path}?${new URLSearchParams({ returnTo }).toString()}`
}
