import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import * as z from 'zod'
import { CheckpointError } from '../errors.js'
import { sessionTokenSchema, type SessionToken } from '../model/session-token.js'
import { graphUserSchema } from '../model/graph-user.js'
import type { ReadOutcome, ScanCheckpoint } from './scan-outcome.js'

/** What a checkpoint file belongs to. */
export interface CheckpointSettings {
  readonly organization: string
  /** Options that must not change between the runs, by name; compared as text. Never put a secret here. */
  readonly settings?: Readonly<Record<string, string>>
  /** `'new'` makes the file and refuses one that exists; `'resume'` continues one. */
  readonly mode: 'new' | 'resume'
}

/** A checkpoint kept in a file; close it when the scan is over. */
export interface FileCheckpoint extends ScanCheckpoint {
  /** Users whose tokens were in the file when it was opened. */
  readonly finished: number
  /** Writes out what is still in memory, down to the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

const headerSchema = z.object({
  patkitCheckpoint: z.literal(1),
  organization: z.string(),
  settings: z.record(z.string(), z.string()),
})

/** After this much has been written it is forced to the disk; a killed process loses nothing, a power cut at most this. */
const bytesPerSync = 256 * 1024

/**
 * Opens a file that remembers finished users, so that a scan that was cut can go on where it stopped.
 *
 * The file is NDJSON: a header line, then one line per user who was read. It holds no secret, but names and tokens' metadata, and is
 * made for its owner alone (mode 0600). A last line that was torn by a crash is dropped, be it the header.
 *
 * @throws {@link CheckpointError} When the file exists (`'new'`), is missing, is no checkpoint, or belongs to another organization or
 * to other settings (`'resume'`); the message names the difference.
 * @example
 * ```ts
 * import { openScanCheckpoint, type DevOpsClient } from '@patkit/core'
 *
 * export async function resume(devops: DevOpsClient): Promise<void> {
 *   const checkpoint = await openScanCheckpoint('scan.ndjson', { organization: devops.organization, mode: 'resume' })
 *   for await (const outcome of devops.scanTokens({ checkpoint })) console.log(outcome.user.displayName, outcome.status)
 *   await checkpoint.close()
 * }
 * ```
 */
export async function openScanCheckpoint(path: string, settings: CheckpointSettings): Promise<FileCheckpoint> {
  return settings.mode === 'new' ? createCheckpoint(path, settings) : resumeCheckpoint(path, settings)
}

async function createCheckpoint(
  path: string,
  { organization, settings = {} }: CheckpointSettings,
): Promise<FileCheckpoint> {
  return begin(path, await openOrExplain(path, 'wx+'), headerOf(organization, settings))
}

async function begin(path: string, file: FileHandle, header: string): Promise<FileCheckpoint> {
  const checkpoint = new CheckpointFile(path, file, new Map(), 0)
  await checkpoint.append(header)
  return checkpoint
}

function headerOf(organization: string, settings: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ patkitCheckpoint: 1, organization, settings } satisfies z.output<typeof headerSchema>)}\n`
}

async function resumeCheckpoint(
  path: string,
  { organization, settings = {} }: CheckpointSettings,
): Promise<FileCheckpoint> {
  const file = await openOrExplain(path, 'r+')
  try {
    const ownHeader = headerOf(organization, settings)
    if (await isTornHeader(file, ownHeader)) return await begin(path, file, ownHeader)
    const { header, lines, end } = await readIndex(path)
    compare(path, 'organization', header.organization, organization)
    for (const name of new Set([...Object.keys(header.settings), ...Object.keys(settings)])) {
      compare(path, name, header.settings[name], settings[name])
    }
    await file.truncate(end)
    return new CheckpointFile(path, file, lines, end)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What a process leaves behind that ends between making the file and writing its first line: nothing of it is lost. */
async function isTornHeader(file: FileHandle, header: string): Promise<boolean> {
  const whole = Buffer.from(header)
  const { size } = await file.stat()
  if (size >= whole.length) return false
  const start = Buffer.alloc(size)
  await file.read(start, 0, size, 0)
  return start.equals(whole.subarray(0, size))
}

function compare(path: string, name: string, before: string | undefined, now: string | undefined): void {
  if (before === now) return
  throw new CheckpointError(
    `The checkpoint ${path} was made with ${name} ${say(before)}, but this run has ${name} ${say(now)}.`,
    { hint: 'Use the options of the first run to resume it, or start a new one.' },
  )
}

function say(value: string | undefined): string {
  return value === undefined ? '(not set)' : JSON.stringify(value)
}

async function openOrExplain(path: string, flags: 'wx+' | 'r+' | 'r'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const reasons: Record<string, string> = {
      EEXIST: 'exists already; resume it, or choose another name',
      ENOENT: flags === 'wx+' ? 'is in a folder that does not exist' : 'does not exist; start a new scan',
      EACCES: 'may not be opened by you',
      EISDIR: 'is a folder',
    }
    throw new CheckpointError(`The checkpoint ${path} ${reasons[code] ?? `cannot be opened (${code})`}.`)
  }
}

/** Where the line of a user stands in the file. */
interface Line {
  readonly start: number
  readonly length: number
}

interface Index {
  readonly header: z.output<typeof headerSchema>
  readonly lines: Map<string, Line>
  /** End of the last whole line. */
  readonly end: number
}

const newline = 0x0a

/** Reads the file once and keeps only where each user's line is, so that memory does not grow with the tokens. */
async function readIndex(path: string): Promise<Index> {
  const lines = new Map<string, Line>()
  let header: z.output<typeof headerSchema> | undefined
  let end = 0
  for await (const { text, ...line } of linesOf(path, 0)) {
    if (header === undefined) header = parseHeader(path, text)
    else lines.set(parseOutcome(path, text, line.start).user.descriptor, line)
    end = line.start + line.length + 1
  }
  if (header === undefined) throw notACheckpoint(path)
  return { header, lines, end }
}

/** The whole lines of a file from the beginning of one on; a last line without its end is left out. */
async function* linesOf(path: string, from: number): AsyncGenerator<Line & { readonly text: string }> {
  let start = from
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { start, highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline, at)) {
      yield { text: rest.toString('utf8', at, end), start, length: end - at }
      start += end - at + 1
      at = end + 1
    }
    rest = rest.subarray(at)
  }
}

/** A user who was read, and where to go on after them. */
export interface RecordedOutcome {
  readonly outcome: ReadOutcome
  /** Position in the file behind this user: what `from` takes. */
  readonly next: number
}

/**
 * Reads what a checkpoint file holds, in the order in which it was recorded, also while a scan is still writing to it: then the
 * iteration ends with the last user who is in the file, and can be taken up again from there.
 *
 * @param path - The file that {@link openScanCheckpoint} made.
 * A file whose header is not whole yet, as it is for a moment after it was made, holds nobody. One line is in memory at a time.
 *
 * @param options - `from`: the `next` of the last outcome that is known already; 0, the default, is the beginning.
 * @throws {@link CheckpointError} When the file is missing, no checkpoint, or damaged.
 * @throws RangeError When `from` is no position behind a user.
 */
export async function* readScanCheckpoint(
  path: string,
  { from = 0 }: { readonly from?: number } = {},
): AsyncGenerator<RecordedOutcome, void, undefined> {
  await checkPosition(path, from)
  let isBehindHeader = from > 0
  for await (const { text, start, length } of linesOf(path, from)) {
    if (isBehindHeader) yield { outcome: parseOutcome(path, text, start), next: start + length + 1 }
    else parseHeader(path, text)
    isBehindHeader = true
  }
  if (!isBehindHeader && !(await beginsLikeHeader(path))) throw notACheckpoint(path)
}

const headerStart = Buffer.from('{"patkitCheckpoint":1,')

/** Whether a file without a whole line can be one whose header is being written. */
async function beginsLikeHeader(path: string): Promise<boolean> {
  const file = await openOrExplain(path, 'r')
  try {
    const start = Buffer.alloc(headerStart.length)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    return start.subarray(0, bytesRead).equals(headerStart.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** Whether a line begins there; what is behind a position in the middle of one could mean anything. */
async function checkPosition(path: string, from: number): Promise<void> {
  const file = await openOrExplain(path, 'r')
  try {
    if (from === 0) return
    const before = Buffer.alloc(1)
    const isPosition = Number.isSafeInteger(from) && from > 0
    if (isPosition && (await file.read(before, 0, 1, from - 1)).bytesRead === 1 && before[0] === newline) return
    throw new RangeError(`from must be 0 or a position that was given as next, not ${String(from)}.`)
  } finally {
    await file.close()
  }
}

function parseHeader(path: string, text: string): z.output<typeof headerSchema> {
  const result = headerSchema.safeParse(parseJson(text))
  if (!result.success) throw notACheckpoint(path)
  return result.data
}

function notACheckpoint(path: string): CheckpointError {
  return new CheckpointError(`${path} is not a checkpoint of patkit.`, {
    hint: 'Name the file that the interrupted run reported.',
  })
}

const lineSchema = z.object({ user: graphUserSchema, tokens: z.array(sessionTokenSchema) })

function parseOutcome(path: string, text: string, at: number): ReadOutcome {
  const result = lineSchema.safeParse(parseJson(text))
  if (!result.success) {
    throw new CheckpointError(`The checkpoint ${path} is damaged at byte ${at}.`, {
      hint: 'Delete it and start a new scan.',
    })
  }
  return { status: 'read', ...result.data }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The line of a user: the service's own texts for times, so that reading it back gives the same token. */
function toLine({ user, tokens }: ReadOutcome): string {
  return `${JSON.stringify({ user, tokens: tokens.map(toWire) })}\n`
}

function toWire({ validFromText, validToText, ...token }: SessionToken): Record<string, unknown> {
  return { ...token, validFrom: validFromText, validTo: validToText }
}

/** A full disk, a used-up quota, a file that outgrew its limit. */
const noRoomCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

class CheckpointFile implements FileCheckpoint {
  readonly finished: number
  readonly #path: string
  readonly #file: FileHandle
  readonly #lines: Map<string, Line>
  #end: number
  #unsynced = 0
  #pending: { readonly text: string; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  #writing: Promise<void> | undefined
  /** Once a write has failed nothing more is written: a shorter text over the torn end of a longer one would leave the rest of that behind it. */
  #failure: CheckpointError | undefined

  constructor(path: string, file: FileHandle, lines: Map<string, Line>, end: number) {
    this.#path = path
    this.#file = file
    this.#lines = lines
    this.#end = end
    this.finished = lines.size
  }

  async recall(descriptor: string): Promise<ReadOutcome | undefined> {
    const line = this.#lines.get(descriptor)
    if (line === undefined) return undefined
    const buffer = Buffer.alloc(line.length)
    await this.#file.read(buffer, 0, line.length, line.start)
    return parseOutcome(this.#path, buffer.toString('utf8'), line.start)
  }

  record(outcome: ReadOutcome): Promise<void> {
    return this.append(toLine(outcome))
  }

  /** Resolves when the text is in the file; what comes while a write is under way goes out together in the next. */
  append(text: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#pending.push({ text, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = []
      const bytes = Buffer.from(batch.map(({ text }) => text).join(''))
      try {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#end + done)
          done += bytesWritten
        }
        this.#end += bytes.length
        this.#unsynced += bytes.length
        if (this.#unsynced >= bytesPerSync) await this.#sync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
        const failure = new CheckpointError(`The checkpoint ${this.#path} cannot be written (${code}).`, {
          hint: noRoomCodes.has(code)
            ? 'There is no room for it; make some and resume.'
            : 'Check the folder, then resume.',
        })
        this.#failure = failure
        for (const { reject } of [...batch, ...this.#pending.splice(0)]) reject(failure)
      }
    }
    // Before anybody else can run: what is appended after the last look must start a new round.
    this.#writing = undefined
  }

  async #sync(): Promise<void> {
    await this.#file.datasync()
    this.#unsynced = 0
  }

  async flush(): Promise<void> {
    await this.#writing
    if (this.#unsynced > 0) await this.#sync()
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }
}
