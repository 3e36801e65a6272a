/** Longer than any page of an application needs; it travels in the session. */
const longest = 2048

/**
 * The address to go back to after a sign-in, if it is a page of this application; otherwise `undefined`.
 *
 * Takes only paths such as `/reports?page=2#top`. What leads, or could be read by some browser as leading, to another host is refused:
 * absolute addresses, `//host`, `/\host`, their encoded forms, and control characters.
 *
 * @example
 * ```ts
 * import { safeReturnTo } from '@patkit/core'
 *
 * export const target = (asked: unknown): string => safeReturnTo(asked) ?? '/'
 * ```
 */
export function safeReturnTo(returnTo: unknown): string | undefined {
  if (typeof returnTo !== 'string' || returnTo.length > longest || !returnTo.startsWith('/')) return undefined
  // eslint-disable-next-line no-control-regex -- browsers drop some of them, and what is left may be another address
  if (/[\u0000-\u0020\u007f-\u009f\\]/.test(returnTo)) return undefined
  const path = returnTo.split(/[?#]/, 1)[0] ?? ''
  // Also what a lenient server or browser decodes once more.
  if (/%(?:25)*(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i.test(path)) return undefined
  const base = 'https://app.invalid'
  if (!URL.canParse(returnTo, base)) return undefined
  const url = new URL(returnTo, base)
  // `/.//host` has become `//host` here.
  return url.origin === base && !url.pathname.startsWith('//') ? returnTo : undefined
}
