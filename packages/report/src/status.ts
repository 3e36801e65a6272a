import type { SessionToken } from '@patkit/core'

/** What a token is worth at a given time; every token has exactly one. */
export type TokenStatus = 'active' | 'expiring' | 'expired' | 'revoked'

/** The point of view from which a token is judged. */
export interface StatusSettings {
  /** The time that counts as now. */
  readonly now: Date
  /** A token that ends within this many days from `now` is `expiring`. */
  readonly expiringWithinDays: number
}

/** What makes a token worth a second look, whatever its status. */
export interface TokenFlags {
  /** Its scope contains `app_token`: it may do everything its owner may. */
  readonly fullScope: boolean
  /** It is not bound to an organization (`targetAccounts` is null or empty); such tokens stop working on 2026-12-01. */
  readonly allOrganizations: boolean
  /** It is valid for more than 180 days, or without end. */
  readonly overLongLife: boolean
  /** It has no end: the service named none, or one of its two words for "never" (year 9999, year 1). */
  readonly noExpiry: boolean
}

/** Days after which a token's life counts as over-long. */
export const overLongLifeDays = 180

/** From this day on, Azure DevOps accepts no token that is valid for all organizations. */
export const allOrganizationsRetirement = new Date('2026-12-01T00:00:00Z')

/** Milliseconds of a day. */
export const dayMs = 86_400_000

/** .NET's `DateTime.MaxValue` and `DateTime.MinValue` are how the service writes "never" and "not set". */
const neverYear = 9999
const unsetYear = 1

/** The end of a token's validity; `undefined` when it has none, or when the service's text for it is no time. */
export function expiryOf(token: Pick<SessionToken, 'validTo'>): Date | undefined {
  const { validTo } = token
  if (validTo === null) return undefined
  const year = validTo.getUTCFullYear()
  return year >= neverYear || year <= unsetYear || Number.isNaN(year) ? undefined : validTo
}

/**
 * Tells what a token is worth at `settings.now`.
 *
 * `expired` when its end has come, whatever the service says of it; else `revoked` when the service calls it invalid; else
 * `expiring` when it ends within `expiringWithinDays`; else `active`. A token of which the service says neither counts as
 * working, so that it is seen.
 */
export function statusOf(token: Pick<SessionToken, 'validTo' | 'isValid'>, settings: StatusSettings): TokenStatus {
  const expiry = expiryOf(token)
  const remainingMs = expiry === undefined ? Infinity : expiry.getTime() - settings.now.getTime()
  if (remainingMs <= 0) return 'expired'
  if (token.isValid === false) return 'revoked'
  return remainingMs <= settings.expiringWithinDays * dayMs ? 'expiring' : 'active'
}

/** Tells whether a token of this status can still be used. */
export function stillWorks(status: TokenStatus): boolean {
  return status === 'active' || status === 'expiring'
}

/** Tells what is remarkable about a token, whatever its status. */
export function flagsOf(
  token: Pick<SessionToken, 'scope' | 'targetAccounts' | 'validFrom' | 'validTo' | 'validToText'>,
): TokenFlags {
  const expiry = expiryOf(token)
  // A text that is no time is an unknown end, not a missing one.
  const unreadable = token.validTo === null && token.validToText !== null && token.validToText.trim() !== ''
  const noExpiry = expiry === undefined && !unreadable
  const lifeMs = expiry === undefined || token.validFrom === null ? 0 : expiry.getTime() - token.validFrom.getTime()
  return {
    fullScope: scopesOf(token).includes('app_token'),
    allOrganizations: token.targetAccounts === null || token.targetAccounts.length === 0,
    overLongLife: noExpiry || lifeMs > overLongLifeDays * dayMs,
    noExpiry,
  }
}

/** The scopes of a token, one by one, in the service's order. */
export function scopesOf(token: Pick<SessionToken, 'scope'>): readonly string[] {
  const scope = token.scope?.trim() ?? ''
  return scope === '' ? [] : scope.split(/\s+/)
}

/**
 * Counts the whole days until a token ends, seen from `now`; negative once it has ended.
 *
 * Rounded down: 0 on the last day, -1 on the first day after. `null` for a token without an end, or whose end is unknown.
 */
export function daysLeft(token: Pick<SessionToken, 'validTo'>, now: Date): number | null {
  const expiry = expiryOf(token)
  return expiry === undefined ? null : Math.floor((expiry.getTime() - now.getTime()) / dayMs)
}
