import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import type { SessionRecord } from './session.js'

/** Name of the form field (or JSON field) that carries the token. */
export const csrfField = '_csrf'
/** Name of the header that carries the token, for programs. */
export const csrfHeader = 'x-csrf-token'

/** Why a request that changes something is refused. */
export type CsrfFault = 'other-site' | 'no-token' | 'wrong-token'

/** Whether a request that changes something came from a page of ours, of this session; `undefined` means that it did. */
export function csrfFault(req: Request, origin: string, record: SessionRecord): CsrfFault | undefined {
  if (isFromElsewhere(req, origin)) return 'other-site'
  const given = tokenOf(req)
  if (given === undefined) return 'no-token'
  return isSame(given, record.csrfToken) ? undefined : 'wrong-token'
}

/** What the browser says about where a request comes from; a page cannot make it say otherwise. */
function isFromElsewhere({ headers }: Request, origin: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  // A page with `Referrer-Policy: no-referrer` sends `null` even to itself; then the token decides.
  return headers.origin !== undefined && headers.origin !== 'null' && headers.origin !== origin
}

/** From the header or the body, never from the address: addresses are logged and passed on. */
function tokenOf(req: Request): string | undefined {
  const header = req.headers[csrfHeader]
  if (typeof header === 'string') return header
  const body: unknown = req.body
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, csrfField) : undefined
  return typeof value === 'string' ? value : undefined
}

/** Compares without telling by its duration how much of it fits. */
function isSame(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
