import { isWorking, monthOf } from './filter.js'
import type { WireRow } from './wire.js'

// Read on both sides: the page without script and the live one count alike.

/** What a report says in total. */
export interface Totals {
  readonly tokens: number
  readonly working: number
  readonly expiring: number
  readonly expired: number
  /** Of tokens that still work. */
  readonly fullAccess: number
  readonly allOrganizations: number
  readonly longLife: number
  readonly noExpiry: number
  /** Working tokens by the month of their end, `2026-11` first. */
  readonly months: readonly (readonly [month: string, tokens: number])[]
  /** The most frequent scopes of working tokens, the most frequent first. */
  readonly scopes: readonly (readonly [scope: string, tokens: number])[]
}

const shown = { months: 13, scopes: 10, distinctScopes: 2_000 } as const

/** Counts rows while they pass; memory grows with the kinds of scopes and months only. */
export class Tally {
  readonly #counts = {
    tokens: 0,
    working: 0,
    expiring: 0,
    expired: 0,
    fullAccess: 0,
    allOrganizations: 0,
    longLife: 0,
    noExpiry: 0,
  }
  readonly #months = new Map<string, number>()
  readonly #scopes = new Map<string, number>()

  /** @param by - -1 takes a row out again that is about to change. */
  add(row: WireRow, by: 1 | -1 = 1): void {
    const counts = this.#counts
    counts.tokens += by
    if (row.status === 'expired') counts.expired += by
    if (!isWorking(row)) return
    counts.working += by
    if (row.status === 'expiring') counts.expiring += by
    if (row.fullAccess) counts.fullAccess += by
    if (row.allOrganizations) counts.allOrganizations += by
    if (row.overLongLife) counts.longLife += by
    if (row.noExpiry) counts.noExpiry += by
    const month = monthOf(row)
    if (month !== undefined) count(this.#months, month, by)
    for (const scope of row.scopes) {
      if (this.#scopes.has(scope) || this.#scopes.size < shown.distinctScopes) count(this.#scopes, scope, by)
    }
  }

  totals(): Totals {
    const present = (map: ReadonlyMap<string, number>): [string, number][] =>
      [...map].filter(([, tokens]) => tokens > 0)
    return {
      ...this.#counts,
      months: present(this.#months)
        .sort(([a], [b]) => a.localeCompare(b))
        .slice(0, shown.months),
      scopes: present(this.#scopes)
        .sort(([a, left], [b, right]) => right - left || a.localeCompare(b))
        .slice(0, shown.scopes),
    }
  }
}

function count(map: Map<string, number>, key: string, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by)
}

/** The charts, and the filter that shows the tokens behind one of their bars. */
export const charts = [
  {
    name: 'months',
    caption: 'When working tokens end',
    head: 'Month',
    queryOf: (month: string): string => `status=working&month=${month}`,
  },
  {
    name: 'scopes',
    caption: 'What working tokens may do',
    head: 'Scope',
    queryOf: (scope: string): string => new URLSearchParams({ status: 'working', scope }).toString(),
  },
] as const

/** A figure of the summary, and the filter that shows the tokens behind it. */
export interface Card {
  readonly name: keyof Omit<Totals, 'months' | 'scopes'>
  readonly label: string
  /** Query of the page. */
  readonly query: string
}

export const cards: readonly Card[] = [
  { name: 'tokens', label: 'Tokens', query: '' },
  { name: 'working', label: 'Still work', query: 'status=working' },
  { name: 'expiring', label: 'Expire within 30 days', query: 'status=expiring' },
  { name: 'expired', label: 'Expired', query: 'status=expired' },
  { name: 'fullAccess', label: 'Full access', query: 'status=working&flag=full-access' },
  { name: 'allOrganizations', label: 'All organizations', query: 'status=working&flag=all-organizations' },
  { name: 'longLife', label: 'Valid over 180 days', query: 'status=working&flag=long-life' },
  { name: 'noExpiry', label: 'No expiry', query: 'status=working&flag=no-expiry' },
]
