import { cut } from './words.js'
import type { WireRow } from './wire.js'

// Read on both sides: the table in the browser, the page without script and the downloads filter by the same rules.

/** Which tokens of a report to show; kept in the address of the page. Empty fields filter nothing. */
export interface TokenFilter {
  /** Words, each of which must occur in name, owner, mail, scopes or authorization id. */
  readonly text: string
  /** Part of the owner's name or mail. */
  readonly owner: string
  readonly status: '' | 'working' | WireRow['status']
  /** Ends within this many days from now (and has not ended). */
  readonly withinDays: number | undefined
  /** The month in which it ends or would have ended, such as `2026-12`. */
  readonly month: string
  /** A scope, such as `vso.code`; also found with a suffix, as in `vso.code_write`. */
  readonly scope: string
  readonly flag: '' | TokenFlag
}

/** What makes a token worth a second look. */
export type TokenFlag = 'full-access' | 'all-organizations' | 'long-life' | 'no-expiry'

export const statusChoices = ['working', 'active', 'expiring', 'expired', 'revoked'] as const
export const flagChoices = ['full-access', 'all-organizations', 'long-life', 'no-expiry'] as const
export const withinChoices = [7, 30, 90] as const

export const noFilter: TokenFilter = {
  text: '',
  owner: '',
  status: '',
  withinDays: undefined,
  month: '',
  scope: '',
  flag: '',
}

/** Longest text that is looked for; in UTF-16 units, as the fields of the form count. */
export const longestText = 200

/** Reads a filter from an address. What is not understood filters nothing. */
export function readFilter(query: URLSearchParams): TokenFilter {
  const text = (name: string): string => cut((query.get(name) ?? '').trim(), longestText).trim()
  const days = text('within')
  return {
    text: text('q'),
    owner: text('owner'),
    status: statusChoices.find((known) => known === text('status')) ?? '',
    withinDays: /^\d{1,4}$/.test(days) ? Number(days) : undefined,
    month: /^\d{4}-(0[1-9]|1[0-2])$/.test(text('month')) ? text('month') : '',
    scope: text('scope'),
    flag: flagChoices.find((known) => known === text('flag')) ?? '',
  }
}

/** The filter as it stands in an address; empty where it filters nothing. */
export function filterToQuery(filter: TokenFilter): URLSearchParams {
  const fields = {
    q: filter.text,
    owner: filter.owner,
    status: filter.status,
    within: filter.withinDays === undefined ? '' : String(filter.withinDays),
    month: filter.month,
    scope: filter.scope,
    flag: filter.flag,
  }
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== ''))
}

/** Whether a token is to be shown. */
export function passes(row: WireRow, filter: TokenFilter): boolean {
  return (
    hasStatus(row, filter.status) &&
    (filter.withinDays === undefined || endsWithin(row, filter.withinDays)) &&
    (filter.month === '' || monthOf(row) === filter.month) &&
    (filter.scope === '' || row.scopes.some((scope) => isScope(scope, filter.scope))) &&
    (filter.flag === '' || hasFlag(row, filter.flag)) &&
    contains(`${row.owner}\n${row.ownerMail ?? ''}`, filter.owner) &&
    filter.text.split(/\s+/).every((word) => contains(textOf(row), word))
  )
}

/** Everything of a token that words are looked for in. */
export function textOf({ token, owner, ownerMail, scopes, id }: WireRow): string {
  return `${token ?? ''}\n${owner}\n${ownerMail ?? ''}\n${scopes.join(' ')}\n${id}`
}

export function hasFlag(row: WireRow, flag: TokenFlag): boolean {
  switch (flag) {
    case 'full-access':
      return row.fullAccess
    case 'all-organizations':
      return row.allOrganizations
    case 'long-life':
      return row.overLongLife
    case 'no-expiry':
      return row.noExpiry
    default: {
      const unreachable: never = flag
      return unreachable
    }
  }
}

/** Tokens that can still be used. */
export function isWorking({ status }: Pick<WireRow, 'status'>): boolean {
  return status === 'active' || status === 'expiring'
}

/** The month in which a token ends, such as `2026-12`; `undefined` for one without an end. */
export function monthOf({ expires, noExpiry }: Pick<WireRow, 'expires' | 'noExpiry'>): string | undefined {
  return noExpiry ? undefined : /^\d{4}-\d{2}(?=-)/.exec(expires ?? '')?.[0]
}

function hasStatus(row: WireRow, status: TokenFilter['status']): boolean {
  return status === '' || (status === 'working' ? isWorking(row) : row.status === status)
}

function endsWithin(row: WireRow, days: number): boolean {
  return isWorking(row) && row.daysLeft !== null && row.daysLeft < days
}

function isScope(scope: string, wanted: string): boolean {
  const [own, other] = [scope.toLowerCase(), wanted.toLowerCase()]
  return own === other || own.startsWith(`${other}_`)
}

function contains(text: string, part: string): boolean {
  return part === '' || text.toLowerCase().includes(part.toLowerCase())
}
