import path from 'node:path'

/** The forms a report can take. */
export type ReportFormat = 'xlsx' | 'csv' | 'ndjson' | 'html'

/**
 * Where a report goes.
 *
 * A path tells the format by its extension (`.xlsx`, `.csv`, `.ndjson`, `.html`, in any case). A stream is ended when the report is
 * whole, except `process.stdout` and `process.stderr`; bytes that it has taken cannot be taken back.
 */
export type ReportTarget =
  | string
  | { readonly path: string; readonly format?: ReportFormat }
  | { readonly stream: NodeJS.WritableStream; readonly format: ReportFormat }

/** Every format, in the order of the docs. */
export const reportFormats: readonly ReportFormat[] = ['xlsx', 'csv', 'ndjson', 'html']

/** A target with its format found. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly format: ReportFormat }
  | { readonly kind: 'stream'; readonly stream: NodeJS.WritableStream; readonly format: ReportFormat }

/** Finds the format of each target; a wrong one is a `TypeError` before anything is touched. */
export function toDestinations(targets: readonly ReportTarget[]): readonly Destination[] {
  if (!Array.isArray(targets))
    throw new TypeError(`targets must be an array of paths or streams, not ${typeof targets}`)
  return targets.map(toDestination)
}

function toDestination(target: unknown): Destination {
  if (typeof target === 'string') return { kind: 'file', path: checkedPath(target), format: formatOf(target) }
  if (typeof target !== 'object' || target === null) throw wrongTarget(target)
  const { path: given, format, stream } = target as { path?: unknown; format?: unknown; stream?: unknown }
  if (isWritable(stream)) return { kind: 'stream', stream, format: knownFormat(format) }
  if (stream !== undefined) throw wrongTarget(target)
  const file = checkedPath(given)
  return { kind: 'file', path: file, format: format === undefined ? formatOf(file) : knownFormat(format) }
}

function isWritable(value: unknown): value is NodeJS.WritableStream {
  return typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function'
}

function checkedPath(given: unknown): string {
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given
  throw new TypeError(`A report target needs a path, not ${JSON.stringify(given)}`)
}

function knownFormat(format: unknown): ReportFormat {
  const known = reportFormats.find((name) => name === format)
  if (known === undefined) {
    throw new TypeError(`Unknown report format ${JSON.stringify(format)}; choose one of ${reportFormats.join(', ')}`)
  }
  return known
}

function formatOf(given: string): ReportFormat {
  const extension = path.extname(given).slice(1).toLowerCase()
  const known = reportFormats.find((name) => name === extension)
  if (known === undefined) {
    throw new TypeError(
      `Cannot tell the format of ${JSON.stringify(given)}: name it .${reportFormats.join(', .')}, or give \`format\``,
    )
  }
  return known
}

function wrongTarget(target: unknown): TypeError {
  return new TypeError(`A report target is a path, { path, format? } or { stream, format }, not ${typeof target}`)
}
