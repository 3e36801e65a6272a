/** Colours by their use. Text on its ground has a contrast of at least 4.5 in both palettes; a test measures it. */
export interface Palette {
  readonly ground: string
  readonly panel: string
  readonly text: string
  readonly quiet: string
  readonly line: string
  readonly accent: string
  readonly onAccent: string
  readonly alarm: string
}

export const palettes: { readonly light: Palette; readonly dark: Palette } = {
  light: {
    ground: '#f2f4f7',
    panel: '#ffffff',
    text: '#1b1f24',
    quiet: '#545d68',
    line: '#8a939e',
    accent: '#0b5cab',
    onAccent: '#ffffff',
    alarm: '#a31621',
  },
  dark: {
    ground: '#14171b',
    panel: '#1e2329',
    text: '#eef1f4',
    quiet: '#aab4bf',
    line: '#6f7a86',
    accent: '#7db8f5',
    onAccent: '#0d1420',
    alarm: '#ff9aa2',
  },
}

/** The style sheet of every page, as one text, so that the content policy can name its hash. */
export function styleSheet({ light, dark }: typeof palettes): string {
  return [
    `:root{${variables(light)}}`,
    `@media (prefers-color-scheme:dark){:root{${variables(dark)}}}`,
    `*{box-sizing:border-box}`,
    `body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;padding:4vh 1rem 1rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif}`,
    `main{width:min(32rem,100%);padding:1.5rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem;overflow-wrap:anywhere}`,
    `h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}`,
    `footer{width:min(32rem,100%);color:var(--quiet);font-size:.875rem}`,
    `.quiet{color:var(--quiet)}`,
    `.alarm{color:var(--alarm);font-weight:600}`,
    `ul{list-style:none;margin:1rem 0;padding:0;display:grid;gap:.5rem}`,
    `.scopes{list-style:disc;padding-left:1.25rem}`,
    `label{display:block;margin-top:.75rem;font-weight:600}`,
    `input,button,.button{font:inherit;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.375rem;background:var(--panel);color:var(--text)}`,
    `input{width:100%}`,
    `button,.button{cursor:pointer;text-align:left;text-decoration:none;display:inline-block}`,
    `button.person{width:100%;display:block}`,
    `button.person span{display:block;color:var(--quiet)}`,
    `.search{display:flex;gap:.5rem;margin-top:.25rem}`,
    `.row{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:1rem}`,
    `button.main,.button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}`,
    `a{color:var(--accent)}`,
    `a.button.main{color:var(--on-accent)}`,
    `:focus-visible{outline:3px solid var(--accent);outline-offset:2px}`,
    `iframe{width:1px;height:1px;border:0;position:absolute;left:-9999px}`,
    `dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}dt{color:var(--quiet)}dd{margin:0}`,
  ].join('')
}

function variables({ ground, panel, text, quiet, line, accent, onAccent, alarm }: Palette): string {
  return `--ground:${ground};--panel:${panel};--text:${text};--quiet:${quiet};--line:${line};--accent:${accent};--on-accent:${onAccent};--alarm:${alarm}`
}
