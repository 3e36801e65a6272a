import { sampleColumns } from '../columns.js'
import type { TokenRow } from '../rows.js'
import type { ReportFailure, Totals } from '../summary.js'
import { count, counted, filterNote } from '../wording.js'
import type { ReportContext } from '../writer.js'
import { barList, type Bar } from './charts.js'
import { markup, type Markup } from './markup.js'

/** The rows of the page's table, and how many there would be without its bound. */
export interface ListedRows {
  readonly rows: readonly TokenRow[]
  readonly passed: number
}

/** Every user whose tokens are missing from the report. */
export function* notReadSection({ failures }: Totals): Generator<string> {
  if (failures.length === 0) return
  const caption = markup`<strong>${counted(failures.length, 'user', 'users')}</strong> whose tokens could not be read, and are not in this report`
  yield '<section id="not-read" aria-labelledby="not-read-title">\n<h2 id="not-read-title">Not read</h2>\n'
  yield* table('failures', caption, ['User', 'Reason', 'Error'], failures, failureRow)
  yield '</section>\n'
}

function failureRow({ displayName, descriptor, reason, status, code }: ReportFailure): Markup {
  const error = status === null ? code : `${code} · HTTP ${status}`
  return markup`<tr role="row"><th role="rowheader" scope="row"><span>${displayName ?? noName}<small class="id">${descriptor}</small></span></th><td role="cell">${reason}</td><td role="cell">${error}</td></tr>\n`
}

const noName = markup`<i class="none">no name</i>`
const mostReasons = 10

/** How many users were not asked for, by reason; they own no tokens, so their names would only make the page long. */
export function skippedSection({ skipped }: Totals): Markup {
  if (skipped.length === 0) return markup``
  const reasons = new Map<string, number>()
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const bars = [...reasons].map(([name, value]): Bar => ({ name, value })).sort((a, b) => b.value - a.value)
  return markup`<section aria-labelledby="skipped">
<h2 id="skipped">Skipped</h2>
<div class="panel">
<p>${counted(skipped.length, 'identity owns', 'identities own')} no personal access tokens. The workbook names each.</p>
${barList(bars.slice(0, mostReasons))}</div>
</section>
`
}

/** The tokens, those that need a look first. */
export function* tokenSection(context: ReportContext, { rows, passed }: ListedRows): Generator<string> {
  yield '<section id="tokens" class="tokens" aria-labelledby="tokens-title">\n<h2 id="tokens-title">Tokens</h2>\n'
  if (passed === 0) {
    yield `<div class="panel"><p class="none">${context.status === 'all' ? 'There are no tokens.' : 'No token passes the filter.'}</p></div>\n`
  } else if (context.columns === 'sample') {
    const headers = sampleColumns.map((column) => column.header)
    yield* table('sample', caption(context, rows.length, passed), headers, rows, sampleRow)
  } else {
    yield* table('full', caption(context, rows.length, passed), fullHeaders, rows, fullRow)
  }
  yield '</section>\n'
}

function caption(context: ReportContext, shown: number, passed: number): Markup {
  const amount =
    shown < passed
      ? markup`<strong>${count(shown)} of ${counted(passed, 'token', 'tokens')}</strong>, because a page of all would be slow to open; workbook, CSV and NDJSON list every one.`
      : markup`<strong>${counted(passed, 'token', 'tokens')}</strong>.`
  return markup`${amount} What still works comes first: tokens about to expire, then those with full access or for all organizations, then the others, each by expiry. ${filterNote(context)}`
}

const fullHeaders = ['Owner', 'Token', 'Status', 'Scopes', 'Flags', 'Created', 'Expires', 'Days left'] as const

function fullRow(row: TokenRow): Markup {
  const person = [row.ownerMail, row.ownerType].filter((part) => part !== null).join(' · ')
  const owner = markup`${row.owner}<small>${person}</small>`
  const token = markup`${row.token ?? noName}<small class="id">${row.authorizationId}</small>`
  const status = markup`<span class="tag ${row.status}">${statusMarks[row.status]} ${row.status}</span>`
  const expires = row.noExpiry ? 'never' : timeCell(row.expires, row.expiresText)
  const daysLeft = row.daysLeft === null ? '–' : count(row.daysLeft)
  return markup`<tr role="row"><th role="rowheader" scope="row"><span>${owner}</span></th><td role="cell"><span>${token}</span></td><td role="cell">${status}</td><td role="cell">${row.scopes.join(' ')}</td><td role="cell"><span>${flagTags(row)}</span></td><td role="cell">${timeCell(row.created, row.createdText)}</td><td role="cell">${expires}</td><td role="cell">${daysLeft}</td></tr>\n`
}

/** A sign beside the colour, for those who do not see the one or the other. */
const statusMarks = { active: '✓', expiring: '!', expired: '✗', revoked: '⊘' } as const

function flagTags({ fullAccess, allOrganizations }: TokenRow): Markup {
  const full = fullAccess ? markup`<span class="tag flag">full access</span> ` : null
  const everywhere = allOrganizations ? markup`<span class="tag flag mild">all organizations</span>` : null
  return markup`${full}${everywhere}`
}

function sampleRow(row: TokenRow): Markup {
  const cells = sampleColumns.map((column) => markup`<td role="cell">${String(column.value(row) ?? '')}</td>`)
  return markup`<tr role="row">${cells}</tr>\n`
}

/** The day, and the time under it; what is no time as it came. */
function timeCell(date: Date | null, text: string | null): Markup {
  if (date === null) return markup`${text ?? '–'}`
  const iso = date.toISOString()
  return markup`<span>${iso.slice(0, 10)} <small>${iso.slice(11, 16)}</small></span>`
}

/** The roles say again what the elements say: a browser forgets it where the style turns rows into cards. */
function* table<Row>(
  name: string,
  title: Markup,
  headers: readonly string[],
  rows: readonly Row[],
  toMarkup: (row: Row) => Markup,
): Generator<string> {
  const cells = headers.map((header) => markup`<th role="columnheader" scope="col">${header}</th>`)
  yield `<div class="table"><table role="table" class="${name}">\n`
  yield markup`<caption>${title}</caption>\n<thead role="rowgroup"><tr role="row">${cells}</tr></thead>\n`.text
  yield '<tbody role="rowgroup">\n'
  for (const row of rows) yield toMarkup(row).text
  yield '</tbody>\n</table></div>\n'
}
