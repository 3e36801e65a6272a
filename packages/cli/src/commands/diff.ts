import type { Command } from 'commander'
import { usageError } from '../command-error.js'
import { changeKinds, parseChangeKinds, ReportComparison, type Change, type ChangeKind } from '../diff.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import {
  addListOptions,
  createListWriter,
  listFormatOf,
  type JsonFrame,
  type ListShape,
  type RawListOptions,
} from '../listing.js'
import { collect } from '../options.js'
import { count, plural } from '../progress.js'
import { readReportFile } from '../report-file.js'
import { runWork } from '../run.js'
import type { Talk } from '../talk.js'
import { styled, type Style } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawDiffOptions extends RawListOptions {
  readonly failOn?: readonly string[]
  readonly quiet?: true
}

/** Adds the arguments and options of `patkit diff`. */
function addDiffOptions(command: Command): Command {
  command
    .argument('<old>', 'the older report, .ndjson or .csv')
    .argument('<new>', 'the newer report, .ndjson or .csv')
    .option('--fail-on <list>', `end with exit code 3 if there are such changes: ${changeKinds.join(',')}`, collect)
  return addListOptions(command).option('--quiet', 'say nothing but what somebody has to act on')
}

const kindStyles: Readonly<Record<ChangeKind, Style>> = {
  new: 'green',
  gone: 'dim',
  revoked: 'dim',
  extended: 'yellow',
  expiring: 'yellow',
  'scope-changed': 'red',
}

const changeShape: ListShape<Change> = {
  columns: [
    { header: 'Change', value: ({ kind }) => kind.replace('-', ' '), style: ({ kind }) => kindStyles[kind] },
    { header: 'Owner', value: ({ token }) => token.ownerMail ?? token.owner, mayShrink: true },
    { header: 'Token', value: ({ token }) => token.token, mayShrink: true },
    { header: 'What', value: whatOf, mayShrink: true },
    { header: 'Authorization ID', value: ({ token }) => token.authorizationId },
  ],
  csv: [
    ['Change', ({ kind }) => kind],
    ['Owner', ({ token }) => token.owner],
    ['Owner mail', ({ token }) => token.ownerMail],
    ['Token', ({ token }) => token.token],
    ['Status', ({ token }) => token.status],
    ['Scopes', ({ token }) => token.scopes.join('; ')],
    ['All organizations', ({ token }) => token.allOrganizations],
    ['Expires', ({ token }) => token.expires],
    ['Scopes before', ({ before }) => before?.scopes.join('; ') ?? null],
    ['All organizations before', ({ before }) => before?.allOrganizations ?? null],
    ['Expires before', ({ before }) => before?.expires ?? null],
    ['Authorization ID', ({ token }) => token.authorizationId],
  ],
  toRecord: ({ kind, token, before }) => {
    const { authorizationId, owner, ownerMail, status, scopes, allOrganizations, expires } = token
    return {
      change: kind,
      authorizationId,
      owner,
      ownerMail,
      token: token.token,
      status,
      scopes,
      allOrganizations,
      expires,
      before: before ?? null,
    }
  },
}

/** The change in a few words. */
function whatOf({ kind, token, before }: Change): string {
  switch (kind) {
    case 'new':
    case 'gone':
    case 'revoked':
    case 'expiring':
      return `${token.status ?? ''}, ends ${dayOf(token.expires)}`
    case 'extended':
      return `${dayOf(before?.expires ?? null)} -> ${dayOf(token.expires)}`
    case 'scope-changed':
      return `${reachOf(before)} -> ${reachOf(token)}`
    default: {
      const unreachable: never = kind
      throw new TypeError(`unknown change ${String(unreachable)}`)
    }
  }
}

function dayOf(expires: string | null): string {
  return expires === null || expires.startsWith('9999') ? 'never' : expires.slice(0, 10)
}

function reachOf(facts: Pick<Change['token'], 'scopes' | 'allOrganizations'> | undefined): string {
  const scopes = facts?.scopes.join(' ') ?? ''
  return `${scopes === '' ? 'no scope' : scopes}${facts?.allOrganizations === true ? ' in all organizations' : ''}`
}

/** Runs `patkit diff`. */
function runDiff(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawDiffOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const failOn = raw.failOn === undefined ? [] : parseChangeKinds(raw.failOn.join(','))
    const [oldName = '', newName = ''] = command.args
    if (oldName === newName)
      throw usageError('Both reports are the same file.', 'Name the older one, then the newer one.')
    const comparison = new ReportComparison()
    const counts = new Map<ChangeKind, number>(changeKinds.map((kind) => [kind, 0]))
    const writer = createListWriter(format, changeShape, io, frameOf(comparison, counts))
    const times = { old: null as string | null, new: null as string | null }
    const tell = async (changes: Iterable<Change>): Promise<void> => {
      for (const change of changes) {
        counts.set(change.kind, (counts.get(change.kind) ?? 0) + 1)
        await writer.write(change)
        interrupt.signal.throwIfAborted()
      }
    }
    for await (const token of readReportFile({ name: oldName, cwd: io.cwd, need: 'whole' })) {
      interrupt.signal.throwIfAborted()
      times.old ??= token.asOf
      comparison.remember(token)
    }
    for await (const token of readReportFile({ name: newName, cwd: io.cwd, need: 'whole' })) {
      interrupt.signal.throwIfAborted()
      times.new ??= token.asOf
      await tell(comparison.compare(token))
    }
    await tell(comparison.gone())
    await writer.end()
    if (times.old !== null && times.new !== null && times.old > times.new) {
      talk.notice(
        styled('yellow', 'Note: '),
        `${JSON.stringify(oldName)} was made after ${JSON.stringify(newName)}; the older report comes first.`,
      )
    }
    return conclude(comparison, counts, failOn, talk)
  })
}

/** In JSON the counts follow the changes, which are written while they are found. */
function frameOf(comparison: ReportComparison, counts: ReadonlyMap<ChangeKind, number>): JsonFrame {
  return {
    begin: '{"changes":[',
    end: () =>
      `],"counts":${JSON.stringify(Object.fromEntries(counts))},"tokens":${JSON.stringify(comparison.tokens)}}`,
  }
}

function conclude(
  { tokens }: ReportComparison,
  counts: ReadonlyMap<ChangeKind, number>,
  failOn: readonly ChangeKind[],
  talk: Talk,
): ExitCode {
  const found = changeKinds.filter((kind) => (counts.get(kind) ?? 0) > 0)
  const inWords = (kinds: readonly ChangeKind[]): string =>
    kinds.map((kind) => `${count(counts.get(kind) ?? 0)} ${kind.replace('-', ' ')}`).join(', ')
  talk.note(
    `${plural(tokens.before, 'token')} before, ${count(tokens.after)} after: ${inWords(found) || 'no changes'}.`,
  )
  const hits = failOn.filter((kind) => found.includes(kind))
  if (hits.length === 0) return exitCodes.complete
  talk.notice(styled('red', '--fail-on found changes: '), `${inWords(hits)}.`)
  return exitCodes.policyHit
}

const diffHelp = `
Examples:
  $ patkit diff monday.ndjson tuesday.ndjson
  In a pipeline: fail when tokens appeared or were extended:
  $ patkit diff last.ndjson pats.ndjson --json --fail-on new,extended > changes.json

Changes:
  new            only in the newer report
  gone           only in the older one
  revoked        worked before, revoked now
  extended       ends later than before
  expiring       was active, and now ends within what the newer report calls expiring
  scope-changed  other scopes, or valid in other organizations

Reports are .ndjson or .csv files of patkit report with --columns full and --status all; one of each kind is fine. The older report is held
in memory, the newer one passes by. Nothing is asked of the service. Exit codes: 0 compared, 2 a report cannot be read, 3 --fail-on
found changes.
`

/** `patkit diff`. */
export const diffCommand: CommandPart = { addOptions: addDiffOptions, help: diffHelp, run: runDiff }
