import * as z from 'zod'

// MSAL's cache as text (its "unified schema", the same in all of its languages): entities by key, in sections.
const entity = z.looseObject({ home_account_id: z.string().optional() })
const cache = z.record(z.string(), z.record(z.string(), entity))

type Cache = z.output<typeof cache>

/** Whether a text is such a cache. What was damaged counts as not there: the person signs in again. */
export function isTokenCache(text: string): boolean {
  return parse(text) !== undefined
}

/**
 * Puts the tokens of a sign-in to those that are kept. What was kept of the same account goes: of two tokens for the same scopes MSAL
 * would take neither. Accounts of other user flows stay.
 */
export function mergeTokens(kept: string | undefined, fresh: string, homeAccountId: string): string {
  const before = kept === undefined ? undefined : parse(kept)
  const after = parse(fresh)
  if (before === undefined || after === undefined) return fresh
  const merged: Cache = { ...after }
  for (const [section, entities] of Object.entries(before)) {
    const others = Object.entries(entities).filter(([, one]) => one.home_account_id !== homeAccountId)
    merged[section] = { ...Object.fromEntries(others), ...after[section] }
  }
  return JSON.stringify(merged)
}

/** Times of access tokens, in seconds as text; the only times in the cache that decide anything. */
const timeFields = ['cached_at', 'expires_on', 'extended_expires_on', 'refresh_on'] as const

/**
 * Moves the times of the tokens by `seconds`. MSAL reckons by the machine's clock and nothing else, so a cache that is kept by another
 * clock is translated on the way in and on the way out.
 */
export function shiftTimes(text: string, seconds: number): string {
  const content = seconds === 0 ? undefined : parse(text)
  if (content === undefined) return text
  for (const token of Object.values(content.AccessToken ?? {})) {
    for (const field of timeFields) {
      const time = token[field]
      if (typeof time === 'string' && /^\d+$/.test(time)) token[field] = String(Number(time) + seconds)
    }
  }
  return JSON.stringify(content)
}

function parse(text: string): Cache | undefined {
  try {
    return cache.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
