import type { Writable } from 'node:stream'
import { sampleColumns, type CellValue } from './columns.js'
import type { TokenRow } from './rows.js'
import { chunkCharacters, ended, roomIn, type ReportContext, type RowWriter } from './writer.js'

/** Writes one JSON object per token and line; nothing else is on a line, so that lines can be counted, sorted and compared. */
export class NdjsonWriter implements RowWriter {
  readonly #sink: Writable
  readonly #toRecord: (row: TokenRow) => object
  #text = ''
  rows = 0

  constructor(sink: Writable, context: ReportContext) {
    this.#sink = sink
    const asOf = context.asOf.toISOString()
    this.#toRecord = context.columns === 'sample' ? toSampleRecord : (row) => toRecord(row, asOf)
  }

  get full(): boolean {
    return this.#sink.writableNeedDrain
  }

  room(): Promise<void> {
    return roomIn(this.#sink)
  }

  write(row: TokenRow): void {
    this.#text += `${JSON.stringify(this.#toRecord(row))}\n`
    this.rows++
    if (this.#text.length >= chunkCharacters) this.#flush()
  }

  async finish(): Promise<void> {
    this.#flush()
    await ended(this.#sink)
  }

  abandon(): void {
    this.#text = ''
  }

  #flush(): void {
    if (this.#text !== '') this.#sink.write(this.#text)
    this.#text = ''
  }
}

function toRecord(row: TokenRow, asOf: string): object {
  return {
    owner: row.owner,
    ownerMail: row.ownerMail,
    ownerType: row.ownerType,
    ownerDescriptor: row.ownerDescriptor,
    token: row.token,
    status: row.status,
    scopes: row.scopes,
    fullAccess: row.fullAccess,
    allOrganizations: row.allOrganizations,
    organizations: row.organizations,
    created: row.created ?? row.createdText,
    expires: row.expires ?? row.expiresText,
    daysLeft: row.daysLeft,
    overLongLife: row.overLongLife,
    noExpiry: row.noExpiry,
    authorizationId: row.authorizationId,
    asOf,
  }
}

function toSampleRecord(row: TokenRow): Record<string, CellValue> {
  return Object.fromEntries(sampleColumns.map((column) => [column.header, column.value(row)]))
}
