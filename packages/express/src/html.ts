/** Text that is HTML already. */
class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type { Html }

type Value = string | number | Html | undefined | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Makes HTML. Whatever is put in is text, unless it was made by this function; so nothing has to remember to escape. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((before, part, index) => before + toHtml(values[index - 1]) + part))
}

/** Text that may stand in a page as it is: only for what is written in this package. */
export function trusted(text: string): Html {
  return new Html(text)
}

function toHtml(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(String).join('')
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
