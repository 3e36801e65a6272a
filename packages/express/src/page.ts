import { createHash } from 'node:crypto'
import { html, trusted, type Html } from './html.js'
import type { PageAction, PageContent } from './page-content.js'

const style = `
:root{color-scheme:light dark;--text:#1b1a19;--quiet:#5c5a58;--ground:#fff;--edge:#8a8886;--main:#0f6cbd;--on-main:#fff}
@media (prefers-color-scheme:dark){:root{--text:#f3f2f1;--quiet:#b5b3b1;--ground:#1b1a19;--edge:#8a8886;--main:#479ef5;--on-main:#0a0a0a}}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground)}
main{max-width:40rem;margin:0 auto;padding:2.5rem 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0;padding:0;list-style:none}
a.button,button{display:inline-block;min-height:2.75rem;padding:.55rem 1.1rem;border:1px solid var(--edge);border-radius:.35rem;font:inherit;color:inherit;background:transparent;text-decoration:none;cursor:pointer}
li:first-child>a.button,li:first-child button{border-color:var(--main);background:var(--main);color:var(--on-main)}
a.button:focus-visible,button:focus-visible{outline:3px solid var(--main);outline-offset:2px}
.quiet{color:var(--quiet);font-size:.875rem}
`

/** Allows the style above and forms to ourselves, and nothing else at all. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Whole, because the policy names a hash of exactly what stands between the tags. */
const styleElement = trusted(`<style>${style}</style>`)

/** The page as a whole: readable without script, by keyboard, by ear, in light and dark, and on a phone. */
export function toPage(content: PageContent): string {
  const { title, message, help, details = [], code, reference, actions, goOnTo } = content
  const refresh = goOnTo === undefined ? undefined : html`<meta http-equiv="refresh" content="0;url=${goOnTo}" />`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh}
        <title>${title}</title>
        ${styleElement}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p>${message}</p>
          ${help === undefined ? undefined : html`<p>${help}</p>`}
          ${
            details.length === 0
              ? undefined
              : html`<ul>
                  ${details.map((detail) => html`<li>${detail}</li>`)}
                </ul>`
          }
          ${
            actions.length === 0
              ? undefined
              : html`<ul class="actions">
                  ${actions.map(toItem)}
                </ul>`
          }
          ${footnote(code, reference)}
        </main>
      </body>
    </html> `.toString()
}

function toItem(action: PageAction): Html {
  if (action.kind === 'link') return html`<li><a class="button" href="${action.href}">${action.label}</a></li>`
  const fields = Object.entries(action.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )
  return html`<li>
    <form method="post" action="${action.action}">${fields}<button>${action.label}</button></form>
  </li>`
}

function footnote(code: string | undefined, reference: string | undefined): Html | undefined {
  if (code === undefined && reference === undefined) return undefined
  const parts = [
    ...(code === undefined ? [] : [html`Code: ${code}`]),
    ...(reference === undefined ? [] : [html`Reference: ${reference}`]),
  ]
  return html`<p class="quiet">${parts.map((part, index) => html`${index === 0 ? '' : ' · '}${part}`)}</p>`
}

/** The same for a program (RFC 9457). */
export function toProblem(content: PageContent): Readonly<Record<string, unknown>> {
  const { status, title, message, help, details, code, reference, signInUrl } = content
  return {
    title,
    status,
    detail: help === undefined ? message : `${message} ${help}`,
    code,
    reference,
    signInUrl,
    ...(details === undefined || details.length === 0 ? {} : { details }),
  }
}
