import { Command } from 'commander'
import { expect, test } from 'vitest'
import { CommandError } from './command-error.js'
import { Redactor } from './redact.js'
import { addReportOptions, readReportOptions, resumeCommandLine, type RawReportOptions } from './report-options.js'

const enough: RawReportOptions = { org: 'fabrikam', out: ['pats.xlsx'] }

function failureOf(raw: RawReportOptions, env: Record<string, string> = {}): CommandError {
  try {
    readReportOptions(raw, env)
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
  throw new Error('the options were accepted')
}

test('readReportOptions() fills in the defaults of the contract', () => {
  expect(readReportOptions(enough, {})).toEqual({
    organization: 'fabrikam',
    baseUrl: undefined,
    outputs: [{ kind: 'file', path: 'pats.xlsx', format: 'xlsx' }],
    status: 'all',
    expiringWithinDays: 30,
    columns: 'full',
    concurrency: undefined,
    tryTimeoutMs: 30_000,
    resume: undefined,
    rules: [],
    json: false,
    progress: 'auto',
    quiet: false,
    force: false,
    tokenCommand: undefined,
  })
})

test('readReportOptions() takes PATKIT_ORG and PATKIT_BASE_URL, and the options before them', () => {
  const env = { PATKIT_ORG: 'contoso', PATKIT_BASE_URL: 'http://localhost:1' }
  expect(readReportOptions({ out: ['a.csv'] }, env)).toMatchObject({
    organization: 'contoso',
    baseUrl: 'http://localhost:1',
  })
  expect(readReportOptions({ ...enough, baseUrl: 'http://localhost:2' }, env)).toMatchObject({
    organization: 'fabrikam',
    baseUrl: 'http://localhost:2',
  })
  expect(failureOf({ out: ['a.csv'] }, { PATKIT_ORG: '' }).message).toBe('The organization is missing.')
})

test('readReportOptions() tells each format by its ending, whatever its case, and standard output by --format', () => {
  const { outputs } = readReportOptions(
    { ...enough, out: ['a.XLSX', 'b.csv', 'c.ndjson', 'd.Html', '-'], format: 'csv' },
    {},
  )
  expect(outputs.map(({ format }) => format)).toEqual(['xlsx', 'csv', 'ndjson', 'html', 'csv'])
  expect(outputs.at(-1)).toEqual({ kind: 'stdout', format: 'csv' })
})

test('readReportOptions() accepts no output when the summary or the policy is what is wanted', () => {
  expect(readReportOptions({ org: 'fabrikam', json: true }, {}).outputs).toEqual([])
  expect(readReportOptions({ org: 'fabrikam', failOn: ['expired'] }, {}).outputs).toEqual([])
})

test('readReportOptions() joins a repeated --fail-on, and gives expiring the days of --expiring-within', () => {
  expect(readReportOptions({ ...enough, failOn: ['expired', 'expiring'], expiringWithin: '2w' }, {}).rules).toEqual([
    { kind: 'expired' },
    { kind: 'expiring', withinDays: 14 },
  ])
})

test.each<[string, RawReportOptions, string, string]>([
  ['no output', { org: 'fabrikam' }, 'The output is missing.', '--out pats.xlsx'],
  ['an empty name', { ...enough, out: [''] }, 'names an empty file', 'pats.xlsx'],
  ['no ending', { ...enough, out: ['pats'] }, 'no ending', '.xlsx, .csv, .ndjson, .html'],
  ['a misspelled ending', { ...enough, out: ['pats.cvs'] }, 'ends in .cvs', 'Did you mean .csv?'],
  ['a hidden file', { ...enough, out: ['.csv'] }, 'no ending', '.csv'],
  ['standard output without a format', { ...enough, out: ['-'] }, '--out - needs a format', 'csv'],
  ['standard output twice', { ...enough, out: ['-', '-'], format: 'csv' }, 'given twice', 'one report'],
  ['a format without standard output', { ...enough, format: 'csv' }, '--format is for --out -', '.xlsx'],
  ['a misspelled format', { ...enough, out: ['-'], format: 'ndjosn' }, '--format "ndjosn"', 'Did you mean ndjson?'],
  [
    '--json beside standard output',
    { ...enough, out: ['-'], format: 'csv', json: true },
    'both want',
    'leave out --json',
  ],
  ['a misspelled status', { ...enough, status: 'expried' }, '--status "expried"', 'Did you mean expired?'],
  ['an unknown status', { ...enough, status: 'purple' }, '--status "purple"', 'all, active, expired, expiring'],
  ['unknown columns', { ...enough, columns: 'simple' }, '--columns "simple"', 'Did you mean sample?'],
  ['an unknown progress', { ...enough, progress: 'baar' }, '--progress "baar"', 'Did you mean bar?'],
  ['days without a unit', { ...enough, expiringWithin: '30' }, '--expiring-within "30"', '30d or 2w'],
  ['concurrency 0', { ...enough, concurrency: '0' }, '--concurrency "0"', '1 to 64'],
  ['concurrency 65', { ...enough, concurrency: '65' }, '--concurrency "65"', '1 to 64'],
  ['concurrency -1', { ...enough, concurrency: '-1' }, '--concurrency "-1"', '1 to 64'],
  ['half a request', { ...enough, concurrency: '1.5' }, '--concurrency "1.5"', 'whole number'],
  ['no time at all', { ...enough, timeout: '0' }, '--timeout "0"', '1 to 3600'],
  ['a time in words', { ...enough, timeout: '30s' }, '--timeout "30s"', 'whole number'],
  ['an unknown rule', { ...enough, failOn: ['expird'] }, '--fail-on does not know "expird"', 'Did you mean expired?'],
  ['an empty token command', { ...enough, tokenCommand: ' ' }, '--token-command is empty', 'access token'],
  ['an empty checkpoint', { ...enough, resume: '' }, '--resume names an empty file', 'newest'],
])('readReportOptions() refuses %s and says what helps', (_what, raw, fault, help) => {
  const error = failureOf(raw)
  expect(error.exitCode).toBe(2)
  expect(error.message).toContain(fault)
  expect(error.hint).toContain(help)
})

function resumeLine(argv: readonly string[], replaceFiles = false, env: Record<string, string> = {}): string {
  const command = addReportOptions(new Command('report')).action(() => undefined)
  command.parse(argv, { from: 'user' })
  const surroundings = { env, platform: 'linux', redactor: new Redactor() } as const
  return resumeCommandLine(command, { checkpoint: '/state/fabrikam.ndjson', replaceFiles }, surroundings)
}

test('resumeCommandLine() repeats what was typed, and nothing that was not', () => {
  expect(resumeLine(['--org', 'fabrikam', '--out', 'a.xlsx', 'b c.csv', '--concurrency', '4', '--quiet'])).toBe(
    "patkit report --org fabrikam --out a.xlsx --out 'b c.csv' --concurrency 4 --quiet --resume /state/fabrikam.ndjson",
  )
})

test('resumeCommandLine() replaces an earlier --resume', () => {
  expect(resumeLine(['--resume', '/old.ndjson', '--org', 'x', '--json'])).toBe(
    'patkit report --org x --json --resume /state/fabrikam.ndjson',
  )
})

test('resumeCommandLine() adds --force where the incomplete files are to be replaced', () => {
  const line = 'patkit report --org x --out a.csv --force --resume /state/fabrikam.ndjson'
  expect(resumeLine(['--org', 'x', '--out', 'a.csv'], true)).toBe(line)
  expect(resumeLine(['--org', 'x', '--out', 'a.csv', '--force'], true)).toBe(line)
})

test('resumeCommandLine() quotes a token command, but never repeats one that holds a secret', () => {
  expect(resumeLine(['--org', 'x', '--json', '--token-command', "az get 'token'"])).toContain(
    `--token-command 'az get '\\''token'\\'''`,
  )
  const line = resumeLine(['--org', 'x', '--json', '--token-command', 'get --client_secret=Ab8Q~hunter2hunter2'])
  expect(line).not.toContain('hunter2')
  expect(line).toContain("--token-command '…'")
})

test('resumeCommandLine() names npx where the command came through it', () => {
  expect(resumeLine(['--org', 'x', '--json'], false, { npm_command: 'exec' })).toMatch(/^npx patkit report /)
})
