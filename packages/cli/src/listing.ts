import type { Command } from 'commander'
import { usageError } from './command-error.js'
import type { Environment, Io, Output } from './io.js'
import { didYouMean } from './suggest.js'
import { Table, type TableColumn } from './table.js'
import { Terminal } from './terminal.js'

/** How a list is written to standard output. */
export const listFormats = ['table', 'json', 'ndjson', 'csv'] as const

/** One of {@link listFormats}. */
export type ListFormat = (typeof listFormats)[number]

/** What a list looks like in each format. */
export interface ListShape<T> {
  /** For people. */
  readonly columns: readonly TableColumn<T>[]
  /** For CSV: headers and cells, names as they are. */
  readonly csv: readonly (readonly [header: string, value: (item: T) => string | number | boolean | null])[]
  /** For JSON and NDJSON. */
  readonly toRecord: (item: T) => object
}

/** `-o` and `--json` as they were typed. */
export interface RawListOptions {
  readonly output?: string
  readonly json?: true
}

/** Adds `-o` and `--json`. */
export function addListOptions(command: Command): Command {
  return command
    .option('-o, --output <format>', `${listFormats.join(', ')}; default: a table on a terminal, ndjson elsewhere`)
    .option('--json', 'the same as --output json')
}

/** The format that was asked for; otherwise a table on a terminal and NDJSON elsewhere. */
export function listFormatOf({ output, json }: RawListOptions, stdout: Output): ListFormat {
  if (output === undefined) return json === true ? 'json' : stdout.isTTY === true ? 'table' : 'ndjson'
  const format = listFormats.find((known) => known === output)
  if (format === undefined) {
    throw usageError(
      `--output ${JSON.stringify(output)} is unknown.`,
      didYouMean(output, listFormats) ?? `Give one of ${listFormats.join(', ')}.`,
    )
  }
  if (json === true && format !== 'json') {
    throw usageError(`--json and --output ${format} contradict each other.`, 'Leave one of them out.')
  }
  return format
}

/** Writes a list item by item, so that the first is seen before the last is known. */
export interface ListWriter<T> {
  write(item: T): Promise<void>
  /** Ends the list; a list that failed half-way is left without its end, so that JSON of it does not parse. */
  end(): Promise<void>
}

/** What stands around the items in JSON, instead of the brackets of an array. */
export interface JsonFrame {
  readonly begin: string
  /** Asked for when the last item is written. */
  readonly end: () => string
}

/** Makes the writer for a format. */
export function createListWriter<T>(
  format: ListFormat,
  shape: ListShape<T>,
  io: Pick<Io, 'stdout' | 'env' | 'platform'>,
  frame: JsonFrame = { begin: '[', end: () => ']' },
): ListWriter<T> {
  const { stdout } = io
  switch (format) {
    case 'table':
      return tableWriter(shape, io)
    case 'json':
      return jsonWriter(shape, stdout, frame)
    case 'ndjson':
      return {
        write: (item) => put(stdout, `${JSON.stringify(shape.toRecord(item))}\n`),
        end: () => Promise.resolve(),
      }
    case 'csv':
      return csvWriter(shape, stdout)
    default: {
      const unreachable: never = format
      throw new TypeError(`unknown format ${String(unreachable)}`)
    }
  }
}

function tableWriter<T>(
  { columns }: ListShape<T>,
  { stdout, env, platform }: Pick<Io, 'stdout' | 'env' | 'platform'>,
): ListWriter<T> {
  const terminal = new Terminal(stdout, env, platform)
  const table = new Table(columns, {
    width: stdout.isTTY === true ? terminal.columns : Infinity,
    unicode: terminal.unicode,
    line: (...pieces) => terminal.line(...pieces),
  })
  return {
    write: (item) => {
      table.add(item)
      return room(stdout)
    },
    end: () => {
      table.end()
      return room(stdout)
    },
  }
}

function jsonWriter<T>({ toRecord }: ListShape<T>, stdout: Output, frame: JsonFrame): ListWriter<T> {
  let items = 0
  return {
    write: (item) => put(stdout, `${items++ === 0 ? `${frame.begin}\n` : ',\n'}${JSON.stringify(toRecord(item))}`),
    end: () => put(stdout, `${items === 0 ? frame.begin : '\n'}${frame.end()}\n`),
  }
}

function csvWriter<T>({ csv }: ListShape<T>, stdout: Output): ListWriter<T> {
  let isBegun = false
  const write = async (...items: readonly T[]): Promise<void> => {
    const { toCsvLines } = await import('@patkit/report')
    const headers = isBegun ? [] : [csv.map(([header]) => header)]
    isBegun = true
    const text = toCsvLines([...headers, ...items.map((item) => csv.map(([, value]) => value(item)))])
    await put(stdout, text)
  }
  return { write: (item) => write(item), end: () => write() }
}

/** Writes text, and waits until it has left this process or its reader is gone; the interruption tells of the latter. */
export function put(output: Output, text: string): Promise<void> {
  output.write(text)
  return room(output)
}

/** Resolves when the output takes more; a slow reader holds the list back instead of filling the memory. */
function room(output: Output): Promise<void> {
  if (!('writableNeedDrain' in output) || output.writableNeedDrain !== true) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      output.removeListener('drain', done)
      output.removeListener('close', done)
      output.removeListener('error', done)
      resolve()
    }
    output.on('drain', done)
    output.on('close', done)
    output.on('error', done)
  })
}

/** One thing with its fields below each other: the look of `get` for people, one JSON object for programs. */
export async function printOne<T>(
  item: T,
  format: ListFormat,
  shape: ListShape<T>,
  io: Pick<Io, 'stdout' | 'env' | 'platform'>,
): Promise<void> {
  if (format === 'table') return printFields(item, shape, io)
  if (format === 'csv') {
    const writer = csvWriter(shape, io.stdout)
    await writer.write(item)
    return writer.end()
  }
  return put(io.stdout, `${JSON.stringify(shape.toRecord(item), undefined, format === 'json' ? 2 : 0)}\n`)
}

function printFields<T>(
  item: T,
  { columns }: ListShape<T>,
  { stdout, env, platform }: { readonly stdout: Output; readonly env: Environment; readonly platform: NodeJS.Platform },
): Promise<void> {
  const terminal = new Terminal(stdout, env, platform)
  const width = Math.max(...columns.map(({ header }) => header.length))
  for (const column of columns) {
    const value = column.value(item)
    const style = column.style?.(item)
    const text = value === null ? '-' : String(value)
    terminal.line(`${column.header.padEnd(width)}  `, style === undefined ? text : { style, text })
  }
  return room(stdout)
}
