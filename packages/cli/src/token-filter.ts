import type { TokenRow } from '@patkit/report'
import { usageError } from './command-error.js'
import { daysOf } from './duration.js'
import { pointInTime, spokenTime } from './point-in-time.js'
import type { Judge } from './policy.js'
import { plural } from './progress.js'

/** A filter as it was typed. */
export interface RawTokenFilter {
  readonly expired?: true
  readonly expiring?: string
  readonly fullScope?: true
  readonly allOrgs?: true
  /** `false` by `--no-expiry`: commander's way with options that begin so. */
  readonly expiry?: boolean
  readonly scope?: readonly string[]
  readonly createdBefore?: string
  readonly owner?: readonly string[]
}

/** Which tokens are meant: those that meet every condition. */
export interface TokenFilter {
  readonly expired: boolean
  /** Ends within this many days. */
  readonly expiringWithinDays: number | undefined
  readonly fullScope: boolean
  readonly allOrganizations: boolean
  readonly noExpiry: boolean
  /** Has any of these scopes; empty for any scope at all. */
  readonly scopes: readonly string[]
  readonly createdBefore: Date | undefined
  /** Belongs to one of these, by mail, sign-in name, display name or descriptor, in lower case; empty for anybody. */
  readonly owners: readonly string[]
}

/**
 * Reads a filter; `undefined` when no condition was given.
 *
 * @throws {@link CommandError} With exit code 2 for a condition that makes no sense, or for two that no token can meet.
 */
export function readTokenFilter(raw: RawTokenFilter, now: Date): TokenFilter | undefined {
  const filter: TokenFilter = {
    expired: raw.expired === true,
    expiringWithinDays: raw.expiring === undefined ? undefined : daysOf(raw.expiring, '--expiring'),
    fullScope: raw.fullScope === true,
    allOrganizations: raw.allOrgs === true,
    noExpiry: raw.expiry === false,
    scopes: words('--scope', raw.scope, /[\s,]+/),
    createdBefore:
      raw.createdBefore === undefined
        ? undefined
        : pointInTime(raw.createdBefore, '--created-before', { now, direction: 'back' }),
    owners: words('--owner', raw.owner, /,/).map((owner) => owner.toLowerCase()),
  }
  const ends = [
    ...(filter.expired ? ['--expired'] : []),
    ...(filter.expiringWithinDays === undefined ? [] : ['--expiring']),
    ...(filter.noExpiry ? ['--no-expiry'] : []),
  ]
  if (ends.length > 1) {
    throw usageError(
      `No token can be both ${ends.join(' and ')}.`,
      'A token has to meet every condition; give one of them.',
    )
  }
  return phrasesOf(filter).length === 0 ? undefined : filter
}

function words(name: string, given: readonly string[] | undefined, separator: RegExp): readonly string[] {
  if (given === undefined) return []
  const found = given.flatMap((text) => text.split(separator)).map((word) => word.trim())
  if (found.every((word) => word === '')) throw usageError(`${name} is empty.`, 'Give a value, or leave it out.')
  return found.filter((word) => word !== '')
}

/**
 * Tells whether a token is meant. Without `expired` only tokens that still work are: revoking the others changes nothing.
 *
 * @param now - The time tokens are judged at.
 */
export function isMeant(row: TokenRow, filter: TokenFilter, now: Date, judge: Judge): boolean {
  const fitsStatus = filter.expired ? row.status === 'expired' : judge.stillWorks(row.status)
  return fitsStatus && meetsConditions(row, filter, now, judge)
}

/** Tells whether a token meets every condition but that of its status. */
export function meetsConditions(row: TokenRow, filter: TokenFilter, now: Date, judge: Judge): boolean {
  return (
    (filter.expiringWithinDays === undefined || endsWithin(row, filter.expiringWithinDays, now, judge)) &&
    (!filter.fullScope || row.fullAccess) &&
    (!filter.allOrganizations || row.allOrganizations) &&
    (!filter.noExpiry || row.noExpiry) &&
    (filter.scopes.length === 0 || row.scopes.some((scope) => filter.scopes.includes(scope))) &&
    (filter.createdBefore === undefined || isBefore(row.created, filter.createdBefore)) &&
    (filter.owners.length === 0 || isOwnedBy(row, filter.owners))
  )
}

function endsWithin({ expires }: TokenRow, expiringWithinDays: number, now: Date, judge: Judge): boolean {
  return judge.statusOf({ validTo: expires, isValid: true }, { now, expiringWithinDays }) === 'expiring'
}

/** A token of which nobody knows when it was made is not revoked for its age. */
function isBefore(created: Date | null, limit: Date): boolean {
  return created !== null && created.getTime() < limit.getTime()
}

function isOwnedBy({ owner, ownerMail, ownerDescriptor }: TokenRow, owners: readonly string[]): boolean {
  return [owner, ownerMail, ownerDescriptor].some((name) => name !== null && owners.includes(name.toLowerCase()))
}

/** The filter in words: `that have full access and belong to ada@fabrikam.example`. */
export function describeFilter(filter: TokenFilter): string {
  const phrases = phrasesOf(filter)
  const last = phrases.at(-1) ?? ''
  const text = phrases.length > 1 ? `${phrases.slice(0, -1).join(', ')} and ${last}` : last
  return `that ${text}`
}

function phrasesOf(filter: TokenFilter): string[] {
  const { expiringWithinDays, createdBefore, scopes, owners } = filter
  return [
    ...(filter.expired ? ['have expired'] : []),
    ...(expiringWithinDays === undefined ? [] : [`end within ${plural(expiringWithinDays, 'day')}`]),
    ...(filter.noExpiry ? ['have no end'] : []),
    ...(filter.fullScope ? ['have full access'] : []),
    ...(filter.allOrganizations ? ['are valid for all organizations'] : []),
    ...(scopes.length === 0 ? [] : [`have the scope ${scopes.join(' or ')}`]),
    ...(createdBefore === undefined ? [] : [`were created before ${spokenTime(createdBefore)}`]),
    ...(owners.length === 0 ? [] : [`belong to ${owners.join(' or ')}`]),
  ]
}
