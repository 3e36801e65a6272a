import { safeReturnTo } from '@patkit/core'
import type { Request } from 'express'

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

/** An address of ours with the page to return to in its query. */
export function withReturnTo(path: string, returnTo: string | undefined): string {
  return returnTo === undefined || returnTo === '/' ? path : `${path}?${new URLSearchParams({ returnTo }).toString()}`
}
