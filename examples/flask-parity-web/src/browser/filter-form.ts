import { filterToQuery, readFilter, type TokenFilter } from '../report/filter.js'
import { byId } from './elements.js'

/** Milliseconds without a key after which what was typed counts. */
const typingMs = 150

/** The filter of the page: it acts while somebody types, and stands in the address so that it can be kept and sent on. */
export class FilterForm {
  readonly #form = byId('filter', HTMLFormElement)
  readonly #downloads = byId('filtered-downloads', HTMLSpanElement)
  readonly #changed: (() => void)[] = []
  #timer: number | undefined
  #filter = readFilter(new URLSearchParams(location.search))

  constructor() {
    this.#form.addEventListener('input', () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#apply(this.#read()), typingMs)
    })
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#apply(this.#read())
    })
    byId('clear-filter', HTMLAnchorElement).addEventListener('click', (event) => {
      event.preventDefault()
      this.use('')
    })
    addEventListener('popstate', () => this.#show(readFilter(new URLSearchParams(location.search))))
  }

  get current(): TokenFilter {
    return this.#filter
  }

  onChange(listener: () => void): void {
    this.#changed.push(listener)
  }

  /** Sets the filter, as a figure does that is clicked. */
  use(query: string): void {
    this.#show(readFilter(new URLSearchParams(query)))
  }

  #read(): TokenFilter {
    const fields = [...new FormData(this.#form)].filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    return readFilter(new URLSearchParams(fields))
  }

  #show(filter: TokenFilter): void {
    const query = filterToQuery(filter)
    for (const field of this.#form.elements) {
      if (field instanceof HTMLInputElement && field.type === 'search') field.value = query.get(field.name) ?? ''
      if (field instanceof HTMLSelectElement) field.value = query.get(field.name) ?? ''
    }
    this.#apply(filter)
  }

  #apply(filter: TokenFilter): void {
    this.#filter = filter
    const query = filterToQuery(filter).toString()
    history.replaceState(null, '', query === '' ? location.pathname : `?${query}`)
    this.#downloads.hidden = query === ''
    for (const link of this.#downloads.querySelectorAll('a')) link.href = `${link.pathname}?${query}`
    for (const listener of this.#changed) listener()
  }
}
