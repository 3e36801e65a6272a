import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Logger } from '@patkit/core'
import session, { type SessionData } from 'express-session'
import { endOf } from './session-end.js'
import { report } from './session-store.js'

/** Where a {@link FileSessionStore} keeps sessions. */
export interface FileSessionStoreOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger | undefined
}

/** How often the folder is looked through for sessions that are over. */
const sweepEveryMs = 10 * 60_000
/** A file that is still being written after this belongs to a process that died. */
const abandonedAfterMs = 60 * 60_000

/**
 * Sessions in files of a folder that only the owner may read: they survive a restart, and processes on one machine share them.
 *
 * A file's time of modification is the time at which its session ends, so that putting off the end writes no content, and cannot undo
 * what another request is writing.
 */
export class FileSessionStore extends session.Store {
  readonly #directory: string
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  #sweptAt = -Infinity
  #sweeping: Promise<void> = Promise.resolve()

  constructor({ directory, clock, logger }: FileSessionStoreOptions) {
    super()
    this.#directory = directory
    this.#clock = clock
    this.#logger = logger
  }

  override get(key: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    this.#read(this.#pathOf(key)).then((data) => callback(undefined, data ?? null), callback)
  }

  override set(key: string, data: SessionData, callback?: (error?: unknown) => void): void {
    report(this.#write(this.#pathOf(key), data), callback)
  }

  override touch(key: string, data: SessionData, callback?: (error?: unknown) => void): void {
    report(ifThere(utimes(this.#pathOf(key), ...timesOf(data))), callback)
  }

  override destroy(key: string, callback?: (error?: unknown) => void): void {
    report(ifThere(unlink(this.#pathOf(key))), callback)
  }

  /** Waits until nothing is being swept. */
  async idle(): Promise<void> {
    await this.#sweeping
  }

  /** No key can lead out of the folder, and the name of a file is of no use to whoever sees it. */
  #pathOf(key: string): string {
    return join(this.#directory, `${createHash('sha256').update(key).digest('hex')}.json`)
  }

  async #read(path: string): Promise<SessionData | undefined> {
    // The end is asked for first: if the file is replaced in between, the content is newer, never older.
    const endsAt = (await ifThere(stat(path)))?.mtimeMs
    if (endsAt === undefined) return undefined
    if (endsAt <= this.#clock.now()) {
      await ifThere(unlink(path))
      return undefined
    }
    const text = await ifThere(readFile(path, 'utf8'))
    const data = text === undefined ? undefined : parse(text)
    if (text !== undefined && data === undefined) {
      this.#logger?.warn?.('A session file was damaged; the session was dropped.')
      await ifThere(unlink(path))
    }
    return data
  }

  async #write(path: string, data: SessionData): Promise<void> {
    this.#sweepIfDue()
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const beside = `${path}.${randomUUID()}`
    try {
      await writeFile(beside, JSON.stringify(data), { flag: 'wx', mode: 0o600 })
      await utimes(beside, ...timesOf(data))
      // Whoever reads sees the old session or the new one, never half of it.
      await rename(beside, path)
    } catch (error) {
      await ifThere(unlink(beside))
      throw error
    }
  }

  #sweepIfDue(): void {
    const now = this.#clock.now()
    if (now - this.#sweptAt < sweepEveryMs) return
    this.#sweptAt = now
    this.#sweeping = this.#sweeping
      .then(() => this.#sweep(now))
      .catch(() => this.#logger?.warn?.('Sessions that are over could not be removed from their folder.'))
  }

  async #sweep(now: number): Promise<void> {
    for (const name of (await ifThere(readdir(this.#directory))) ?? []) {
      const path = join(this.#directory, name)
      const file = await ifThere(stat(path))
      if (file === undefined || !/^[0-9a-f]{64}\.json/.test(name)) continue
      const isWhole = name.endsWith('.json')
      const isOver = isWhole ? file.mtimeMs <= now : Date.now() - file.ctimeMs > abandonedAfterMs
      if (isOver) await ifThere(unlink(path))
    }
  }
}

/** Time of access and of modification. */
function timesOf(data: SessionData): [Date, Date] {
  const end = new Date(endOf(data))
  return [end, end]
}

function parse(text: string): SessionData | undefined {
  try {
    const data: unknown = JSON.parse(text)
    const isSession = typeof data === 'object' && data !== null && 'cookie' in data
    return isSession ? (data as SessionData) : undefined
  } catch {
    return undefined
  }
}

/** What became of a file, or `undefined` when there is none. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
