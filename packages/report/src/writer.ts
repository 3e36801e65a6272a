import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ColumnSet } from './columns.js'
import type { TokenRow } from './rows.js'
import type { ReportSummary, Totals } from './summary.js'

/** What every writer knows before the first row. */
export interface ReportContext {
  /** Name of the organization; may be empty. */
  readonly organization: string
  /** The title of the report. */
  readonly title: string
  /** The time that counts as now. */
  readonly asOf: Date
  readonly expiringWithinDays: number
  readonly columns: ColumnSet
  /** Which tokens become rows. */
  readonly status: 'all' | 'active' | 'expired' | 'expiring' | 'revoked'
}

/** What every writer knows after the last row. */
export interface ReportResult {
  readonly complete: boolean
  readonly totals: Totals
  readonly requests: ReportSummary['requests']
  readonly retries: ReportSummary['retries']
  readonly throttledMs: ReportSummary['throttledMs']
}

/** Takes rows and gives bytes. */
export interface RowWriter {
  /** Rows that the output has, or will have when finished. */
  readonly rows: number
  /** Whether the sink is behind: wait for {@link room} before the next row. */
  readonly full: boolean
  /** Resolves when the sink has caught up. */
  room(): Promise<void>
  /** Takes a row; never waits. */
  write(row: TokenRow): void
  /** Writes what is left and ends the sink. */
  finish(result: ReportResult): Promise<void>
  /** Lets go of everything after a failure. Nothing more is written. */
  abandon(): void
}

/** Resolves when a stream has room again. */
export function roomIn(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain) return Promise.resolve()
  return new Promise((resolve) => stream.once('drain', resolve))
}

/** Ends a stream and resolves when its last byte was taken. */
export async function ended(stream: Writable): Promise<void> {
  stream.end()
  await finished(stream, { readable: false })
}

/** Characters that are gathered before a sink is bothered. */
export const chunkCharacters = 32_768
