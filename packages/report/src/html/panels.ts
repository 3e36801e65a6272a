import type { OwnerCount, Totals } from '../summary.js'
import { count, counted } from '../wording.js'
import type { ReportContext } from '../writer.js'
import { barList, columnChart, type Bar } from './charts.js'
import { markup, type Markup } from './markup.js'
import { dayOf, monthAndYear, monthName } from './time.js'

const mostScopes = 10

/** The charts, all of them about tokens that still work. */
export function panels(context: ReportContext, totals: Totals): Markup {
  return markup`<section aria-labelledby="charts">
<h2 id="charts">Tokens that still work</h2>
<div class="panels">
${timeline(context, totals)}${timeLeft(totals)}${scopes(totals)}${owners(totals)}</div>
</section>
`
}

function timeline({ asOf }: ReportContext, { months, buckets, status }: Totals): Markup {
  const columns = months.map(({ month, tokens }, index): Bar => {
    const startsYear = index === 0 || month.endsWith('-01')
    return { name: monthName(month), detail: startsYear ? month.slice(0, 4) : undefined, value: tokens }
  })
  const rows = months.map(({ month, tokens }): Bar => ({ name: monthAndYear(month), value: tokens }))
  const description = `Tokens that end, by month: ${rows.map(({ name, value }) => `${name} ${count(value)}`).join(', ')}`
  const inMonths = months.reduce((sum, { tokens }) => sum + tokens, 0)
  const later = status.active + status.expiring - inMonths - buckets.withoutEnd - buckets.unknown
  const beyond = [
    ...(later > 0 ? [`${counted(later, 'token ends', 'tokens end')} later.`] : []),
    ...(buckets.withoutEnd > 0 ? [`${counted(buckets.withoutEnd, 'token has', 'tokens have')} no end.`] : []),
  ]
  return panel(
    'Expiry by month',
    markup`<p>${[`When the tokens end that work on ${dayOf(asOf)}.`, ...beyond].join(' ')}</p>
${columnChart(columns, description)}${barList(rows, 'narrow')}`,
    'wide',
  )
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
  return panel('Time left', barList(bars))
}

function scopes({ scopes: all }: Totals): Markup {
  if (all.length === 0) return panel('Scopes', nobody)
  const bars = all
    .slice(0, mostScopes)
    .map(({ scope, tokens }): Bar => ({ name: scope, value: tokens, tone: scope === 'app_token' ? 'bad' : undefined }))
  const more = all.length - mostScopes
  const rest = more > 0 ? markup`<p class="rest">and ${counted(more, 'more scope', 'more scopes')}</p>` : null
  return panel('Scopes', markup`${barList(bars)}${rest}`)
}

function owners({ topOwners }: Totals): Markup {
  const list = topOwners.length === 0 ? nobody : barList(topOwners.map(ownerBar))
  return panel('Owners with the most tokens', list, 'tall')
}

function ownerBar({ owner, ownerMail, working, fullAccess }: OwnerCount): Bar {
  const details = [
    ...(ownerMail === null ? [] : [ownerMail]),
    ...(fullAccess === 0 ? [] : [`${count(fullAccess)} with full access`]),
  ]
  return { name: owner, detail: details.length === 0 ? undefined : details.join(' · '), value: working }
}

const nobody = markup`<p class="none">None.</p>`

function panel(title: string, content: Markup, place = ''): Markup {
  return markup`<div class="panel ${place}">
<h3>${title}</h3>
${content}</div>
`
}
