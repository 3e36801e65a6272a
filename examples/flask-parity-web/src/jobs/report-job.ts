import {
  isPatkitError,
  openScanCheckpoint,
  readScanCheckpoint,
  type Account,
  type AnyPatkitError,
  type Clock,
  type DevOpsClient,
  type Logger,
  type PatkitError,
  type RecordedOutcome,
  type ScanOutcome,
  type ScanProgress,
} from '@patkit/core'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { JobState, WireProgress } from '../report/wire.js'
import { toEta } from './eta.js'
import type { JobCounts, JobFolders, JobRecord, Revocation, SkippedUser, UnreadUser } from './job-folder.js'
import { identityOf } from './server-identity.js'

/** What a job works with. */
export interface JobSurroundings {
  readonly folders: JobFolders
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A report of an organization that is being made, or was. It goes on when the page is closed; what was read is in its log, which is the
 * checkpoint of the scan.
 */
export class ReportJob {
  readonly id: string
  readonly organization: string
  readonly startedAt: Date
  readonly #surroundings: JobSurroundings
  readonly #waiting = new Set<() => void>()
  readonly #revocations: Map<string, Revocation>
  readonly #revoked: Set<string>
  #record: JobRecord
  /** Where the scan stands, while there is one. */
  #scan: ScanProgress | undefined
  #scanStartedAt = 0
  #run: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined
  #claim: Promise<boolean> | undefined
  #refusal: { readonly error: PatkitError; readonly at: number } | undefined
  #version = 0
  /** Set for good by who cancels or suspends it: from then on it is not begun again. */
  #mayStart = true

  constructor(record: JobRecord, revocations: readonly Revocation[], surroundings: JobSurroundings) {
    this.id = record.id
    this.organization = record.organization
    this.startedAt = new Date(record.startedAt)
    this.#record = record
    this.#revocations = new Map(revocations.map((revocation) => [revocation.id, revocation]))
    this.#revoked = new Set(revocations.flatMap(({ revoked }) => revoked))
    this.#surroundings = surroundings
  }

  get state(): JobState {
    return this.#record.state
  }

  /** Whose report it is, as they were signed in when it began or went on. */
  get account(): Account {
    return this.#record.account
  }

  /** Whether nothing more will come. */
  get isOver(): boolean {
    return this.state !== 'running' && this.state !== 'sign-in-needed'
  }

  get endedAt(): Date | undefined {
    return this.#record.endedAt === null ? undefined : new Date(this.#record.endedAt)
  }

  /** What made the report wait for a sign-in; not known any more after a restart. */
  get signInError(): PatkitError | undefined {
    return this.#refusal?.error
  }

  /** Whether a sign-in is newer than what made the report wait: with an older one it would be refused again. */
  isHelpedBy(signedInAt: Date): boolean {
    return this.state === 'sign-in-needed' && signedInAt.getTime() > (this.#refusal?.at ?? 0)
  }

  /** Users who could not be read. Another list, empty at first, once the report goes on and asks them again. */
  get unread(): readonly UnreadUser[] {
    return this.#record.unread
  }

  get skipped(): readonly SkippedUser[] {
    return this.#record.skipped
  }

  get counts(): JobCounts {
    return this.#record.counts
  }

  /** Authorization ids of tokens that were revoked from the page of this report, in that order. */
  get revoked(): ReadonlySet<string> {
    return this.#revoked
  }

  /** What came of a revocation from the page of this report. */
  revocation(id: string): Revocation | undefined {
    return this.#revocations.get(id)
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version
  }

  get progress(): WireProgress {
    const { state, message, counts, unread, skipped, startedAt, endedAt } = this.#record
    const { clock } = this.#surroundings
    const waitingUntil = state === 'running' ? this.#scan?.waitingUntil : undefined
    return {
      state,
      message,
      usersDone: counts.usersDone,
      usersTotal: counts.usersTotal,
      tokens: counts.tokens,
      failures: unread.length,
      skipped: skipped.length,
      waitingSeconds: waitingUntil === undefined ? 0 : Math.max(0, (waitingUntil.getTime() - clock.now()) / 1000),
      etaSeconds: state === 'running' ? toEta(this.#scan, clock.now() - this.#scanStartedAt, clock.now()) : null,
      requests: counts.requests,
      retries: counts.retries,
      throttledMs: counts.throttledMs,
      complete: this.isOver ? state === 'done' && unread.length === 0 : null,
      startedAt,
      endedAt,
    }
  }

  /** Bytes of the log so far. */
  async logSize(): Promise<number> {
    const log = await stat(this.#surroundings.folders.logOf(this.id)).catch(() => undefined)
    return log?.size ?? 0
  }

  /** The users who were read, in that order, from a position in the log on; so far, if the report is still being made. */
  async *outcomes(from = 0): AsyncGenerator<RecordedOutcome, void, undefined> {
    const log = this.#surroundings.folders.logOf(this.id)
    try {
      if (existsSync(log)) yield* readScanCheckpoint(log, { from })
    } catch (error) {
      // Its message names a path of this server: that is for the log, not for a page.
      if (isPatkitError(error))
        throw new Error(`The report ${this.id} cannot be shown: ${error.message}`, { cause: error })
      throw error
    }
  }

  /** Whether a position is the beginning of the log or one behind a user in it. */
  async hasPosition(from: number): Promise<boolean> {
    const outcomes = this.outcomes(from)
    try {
      await outcomes.next()
      return true
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    } finally {
      await outcomes.return()
    }
  }

  /** Resolves when something changed since `version`; at once if it has already. */
  changed(version: number, signal: AbortSignal): Promise<void> {
    if (this.#version !== version || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  /** Begins, or goes on, as this person. Does nothing while it is running. Gives whether it is this server's, and not another one's. */
  async start(account: Account, client: DevOpsClient): Promise<boolean> {
    if (!this.#canStart()) return true
    this.#claim ??= this.#takeNumber().finally(() => (this.#claim = undefined))
    const isOurs = await this.#claim
    if (isOurs && this.#canStart()) this.#begin(account, client)
    return isOurs
  }

  #canStart(): boolean {
    return !this.isOver && this.#run === undefined && this.#mayStart
  }

  async #takeNumber(): Promise<boolean> {
    try {
      const run = await this.#surroundings.folders.claim(this.#record)
      if (run !== undefined) this.#record = { ...this.#record, run }
      return run !== undefined
    } catch (error) {
      await this.#explain(error)
      return true
    }
  }

  #begin(account: Account, client: DevOpsClient): void {
    const abort = new AbortController()
    this.#refusal = undefined
    this.#update({
      account,
      server: identityOf(process.pid),
      state: 'running',
      message: null,
      unread: [],
      skipped: [],
    })
    this.#run = { abort, ended: this.#read(client, abort.signal) }
  }

  /** Ends it for good; what was read is kept. */
  async cancel(): Promise<void> {
    this.#mayStart = false
    const run = this.#run
    run?.abort.abort(new Cancelled())
    await run?.ended
    // It may have been waiting for a sign-in, or begun to when it was cancelled.
    if (!this.isOver) await this.#end('cancelled', cancelled)
  }

  /** Stops without an end: the next start of the server goes on. */
  async suspend(): Promise<void> {
    this.#mayStart = false
    this.#run?.abort.abort(new Suspended())
    await this.#run?.ended
    this.#wakeAll()
  }

  /** Notes what came of a revocation from the page. */
  async addRevocation(revocation: Revocation): Promise<void> {
    this.#revocations.set(revocation.id, revocation)
    for (const id of revocation.revoked) this.#revoked.add(id)
    this.#changed()
    try {
      await this.#surroundings.folders.addRevocation(this.id, revocation)
    } catch (error) {
      // It is done all the same, and its result is to be seen.
      this.#warn('could not keep a revocation', error)
    }
  }

  async #read(client: DevOpsClient, signal: AbortSignal): Promise<void> {
    const { folders, clock } = this.#surroundings
    try {
      await folders.write(this.#record)
      const log = folders.logOf(this.id)
      const mode = existsSync(log) ? 'resume' : 'new'
      await using checkpoint = disposable(await openScanCheckpoint(log, { organization: this.organization, mode }))
      this.#scanStartedAt = clock.now()
      const scan = client.scanTokens({
        checkpoint,
        signal,
        // The log has them in the order in which they were read; waiting for the slow ones would hold the others back.
        order: 'completion',
        onProgress: (progress) => this.#noticed(progress),
      })
      for await (const outcome of scan) this.#note(outcome)
      this.#noticed(scan.progress)
      await checkpoint.flush()
      await this.#end('done', null)
    } catch (error) {
      await this.#explain(error)
    }
  }

  async #explain(error: unknown): Promise<void> {
    if (error instanceof Suspended) {
      this.#run = undefined
    } else if (error instanceof Cancelled) {
      await this.#end('cancelled', cancelled)
    } else if (isPatkitError(error) && error.code !== 'PATKIT_CHECKPOINT') {
      const sentence = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
      if (!isHelpedBySignIn(error)) return this.#end('failed', sentence)
      this.#refusal = { error, at: this.#surroundings.clock.now() }
      await this.#settle({ state: 'sign-in-needed', message: sentence })
    } else {
      this.#warn('failed', error)
      await this.#end(
        'failed',
        'The report could not be made because of a fault of this application; its log says more. What was read until then is here.',
      )
    }
  }

  #note(outcome: ScanOutcome): void {
    const { descriptor, displayName } = outcome.user
    const user = { descriptor, displayName }
    if (outcome.status === 'skipped') this.#record.skipped.push({ ...user, reason: outcome.reason })
    if (outcome.status === 'failed') {
      const { code, status = null } = outcome.error
      this.#record.unread.push({ ...user, reason: outcome.reason, code, status })
    }
    this.#changed()
  }

  #noticed(progress: ScanProgress): void {
    const { done, total = null, tokens, requests, retries, throttledMs } = progress
    this.#scan = progress
    this.#update({ counts: { usersDone: done, usersTotal: total, tokens, requests, retries, throttledMs } })
  }

  #end(state: JobState, message: string | null): Promise<void> {
    return this.#settle({ state, message, endedAt: new Date(this.#surroundings.clock.now()).toISOString() })
  }

  /** Ends a run. Kept before it is told, so that whoever hears of it can act on it at once, and finds it again after a crash. */
  async #settle(change: Partial<JobRecord>): Promise<void> {
    try {
      await this.#surroundings.folders.write({ ...this.#record, ...change })
    } catch (error) {
      this.#warn('could not keep its state', error)
    }
    this.#run = undefined
    this.#update(change)
  }

  #update(change: Partial<JobRecord>): void {
    this.#record = { ...this.#record, ...change }
    this.#changed()
  }

  #changed(): void {
    this.#version++
    this.#wakeAll()
  }

  #warn(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown error'
    this.#surroundings.logger.warn?.(`The report ${this.id} ${what}: ${reason}`)
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}

function isHelpedBySignIn({ code }: AnyPatkitError): boolean {
  return code === 'PATKIT_SIGN_IN_REQUIRED' || code === 'PATKIT_INTERACTION_REQUIRED'
}

const cancelled = 'The report was cancelled. What was read until then is here.'

/** The owner cancelled. */
class Cancelled extends Error {}
/** The server ends. */
class Suspended extends Error {}

function disposable<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() })
}
