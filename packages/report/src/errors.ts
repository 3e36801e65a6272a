/** The mark by which `isPatkitError` of `@patkit/core` knows an error of this SDK; spelled here because only types come from there. */
const brand = Symbol.for('patkit.error')

/** What stands in the way of a report file: it exists already, there is no room for it, or it cannot be written at all. */
export type ReportErrorCode = 'PATKIT_REPORT_EXISTS' | 'PATKIT_REPORT_NO_SPACE' | 'PATKIT_REPORT_NOT_WRITABLE'

/** What a {@link ReportError} knows beside its message. */
export interface ReportErrorDetails {
  readonly code: ReportErrorCode
  readonly file?: string | undefined
  readonly systemCode?: string | undefined
  readonly hint?: string | undefined
}

/**
 * A report could not be written. No file was replaced, and nothing unfinished was left behind.
 *
 * Has the shape of every error of this SDK (`code`, `hint`), so `isPatkitError` of `@patkit/core` recognizes it.
 */
export class ReportError extends Error {
  override readonly name = 'ReportError'
  /** Names the kind of failure; never changes between versions. */
  readonly code: ReportErrorCode
  /** Path of the file that could not be written; `undefined` for a stream. */
  readonly file: string | undefined
  /** The operating system's name for the failure, such as `'ENOSPC'`, if there was one. */
  readonly systemCode: string | undefined
  /** What helps, in one sentence. */
  readonly hint: string | undefined
  /** Always `undefined`: no request was made. Here because every error of this SDK has it. */
  readonly status: number | undefined = undefined
  /** Always `undefined`: no request was made. Here because every error of this SDK has it. */
  readonly activityId: string | undefined = undefined
  /** Always empty: no request was made. Here because every error of this SDK has it. */
  readonly attempts: readonly never[] = []
  /** Whether the same call may succeed later without anybody changing anything: never. */
  readonly retryable: boolean = false

  constructor(message: string, details: ReportErrorDetails) {
    super(message)
    this.code = details.code
    this.file = details.file
    this.systemCode = details.systemCode
    this.hint = details.hint
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The operating system's name for a failure, where it gave one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Says in one sentence why a file cannot be written, and what helps. */
export function cannotWrite(file: string, error: unknown): ReportError {
  return translated(file, file, error)
}

/** Says in one sentence why a stream takes no more. */
export function cannotWriteStream(error: unknown): ReportError {
  return translated('the stream', undefined, error)
}

function translated(name: string, file: string | undefined, error: unknown): ReportError {
  if (error instanceof ReportError) return error
  const systemCode = systemCodeOf(error)
  const { because, hint } = explain(systemCode, error)
  const code = noSpaceCodes.has(systemCode ?? '') ? 'PATKIT_REPORT_NO_SPACE' : 'PATKIT_REPORT_NOT_WRITABLE'
  return new ReportError(`Cannot write ${name}: ${because}.`, { code, file, systemCode, hint })
}

const noSpaceCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

interface Explanation {
  readonly because: string
  readonly hint: string | undefined
}

function explain(systemCode: string | undefined, error: unknown): Explanation {
  switch (systemCode) {
    case 'ENOENT':
      return { because: 'the folder does not exist', hint: 'Create the folder, or choose another path.' }
    case 'ENOTDIR':
      return { because: 'a part of the path is a file, not a folder', hint: 'Choose another path.' }
    case 'EISDIR':
      return { because: 'it is a folder', hint: 'Name a file inside the folder.' }
    case 'EACCES':
    case 'EROFS':
      return { because: 'permission denied', hint: 'Choose a folder that you may write to.' }
    case 'EPERM':
    case 'EBUSY':
      return {
        because: 'it is locked or protected',
        hint: 'Close the program that has it open (Excel locks the files it shows), or choose another path.',
      }
    case 'ENOSPC':
      return { because: 'no space left on the device', hint: 'Free some space, or choose another disk.' }
    case 'EDQUOT':
      return { because: 'the disk quota is used up', hint: 'Free some space, or choose another disk.' }
    case 'EFBIG':
      return {
        because: 'the file is too large for its file system',
        hint: 'Choose another disk, or fewer rows by `status`.',
      }
    case 'ENAMETOOLONG':
      return { because: 'the name is too long', hint: 'Choose a shorter name.' }
    case 'ELOOP':
      return { because: 'its symbolic links lead in a circle', hint: 'Choose another path.' }
    case 'EPIPE':
      return { because: 'the reader has gone', hint: undefined }
    default:
      return {
        because: systemCode ?? (error instanceof Error ? firstLine(error.message) : 'unknown failure'),
        hint: undefined,
      }
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\.$/, '')
}
