import path from 'node:path'
import type { ReportFormat, ReportOptions } from '@patkit/report'
import type { Command, Option } from 'commander'
import { usageError } from './command-error.js'
import {
  addConnectionOptions,
  readConnectionOptions,
  type ConnectionSettings,
  type RawConnection,
} from './connection.js'
import { daysOf } from './duration.js'
import { programWords, type Environment } from './io.js'
import { collect, oneOf, shellQuote, wholeNumber } from './options.js'
import { parsePolicy, type PolicyRule } from './policy.js'
import type { Redactor } from './redact.js'
import { didYouMean } from './suggest.js'

const formats = ['xlsx', 'csv', 'ndjson', 'html'] as const satisfies readonly ReportFormat[]
const statuses = ['all', 'active', 'expired', 'expiring'] as const
const columnSets = ['full', 'sample'] as const
const progressModes = ['auto', 'bar', 'lines', 'json', 'none'] as const

/** How the course of a report is shown on stderr. */
export type ProgressMode = (typeof progressModes)[number]

/** Where a report goes, as it was asked for. */
export type OutputRequest =
  | { readonly kind: 'file'; readonly path: string; readonly format: ReportFormat }
  | { readonly kind: 'stdout'; readonly format: ReportFormat }

/** `patkit report` as it was typed: commander's values, not looked at yet. */
export interface RawReportOptions extends RawConnection {
  readonly out?: readonly string[]
  readonly format?: string
  readonly status?: string
  readonly expiringWithin?: string
  readonly columns?: string
  readonly concurrency?: string
  readonly resume?: string | true
  readonly failOn?: readonly string[]
  readonly json?: true
  readonly progress?: string
  readonly force?: true
}

/** `patkit report` as it was meant: every value is known to make sense by itself. */
export interface ReportSettings extends ConnectionSettings {
  readonly outputs: readonly OutputRequest[]
  readonly status: NonNullable<ReportOptions['status']>
  readonly expiringWithinDays: number
  readonly columns: NonNullable<ReportOptions['columns']>
  /** Requests at the same time at most; chosen by the answers of the service when undefined. */
  readonly concurrency: number | undefined
  /** Whether to go on where an earlier run stopped, and from which checkpoint. */
  readonly resume: { readonly file: string | undefined } | undefined
  readonly rules: readonly PolicyRule[]
  readonly json: boolean
  readonly progress: ProgressMode
  readonly quiet: boolean
  readonly force: boolean
}

const defaults = { status: 'all', expiringWithin: '30d', columns: 'full', progress: 'auto' } as const

/** Adds the options of `patkit report` to its command. */
export function addReportOptions(command: Command): Command {
  addConnectionOptions(command, ['org'])
    .option(
      '--out <file...>',
      `files to write; the ending tells the format: ${formats.map((format) => `.${format}`).join(' ')}; - is standard output`,
    )
    .option('--format <format>', `format of standard output, with --out -: ${formats.join(', ')}`)
    .option('--status <status>', `which tokens to show: ${statuses.join(', ')}`, defaults.status)
    .option(
      '--expiring-within <days>',
      'a token that ends within this time is expiring: 30d, 2w',
      defaults.expiringWithin,
    )
    .option('--columns <set>', 'full, or sample: the five columns of the original report sample', defaults.columns)
    .option(
      '--fail-on <list>',
      'end with exit code 3 if there are such tokens: expired,expiring:14d,full-scope,all-orgs,no-expiry',
      collect,
    )
    .option('--json', 'print the summary as one JSON object on standard output')
    .option('--force', 'replace files that exist')
    .option(
      '--resume [file]',
      'go on where an interrupted report stopped: the newest of this organization, or a checkpoint file',
    )
    .option('--concurrency <number>', 'requests at the same time, 1 to 64 (without it: adaptive, 8 to 16)')
    .option(
      '--progress <mode>',
      `how progress is shown on standard error: ${progressModes.join(', ')}`,
      defaults.progress,
    )
  return addConnectionOptions(command, ['tokenCommand', 'timeout', 'quiet', 'baseUrl'])
}

/**
 * Reads the options of `patkit report`.
 *
 * Looks at no file and loads nothing. The organization and the base URL are judged later, by the rules of `@patkit/core`.
 *
 * @throws {@link CommandError} With exit code 2 for the first value that makes no sense.
 */
export function readReportOptions(raw: RawReportOptions, env: Environment): ReportSettings {
  const connection = readConnectionOptions(raw, env)
  const expiringWithinDays = daysOf(raw.expiringWithin ?? defaults.expiringWithin, '--expiring-within')
  const settings: ReportSettings = {
    ...connection,
    outputs: readOutputs(raw.out ?? [], raw.format),
    status: oneOf('--status', raw.status ?? defaults.status, statuses),
    expiringWithinDays,
    columns: oneOf('--columns', raw.columns ?? defaults.columns, columnSets),
    concurrency: raw.concurrency === undefined ? undefined : wholeNumber('--concurrency', raw.concurrency, 1, 64),
    resume: raw.resume === undefined ? undefined : { file: raw.resume === true ? undefined : raw.resume },
    rules: raw.failOn === undefined ? [] : parsePolicy(raw.failOn.join(','), expiringWithinDays),
    json: raw.json === true,
    progress: oneOf('--progress', raw.progress ?? defaults.progress, progressModes),
    quiet: raw.quiet === true,
    force: raw.force === true,
  }
  checkTogether(settings)
  return settings
}

function checkTogether({ outputs, json, rules, resume }: ReportSettings): void {
  const toStdout = outputs.filter((output) => output.kind === 'stdout').length
  if (outputs.length === 0 && !json && rules.length === 0) {
    throw usageError(
      'The output is missing.',
      'Give --out pats.xlsx (or .csv, .ndjson, .html), or --json for the summary alone.',
    )
  }
  if (toStdout > 1) throw usageError('--out - is given twice.', 'Standard output takes one report.')
  if (toStdout > 0 && json) {
    throw usageError(
      '--json and --out - both want standard output.',
      'Write the report to a file, or leave out --json.',
    )
  }
  if (resume?.file === '') throw usageError('--resume names an empty file.', 'Leave the name out for the newest one.')
}

function readOutputs(names: readonly string[], format: string | undefined): OutputRequest[] {
  const stdoutFormat = format === undefined ? undefined : oneOf('--format', format, formats)
  if (stdoutFormat !== undefined && !names.includes('-')) {
    throw usageError(
      '--format is for --out - only.',
      'A file tells its format by its ending: .xlsx, .csv, .ndjson or .html.',
    )
  }
  return names.map((name) => (name === '-' ? toStdout(stdoutFormat) : toFile(name)))
}

function toStdout(format: ReportFormat | undefined): OutputRequest {
  if (format === undefined)
    throw usageError('--out - needs a format.', `Add --format with one of ${formats.join(', ')}.`)
  return { kind: 'stdout', format }
}

function toFile(name: string): OutputRequest {
  if (name === '') throw usageError('--out names an empty file.', 'Give a name such as pats.xlsx.')
  const extension = path.extname(name).slice(1)
  const format = formats.find((known) => known === extension.toLowerCase())
  if (format !== undefined) return { kind: 'file', path: name, format }
  const endings = formats.map((known) => `.${known}`)
  const fault =
    extension === '' ? 'has no ending that tells the format' : `ends in .${extension}, which is no format of a report`
  throw usageError(
    `--out ${JSON.stringify(name)} ${fault}.`,
    didYouMean(`.${extension}`, endings) ?? `Use ${endings.join(', ')}.`,
  )
}

/** What a resumed run needs beside the options that were typed. */
export interface ResumeChanges {
  readonly checkpoint: string
  /** The files were written, incomplete as they are, and are to be replaced. */
  readonly replaceFiles: boolean
}

/** The command line that goes on with this report, ready to be pasted into the same shell. */
export function resumeCommandLine(
  command: Command,
  changes: ResumeChanges,
  {
    env,
    platform,
    redactor,
  }: { readonly env: Environment; readonly platform: NodeJS.Platform; readonly redactor: Redactor },
): string {
  const typed = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => option.long !== '--resume' && !(changes.replaceFiles && option.long === '--force'))
    .flatMap((option) => toWords(option, command.getOptionValue(option.attributeName()), redactor))
  const words = [
    ...programWords(env),
    command.name(),
    ...typed,
    ...(changes.replaceFiles ? ['--force'] : []),
    '--resume',
    changes.checkpoint,
  ]
  return words.map((word) => shellQuote(word, platform)).join(' ')
}

function toWords(option: Option, value: unknown, redactor: Redactor): string[] {
  const name = option.long ?? option.flags
  if (value === true) return [name]
  const values = Array.isArray(value) ? value.map(String) : [String(value)]
  return values.flatMap((each) => {
    // A token command may hold a password. It was typed on this machine, but what we print may end in a log.
    const word = option.long === '--token-command' && redactor.redact(each) !== each ? '…' : each
    return word.length > 1 && word.startsWith('-') ? [`${name}=${word}`] : [name, word]
  })
}
