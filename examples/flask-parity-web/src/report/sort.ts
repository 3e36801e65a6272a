import { filterToQuery, isWorking, type TokenFilter } from './filter.js'
import type { WireRow } from './wire.js'

/** Columns the table can be sorted by. */
export const sortColumns = ['token', 'owner', 'status', 'expires', 'created'] as const
export type SortColumn = (typeof sortColumns)[number]

/** In which order tokens stand on a page. */
export interface Sorting {
  readonly column: SortColumn
  readonly direction: 'ascending' | 'descending'
}

/** What ends soonest comes first. */
export const usualSorting: Sorting = { column: 'expires', direction: 'ascending' }

/** Reads an order from an address. */
export function readSorting(query: URLSearchParams): Sorting {
  const column = sortColumns.find((known) => known === query.get('sort'))
  if (column === undefined) return usualSorting
  return { column, direction: query.get('dir') === 'desc' ? 'descending' : 'ascending' }
}

/** The order as it stands in an address; empty where it is the usual one. */
export function sortingToQuery({ column, direction }: Sorting): Record<string, string> {
  if (column === usualSorting.column && direction === usualSorting.direction) return {}
  return direction === 'descending' ? { sort: column, dir: 'desc' } : { sort: column }
}

/** The order that a click on the head of a column asks for: its own, the other way round when it is in force. */
export function nextSorting({ column, direction }: Sorting, clicked: SortColumn): Sorting {
  const isReversed = clicked === column && direction === 'ascending'
  return { column: clicked, direction: isReversed ? 'descending' : 'ascending' }
}

/** In which direction a column is in force. */
export function directionIn({ column, direction }: Sorting, asked: SortColumn): Sorting['direction'] | undefined {
  return asked === column ? direction : undefined
}

/** Signs beside the heads of columns, for who sees; others hear `aria-sort`. */
export const arrows = { ascending: '▲', descending: '▼', none: '⇅' } as const

/** Filter and order of a page, as they stand in its address. */
export function addressQuery(filter: TokenFilter, sorting: Sorting): URLSearchParams {
  return new URLSearchParams([...filterToQuery(filter), ...Object.entries(sortingToQuery(sorting))])
}

const statusOrder = { expiring: 0, active: 1, expired: 2, revoked: 3 } as const satisfies Record<
  WireRow['status'],
  number
>

/**
 * What a token is sorted by in a column. The first character is its group, and groups keep their order in either direction: what no longer
 * works and what has no value stands behind. Groups of texts that people wrote are digits; those of times and numbers are letters.
 */
export function sortKey(row: WireRow, column: SortColumn): string {
  switch (column) {
    case 'status':
      return `a${statusOrder[row.status]}`
    case 'expires':
      return `${isWorking(row) ? (row.noExpiry ? 'b' : 'a') : 'c'}${row.expires ?? ''}`
    case 'created':
      return row.created === null ? 'b' : `a${row.created}`
    case 'token':
    case 'owner': {
      const text = row[column] ?? ''
      return text === '' ? '1' : `0${text}`
    }
    default: {
      const unreachable: never = column
      return unreachable
    }
  }
}

/** Compares two keys of one column. */
export function compareKeys(left: string, right: string, direction: Sorting['direction']): number {
  const groups = left.charCodeAt(0) - right.charCodeAt(0)
  if (groups !== 0) return groups
  if (left === right) return 0
  // Collation of what needs none would take most of the time of a large table.
  if (left >= 'a') return left < right === (direction === 'ascending') ? -1 : 1
  return direction === 'ascending' ? order.compare(left, right) : order.compare(right, left)
}

const order = new Intl.Collator('en')

/** Compares two tokens. */
export function comparison({ column, direction }: Sorting): (a: WireRow, b: WireRow) => number {
  return (a, b) => compareKeys(sortKey(a, column), sortKey(b, column), direction)
}
