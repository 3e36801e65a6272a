import type { ReportSummary } from '@patkit/report'
import { spokenDuration } from './duration.js'
import type { Findings } from './findings.js'
import type { PolicyHit } from './policy.js'
import { count, plural } from './progress.js'
import { styled, type Piece } from './terminal.js'

/** What the summary for people is made of. */
export interface SummaryParts {
  readonly summary: ReportSummary
  readonly findings: Findings
  /** Rules of `--fail-on` that name tokens. */
  readonly policyHits: readonly PolicyHit[]
  /** Whether `--fail-on` was given. */
  readonly policyAsked: boolean
  readonly expiringWithinDays: number
  /** What starts this command: `['patkit']`. */
  readonly program: readonly string[]
  /** The time the tokens were judged at. */
  readonly now: Date
}

/** A line of the summary. */
export type Line = readonly Piece[]

/** From this day on, Azure DevOps accepts no token that is valid for all organizations. */
const allOrganizationsEnd = '2026-12-01'

/** Failures shown one by one; the rest are in the files. */
const shownFailures = 5

/** The summary of a report for people, line by line. */
export function summaryLines(parts: SummaryParts): Line[] {
  return [
    headline(parts),
    ...usersAndTokens(parts),
    ...findingsLines(parts),
    ...policyLines(parts),
    ...failureLines(parts.summary),
    ...fileLines(parts.summary),
    effortLine(parts.summary),
    ...nextLines(parts),
  ]
}

function headline({ summary, now }: SummaryParts): Line {
  const verdict = summary.complete ? styled('green', 'complete') : styled('yellow', 'INCOMPLETE')
  return [
    styled('bold', summary.organization),
    ': ',
    verdict,
    `, as of ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  ]
}

function usersAndTokens({ summary, expiringWithinDays }: SummaryParts): Line[] {
  const { users, tokens, status } = summary
  const skipped = users.skipped === 0 ? '' : `, ${count(users.skipped)} skipped (they own no tokens)`
  const failed: Piece[] = users.failed === 0 ? [] : [', ', styled('yellow', `${count(users.failed)} could not be read`)]
  return [
    entry('Users', `${count(users.listed)}: ${count(users.read)} read${skipped}`, ...failed),
    entry(
      'Tokens',
      `${count(tokens)}: ${count(status.active)} active, ${count(status.expiring)} expiring within ${expiringWithinDays} days, ` +
        `${count(status.expired)} expired, ${count(status.revoked)} revoked`,
    ),
  ]
}

function findingsLines({ findings, now }: SummaryParts): Line[] {
  const retired = now.toISOString().slice(0, 10) >= allOrganizationsEnd
  const fate = retired
    ? `no longer accepted since ${allOrganizationsEnd}`
    : `they stop working on ${allOrganizationsEnd}`
  const found: readonly (readonly [number, string])[] = [
    [findings.allOrganizations, `valid for all organizations: ${fate}`],
    [findings.fullScope, 'with full access'],
    [findings.noExpiry, 'without an end'],
    [findings.overLongLife, 'valid for more than 180 days'],
  ]
  const telling = found.filter(([tokens]) => tokens > 0)
  if (telling.length === 0) return []
  const width = Math.max(...telling.map(([tokens]) => count(tokens).length))
  return [
    entry(
      'Look at',
      `of the ${plural(findings.working, 'token')} that still ${findings.working === 1 ? 'works' : 'work'}`,
    ),
    ...telling.map(([tokens, what]): Line => [indent, styled('yellow', count(tokens).padStart(width)), ` ${what}`]),
  ]
}

function policyLines({ policyAsked, policyHits }: SummaryParts): Line[] {
  if (!policyAsked) return []
  if (policyHits.length === 0) return [entry('Policy', styled('green', 'no token is one of those --fail-on names'))]
  const hits = policyHits.map(({ rule, tokens }) => `${rule} ${count(tokens)}`).join(', ')
  return [entry('Policy', styled('red', `--fail-on found tokens: ${hits}`))]
}

function failureLines({ failures, files }: ReportSummary): Line[] {
  if (failures.length === 0) return []
  const shown = failures.slice(0, shownFailures).map(({ displayName, descriptor, reason, code }) => {
    const name = displayName === null || displayName.trim() === '' ? descriptor : displayName
    return `${shortened(name, 40)}: ${shortened(reason, 160)} (${code})`
  })
  const rest = failures.length - shown.length
  const texts = rest > 0 ? [...shown, `and ${count(rest)} more: ${whereFailuresAre(files)}`] : shown
  return texts.map((text, index) => entry(index === 0 ? 'Not read' : '', text))
}

function whereFailuresAre(files: ReportSummary['files']): string {
  const workbook = files.find(({ format }) => format === 'xlsx')
  if (workbook !== undefined) return `the sheet "Not read" of ${workbook.path}`
  const page = files.find(({ format }) => format === 'html')
  return page === undefined ? 'add an .xlsx or .html file, or --json' : `the end of ${page.path}`
}

function fileLines({ files }: ReportSummary): Line[] {
  const most = Math.max(...files.map(({ rows }) => rows), 0)
  return files.map(({ path, rows }, index) => {
    // The page shows the first rows of a large organization only.
    const shown = rows < most ? `${count(rows)} of ${plural(most, 'row')}` : plural(rows, 'row')
    return entry(index === 0 ? 'Files' : '', styled('bold', path === '-' ? 'standard output' : path), `, ${shown}`)
  })
}

function effortLine({ durationMs, requests, retries, throttledMs }: ReportSummary): Line {
  const again = retries === 0 ? '' : `, ${count(retries)} of them sent again`
  const held = throttledMs < 1000 ? '' : `, held back by the service for ${spokenDuration(throttledMs)}`
  return entry('Took', styled('dim', `${spokenDuration(durationMs)}, ${plural(requests, 'request')}${again}${held}`))
}

function nextLines({ policyAsked, findings, summary, program }: SummaryParts): Line[] {
  if (policyAsked || !summary.complete) return []
  const rules = [
    ...(findings.allOrganizations > 0 ? ['all-orgs'] : []),
    ...(findings.fullScope > 0 ? ['full-scope'] : []),
    ...(findings.noExpiry > 0 ? ['no-expiry'] : []),
    ...(summary.status.expiring > 0 ? ['expiring:14d'] : []),
  ]
  if (rules.length === 0) return []
  return [
    entry('Next', 'let a pipeline fail on these:'),
    [indent, `${program.join(' ')} report --org ${summary.organization} --json --fail-on ${rules.join(',')}`],
  ]
}

const labelWidth = 10
const indent = ' '.repeat(labelWidth + 2)

function entry(label: string, ...pieces: readonly Piece[]): Line {
  return ['  ', styled('dim', label.padEnd(labelWidth)), ...pieces]
}

function shortened(text: string, most: number): string {
  const characters = Array.from(text)
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
