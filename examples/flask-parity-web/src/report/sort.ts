import { isWorking } from './filter.js'
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

const statusOrder = { expiring: 0, active: 1, expired: 2, revoked: 3 } as const satisfies Record<
  WireRow['status'],
  number
>

/** Compares two tokens. In either direction, what no longer works and what has no value stands behind. */
export function comparison({ column, direction }: Sorting): (a: WireRow, b: WireRow) => number {
  const sign = direction === 'ascending' ? 1 : -1
  return (a, b) => {
    if (column === 'status') return sign * (statusOrder[a.status] - statusOrder[b.status])
    if (column === 'expires' && isWorking(a) !== isWorking(b)) return isWorking(a) ? -1 : 1
    const [left, right] = [keyOf(a, column), keyOf(b, column)]
    if (left === '' || right === '') return left === right ? 0 : left === '' ? 1 : -1
    return sign * left.localeCompare(right, 'en')
  }
}

function keyOf(row: WireRow, column: Exclude<SortColumn, 'status'>): string {
  if (column === 'expires') return row.noExpiry ? '' : (row.expires ?? '')
  return row[column] ?? ''
}
