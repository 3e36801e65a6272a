import { createHash } from 'node:crypto'
import { isoTime } from '../cell.js'
import type { Totals } from '../summary.js'
import { completenessOf, count, counted, lastUseNote, retirementNote } from '../wording.js'
import type { ReportContext, ReportResult } from '../writer.js'
import { statusCards, flagCards } from './cards.js'
import { markup, type Markup } from './markup.js'
import { panels } from './panels.js'
import { style } from './style.js'
import { notReadSection, skippedSection, tokenSection, type ListedRows } from './tables.js'
import { longTime } from './time.js'

const styleHash = createHash('sha256').update(style).digest('base64')

/** No source of anything but the one inline style: the page cannot load, send or run. */
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`

/** The page, piece by piece: it can be larger than what should be in memory at once. */
export function* page(context: ReportContext, result: ReportResult, listed: ListedRows): Generator<string> {
  const { totals } = result
  yield head(context)
  yield header(context, result).text
  yield '<main>\n'
  yield statusCards(context, totals).text
  yield flagCards(totals).text
  yield panels(context, totals).text
  yield* notReadSection(totals)
  yield skippedSection(totals).text
  yield* tokenSection(context, listed)
  yield '</main>\n'
  yield footer(context, result).text
  yield '</body>\n</html>\n'
}

function head({ title }: ReportContext): string {
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

function header(context: ReportContext, result: ReportResult): Markup {
  return markup`<header class="top">
<a class="skip" href="#tokens">Skip to the tokens</a>
<h1>${context.title}</h1>
<p class="lead">${lead(context, result.totals)}</p>
${completenessNote(result)}
${retirement(context, result)}
</header>
`
}

function lead({ asOf }: ReportContext, { users, tokens }: Totals): string {
  return `${counted(tokens, 'token', 'tokens')} of ${counted(users.listed, 'user', 'users')} · as of ${longTime(asOf)}`
}

function completenessNote(result: ReportResult): Markup {
  const link = result.totals.users.failed > 0 ? markup` <a href="#not-read">See who was not read.</a>` : null
  return result.complete
    ? markup`<p class="note good">✓ ${completenessOf(result)}</p>`
    : markup`<p class="note bad">✗ ${completenessOf(result)}${link}</p>`
}

function retirement(context: ReportContext, result: ReportResult): Markup | null {
  const note = retirementNote(context, result)
  return note === undefined ? null : markup`<p class="note warn">⚠ ${note}</p>`
}

function footer({ asOf }: ReportContext, { requests, retries, throttledMs }: ReportResult): Markup {
  const waited = Math.round(throttledMs / 1_000)
  const sentences = [
    `Times are UTC. Status and days left are as of ${isoTime(asOf)}.`,
    lastUseNote,
    ...(requests === 0
      ? []
      : [
          `The scan sent ${counted(requests, 'request', 'requests')}, ${count(retries)} of them again, and was held back by the service for ${count(waited)} s.`,
        ]),
  ]
  return markup`<footer class="foot">${sentences.map((sentence) => markup`<p>${sentence}</p>\n`)}</footer>\n`
}
