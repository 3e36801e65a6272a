import { escapeMarkup, showBidi, xmlText } from '../cell.js'

/** HTML that was put together by {@link markup}; the only thing the template does not escape. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text
  }
}

/** What a template may hold: text is escaped, markup and lists of markup are not, `null` and `undefined` are nothing. */
export type Content = string | number | Markup | readonly Markup[] | null | undefined

/** Puts HTML together. Whatever is not markup itself becomes text. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const text = parts.reduce((soFar, part, index) => `${soFar}${toText(contents[index - 1])}${part}`)
  return new Markup(text)
}

function toText(content: Content): string {
  if (content === null || content === undefined) return ''
  if (typeof content === 'number') return String(content)
  if (typeof content === 'string') return escapeMarkup(showBidi(xmlText(content)))
  return content instanceof Markup ? content.text : content.map((each) => each.text).join('')
}
