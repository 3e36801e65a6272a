import type { AnyPatkitError } from '@patkit/core'
import type { TokenRow } from '@patkit/report'
import type { Command } from 'commander'
import { usageError } from '../command-error.js'
import { addCareOptions, askForName, checkCare, openAuditLog, willOf, type RawCare } from '../care.js'
import { addConnectionOptions, connect, type Connection, type RawConnection } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { exitCodeOf, tellFailure } from '../failure.js'
import type { Io } from '../io.js'
import {
  addListOptions,
  createListWriter,
  listFormatOf,
  type ListFormat,
  type ListShape,
  type RawListOptions,
} from '../listing.js'
import { collect } from '../options.js'
import { nowOf } from '../point-in-time.js'
import { count, plural, showProgress } from '../progress.js'
import { guidPattern, readReportFile } from '../report-file.js'
import { revokeAll, type RevocationEnd, type RevocationTarget } from '../revocation.js'
import { runWork } from '../run.js'
import type { Talk } from '../talk.js'
import { Table } from '../table.js'
import { styled, Terminal, type Style } from '../terminal.js'
import { describeFilter, isMeant, readTokenFilter, type RawTokenFilter, type TokenFilter } from '../token-filter.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawRevokeOptions extends RawConnection, RawListOptions, RawTokenFilter, RawCare {
  readonly fromFile?: string
}

/** Adds the conditions of a filter; a token has to meet every one that is given. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--expired', 'tokens that have expired; without it only tokens that still work are meant')
    .option('--expiring <days>', 'tokens that end within this time: 14d, 2w')
    .option('--full-scope', 'tokens with full access')
    .option('--all-orgs', 'tokens that are valid for all organizations')
    .option('--no-expiry', 'tokens without an end')
    .option('--scope <scope>', 'tokens with this scope; may be repeated, any of them will do', collect)
    .option('--created-before <time>', 'tokens made before 2026-01-31, or longer ago than 90d')
    .option(
      '--owner <name>',
      'tokens of this mail address, sign-in name, display name or descriptor; may be repeated',
      collect,
    )
}

/** Adds the arguments and options of `patkit revoke`. */
function addRevokeOptions(command: Command): Command {
  command
    .argument('[authorization-ids...]', 'tokens to revoke')
    .option('--from-file <file>', 'tokens of a report (.csv, .ndjson), or one authorization ID per line')
  addFilterOptions(command)
  addCareOptions(command)
  return addConnectionOptions(addListOptions(command))
}

/** A token that was chosen. */
interface Chosen extends RevocationTarget {
  /** As the scan or the file has it; `null` where nothing is known but the id. */
  readonly status: string | null
}

interface Choice {
  readonly chosen: readonly Chosen[]
  /** For the log and the plan: `given by id`, `of pats.csv`, `that have expired`. */
  readonly reason: string
  /** Users whose tokens could not be read. */
  readonly unread: number
}

/** A token with what became of it, as it is printed. */
interface Line extends Chosen {
  readonly result: RevocationEnd['result'] | 'would-be-revoked' | 'already-revoked'
  readonly code: string | null
}

const resultStyles: Readonly<Record<Line['result'], Style>> = {
  revoked: 'green',
  'already-revoked': 'dim',
  'would-be-revoked': 'yellow',
  failed: 'red',
  unknown: 'red',
  'not-sent': 'yellow',
}

const lineShape: ListShape<Line> = {
  columns: [
    { header: 'Result', value: (line) => line.result.replaceAll('-', ' '), style: (line) => resultStyles[line.result] },
    { header: 'Owner', value: (line) => line.owner, mayShrink: true },
    { header: 'Token', value: (line) => line.token, mayShrink: true },
    { header: 'Status', value: (line) => line.status, expendable: 1 },
    { header: 'Authorization ID', value: (line) => line.authorizationId },
  ],
  csv: [
    ['Result', (line) => line.result],
    ['Owner', (line) => line.owner],
    ['Token', (line) => line.token],
    ['Status', (line) => line.status],
    ['Authorization ID', (line) => line.authorizationId],
    ['Code', (line) => line.code],
  ],
  toRecord: ({ result, owner, token, status, authorizationId, code }) => ({
    result,
    owner,
    token,
    status,
    authorizationId,
    code,
  }),
}

/** Runs `patkit revoke`. */
function runRevoke(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawRevokeOptions>()
  return runWork(raw, context, async (talk) => {
    const run = new RevokeRun(raw, talk, context)
    return run.carryOut(command.args)
  })
}

class RevokeRun {
  readonly #raw: RawRevokeOptions
  readonly #talk: Talk
  readonly #context: CommandContext

  constructor(raw: RawRevokeOptions, talk: Talk, context: CommandContext) {
    this.#raw = raw
    this.#talk = talk
    this.#context = context
  }

  async carryOut(ids: readonly string[]): Promise<ExitCode> {
    const { io } = this.#context
    const format = listFormatOf(this.#raw, io.stdout)
    const now = nowOf(io)
    const filter = readTokenFilter(this.#raw, now)
    checkCare(this.#raw)
    checkOneSource(ids, this.#raw.fromFile, filter)
    // A file that cannot be read is told before anybody signs in.
    const given = filter ?? (await this.#chooseAsGiven(ids))
    const connection = await connect(this.#raw, this.#context)
    const choice = 'chosen' in given ? given : await this.#chooseByScan(given, connection, now)
    const open = choice.chosen.filter(({ status }) => status !== 'revoked')
    this.#tellUnread(choice)
    if (open.length === 0) return this.#nothingToDo(choice, format)
    const { organization } = connection
    const plan = `${plural(open.length, 'token')} of ${organization} (those ${choice.reason})`
    if (!(await this.#isMeant(plan, open, organization))) return this.#dryRun(choice, format)
    return this.#revoke(choice, open, connection, format)
  }

  #chooseAsGiven(ids: readonly string[]): Promise<Choice> {
    const { fromFile } = this.#raw
    return fromFile === undefined ? Promise.resolve(chooseById(ids)) : this.#chooseFromFile(fromFile)
  }

  async #chooseFromFile(name: string): Promise<Choice> {
    const chosen = new Map<string, Chosen>()
    for await (const token of readReportFile({ name, cwd: this.#context.io.cwd, need: 'ids' })) {
      const { authorizationId, status } = token
      chosen.set(authorizationId, {
        authorizationId,
        owner: token.ownerMail ?? token.owner,
        token: token.token,
        status,
      })
    }
    return { chosen: [...chosen.values()], reason: `listed in ${JSON.stringify(name)}`, unread: 0 }
  }

  async #chooseByScan(filter: TokenFilter, { client, clock }: Connection, now: Date): Promise<Choice> {
    const report = await import('@patkit/report')
    const { io, interrupt } = this.#context
    const scan = client.scanTokens({ signal: interrupt.signal })
    const style = this.#raw.quiet === true ? 'none' : io.stderr.isTTY === true ? 'bar' : 'lines'
    this.#talk.note(`Looking for tokens of ${client.organization} ${describeFilter(filter)}.`)
    const endProgress = showProgress(style, { read: () => scan.progress, talk: this.#talk, clock })
    const chosen: Chosen[] = []
    let unread = 0
    try {
      for await (const outcome of scan) {
        if (outcome.status === 'failed') unread++
        if (outcome.status !== 'read') continue
        const rows = outcome.tokens.map((token) => report.toRow(outcome.user, token, { now, expiringWithinDays: 30 }))
        chosen.push(...rows.filter((row) => isMeant(row, filter, now, report)).map(toChosen))
      }
    } finally {
      endProgress()
    }
    return { chosen, reason: describeFilter(filter), unread }
  }

  #tellUnread({ unread }: Choice): void {
    if (unread === 0) return
    const users = plural(unread, 'user')
    this.#talk.notice(
      styled('yellow', 'Incomplete: '),
      `the tokens of ${users} could not be read; none of theirs is here.`,
    )
  }

  async #nothingToDo({ chosen, reason, unread }: Choice, format: ListFormat): Promise<ExitCode> {
    const writer = createListWriter(format, lineShape, this.#context.io)
    for (const token of chosen) await writer.write({ ...token, result: 'already-revoked', code: null })
    await writer.end()
    const already =
      chosen.length > 0 ? `All ${count(chosen.length)} are revoked already` : `There are no tokens ${reason}`
    this.#talk.note(`${already}; nothing to do.`)
    return unread > 0 ? exitCodes.incomplete : exitCodes.complete
  }

  /** Whether the tokens are to be revoked now; otherwise this is a dry run. */
  async #isMeant(plan: string, open: readonly Chosen[], organization: string): Promise<boolean> {
    const { io } = this.#context
    const will = willOf(this.#raw, io)
    if (will === 'act') this.#talk.note(`Revoking ${plan}. ${finality}`)
    if (will !== 'ask') return will === 'act'
    this.#talk.notice(`${open.length === 1 ? 'This is' : 'These are'} ${plan}:`)
    showSome(open, io)
    this.#talk.notice(styled('yellow', finality))
    await askForName(organization, `to revoke ${them(open.length)}`, this.#context)
    return true
  }

  async #dryRun({ chosen, reason, unread }: Choice, format: ListFormat): Promise<ExitCode> {
    const writer = createListWriter(format, lineShape, this.#context.io)
    for (const token of chosen) {
      await writer.write({
        ...token,
        result: token.status === 'revoked' ? 'already-revoked' : 'would-be-revoked',
        code: null,
      })
    }
    await writer.end()
    const open = chosen.filter(({ status }) => status !== 'revoked').length
    this.#talk.notice(
      styled('bold', 'Dry run: '),
      `nothing was revoked. Add --yes to revoke ${plural(open, 'token')} ${reason}. ${finality}`,
    )
    return unread > 0 ? exitCodes.incomplete : exitCodes.complete
  }

  async #revoke(
    choice: Choice,
    open: readonly Chosen[],
    connection: Connection,
    format: ListFormat,
  ): Promise<ExitCode> {
    const { io, interrupt } = this.#context
    const log = await openAuditLog(this.#raw.auditLog, connection, `tokens ${choice.reason}`, this.#context)
    const writer = createListWriter(format, lineShape, io)
    const statusOf = new Map(open.map(({ authorizationId, status }) => [authorizationId, status]))
    const tally = new Tally()
    try {
      for (const token of choice.chosen) {
        if (token.status === 'revoked') await writer.write({ ...token, result: 'already-revoked', code: null })
      }
      await revokeAll(open, {
        revoke: (authorizationIds) =>
          connection.client.tokenAdmin.revoke(authorizationIds, { signal: interrupt.signal }),
        log,
        signal: interrupt.signal,
        onEnd: async (target, end) => {
          tally.see(end)
          const code = 'error' in end ? (end.error?.code ?? null) : null
          await writer.write({
            ...target,
            status: statusOf.get(target.authorizationId) ?? null,
            result: end.result,
            code,
          })
        },
      })
    } finally {
      await log.close()
    }
    await writer.end()
    this.#tellEnd(tally, choice.chosen.length - open.length, log.file)
    if (interrupt.signal.aborted) return exitCodes.interrupted
    return exitCodeOfRevocation(tally, choice)
  }

  #tellEnd(tally: Tally, already: number, file: string): void {
    const { io, redactor } = this.#context
    const before = already === 0 ? '' : `, ${count(already)} before`
    const { revoked, left, unknown } = tally
    if (revoked > 0 || left === 0) {
      this.#talk.note(styled('green', 'Revoked '), `${plural(revoked, 'token')}${before}. ${slowness}`)
    }
    for (const error of tally.errors) tellFailure(error, { talk: this.#talk, env: io.env, redactor })
    if (left > 0) {
      const maybe = unknown === 0 ? '' : ` (of ${count(unknown)} it is unknown)`
      this.#talk.notice(
        styled('yellow', `${plural(left, 'token')} ${left === 1 ? 'is' : 'are'} not revoked${maybe}. `),
        'Run the same command again: revoking twice does no harm.',
      )
    }
    this.#talk.note(`Recorded in ${file}`)
  }
}

const finality = 'This cannot be undone, and it may take up to one hour until a token stops working.'
const slowness = 'It may take up to one hour until the last of them stops working.'

/** Counts how revocations ended. */
class Tally {
  revoked = 0
  /** Not known to be revoked. */
  left = 0
  unknown = 0
  readonly #errors = new Map<string, AnyPatkitError>()

  see(end: RevocationEnd): void {
    if (end.result === 'revoked') this.revoked++
    else this.left++
    if (end.result === 'unknown') this.unknown++
    if ('error' in end && end.error !== undefined && !this.#errors.has(end.error.code)) {
      this.#errors.set(end.error.code, end.error)
    }
  }

  /** One of each kind: a hundred failures of one kind are told once. */
  get errors(): readonly AnyPatkitError[] {
    return [...this.#errors.values()]
  }
}

function exitCodeOfRevocation({ revoked, left, errors }: Tally, { chosen, unread }: Choice): ExitCode {
  if (left === 0) return unread > 0 ? exitCodes.incomplete : exitCodes.complete
  const isPartial = revoked > 0 || chosen.some(({ status }) => status === 'revoked')
  return isPartial ? exitCodes.incomplete : exitCodeOf(errors[0])
}

function checkOneSource(ids: readonly string[], fromFile: string | undefined, filter: TokenFilter | undefined): void {
  const given = [
    ...(ids.length > 0 ? ['authorization IDs'] : []),
    ...(fromFile === undefined ? [] : ['--from-file']),
    ...(filter === undefined ? [] : ['a filter']),
  ]
  if (given.length === 0) {
    throw usageError(
      'It is not said which tokens to revoke.',
      'Give authorization IDs, --from-file pats.csv, or a filter such as --full-scope --owner ada@fabrikam.example.',
    )
  }
  if (given.length > 1) throw usageError(`There are both ${given.join(' and ')}.`, 'Choose tokens in one way only.')
  const wrong = ids.find((id) => !guidPattern.test(id))
  if (wrong !== undefined) {
    throw usageError(
      `${JSON.stringify(wrong.slice(0, 80))} is no authorization ID.`,
      'It looks like 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22; a report has it in its last column.',
    )
  }
}

function chooseById(ids: readonly string[]): Choice {
  const unique = [...new Set(ids.map((id) => id.toLowerCase()))]
  const chosen = unique.map((authorizationId) => ({ authorizationId, owner: null, token: null, status: null }))
  return { chosen, reason: 'given by authorization ID', unread: 0 }
}

function toChosen({ authorizationId, ownerMail, owner, token, status }: TokenRow): Chosen {
  return { authorizationId, owner: ownerMail ?? owner, token, status }
}

/** Tokens shown before the question; all of them are in the dry run. */
const shownBeforeAsking = 20

function showSome(tokens: readonly Chosen[], { stderr, env, platform }: Io): void {
  const terminal = new Terminal(stderr, env, platform)
  const table = new Table<Line>(lineShape.columns.slice(1), {
    width: terminal.columns,
    unicode: terminal.unicode,
    line: (...pieces) => terminal.line(...pieces),
  })
  for (const token of tokens.slice(0, shownBeforeAsking))
    table.add({ ...token, result: 'would-be-revoked', code: null })
  table.end()
  const rest = tokens.length - shownBeforeAsking
  if (rest > 0) terminal.line(`and ${count(rest)} more; --dry-run shows them all`)
}

function them(tokens: number): string {
  return tokens === 1 ? 'it' : `these ${count(tokens)} tokens`
}

const revokeHelp = `
Examples:
  What would be revoked:
  $ patkit revoke --org fabrikam --full-scope --all-orgs
  Look at it, keep the lines that are meant, and revoke them:
  $ patkit revoke --org fabrikam --full-scope --all-orgs -o csv > revoke.csv
  $ patkit revoke --org fabrikam --from-file revoke.csv --yes
  Everything of somebody who left:
  $ patkit revoke --org fabrikam --owner ben@fabrikam.example --yes
  By authorization ID:
  $ patkit revoke --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22

Without --yes nothing is revoked unless the name of the organization is typed on a terminal. A token has to meet every condition of a
filter. Revoking cannot be undone, and it may take up to one hour until a token stops working.

The audit log has a line before and a line after each token: who, when, which organization, which token, with what result, no secrets.

Exit codes:
  0    all are revoked (those that were before count), or this was a dry run
  1    none is revoked, or the answer to the question was another
  2    an option or a file does not fit; nothing was asked of the service
  4    sign-in needed
  5    some are revoked and some are not, or some users could not be read: run the same command again
  130  interrupted; the audit log has what was done
Needs a member of Project Collection Administrators.
`

/** `patkit revoke`. */
export const revokeCommand: CommandPart = { addOptions: addRevokeOptions, help: revokeHelp, run: runRevoke }
