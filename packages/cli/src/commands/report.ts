import { unlink } from 'node:fs/promises'
import path from 'node:path'
import type { AnyPatkitError, Clock, Credential, FileCheckpoint, ScanCheckpoint, TokenScan } from '@patkit/core'
import type { ReportSummary, ReportTarget } from '@patkit/report'
import type { Command } from 'commander'
import {
  checkCheckpointFile,
  checkpointFolder,
  checkpointSettings,
  findCheckpoint,
  makeCheckpointFolder,
  newCheckpointPath,
  type CheckpointOwner,
} from '../checkpoint.js'
import { CommandError, usageError } from '../command-error.js'
import { createCredential, describeSource, findTokenSource, type TokenSource } from '../credential.js'
import { exitCodeOfReport, exitCodes, type ExitCode } from '../exit-codes.js'
import { FindingsCount } from '../findings.js'
import type { Interrupt } from '../interrupt.js'
import { variable, type Io } from '../io.js'
import {
  readReportOptions,
  resumeCommandLine,
  type ProgressMode,
  type RawReportOptions,
  type ReportSettings,
} from '../options.js'
import { checkOutputs } from '../outputs.js'
import { PolicyWatch } from '../policy.js'
import { plural, showProgress, type ProgressStyle } from '../progress.js'
import type { Redactor } from '../redact.js'
import { summaryLines } from '../summary.js'
import { JsonTalk, PlainTalk, type Talk } from '../talk.js'
import { styled, Terminal } from '../terminal.js'

/** What every command runs in. */
export interface CommandContext {
  readonly io: Io
  readonly interrupt: Interrupt
  readonly redactor: Redactor
  /** Version of this package. */
  readonly version: string
}

/**
 * Runs `patkit report` and tells what the process ends with.
 *
 * @throws {@link CommandError} When the options make no sense; every later failure is told on stderr here.
 */
export async function runReport(command: Command, context: CommandContext): Promise<ExitCode> {
  const settings = readReportOptions(command.opts<RawReportOptions>(), context.io.env)
  const talk = createTalk(settings, context)
  const run = new ReportRun(command, settings, talk, context)
  try {
    return await run.carryOut()
  } catch (error) {
    return await run.explain(error)
  } finally {
    await run.close()
  }
}

function createTalk({ progress, quiet }: ReportSettings, { io, redactor }: CommandContext): Talk {
  if (progress === 'json') return new JsonTalk(io.stderr, { quiet, redactor })
  return new PlainTalk(new Terminal(io.stderr, io.env, io.platform), { quiet, redactor })
}

/** The organization and the address of its service, by the rules of `@patkit/core`. */
interface Place {
  readonly organization: string
  readonly baseUrl: string
  readonly isDefault: boolean
}

/** A checkpoint of this run. */
interface KeptCheckpoint {
  readonly file: string
  readonly checkpoint: FileCheckpoint
  /** Users written to it by this run. */
  recorded: number
}

class ReportRun {
  readonly #command: Command
  readonly #settings: ReportSettings
  readonly #talk: Talk
  readonly #context: CommandContext
  #kept: KeptCheckpoint | undefined
  #closed = false

  constructor(command: Command, settings: ReportSettings, talk: Talk, context: CommandContext) {
    this.#command = command
    this.#settings = settings
    this.#talk = talk
    this.#context = context
  }

  async carryOut(): Promise<ExitCode> {
    const { io, interrupt, redactor } = this.#context
    const settings = this.#settings
    await checkOutputs(settings.outputs, { cwd: io.cwd, stdout: io.stdout, force: settings.force })
    const core = await import('@patkit/core')
    const clock = io.clock ?? core.systemClock
    const place = await checkPlace(settings)
    const owner = {
      organization: place.organization.toLowerCase(),
      settings: checkpointSettings(settings, place.baseUrl),
    }
    const source = findTokenSource(settings.tokenCommand, io.env)
    if (settings.resume !== undefined) await this.#resume(settings.resume.file, owner)
    const credential = await this.#firstToken(source, { ...io, clock, redactor, signal: interrupt.signal })
    if (settings.resume === undefined) await this.#begin(owner)
    this.#tellPlan(place, source)
    return this.#report(this.#scan(place, credential, clock), clock)
  }

  /** Opens the checkpoint to go on with. */
  async #resume(name: string | undefined, owner: CheckpointOwner): Promise<void> {
    const { io } = this.#context
    const file =
      name === undefined ? await findCheckpoint(checkpointFolder(io), owner) : await checkCheckpointFile(name, io.cwd)
    await this.#open(file, owner, 'resume').catch((error: unknown) => {
      throw isCoreError(error) ? usageError(error.message, error.hint) : error
    })
  }

  /** Begins a checkpoint. Where none can be kept, a report is still possible, and better than none. */
  async #begin(owner: CheckpointOwner): Promise<void> {
    const folder = checkpointFolder(this.#context.io)
    try {
      await makeCheckpointFolder(folder)
      await this.#open(newCheckpointPath(folder, owner), owner, 'new')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#talk.notice(
        styled('yellow', 'Note: '),
        `no checkpoint can be kept, so an interrupted report starts over: ${reason}`,
      )
    }
  }

  async #open(file: string, owner: CheckpointOwner, mode: 'new' | 'resume'): Promise<void> {
    const { openScanCheckpoint } = await import('@patkit/core')
    this.#kept = { file, checkpoint: await openScanCheckpoint(file, { ...owner, mode }), recorded: 0 }
  }

  async #firstToken(source: TokenSource, surroundings: Parameters<typeof createCredential>[1]): Promise<Credential> {
    if (source.kind === 'command' && this.#progressStyle === 'bar')
      this.#talk.status(() => 'waiting for the token command')
    try {
      return await createCredential(source, surroundings)
    } finally {
      this.#talk.endStatus()
    }
  }

  #tellPlan(place: Place, source: TokenSource): void {
    const { outputs } = this.#settings
    const targets = outputs.map((output) =>
      output.kind === 'file' ? output.path : `standard output (${output.format})`,
    )
    const where = place.isDefault ? '' : ` at ${place.baseUrl}`
    const into = targets.length === 0 ? '' : ` into ${targets.join(', ')}`
    const plan = `Reading every user's tokens in ${place.organization}${where} (${describeSource(source)})${into}.`
    const isResumed = this.#settings.resume !== undefined && this.#kept !== undefined
    const resumed = isResumed
      ? ` Going on with ${this.#kept?.file ?? ''}: ${plural(this.#usersKept(), 'user')} already read.`
      : ''
    this.#talk.note(`${plan}${resumed}`)
  }

  #scan({ organization, baseUrl }: Place, credential: Credential, clock: Clock): Promise<TokenScan> {
    return this.#scanWith({ organization, baseUrl, credential, clock })
  }

  async #scanWith(base: {
    organization: string
    baseUrl: string
    credential: Credential
    clock: Clock
  }): Promise<TokenScan> {
    const { DevOpsClient } = await import('@patkit/core')
    const { tryTimeoutMs, concurrency } = this.#settings
    const client = new DevOpsClient({
      ...base,
      userAgent: `patkit-cli/${this.#context.version}`,
      // A call has at least four tries; a longer time for each must not end the call before them.
      timeouts: { tryMs: tryTimeoutMs, callMs: Math.max(120_000, 4 * tryTimeoutMs) },
    })
    const kept = this.#kept
    return client.scanTokens({
      signal: this.#context.interrupt.signal,
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(kept === undefined ? {} : { checkpoint: countRecorded(kept) }),
    })
  }

  async #report(scanning: Promise<TokenScan>, clock: Clock): Promise<ExitCode> {
    const scan = await scanning
    const report = await import('@patkit/report')
    const { rules, status, columns, expiringWithinDays, force } = this.#settings
    const now = new Date(clock.now())
    const policy = new PolicyWatch(rules, now, report)
    const findings = new FindingsCount()
    const endProgress = showProgress(this.#progressStyle, { read: () => scan.progress, talk: this.#talk, clock })
    let summary: ReportSummary
    try {
      summary = await report.writeReport(scan, this.#targets(), {
        status,
        columns,
        expiringWithinDays,
        now,
        overwrite: force ? 'replace' : 'refuse',
        signal: this.#context.interrupt.signal,
        onRow: (row) => {
          policy.see(row)
          findings.see(row)
        },
      })
    } finally {
      endProgress()
    }
    summary = { ...summary, files: this.#asTyped(summary.files) }
    await this.#finish(summary)
    this.#tellSummary(summary, policy, findings, now)
    if (this.#settings.json) await this.#printJson(summary)
    return exitCodeOfReport({ complete: summary.complete, policyHits: policy.tokens })
  }

  get #progressStyle(): ProgressStyle {
    const { quiet, progress } = this.#settings
    return quiet ? 'none' : styleOf(progress, this.#context.io)
  }

  #targets(): ReportTarget[] {
    const { io } = this.#context
    return this.#settings.outputs.map((output) =>
      output.kind === 'file'
        ? { path: path.resolve(io.cwd, output.path), format: output.format }
        : { stream: io.stdout, format: output.format },
    )
  }

  /** Files under the names they were asked for by. */
  #asTyped(files: ReportSummary['files']): ReportSummary['files'] {
    const { outputs } = this.#settings
    return files.map((file, index) => {
      const output = outputs[index]
      return output?.kind === 'file' ? { ...file, path: output.path } : file
    })
  }

  /** A complete report needs no checkpoint any more; with an incomplete one, `--resume` asks only for those who are missing. */
  async #finish({ complete }: ReportSummary): Promise<void> {
    await this.close()
    if (complete && this.#kept !== undefined) await this.#dropCheckpoint(this.#kept)
  }

  async #dropCheckpoint({ file }: KeptCheckpoint): Promise<void> {
    this.#kept = undefined
    await unlink(file).catch(() => undefined)
  }

  #tellSummary(summary: ReportSummary, policy: PolicyWatch, findings: FindingsCount, now: Date): void {
    const { rules, expiringWithinDays, quiet, progress } = this.#settings
    this.#talk.event('summary', { summary })
    const parts = {
      summary,
      findings: findings.findings,
      policyHits: policy.hits,
      policyAsked: rules.length > 0,
      expiringWithinDays,
      now,
    }
    if (progress !== 'json') for (const line of summaryLines(parts)) this.#talk.note(...line)
    if (quiet && policy.tokens > 0) this.#talk.notice(`--fail-on found ${plural(policy.tokens, 'token')}.`)
    if (summary.complete) return
    this.#talk.notice(
      styled('yellow', 'Incomplete: '),
      `the tokens of ${plural(summary.users.failed, 'user')} could not be read.`,
    )
    this.#tellResume({ replaceFiles: summary.files.some((file) => file.path !== '-') })
  }

  #tellResume(changes: { readonly replaceFiles: boolean }): void {
    const { io, redactor } = this.#context
    if (this.#kept === undefined) return
    const line = resumeCommandLine(this.#command, { ...changes, checkpoint: this.#kept.file }, { ...io, redactor })
    this.#talk.notice(`Go on with: ${line}`)
  }

  /** The report is written whether or not somebody reads this. */
  async #printJson(summary: ReportSummary): Promise<void> {
    const { stdout } = this.#context.io
    const text = JSON.stringify(summary, undefined, stdout.isTTY === true ? 2 : 0)
    await new Promise<void>((resolve) => stdout.write(`${text}\n`, () => resolve()))
  }

  /** Says why the report was not made, and how to go on. */
  async explain(error: unknown): Promise<ExitCode> {
    const { interrupt } = this.#context
    await this.close()
    const isKept = await this.#keepOrDrop()
    if (interrupt.readerGone || isClosedPipe(error)) return exitCodes.readerGone
    if (interrupt.signal.aborted) {
      const users = this.#usersKept()
      this.#talk.notice(
        isKept ? `Stopped. The tokens of ${plural(users, 'user')} are kept.` : 'Stopped. Nothing was read yet.',
      )
      this.#tellResume({ replaceFiles: false })
      return exitCodes.interrupted
    }
    const { message, hint } = wordsOf(error, this.#context.redactor)
    this.#talk.fail(message, hint)
    if (!(error instanceof CommandError)) this.#tellResume({ replaceFiles: false })
    this.#tellDetails(error)
    return exitCodeOf(error)
  }

  /** Keeps the checkpoint if there is something in it. */
  async #keepOrDrop(): Promise<boolean> {
    if (this.#kept === undefined) return false
    if (this.#usersKept() > 0 || this.#settings.resume !== undefined) return true
    await this.#dropCheckpoint(this.#kept)
    return false
  }

  #usersKept(): number {
    return this.#kept === undefined ? 0 : this.#kept.checkpoint.finished + this.#kept.recorded
  }

  /** For whoever looks for a fault of the program itself. */
  #tellDetails(error: unknown): void {
    const { io, redactor } = this.#context
    if (variable(io.env, 'PATKIT_DEBUG') === undefined || !(error instanceof Error)) return
    for (const line of redactor.redact(error.stack ?? '').split('\n')) this.#talk.notice(line)
  }

  /** Writes out the checkpoint and lets go of it. May be called again. */
  async close(): Promise<void> {
    if (this.#closed || this.#kept === undefined) return
    this.#closed = true
    const { checkpoint } = this.#kept
    // What could not be forced to the disk was still handed to the system; there is nothing more to do about it.
    await checkpoint.flush().catch(() => undefined)
    await checkpoint.close().catch(() => undefined)
  }
}

async function checkPlace({ organization, baseUrl }: ReportSettings): Promise<Place> {
  const { AZURE_DEVOPS_IDENTITY_URL, checkBaseUrl, checkOrganization } = await import('@patkit/core')
  try {
    return {
      organization: checkOrganization(organization),
      baseUrl: checkBaseUrl(baseUrl ?? AZURE_DEVOPS_IDENTITY_URL),
      isDefault: baseUrl === undefined,
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw usageError(error.message.replace(/^organization/, '--org').replace(/^baseUrl/, '--base-url'))
  }
}

function countRecorded(kept: KeptCheckpoint): ScanCheckpoint {
  return {
    recall: (descriptor) => kept.checkpoint.recall(descriptor),
    record: async (outcome) => {
      await kept.checkpoint.record(outcome)
      kept.recorded++
    },
  }
}

function styleOf(mode: ProgressMode, { stderr, env }: Io): ProgressStyle {
  if (mode !== 'auto') return mode
  return stderr.isTTY === true && env['TERM'] !== 'dumb' ? 'bar' : 'lines'
}

/** The mark of errors of `@patkit/core` and `@patkit/report`; looked at here because those are loaded late. */
const brand = Symbol.for('patkit.error')

function isCoreError(error: unknown): error is AnyPatkitError {
  return error instanceof Error && brand in error
}

/** Whoever read standard output went away while the report was being written to it. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'systemCode' in error && error.systemCode === 'EPIPE'
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode
  return isCoreError(error) && error.code === 'PATKIT_SIGN_IN_REQUIRED' ? exitCodes.signInNeeded : exitCodes.failure
}

function wordsOf(error: unknown, redactor: Redactor): { readonly message: string; readonly hint: string | undefined } {
  if (error instanceof CommandError) return error
  if (isCoreError(error))
    return { message: error.message.replace('Cannot write -:', 'Cannot write standard output:'), hint: error.hint }
  const text = error instanceof Error ? error.message : String(error)
  return {
    message: `Unexpected failure: ${redactor.redact(text)}.`,
    hint: 'This is a fault of patkit; run it again with PATKIT_DEBUG=1 for details.',
  }
}
