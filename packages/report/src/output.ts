import type { Stats } from 'node:fs'
import * as fs from 'node:fs/promises'
import path from 'node:path'
import { Writable } from 'node:stream'
import { cannotWrite, cannotWriteStream, ReportError, systemCodeOf } from './errors.js'
import type { Destination } from './targets.js'
import { removeLeftovers, temporaryBeside } from './temporary.js'

/** What happens when a file of that name is there already. */
export type Overwrite = 'refuse' | 'replace'

/** Where the bytes of one format go, from the first byte until the file stands under its name. */
export interface Output {
  /** How the summary calls it: the path as the caller gave it, or `-` for a stream. */
  readonly label: string
  readonly sink: Writable
  /** Says what a failure of the sink means for the caller. */
  failure(error: unknown): ReportError
  /** Makes sure every byte is on the disk. Called after the sink has ended. */
  seal(): Promise<void>
  /** Puts the whole file under its name; gives back how to undo that, and how to forget the file that was there before. */
  publish(): Promise<Published>
  /** Ends everything after a failure and leaves nothing behind. Never throws; safe to call at any time. */
  discard(): Promise<void>
}

/** A file that stands under its name, while others of the same report may still fail to. */
export interface Published {
  /** Brings back what was there before. */
  undo(): Promise<void>
  /** Forgets what was there before. */
  settle(): Promise<void>
}

const nothingToUndo: Published = { undo: () => Promise.resolve(), settle: () => Promise.resolve() }

/** Bytes a sink holds before it asks to wait. */
const highWaterMark = 128 * 1024

/**
 * Opens the outputs of a report. If one cannot be opened, the others are closed again and nothing has changed.
 *
 * @throws {@link ReportError} When a target cannot be written, or exists and `overwrite` is `'refuse'`.
 * @throws TypeError When two targets are the same file.
 */
export async function openOutputs(destinations: readonly Destination[], overwrite: Overwrite): Promise<Output[]> {
  const outputs: Output[] = []
  const places = new Set<string>()
  try {
    for (const destination of destinations) {
      if (destination.kind === 'stream') {
        outputs.push(streamOutput(destination.stream))
        continue
      }
      const place = await findPlace(destination.path, overwrite)
      if (place.kind === 'new-or-replaced' && places.has(place.path)) {
        throw new TypeError(`Two targets are the same file: ${destination.path}`)
      }
      places.add(place.path)
      outputs.push(await openPlace(place, destination.path, overwrite))
    }
    return outputs
  } catch (error) {
    await Promise.all(outputs.map((output) => output.discard()))
    throw error
  }
}

/** Puts every file under its name, or none: if one cannot be, those before it are taken back. */
export async function publishAll(outputs: readonly Output[]): Promise<void> {
  const published: Published[] = []
  try {
    for (const output of outputs) published.push(await output.publish())
  } catch (error) {
    for (const done of published.reverse()) await done.undo().catch(() => undefined)
    throw error
  }
  for (const done of published) await done.settle().catch(() => undefined)
}

type Place =
  /** A regular file, written beside and renamed. */
  | { readonly kind: 'new-or-replaced'; readonly path: string; readonly old: Stats | undefined }
  /** A device or a pipe: nothing can be renamed over it, so it is written as it is. */
  | { readonly kind: 'device'; readonly path: string }

/** A path that is a symbolic link leads to the file that is really written, so that the link stays one. */
async function findPlace(given: string, overwrite: Overwrite): Promise<Place> {
  try {
    const old = await statIfThere(given)
    if (old?.isDirectory() === true) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
    if (old !== undefined && !old.isFile()) return { kind: 'device', path: given }
    const real = await followLinks(path.resolve(given))
    if (old !== undefined && overwrite === 'refuse') throw alreadyThere(given)
    // Renaming needs no right to the old file; whoever took that right away means the file to stay.
    if (old !== undefined) await fs.access(real, fs.constants.W_OK)
    return { kind: 'new-or-replaced', path: real, old }
  } catch (error) {
    throw cannotWrite(given, error)
  }
}

const mostLinks = 40

async function followLinks(start: string): Promise<string> {
  let current = start
  for (let links = 0; links <= mostLinks; links++) {
    const folder = await fs.realpath(path.dirname(current))
    current = path.join(folder, path.basename(current))
    const next = await linkTarget(current)
    if (next === undefined) return current
    current = path.resolve(folder, next)
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
}

async function linkTarget(file: string): Promise<string | undefined> {
  try {
    return await fs.readlink(file)
  } catch (error) {
    // EINVAL: it is no link. UNKNOWN: what Windows says of the same.
    if (['EINVAL', 'ENOENT', 'UNKNOWN'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}

async function statIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(file)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function alreadyThere(given: string): ReportError {
  return new ReportError(`${given} exists already.`, {
    code: 'PATKIT_REPORT_EXISTS',
    file: given,
    systemCode: 'EEXIST',
    hint: "Choose another name, or allow replacing it (`overwrite: 'replace'`).",
  })
}

async function openPlace(place: Place, given: string, overwrite: Overwrite): Promise<Output> {
  try {
    if (place.kind === 'device') return new DeviceOutput(await fs.open(place.path, 'w'), given)
    await removeLeftovers(place.path)
    const temporary = await temporaryBeside(place.path)
    const handle = await fs.open(temporary, 'wx', place.old === undefined ? 0o666 : place.old.mode & 0o777)
    const output = new FileOutput({ handle, temporary, given, final: place.path, old: place.old, overwrite })
    await output.resembleOld()
    return output
  } catch (error) {
    throw cannotWrite(given, error)
  }
}

/** Writes to an open file, one chunk at a time, and knows when it is not writing. */
class HandleSink extends Writable {
  readonly #handle: fs.FileHandle
  /** Settles when no write is under way: a file must not be closed before, or the write may hit another file of the same number. */
  idle: Promise<unknown> = Promise.resolve()

  constructor(handle: fs.FileHandle) {
    super({ highWaterMark })
    this.#handle = handle
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.idle = this.#writeWhole(chunk).then(() => done(), done)
  }

  async #writeWhole(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(chunk, offset, chunk.length - offset)
      offset += bytesWritten
    }
  }
}

interface FileOutputParts {
  readonly handle: fs.FileHandle
  readonly temporary: string
  readonly given: string
  readonly final: string
  readonly old: Stats | undefined
  readonly overwrite: Overwrite
}

class FileOutput implements Output {
  readonly label: string
  readonly sink: HandleSink
  readonly #parts: FileOutputParts
  #closed = false

  constructor(parts: FileOutputParts) {
    this.#parts = parts
    this.label = parts.given
    this.sink = new HandleSink(parts.handle)
  }

  /** Takes over mode and owner of the file that will be replaced, as far as we may. */
  async resembleOld(): Promise<void> {
    const { old, handle } = this.#parts
    if (old === undefined || process.platform === 'win32') return
    await handle.chmod(old.mode & 0o777).catch(() => undefined)
    await handle.chown(old.uid, old.gid).catch(() => undefined)
  }

  failure(error: unknown): ReportError {
    return cannotWrite(this.label, error)
  }

  async seal(): Promise<void> {
    try {
      await this.#parts.handle.sync()
      await this.#close()
    } catch (error) {
      throw cannotWrite(this.label, error)
    }
  }

  async publish(): Promise<Published> {
    try {
      return this.#parts.overwrite === 'refuse' ? await this.#publishNew() : await this.#publishOver()
    } catch (error) {
      throw systemCodeOf(error) === 'EEXIST' ? alreadyThere(this.label) : cannotWrite(this.label, error)
    }
  }

  async discard(): Promise<void> {
    // The failure is known to the caller; a second one, from a write that was under way, must not become an uncaught error.
    this.sink.on('error', () => undefined)
    this.sink.destroy()
    await this.sink.idle
    await this.#close().catch(() => undefined)
    await fs.rm(this.#parts.temporary, { force: true }).catch(() => undefined)
  }

  /** A hard link fails where a file has appeared meanwhile; a rename would replace it. */
  async #publishNew(): Promise<Published> {
    const { temporary, final } = this.#parts
    try {
      await fs.link(temporary, final)
    } catch (error) {
      if (!cannotLinkHere(error)) throw error
      if ((await statIfThere(final)) !== undefined) throw alreadyThere(this.label)
      await fs.rename(temporary, final)
      return { undo: () => fs.rm(final, { force: true }), settle: () => Promise.resolve() }
    }
    await fs.rm(temporary, { force: true })
    return { undo: () => fs.rm(final, { force: true }), settle: () => Promise.resolve() }
  }

  async #publishOver(): Promise<Published> {
    const { temporary, final, old } = this.#parts
    const kept = old === undefined ? undefined : await keep(final)
    try {
      await fs.rename(temporary, final)
    } catch (error) {
      if (kept !== undefined) await fs.rm(kept, { force: true })
      throw error
    }
    if (kept !== undefined) return { undo: () => fs.rename(kept, final), settle: () => fs.rm(kept, { force: true }) }
    return old === undefined ? { ...nothingToUndo, undo: () => fs.rm(final, { force: true }) } : nothingToUndo
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#parts.handle.close()
  }
}

/** Gives a file a second name, so that it can be brought back; `undefined` where the file system has no second names. */
async function keep(file: string): Promise<string | undefined> {
  const second = await temporaryBeside(file)
  try {
    await fs.link(file, second)
    return second
  } catch (error) {
    if (cannotLinkHere(error) || systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Some network drives and FAT know no hard links; some systems allow them for one's own files only. */
function cannotLinkHere(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES'].includes(systemCodeOf(error) ?? '')
}

class DeviceOutput implements Output {
  readonly sink: HandleSink
  #closed = false

  constructor(
    readonly handle: fs.FileHandle,
    readonly label: string,
  ) {
    this.sink = new HandleSink(handle)
  }

  failure(error: unknown): ReportError {
    return cannotWrite(this.label, error)
  }

  async seal(): Promise<void> {
    await this.#close()
  }

  publish(): Promise<Published> {
    return Promise.resolve(nothingToUndo)
  }

  async discard(): Promise<void> {
    this.sink.on('error', () => undefined)
    this.sink.destroy()
    // A pipe that nobody reads holds a write for ever; waiting for it would hold the caller as well.
    void this.sink.idle.then(() => this.#close()).catch(() => undefined)
    await Promise.resolve()
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.handle.close()
  }
}

/** Hands bytes on to a stream of the caller, and waits for each chunk to be taken. */
function streamOutput(target: NodeJS.WritableStream): Output {
  const staysOpen = target === process.stdout || target === process.stderr
  let isWhole = false
  const sink = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _encoding, done) => {
      target.write(chunk, done)
    },
    final: (done) => {
      if (staysOpen) {
        done()
        return
      }
      // Not by a callback: what wraps responses, such as express-session, takes it for a chunk.
      target.once('finish', () => {
        isWhole = true
        done()
      })
      target.end()
    },
  })
  const fail = (error?: unknown): void => {
    sink.destroy(cannotWriteStream(error ?? Object.assign(new Error('closed'), { code: 'EPIPE' })))
  }
  const closedEarly = (): void => {
    // A response closes right after its end, before our own sink has noticed that.
    if (!isWhole) fail()
  }
  target.on('error', fail)
  target.on('close', closedEarly)
  const release = (): void => {
    target.removeListener('close', closedEarly)
    target.removeListener('error', fail)
  }
  return {
    label: '-',
    sink,
    failure: cannotWriteStream,
    seal: () => {
      release()
      return Promise.resolve()
    },
    publish: () => Promise.resolve(nothingToUndo),
    discard: () => {
      release()
      // A late failure of the caller's stream is the caller's; ours was told already.
      target.on('error', () => undefined)
      sink.on('error', () => undefined)
      sink.destroy()
      if (!staysOpen && target instanceof Writable) target.destroy()
      return Promise.resolve()
    },
  }
}
