import type { SessionData } from 'express-session'

/**
 * When a session ends unless another request comes, in milliseconds since 1970-01-01 UTC. Stores read it from the cookie's `expires`:
 * the one thing about its life that every store of express-session knows.
 *
 * @throws TypeError When it says no end: nothing is kept for ever.
 */
export function endOf({ cookie }: SessionData): number {
  const { expires } = cookie as { readonly expires?: unknown }
  if (expires instanceof Date) return expires.getTime()
  throw new TypeError('A session without an end is not kept.')
}

/** The same data with another end; `undefined` for none, as browsers are to see it. */
export function endingAt(data: object, end: number | undefined): SessionData {
  const expires = end === undefined ? null : new Date(end)
  const cookie = { ...(Reflect.get(data, 'cookie') as object | undefined), originalMaxAge: null, expires }
  return Object.assign({}, data, { cookie })
}
