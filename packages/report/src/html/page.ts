import { createHash } from 'node:crypto'
import { isoTime } from '../cell.js'
import { sampleColumns } from '../columns.js'
import type { TokenRow } from '../rows.js'
import type { ReportFailure, SkippedUser, Totals } from '../summary.js'
import { completenessOf, count, counted, filterNote, flagNames, lastUseNote, retirementNote } from '../wording.js'
import type { ReportContext, ReportResult } from '../writer.js'
import { barList, columnChart, type Bar } from './charts.js'
import { markup, type Markup } from './markup.js'
import { style } from './style.js'

/** The rows of the page's table, and how many there would be without its bound. */
export interface ListedRows {
  readonly rows: readonly TokenRow[]
  readonly passed: number
}

const styleHash = createHash('sha256').update(style).digest('base64')

/** No source of anything but the one inline style: the page cannot load, send or run. */
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`

/** The page, piece by piece: it can be larger than what should be in memory at once. */
export function* page(context: ReportContext, result: ReportResult, listed: ListedRows): Generator<string> {
  yield head(context)
  yield markup`<header class="top">
      <a class="skip" href="#tokens">Skip to the tokens</a>
      <h1>${context.title}</h1>
      <p class="lead">${lead(context, result.totals)}</p>
      ${notes(context, result)}
    </header>
    <main>${statusCards(context, result.totals)} ${flagCards(result.totals)} ${panels(context, result.totals)}</main> `
    .text
  yield* notRead(result.totals)
  yield* tokens(context, listed)
  yield markup`</main>
    ${foot(context, result)}
    </body>
    </html>
  `.text
}

function head({ title }: ReportContext): string {
  // Written apart from the template: a formatter would change the style, and then it would not match its hash.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
${markup`<title>${title}</title>`.text}
<style>${style}</style>
</head>
<body>
`
}

function lead({ asOf }: ReportContext, { users, tokens }: Totals): string {
  return `${counted(tokens, 'token', 'tokens')} of ${counted(users.listed, 'user', 'users')} · as of ${longTime(asOf)}`
}

function notes(context: ReportContext, result: ReportResult): Markup {
  const retirement = retirementNote(context, result)
  const tone = result.complete ? 'good' : 'bad'
  const where = result.totals.users.failed > 0 ? markup` <a href="#not-read">See who was not read.</a>` : null
  return markup`<p class="note ${tone}">${result.complete ? '✓' : '✗'} ${completenessOf(result)}${where}</p>
    ${retirement === undefined ? null : markup`<p class="note warn">⚠ ${retirement}</p>`}`
}

interface Card {
  readonly value: number
  readonly name: string
  readonly detail: string
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet' | ''
}

function cardList(title: string, id: string, cards: readonly Card[]): Markup {
  return markup`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul class="cards">
      ${cards.map(
        ({ value, name, detail, tone }) =>
          markup`<li class="card ${value === 0 ? '' : tone}">
            <b>${count(value)}</b> <span>${name}</span> <small>${detail}</small>
          </li> `,
      )}
    </ul>
  </section> `
}

function statusCards({ expiringWithinDays }: ReportContext, { tokens, status, users }: Totals): Markup {
  const days = counted(expiringWithinDays, 'day', 'days')
  return cardList('Status', 'status', [
    { value: tokens, name: 'Tokens', detail: `of ${counted(users.read, 'user', 'users')} read`, tone: '' },
    { value: status.active, name: 'Active', detail: `work for more than ${days}`, tone: 'good' },
    { value: status.expiring, name: 'Expiring', detail: `end within ${days}`, tone: 'warn' },
    { value: status.expired, name: 'Expired', detail: 'no longer work', tone: 'bad' },
    { value: status.revoked, name: 'Revoked', detail: 'were ended early', tone: 'quiet' },
  ])
}

function flagCards({ flags, workingFlags, workingOfDeletedOwners }: Totals): Markup {
  const all = (number: number): string => `still work; ${count(number)} in all`
  return cardList('Worth a look', 'flags', [
    { value: workingFlags.fullScope, name: flagNames.fullScope, detail: all(flags.fullScope), tone: 'bad' },
    {
      value: workingFlags.allOrganizations,
      name: flagNames.allOrganizations,
      detail: all(flags.allOrganizations),
      tone: 'warn',
    },
    { value: workingFlags.overLongLife, name: flagNames.overLongLife, detail: all(flags.overLongLife), tone: 'warn' },
    { value: workingFlags.noExpiry, name: flagNames.noExpiry, detail: all(flags.noExpiry), tone: 'bad' },
    { value: workingOfDeletedOwners, name: 'Owner deleted', detail: 'still work without their owner', tone: 'bad' },
  ])
}

const mostScopes = 10

function panels(context: ReportContext, totals: Totals): Markup {
  return markup`<section aria-labelledby="charts">
    <h2 id="charts">Tokens that still work</h2>
    <div class="panels">${timeline(context, totals)} ${timeLeft(totals)} ${scopes(totals)} ${topOwners(totals)}</div>
  </section> `
}

function timeline({ asOf }: ReportContext, { months, buckets }: Totals): Markup {
  const bars = months.map(({ month, tokens }, index): Bar => {
    const [year = '', number = '1'] = month.split('-')
    const name = monthNames[Number(number) - 1] ?? month
    return {
      name,
      detail: index === 0 || number === '01' ? year : undefined,
      value: tokens,
      tone: index === 0 ? 'warn' : undefined,
    }
  })
  const inList = months.map(({ month, tokens }, index): Bar => ({
    name: shortMonth(month),
    value: tokens,
    tone: index === 0 ? 'warn' : undefined,
  }))
  const beyond = buckets.withoutEnd === 0 ? '' : ` ${counted(buckets.withoutEnd, 'token has', 'tokens have')} no end.`
  return markup`<div class="panel wide">
    <h3>Expiry by month</h3>
    <p>When tokens end that work on ${dayOf(asOf)}.${beyond}</p>
    ${columnChart(bars, `Tokens that end, by month: ${inList.map((bar) => `${bar.name} ${count(bar.value)}`).join(', ')}`)}
    ${barList(inList, 'narrow')}
  </div> `
}

function timeLeft({ buckets }: Totals): Markup {
  const bars: readonly Bar[] = [
    { name: 'Up to 7 days', value: buckets.within7Days, tone: 'bad' },
    { name: '8 to 30 days', value: buckets.within30Days, tone: 'warn' },
    { name: '31 to 90 days', value: buckets.within90Days },
    { name: 'More than 90 days', value: buckets.later },
    { name: 'Without end', value: buckets.withoutEnd, tone: 'bad' },
    ...(buckets.unknown === 0 ? [] : [{ name: 'Unknown', value: buckets.unknown }]),
  ]
  return markup`<div class="panel">
    <h3>Time left</h3>
    ${barList(bars)}
  </div> `
}

function scopes({ scopes: all }: Totals): Markup {
  const more = all.length - mostScopes
  const bars = all
    .slice(0, mostScopes)
    .map(({ scope, tokens }): Bar => ({ name: scope, value: tokens, tone: scope === 'app_token' ? 'bad' : undefined }))
  return markup`<div class="panel">
    <h3>Scopes</h3>
    ${bars.length === 0 ? markup`<p class="none">None.</p>` : barList(bars, 'stacked')}
    ${more > 0 ? markup`<p>and ${counted(more, 'more scope', 'more scopes')}</p>` : null}
  </div> `
}

function topOwners({ topOwners: owners }: Totals): Markup {
  const bars = owners.map(({ owner, ownerMail, working, fullAccess }): Bar => {
    const full = fullAccess === 0 ? undefined : `${count(fullAccess)} with full access`
    return {
      name: owner,
      detail: [ownerMail, full].filter((each) => each !== null && each !== undefined).join(' · ') || undefined,
      value: working,
    }
  })
  return markup`<div class="panel wide">
    <h3>Owners of the most working tokens</h3>
    ${bars.length === 0 ? markup`<p class="none">Nobody.</p>` : barList(bars, 'stacked')}
  </div> `
}

function* notRead({ failures, skipped }: Totals): Generator<string> {
  if (failures.length > 0) {
    yield markup`<section id="not-read" aria-labelledby="not-read-title">
      <h2 id="not-read-title">Not read</h2>
      <div class="table">
        <table role="table">
          <caption>
            <strong>${counted(failures.length, 'user', 'users')}</strong>
            whose tokens could not be read, and are not in this report
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">User</th>
              <th role="columnheader" scope="col">Reason</th>
              <th role="columnheader" scope="col">Error</th>
            </tr>
          </thead>
          <tbody role="rowgroup"></tbody>
        </table>
      </div>
    </section> `.text
    for (const failure of failures) yield failureRow(failure).text
    yield '</tbody></table></div></section>'
  }
  if (skipped.length > 0) yield skippedList(skipped).text
}

function failureRow({ displayName, descriptor, reason, status, code }: ReportFailure): Markup {
  return markup`<tr role="row">
    <th role="rowheader" scope="row" data-label="User">
      <span>${displayName ?? 'no name'}<small class="id">${descriptor}</small></span>
    </th>
    <td role="cell" data-label="Reason">${reason}</td>
    <td role="cell" data-label="Error">${status === null ? code : `${code} · HTTP ${status}`}</td>
  </tr> `
}

function skippedList(skipped: readonly SkippedUser[]): Markup {
  const reasons = new Map<string, number>()
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const bars = [...reasons].map(([name, value]): Bar => ({ name, value })).sort((a, b) => b.value - a.value)
  return markup`<section aria-labelledby="skipped">
    <h2 id="skipped">Skipped</h2>
    <div class="panel">
      <p>${counted(skipped.length, 'identity that owns', 'identities that own')} no personal access tokens.</p>
      ${barList(bars.slice(0, mostScopes))}
    </div>
  </section> `
}

function* tokens(context: ReportContext, { rows, passed }: ListedRows): Generator<string> {
  yield markup`<section id="tokens" class="tokens" aria-labelledby="tokens-title">
    <h2 id="tokens-title">Tokens</h2>
  </section> `.text
  if (rows.length === 0) {
    yield markup`<div class="panel"><p class="none">${filterNote(context) === undefined ? 'There are no tokens.' : 'No token passes the filter.'}</p></div></section>`
      .text
    return
  }
  yield markup`<div class="table">
    <table role="table">
      <caption>
        ${tableCaption(context, rows.length, passed)}
      </caption>
    </table>
  </div>`.text
  yield* context.columns === 'sample' ? sampleTable(rows) : fullTable(rows)
  yield '</table></div></section>'
}

function tableCaption(context: ReportContext, shown: number, passed: number): Markup {
  const filter = filterNote(context)
  const bound =
    shown < passed
      ? markup`<strong>${count(shown)} of ${count(passed)} tokens</strong>: a page of more would be slow to open. The
          workbook, CSV and NDJSON list all.`
      : markup`<strong>${counted(passed, 'token', 'tokens')}</strong>`
  return markup`${bound}${shown < passed ? ' ' : ', '}those that still work first: expiring, then with full access or for
  all organizations, then the others, each by expiry. ${filter}`
}

function* fullTable(rows: readonly TokenRow[]): Generator<string> {
  yield headRow(['Owner', 'Token', 'Status', 'Scopes', 'Flags', 'Created', 'Expires', 'Days left'])
  for (const row of rows) yield fullRow(row).text
  yield '</tbody>'
}

function fullRow(row: TokenRow): Markup {
  const mail = row.ownerMail === null ? null : markup`<small>${row.ownerMail}</small>`
  const type = row.ownerType === null ? null : markup`<small>${row.ownerType}</small>`
  return markup`<tr role="row">
    <th role="rowheader" scope="row" data-label="Owner"><span>${row.owner}${mail}${type}</span></th>
    <td role="cell" data-label="Token">
      <span>${row.token ?? markup`<i class="none">no name</i>`}<small class="id">${row.authorizationId}</small></span>
    </td>
    <td role="cell" data-label="Status">
      <span><span class="tag ${row.status}">${statusMark[row.status]} ${row.status}</span></span>
    </td>
    <td role="cell" data-label="Scopes">${row.scopes.join(' ')}</td>
    <td role="cell" data-label="Flags"><span>${flagTags(row)}</span></td>
    <td role="cell" data-label="Created" class="time">${timeCell(row.created, row.createdText)}</td>
    <td role="cell" data-label="Expires" class="time">
      ${row.noExpiry ? 'never' : timeCell(row.expires, row.expiresText)}
    </td>
    <td role="cell" data-label="Days left" class="days">${row.daysLeft === null ? '–' : count(row.daysLeft)}</td>
  </tr> `
}

const statusMark = { active: '✓', expiring: '!', expired: '✗', revoked: '⊘' } as const

function flagTags(row: TokenRow): Markup | null {
  if (!row.fullAccess && !row.allOrganizations) return null
  const full = row.fullAccess ? markup`<span class="tag flag">full access</span>` : null
  const everywhere = row.allOrganizations ? markup`<span class="tag flag mild">all organizations</span>` : null
  return markup`${full}${everywhere}`
}

function* sampleTable(rows: readonly TokenRow[]): Generator<string> {
  yield headRow(sampleColumns.map((column) => column.header))
  for (const row of rows) {
    const cells = sampleColumns.map((column) => {
      const value = column.value(row)
      return markup`<td role="cell" data-label="${column.header}">${value === null ? '' : String(value)}</td>`
    })
    yield markup`<tr role="row">
      ${cells}
    </tr>`.text
  }
  yield '</tbody>'
}

function headRow(headers: readonly string[]): string {
  const cells = headers.map(
    (header) =>
      markup`<th role="columnheader" scope="col" class="${header === 'Days left' ? 'days' : ''}">${header}</th>`,
  )
  return markup`<thead role="rowgroup">
      <tr role="row">
        ${cells}
      </tr>
    </thead>
    <tbody role="rowgroup"></tbody>`.text
}

function foot(context: ReportContext, { requests, retries, throttledMs }: ReportResult): Markup {
  const scan =
    requests === 0
      ? null
      : markup`<p>
          The scan sent ${counted(requests, 'request', 'requests')}, ${count(retries)} of them again, and waited
          ${count(Math.round(throttledMs / 1_000))} s for the service.
        </p>`
  return markup`<footer class="foot">
    <p>Times are UTC. Status and days left are as of ${isoTime(context.asOf)}.</p>
    <p>${lastUseNote}</p>
    ${scan}
  </footer> `
}

function timeCell(date: Date | null, text: string | null): string {
  return date === null ? (text ?? '–') : date.toISOString().slice(0, 16).replace('T', ' ')
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

function shortMonth(month: string): string {
  const [year = '', number = '1'] = month.split('-')
  return `${monthNames[Number(number) - 1] ?? number} ${year}`
}

function dayOf(date: Date): string {
  return `${date.getUTCDate()} ${shortMonth(date.toISOString().slice(0, 7))}`
}

function longTime(date: Date): string {
  return `${dayOf(date)}, ${date.toISOString().slice(11, 16)} UTC`
}
