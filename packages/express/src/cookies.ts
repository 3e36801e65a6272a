import type { IncomingMessage, ServerResponse } from 'node:http'

/** A small cookie of ours. It never holds what a page or a script needs, so it is always HttpOnly. */
export interface CookieSettings {
  readonly name: string
  /** Sent over https only. */
  readonly secure: boolean
}

/** The value of a cookie; `undefined` when it is not there exactly once: of two, nobody can tell which one was planted. */
export function readCookie(req: IncomingMessage, name: string): string | undefined {
  const values = (req.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/**
 * Sets a cookie beside those that are set already.
 *
 * @param value - Letters, digits and `-._` only, so that it needs no encoding.
 */
export function setCookie(
  res: ServerResponse,
  { name, secure }: CookieSettings,
  value: string,
  maxAgeSeconds: number,
): void {
  if (!/^[\w.-]*$/.test(value)) throw new TypeError('A cookie value must need no encoding.')
  res.appendHeader(
    'Set-Cookie',
    `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
  )
}

/** Makes the browser forget a cookie. */
export function clearCookie(res: ServerResponse, settings: CookieSettings): void {
  setCookie(res, settings, '', 0)
}
