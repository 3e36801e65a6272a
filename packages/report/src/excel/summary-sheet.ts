import type { CellValue } from '../columns.js'
import type { Totals } from '../summary.js'
import { completenessOf, filterNote, flagNames, lastUseNote, retirementNote } from '../wording.js'
import type { ReportContext, ReportResult } from '../writer.js'
import type { StyleName } from './styles.js'
import type { ExcelSheet, SheetLayout, StyledCell } from './workbook.js'

/** The sheet that opens first. */
export const summaryLayout: Omit<SheetLayout, 'tabColor'> = {
  name: 'Summary',
  widths: [38, 22, 16, 40],
  landscape: false,
  gridLines: false,
}

const mostScopes = 20
const charactersOfALine = 95

/** Fills the sheet `Summary`: first whether the report is whole, then the totals, then what to know. */
export function addSummaryRows(sheet: ExcelSheet, context: ReportContext, result: ReportResult): void {
  const page = new SummaryPage(sheet)
  page.line(context.title, 'title', 30)
  page.banner(completenessOf(result), result.complete ? 'good' : 'bad')
  const retirement = retirementNote(context, result)
  if (retirement !== undefined) page.banner(retirement, 'warn')
  page.gap()
  if (context.organization !== '') page.fact('Organization', context.organization)
  page.fact('As of (UTC)', context.asOf)
  addUsers(page, result)
  addTokens(page, context, result.totals)
  addFlags(page, result.totals)
  addBuckets(page, result.totals)
  addOwners(page, result.totals)
  addScopes(page, result.totals)
  addScan(page, result)
  addNotes(page, context)
}

function addUsers(page: SummaryPage, { totals: { users } }: ReportResult): void {
  page.section('Users')
  page.fact('Listed', users.listed)
  page.fact('Read', users.read)
  page.fact('Skipped: own no tokens', users.skipped)
  page.fact('Could not be read', users.failed, users.failed > 0 ? 'badCount' : 'count')
}

function addTokens(page: SummaryPage, { expiringWithinDays }: ReportContext, { tokens, status }: Totals): void {
  page.section('Tokens')
  page.fact('All', tokens)
  page.fact('Active', status.active)
  page.fact(`Expiring within ${expiringWithinDays} days`, status.expiring)
  page.fact('Expired', status.expired)
  page.fact('Revoked', status.revoked)
}

function addFlags(page: SummaryPage, { flags, workingFlags, workingOfDeletedOwners }: Totals): void {
  page.section('Worth a look', 'All', 'Still working')
  page.row(flagNames.fullScope, flags.fullScope, workingFlags.fullScope)
  page.row(flagNames.allOrganizations, flags.allOrganizations, workingFlags.allOrganizations)
  page.row(flagNames.overLongLife, flags.overLongLife, workingFlags.overLongLife)
  page.row(flagNames.noExpiry, flags.noExpiry, workingFlags.noExpiry)
  page.row('Owner deleted in the directory', null, workingOfDeletedOwners)
}

function addBuckets(page: SummaryPage, { buckets }: Totals): void {
  page.section('Time left', 'Tokens')
  page.fact('Up to 7 days', buckets.within7Days)
  page.fact('8 to 30 days', buckets.within30Days)
  page.fact('31 to 90 days', buckets.within90Days)
  page.fact('More than 90 days', buckets.later)
  page.fact('Without end', buckets.withoutEnd)
  if (buckets.unknown > 0) page.fact('Unknown', buckets.unknown)
  page.fact('Expired', buckets.expired)
  page.fact('Revoked', buckets.revoked)
}

function addOwners(page: SummaryPage, { topOwners }: Totals): void {
  if (topOwners.length === 0) return
  page.section('Most working tokens', 'Tokens', 'Full access', 'Mail')
  for (const { owner, working, fullAccess, ownerMail } of topOwners) page.row(owner, working, fullAccess, ownerMail)
}

function addScopes(page: SummaryPage, { scopes }: Totals): void {
  if (scopes.length === 0) return
  page.section('Scopes of working tokens', 'Tokens')
  for (const { scope, tokens } of scopes.slice(0, mostScopes)) page.fact(scope, tokens)
  if (scopes.length > mostScopes) page.line(`and ${scopes.length - mostScopes} more scopes`, 'note')
}

function addScan(page: SummaryPage, { requests, retries, throttledMs }: ReportResult): void {
  if (requests === 0) return
  page.section('The scan')
  page.fact('Requests', requests)
  page.fact('Sent again', retries)
  page.fact('Seconds held back by the service', Math.round(throttledMs / 1_000))
}

function addNotes(page: SummaryPage, context: ReportContext): void {
  page.gap()
  const filter = filterNote(context)
  if (filter !== undefined) page.line(filter, 'note')
  page.line('Times are UTC. Status and days left are as of the time above.', 'note')
  page.line(lastUseNote, 'note')
}

/** Lays rows out on the four columns of the sheet. */
class SummaryPage {
  readonly #sheet: ExcelSheet

  constructor(sheet: ExcelSheet) {
    this.#sheet = sheet
  }

  line(text: string, style: StyleName, height?: number): void {
    this.#sheet.addStyledRow([{ value: text, style }], height)
  }

  /** One sentence over the whole width. */
  banner(text: string, style: StyleName): void {
    const linesHeight = text.length > charactersOfALine ? 36 : 24
    const rest = { value: null, style }
    this.#sheet.addStyledRow([{ value: text, style }, rest, rest, rest], linesHeight)
    this.#sheet.joinLastRow()
  }

  gap(): void {
    this.#sheet.addStyledRow([])
  }

  section(title: string, ...headers: readonly string[]): void {
    this.gap()
    const cells = ['', '', ''].map((_, index): StyledCell => {
      const header = headers[index]
      return { value: header ?? null, style: index < 2 ? 'sectionRight' : 'section' }
    })
    this.#sheet.addStyledRow([{ value: title, style: 'section' }, ...cells])
  }

  fact(label: string, value: CellValue, style?: StyleName): void {
    this.#sheet.addStyledRow([{ value: label, style: 'text' }, styled(value, style)])
  }

  row(label: string, ...values: readonly CellValue[]): void {
    this.#sheet.addStyledRow([{ value: label, style: 'text' }, ...values.map((value) => styled(value))])
  }
}

function styled(value: CellValue, style?: StyleName): StyledCell {
  if (style !== undefined) return { value, style }
  return typeof value === 'number' ? { value, style: 'count' } : { value }
}
