import { randomUUID } from 'node:crypto'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { CommandError } from './command-error.js'
import { exitCodes } from './exit-codes.js'

/** Who acts, where, and why: the same for every line of one run. */
export interface AuditSubject {
  /** The account the service knows us as, where the access token says so. */
  readonly account: string | null
  /** Who is logged in to this machine. */
  readonly systemUser: string
  /** Where the access token came from, never the token. */
  readonly credential: string
  readonly organization: string
  readonly baseUrl: string
  /** What the tokens were chosen by, in words. */
  readonly reason: string
  /** `patkit` and its version. */
  readonly tool: string
}

/** What is done. */
export type AuditedAction =
  | {
      readonly action: 'revoke'
      readonly authorizationId: string
      readonly owner: string | null
      readonly token: string | null
    }
  | { readonly action: 'create-revocation-rule'; readonly scopes: string; readonly createdBefore: string | null }

/** How it ended. `unknown`: the request was sent and its answer was lost; `not-sent`: something before it stopped the run. */
export type AuditResult =
  | { readonly result: 'done' | 'not-sent' }
  | {
      readonly result: 'failed' | 'unknown'
      readonly code: string
      readonly status: number | null
      readonly activityId: string | null
    }

/**
 * A log of what was changed in an organization, one JSON object per line, that is only ever added to.
 *
 * Every action has two lines: `intent` is on the disk before the request is sent, `result` after its answer. An intent without a
 * result is an action that may or may not have happened.
 */
export class AuditLog {
  readonly file: string
  readonly #handle: FileHandle
  readonly #subject: AuditSubject
  readonly #now: () => number
  readonly #run = randomUUID()

  private constructor(file: string, handle: FileHandle, subject: AuditSubject, now: () => number) {
    this.file = file
    this.#handle = handle
    this.#subject = subject
    this.#now = now
  }

  /**
   * Opens the log, and makes it and its folder where they are not there; nobody else may read them.
   *
   * @throws {@link CommandError} When it cannot be written: what cannot be recorded is not done.
   */
  static async open(file: string, subject: AuditSubject, now: () => number): Promise<AuditLog> {
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
      const handle = await open(file, 'a+', 0o600)
      await endTornLine(handle)
      return new AuditLog(file, handle, subject, now)
    } catch (error) {
      throw cannotWrite(file, error, 'Nothing was changed. Choose a file that you may write to: --audit-log FILE.')
    }
  }

  /** Records what is about to be done. */
  intend(actions: readonly AuditedAction[]): Promise<void> {
    return this.#write(
      actions.map((action) => ({ event: 'intent', ...action })),
      'Nothing more was changed.',
    )
  }

  /** Records how it ended. */
  conclude(ends: readonly (AuditedAction & AuditResult)[]): Promise<void> {
    return this.#write(
      ends.map((end) => ({ event: 'result', ...end })),
      'What was done since the last line of the log is not recorded there.',
    )
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #write(events: readonly object[], consequence: string): Promise<void> {
    const at = new Date(this.#now()).toISOString()
    const lines = events.map((event) => `${JSON.stringify({ at, run: this.#run, ...this.#subject, ...event })}\n`)
    try {
      await this.#handle.appendFile(lines.join(''))
      await this.#handle.sync()
    } catch (error) {
      throw cannotWrite(this.file, error, consequence)
    }
  }
}

/** A run that was killed in the middle of a line must not spoil the first line of the next. */
async function endTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat()
  if (size === 0) return
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  if (buffer.toString() !== '\n') await handle.appendFile('\n')
}

function cannotWrite(file: string, error: unknown, hint: string): CommandError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new CommandError(`Cannot write the audit log ${JSON.stringify(file)} (${code}).`, {
    exitCode: exitCodes.failure,
    hint,
  })
}
