import { createReadStream } from 'node:fs'
import path from 'node:path'
import { CommandError, usageError } from './command-error.js'
import { CsvError, delimiterOf, readCsv, type CsvRecord } from './csv.js'
import { exitCodes } from './exit-codes.js'

/** One token of a report that was written earlier, as far as it is compared or revoked. */
export interface ReportedToken {
  /** In lower case. */
  readonly authorizationId: string
  readonly owner: string | null
  readonly ownerMail: string | null
  /** The name of the token. */
  readonly token: string | null
  /** `active`, `expiring`, `expired` or `revoked`, judged when the report was made. */
  readonly status: string | null
  readonly scopes: readonly string[]
  readonly allOrganizations: boolean
  /** As the report has it, ISO 8601 unless the service sent something else. */
  readonly expires: string | null
  /** When the report was made; only NDJSON says so. */
  readonly asOf: string | null
}

/** How a file with tokens is read. */
export interface ReportFileOptions {
  /** How people know the file: as they typed it. */
  readonly name: string
  readonly cwd: string
  /** `whole`: every column that is compared must be there. `ids`: the authorization id is enough, and a plain list of them will do. */
  readonly need: 'whole' | 'ids'
}

/** The form of an authorization id. */
export const guidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Reads the tokens of a report, one by one: NDJSON or CSV with our own columns, told apart by the first character; for `ids` also a
 * plain list, one authorization id per line.
 *
 * @throws {@link CommandError} With exit code 2 and the line for what cannot be read as one of these.
 */
export async function* readReportFile({ name, cwd, need }: ReportFileOptions): AsyncGenerator<ReportedToken> {
  const file = path.resolve(cwd, name)
  const chunks = textOf(file, name)
  try {
    const { first, all } = await peek(chunks)
    switch (formatOf(first, need)) {
      case 'ndjson':
        yield* readNdjson(all, name)
        return
      case 'csv':
        yield* readCsvReport(readCsv(all, delimiterOf(lineOf(first))), name, need)
        return
      case 'list':
        yield* readList(all, name)
        return
      case 'json':
        throw usageError(`${JSON.stringify(name)} is one JSON array.`, 'Use NDJSON (-o ndjson), one object per line.')
      case 'empty':
        // A report without tokens has no line in NDJSON.
        return
    }
  } finally {
    await chunks.return(undefined)
  }
}

async function* textOf(file: string, name: string): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(file, { encoding: 'utf8' })
  try {
    for await (const chunk of stream) yield chunk as string
  } catch (error) {
    throw cannotRead(name, error)
  } finally {
    stream.destroy()
  }
}

function cannotRead(name: string, error: unknown): CommandError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code === 'ENOENT') return usageError(`There is no file ${JSON.stringify(name)}.`, 'Check its name.')
  if (code === 'EISDIR') return usageError(`${JSON.stringify(name)} is a folder.`, 'Name a file inside it.')
  return new CommandError(`Cannot read ${JSON.stringify(name)} (${code}).`, {
    exitCode: code === 'EACCES' ? exitCodes.usage : exitCodes.failure,
    hint: code === 'EACCES' ? 'Choose a file that you may read.' : undefined,
  })
}

/** The beginning of a stream, up to its first line that says something, and the whole stream all the same. */
async function peek(
  chunks: AsyncGenerator<string, void, undefined>,
): Promise<{ readonly first: string; readonly all: AsyncIterable<string> }> {
  let read = ''
  while (!/\S[^\n]*\n/.test(read.replace(/^\ufeff/, ''))) {
    const next = await chunks.next()
    if (next.done === true || read.length > 1_000_000) break
    read += next.value
  }
  async function* all(): AsyncGenerator<string> {
    yield read
    yield* chunks
  }
  return { first: read.replace(/^\ufeff/, '').trimStart(), all: all() }
}

type Format = 'ndjson' | 'json' | 'csv' | 'list' | 'empty'

function formatOf(first: string, need: ReportFileOptions['need']): Format {
  if (first === '') return 'empty'
  if (first.startsWith('{')) return 'ndjson'
  if (first.startsWith('[')) return 'json'
  const line = lineOf(first)
  return need === 'ids' && (line.startsWith('#') || guidPattern.test(line.trim())) ? 'list' : 'csv'
}

/** The first line of a text. */
function lineOf(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? ''
}

async function* linesOf(
  chunks: AsyncIterable<string>,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let rest = ''
  let line = 0
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) yield { text, line: ++line }
  }
  if (rest !== '') yield { text: rest, line: line + 1 }
}

async function* readList(chunks: AsyncIterable<string>, name: string): AsyncGenerator<ReportedToken> {
  for await (const { text, line } of linesOf(chunks)) {
    const id = text
      .replace(/^\ufeff/, '')
      .trim()
      .replace(/\s*#.*$/, '')
    if (id !== '') yield { ...nothingKnown, authorizationId: checkId(id, name, line) }
  }
}

const nothingKnown: Omit<ReportedToken, 'authorizationId'> = {
  owner: null,
  ownerMail: null,
  token: null,
  status: null,
  scopes: [],
  allOrganizations: false,
  expires: null,
  asOf: null,
}

function checkId(id: unknown, name: string, line: number): string {
  if (typeof id === 'string' && guidPattern.test(id)) return id.toLowerCase()
  const shown = typeof id === 'string' ? JSON.stringify(id.slice(0, 60)) : 'nothing'
  throw usageError(
    `${JSON.stringify(name)}, line ${line}: ${shown} is no authorization ID.`,
    'It looks like 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22.',
  )
}

async function* readNdjson(chunks: AsyncIterable<string>, name: string): AsyncGenerator<ReportedToken> {
  for await (const { text, line } of linesOf(chunks)) {
    const json = text.replace(/^\ufeff/, '').trim()
    if (json !== '') yield toToken(parseLine(json, name, line), name, line)
  }
}

function parseLine(json: string, name: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw usageError(`${JSON.stringify(name)}, line ${line}, is no JSON.`, 'Was the report cut off? Make it again.')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw usageError(`${JSON.stringify(name)}, line ${line}, is no token.`, 'Use an NDJSON report of patkit.')
}

function toToken(record: Readonly<Record<string, unknown>>, name: string, line: number): ReportedToken {
  if (!('authorizationId' in record)) throw noIds(name, 'field authorizationId')
  const { scopes } = record
  return {
    authorizationId: checkId(record['authorizationId'], name, line),
    owner: textIn(record['owner']),
    ownerMail: textIn(record['ownerMail']),
    token: textIn(record['token']),
    status: textIn(record['status']),
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    allOrganizations: record['allOrganizations'] === true,
    expires: textIn(record['expires']),
    asOf: textIn(record['asOf']),
  }
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function noIds(name: string, what: string): CommandError {
  return usageError(
    `${JSON.stringify(name)} has no ${what}, so its tokens cannot be told apart.`,
    'Make the report with --columns full.',
  )
}

/** Headers of our full columns that are looked at; only the first is always needed. */
const headers = {
  authorizationId: 'Authorization ID',
  owner: 'Owner',
  ownerMail: 'Owner mail',
  token: 'Token',
  status: 'Status',
  scopes: 'Scopes',
  allOrganizations: 'All organizations',
  expires: 'Expires',
} as const

async function* readCsvReport(
  records: AsyncIterable<CsvRecord>,
  name: string,
  need: ReportFileOptions['need'],
): AsyncGenerator<ReportedToken> {
  const { fromCsvCell } = await import('@patkit/report')
  let columns: ReadonlyMap<string, number> | undefined
  try {
    for await (const record of records) {
      if (columns === undefined) columns = columnsIn(record, name, need)
      else yield fromCsv(record, columns, name, fromCsvCell)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw usageError(`${JSON.stringify(name)}, line ${error.line}: ${error.message}.`, 'Use a CSV report of patkit.')
  }
}

function columnsIn({ cells }: CsvRecord, name: string, need: ReportFileOptions['need']): ReadonlyMap<string, number> {
  const columns = new Map(cells.map((header, place) => [header.trim(), place]))
  if (!columns.has(headers.authorizationId)) throw noIds(name, `column ${JSON.stringify(headers.authorizationId)}`)
  const missing = need === 'ids' ? undefined : Object.values(headers).find((header) => !columns.has(header))
  if (missing === undefined) return columns
  throw usageError(
    `${JSON.stringify(name)} has no column ${JSON.stringify(missing)}.`,
    'Make the report with --columns full.',
  )
}

function fromCsv(
  { cells, line }: CsvRecord,
  columns: ReadonlyMap<string, number>,
  name: string,
  toText: (cell: string) => string,
): ReportedToken {
  const cell = (header: string): string | null => {
    const place = columns.get(header)
    const value = place === undefined ? '' : (cells[place] ?? '')
    return value === '' ? null : value
  }
  const text = (header: string): string | null => {
    const value = cell(header)
    return value === null ? null : toText(value)
  }
  return {
    authorizationId: checkId(cell(headers.authorizationId) ?? '', name, line),
    owner: text(headers.owner),
    ownerMail: text(headers.ownerMail),
    token: text(headers.token),
    status: cell(headers.status),
    scopes: (cell(headers.scopes) ?? '').split(/[\s;]+/).filter((scope) => scope !== ''),
    // Spreadsheets write TRUE.
    allOrganizations: /^true$/i.test(cell(headers.allOrganizations) ?? ''),
    expires: cell(headers.expires),
    asOf: null,
  }
}
