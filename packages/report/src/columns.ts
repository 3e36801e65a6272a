import type { TokenRow } from './rows.js'

/** What a cell can hold; `null` is an empty cell: null or unknown, never false. */
export type CellValue = string | number | boolean | Date | null

/** One column of a report. */
export interface ReportColumn {
  /** The word in the first row. */
  readonly header: string
  /** Width in characters, where a format has widths. */
  readonly width: number
  /** Where its cells stand, where a format has places; default: left. */
  readonly align?: 'left' | 'centre' | 'right'
  /** What the column shows of a row. */
  value(row: TokenRow): CellValue
}

/** Which columns a report has: ours, or the five of the sample that many people started from. */
export type ColumnSet = 'full' | 'sample'

/** Everything a report shows, in the order of the columns. */
export const fullColumns: readonly ReportColumn[] = [
  { header: 'Owner', width: 26, value: (row) => row.owner },
  { header: 'Owner mail', width: 32, value: (row) => row.ownerMail },
  { header: 'Owner type', width: 14, value: (row) => row.ownerType },
  { header: 'Token', width: 30, value: (row) => row.token },
  { header: 'Status', width: 10, value: (row) => row.status },
  { header: 'Scopes', width: 34, value: (row) => (row.scopes.length === 0 ? null : row.scopes.join('; ')) },
  { header: 'Full access', width: 13, align: 'centre', value: (row) => row.fullAccess },
  { header: 'All organizations', width: 20, align: 'centre', value: (row) => row.allOrganizations },
  // A text that is no time is shown as it came: better than a gap that looks like "none".
  { header: 'Created', width: 21, value: (row) => row.created ?? row.createdText },
  { header: 'Expires', width: 21, value: (row) => row.expires ?? row.expiresText },
  { header: 'Days left', width: 12, align: 'right', value: (row) => row.daysLeft },
  { header: 'Authorization ID', width: 38, value: (row) => row.authorizationId },
]

/** The columns of the Flask sample, with its names, its order and the service's own texts. */
export const sampleColumns: readonly ReportColumn[] = [
  { header: 'DisplayName', width: 30, value: (row) => row.token },
  { header: 'Owner', width: 28, value: (row) => row.ownerDisplayName },
  { header: 'isValid', width: 10, align: 'centre', value: (row) => row.isValid },
  { header: 'validFrom', width: 30, value: (row) => row.createdText },
  { header: 'validTo', width: 30, value: (row) => row.expiresText },
]

/** The columns of a set. */
export function columnsOf(set: ColumnSet): readonly ReportColumn[] {
  switch (set) {
    case 'full':
      return fullColumns
    case 'sample':
      return sampleColumns
    default: {
      const unreachable: never = set
      throw new TypeError(`columns must be 'full' or 'sample', not ${JSON.stringify(unreachable)}`)
    }
  }
}
