import { createHash } from 'node:crypto'
import type { Answer } from './answers.js'
import { Html, markup } from './html.js'
import { palettes, styleSheet } from './page-style.js'

/** A page before it is dressed. */
export interface Page {
  readonly status?: number
  readonly title: string
  readonly body: Html
  /** Origins a form of the page may end up at: browsers check where the redirect after a POST goes, too. */
  readonly formTargets?: readonly string[]
  /** Addresses that are opened in frames. */
  readonly frames?: readonly string[]
  /** Script the page is more pleasant with, but works without. */
  readonly script?: string
  /** Something for the head, such as a refresh for browsers without script. */
  readonly head?: Html
  readonly headers?: Answer['headers']
}

const style = styleSheet(palettes)

/** A whole page: no script unless it asks for one, no style but ours, no frame around it. */
export function pageAnswer(page: Page): Answer {
  const document = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} - patkit emulator</title>
${page.head}
<style>${new Html(style)}</style>
</head>
<body>
<main>
<h1>${page.title}</h1>
${page.body}
</main>
<footer>
<p>This is the local emulator of patkit, not Microsoft. There are no passwords and the people are made up.</p>
</footer>
${page.script === undefined ? undefined : markup`<script>${new Html(page.script)}</script>`}
</body>
</html>`
  return {
    status: page.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentPolicy(page),
      'x-frame-options': 'DENY',
      // With `no-referrer` browsers would send `Origin: null` with our own forms.
      'referrer-policy': 'same-origin',
      ...page.headers,
    },
    body: document.toString(),
  }
}

function contentPolicy({ formTargets = [], frames = [], script }: Page): string {
  return [
    `default-src 'none'`,
    `style-src ${hashOf(style)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    ...(frames.length === 0 ? [] : [`frame-src ${sources(frames)}`]),
    `form-action 'self' ${sources(formTargets)}`.trim(),
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const sources = (addresses: readonly string[]): string => [...new Set(addresses.map(sourceOf))].join(' ')

/** The origin of an address; of `myapp://auth` only the scheme can be named. */
function sourceOf(address: string): string {
  const { origin, protocol } = new URL(address)
  return origin === 'null' ? protocol : origin
}
