import path from 'node:path'
import type { Clock, TokenScan } from '@patkit/core'
import type { ReportSummary, ReportTarget } from '@patkit/report'
import type { Command } from 'commander'
import {
  checkCheckpointFile,
  checkpointFolder,
  checkpointSettings,
  findCheckpoint,
  RunCheckpoint,
  type CheckpointOwner,
} from '../checkpoint.js'
import { CommandError } from '../command-error.js'
import { checkConnection, openConnection, type CheckedConnection, type Connection } from '../connection.js'
import type { CommandContext, CommandPart } from '../context.js'
import { describeSource } from '../credential.js'
import { exitCodeOfReport, exitCodes, type ExitCode } from '../exit-codes.js'
import { exitCodeOf, isClosedPipe, tellFailure } from '../failure.js'
import { FindingsCount } from '../findings.js'
import { programWords, type Io } from '../io.js'
import { checkOutputs } from '../outputs.js'
import { PolicyWatch } from '../policy.js'
import { plural, showProgress, type ProgressStyle } from '../progress.js'
import {
  addReportOptions,
  readReportOptions,
  resumeCommandLine,
  type ProgressMode,
  type RawReportOptions,
  type ReportSettings,
} from '../report-options.js'
import { summaryLines } from '../summary.js'
import { JsonTalk, PlainTalk, type Talk } from '../talk.js'
import { styled, Terminal } from '../terminal.js'

const help = `
Examples:
  A workbook and a page, with the access token of the Azure CLI:
  $ az login
  $ export PATKIT_TOKEN_COMMAND="az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv"
  $ patkit report --org fabrikam --out pats.xlsx pats.html

  Go on where an interrupted report stopped:
  $ patkit report --org fabrikam --out pats.xlsx --resume

  In a pipeline: fail when a token works for all organizations or ends within two weeks:
  $ patkit report --org fabrikam --json --fail-on all-orgs,expiring:14d > summary.json

  Only what ends within a month, into another program:
  $ patkit report --org fabrikam --status expiring --out - --format csv | head

Access token, the first of:
  --token-command, PATKIT_TOKEN_COMMAND   a shell command that prints one; run again when it is refused or near its end
  PATKIT_ACCESS_TOKEN                     an access token of Entra ID
  AZURE_DEVOPS_EXT_PAT                    a personal access token of an organization administrator

Exit codes:
  0    the report is complete
  1    failure: no report was written
  2    an option or a checkpoint does not fit; nothing was asked of the service
  3    --fail-on found tokens (also when the report is incomplete)
  4    sign-in needed: there is no access token, or it is not accepted
  5    the report is written but incomplete: the tokens of some users could not be read
  130  interrupted; what was read is kept for --resume
  141  the reader of standard output went away

--fail-on looks at all tokens, whatever --status shows; full-scope, all-orgs and no-expiry count tokens that still work.
The access token needs the right to administer tokens: a member of Project Collection Administrators, vso.graph and
vso.tokenadministration.
`

/** `patkit report`. */
export const reportCommand: CommandPart = { addOptions: addReportOptions, help, run: runReport }

/** Runs `patkit report`, tells on stderr whatever goes wrong, and says what the process ends with. */
async function runReport(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawReportOptions>()
  const talk = createTalk(raw, context)
  const run = new ReportRun(command, talk, context)
  try {
    return await run.carryOut(readReportOptions(raw, context.io.env))
  } catch (error) {
    return await run.explain(error)
  } finally {
    await run.close()
  }
}

function createTalk(raw: RawReportOptions, { io, redactor }: CommandContext): Talk {
  const quiet = raw.quiet === true
  if (raw.progress === 'json') return new JsonTalk(io.stderr, { quiet, redactor })
  return new PlainTalk(new Terminal(io.stderr, io.env, io.platform), { quiet, redactor })
}

/** One run of the command. */
class ReportRun {
  readonly #command: Command
  readonly #talk: Talk
  readonly #context: CommandContext
  #checkpoint: RunCheckpoint | undefined

  constructor(command: Command, talk: Talk, context: CommandContext) {
    this.#command = command
    this.#talk = talk
    this.#context = context
  }

  /** Checks everything that can be checked first; nothing is sent before the plan is told. */
  async carryOut(settings: ReportSettings): Promise<ExitCode> {
    const { io } = this.#context
    await checkOutputs(settings.outputs, { cwd: io.cwd, stdout: io.stdout, force: settings.force })
    const checked = await checkConnection(settings, this.#context)
    const owner = {
      organization: checked.organization.toLowerCase(),
      settings: checkpointSettings(settings, checked.baseUrl),
    }
    if (settings.resume !== undefined) this.#checkpoint = await this.#resume(settings.resume.file, owner)
    const connection = await this.#connect(checked, settings)
    if (settings.resume === undefined) this.#checkpoint = await this.#begin(owner)
    this.#talk.note(planOf(settings, connection, this.#checkpoint))
    return this.#report(settings, this.#scan(settings, connection), connection.clock)
  }

  async #resume(name: string | undefined, owner: CheckpointOwner): Promise<RunCheckpoint> {
    const { io } = this.#context
    const file =
      name === undefined ? await findCheckpoint(checkpointFolder(io), owner) : await checkCheckpointFile(name, io.cwd)
    return RunCheckpoint.resume(file, owner)
  }

  /** Where no checkpoint can be kept, a report is still possible, and better than none. */
  async #begin(owner: CheckpointOwner): Promise<RunCheckpoint | undefined> {
    try {
      return await RunCheckpoint.begin(checkpointFolder(this.#context.io), owner)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#talk.notice(
        styled('yellow', 'Note: '),
        `no checkpoint can be kept, so an interrupted report starts over: ${reason}`,
      )
      return undefined
    }
  }

  /** A token command may take its time, and ask somebody. */
  async #connect(checked: CheckedConnection, settings: ReportSettings): Promise<Connection> {
    const isShown = checked.source.kind === 'command' && styleOf(settings, this.#context.io) === 'bar'
    if (isShown) this.#talk.status(() => 'waiting for the token command')
    try {
      return await openConnection(checked, this.#context)
    } finally {
      this.#talk.endStatus()
    }
  }

  #scan({ concurrency }: ReportSettings, { client }: Connection): TokenScan {
    return client.scanTokens({
      signal: this.#context.interrupt.signal,
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }),
    })
  }

  async #report(settings: ReportSettings, scan: TokenScan, clock: Clock): Promise<ExitCode> {
    const report = await import('@patkit/report')
    const { io, interrupt } = this.#context
    const { status, columns, expiringWithinDays } = settings
    const now = new Date(clock.now())
    const policy = new PolicyWatch(settings.rules, now, report)
    const findings = new FindingsCount()
    const endProgress = showProgress(styleOf(settings, io), { read: () => scan.progress, talk: this.#talk, clock })
    const written = await report
      .writeReport(scan, toTargets(settings, io), {
        status,
        columns,
        expiringWithinDays,
        now,
        overwrite: settings.force ? 'replace' : 'refuse',
        signal: interrupt.signal,
        onRow: (row) => {
          policy.see(row)
          findings.see(row)
        },
      })
      .finally(endProgress)
    const summary = { ...written, files: asTyped(written.files, settings) }
    // A complete report needs no checkpoint any more; of an incomplete one, `--resume` asks only for those who are missing.
    await (summary.complete ? this.#dropCheckpoint() : this.close())
    this.#tellSummary(settings, { summary, policy, findings, now })
    if (settings.json) await printJson(summary, io)
    return exitCodeOfReport({ complete: summary.complete, policyHits: policy.tokens })
  }

  #tellSummary(
    { rules, expiringWithinDays, quiet, progress }: ReportSettings,
    { summary, policy, findings, now }: Results,
  ): void {
    this.#talk.event('summary', { summary })
    const lines = summaryLines({
      summary,
      findings: findings.findings,
      policyHits: policy.hits,
      policyAsked: rules.length > 0,
      expiringWithinDays,
      program: programWords(this.#context.io.env),
      now,
    })
    if (progress !== 'json') for (const line of lines) this.#talk.note(...line)
    if (quiet && policy.tokens > 0) this.#talk.notice(`--fail-on found ${plural(policy.tokens, 'token')}.`)
    if (summary.complete) return
    const missing = plural(summary.users.failed, 'user')
    this.#talk.notice(styled('yellow', 'Incomplete: '), `the tokens of ${missing} could not be read.`)
    this.#tellResume(summary.files.some((file) => file.path !== '-'))
  }

  /** How to go on, in a line that can be pasted. */
  #tellResume(replaceFiles: boolean): void {
    const { io, redactor } = this.#context
    if (this.#checkpoint === undefined) return
    const changes = { checkpoint: this.#checkpoint.file, replaceFiles }
    this.#talk.notice(`Go on with: ${resumeCommandLine(this.#command, changes, { ...io, redactor })}`)
  }

  /** Says why the report was not made, and how to go on. */
  async explain(error: unknown): Promise<ExitCode> {
    const { io, redactor, interrupt } = this.#context
    await this.close()
    if (this.#checkpoint?.users === 0) await this.#dropCheckpoint()
    if (interrupt.readerGone || isClosedPipe(error)) return exitCodes.readerGone
    if (interrupt.signal.aborted) {
      const kept = this.#checkpoint?.users ?? 0
      this.#talk.notice(`Stopped. ${kept > 0 ? `The tokens of ${plural(kept, 'user')} are kept.` : 'Nothing is kept.'}`)
      this.#tellResume(false)
      return exitCodes.interrupted
    }
    tellFailure(error, { talk: this.#talk, env: io.env, redactor })
    // Who mistyped an option has the command line before their eyes.
    if (!(error instanceof CommandError)) this.#tellResume(false)
    return exitCodeOf(error)
  }

  async #dropCheckpoint(): Promise<void> {
    await this.#checkpoint?.remove()
    this.#checkpoint = undefined
  }

  /** Lets go of the checkpoint. May be called again. */
  async close(): Promise<void> {
    await this.#checkpoint?.close()
  }
}

/** What a report found. */
interface Results {
  readonly summary: ReportSummary
  readonly policy: PolicyWatch
  readonly findings: FindingsCount
  readonly now: Date
}

function planOf(
  { outputs, resume, baseUrl: another }: ReportSettings,
  { organization, baseUrl, source }: Connection,
  checkpoint: RunCheckpoint | undefined,
): string {
  const targets = outputs.map((output) => (output.kind === 'file' ? output.path : `standard output (${output.format})`))
  const where = another === undefined ? '' : ` at ${baseUrl}`
  const into = targets.length === 0 ? '' : ` into ${targets.join(', ')}`
  const plan = `Reading every user's tokens in ${organization}${where} (${describeSource(source)})${into}.`
  if (resume === undefined || checkpoint === undefined) return plan
  return `${plan} Going on with ${checkpoint.file}: ${plural(checkpoint.users, 'user')} already read.`
}

function styleOf({ progress, quiet }: ReportSettings, { stderr, env }: Io): ProgressStyle {
  if (quiet) return 'none'
  const automatic = stderr.isTTY === true && env['TERM'] !== 'dumb' ? 'bar' : 'lines'
  return progress === ('auto' satisfies ProgressMode) ? automatic : progress
}

function toTargets({ outputs }: ReportSettings, { cwd, stdout }: Io): ReportTarget[] {
  return outputs.map((output) =>
    output.kind === 'file'
      ? { path: path.resolve(cwd, output.path), format: output.format }
      : { stream: stdout, format: output.format },
  )
}

/** Files under the names they were asked for by. */
function asTyped(files: ReportSummary['files'], { outputs }: ReportSettings): ReportSummary['files'] {
  return files.map((file, index) => {
    const output = outputs[index]
    return output?.kind === 'file' ? { ...file, path: output.path } : file
  })
}

/** The report is written whether or not somebody reads this. */
async function printJson(summary: ReportSummary, { stdout }: Io): Promise<void> {
  const text = JSON.stringify(summary, undefined, stdout.isTTY === true ? 2 : 0)
  await new Promise<void>((resolve) => stdout.write(`${text}\n`, () => resolve()))
}
