import type { Request, Response } from 'express'
import { clearCookie, readCookie, setCookie, type CookieSettings } from './cookies.js'

/** For how long it matters how the last sign-in of a browser ended. */
const lifeSeconds = 60
/** So many sign-ins within that time, and still nobody is signed in: another one would not help. */
const tooMany = 3

/**
 * How the last sign-in of a browser ended, for a minute. Without it, a page that needs a sign-in would send somebody who has just
 * cancelled straight back to it, and a session that is lost on the way would send the browser in circles.
 */
export class LastSignIn {
  readonly #cookie: CookieSettings

  constructor(cookie: CookieSettings) {
    this.#cookie = cookie
  }

  noteCancelled(res: Response): void {
    setCookie(res, this.#cookie, 'cancelled', lifeSeconds)
  }

  noteSignedIn(req: Request, res: Response): void {
    setCookie(res, this.#cookie, `in-${Math.min(this.#count(req) + 1, tooMany)}`, lifeSeconds)
  }

  /** Why no sign-in should begin by itself, if so. */
  objection(req: Request, isSignedIn: boolean): 'cancelled' | 'circle' | undefined {
    if (!isSignedIn && this.#count(req) >= tooMany) return 'circle'
    return readCookie(req, this.#cookie.name) === 'cancelled' && !isChosen(req) ? 'cancelled' : undefined
  }

  forget(res: Response): void {
    clearCookie(res, this.#cookie)
  }

  #count(req: Request): number {
    return Number(/^in-(\d)$/.exec(readCookie(req, this.#cookie.name) ?? '')?.[1] ?? 0)
  }
}

/** Whether somebody followed a link of ours or typed the address; being sent on from the sign-in service is neither. */
function isChosen({ headers }: Request): boolean {
  const site = headers['sec-fetch-site']
  return site === 'same-origin' || site === 'none'
}
