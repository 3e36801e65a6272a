import { filterToQuery, noFilter, readFilter, type TokenFilter } from '../report/filter.js'
import type { Address } from './address.js'
import { byId, onFollow } from './elements.js'

/** Milliseconds without a key after which what was typed counts. */
const typingMs = 150

/** The fields of the filter: they act while somebody types. */
export class FilterForm {
  readonly #form = byId('filter', HTMLFormElement)
  readonly #address: Address
  #timer: number | undefined

  constructor(address: Address) {
    this.#address = address
    const apply = (): void => this.#apply()
    this.#form.addEventListener('input', ({ target }) => {
      clearTimeout(this.#timer)
      if (target instanceof HTMLSelectElement) apply()
      else this.#timer = setTimeout(apply, typingMs)
    })
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      apply()
    })
    this.#form.querySelector('button')?.remove()
    onFollow(byId('clear-filter', HTMLAnchorElement), () => this.show(noFilter))
  }

  /** Sets the filter, as a figure does that is clicked. */
  show(filter: TokenFilter): void {
    const query = filterToQuery(filter)
    for (const field of this.#form.elements) {
      if (field instanceof HTMLSelectElement) choose(field, query.get(field.name) ?? '')
      if (field instanceof HTMLInputElement && field.type !== 'hidden') field.value = query.get(field.name) ?? ''
    }
    clearTimeout(this.#timer)
    this.#address.filterBy(filter)
  }

  #apply(): void {
    clearTimeout(this.#timer)
    const fields = [...new FormData(this.#form)].filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    this.#address.filterBy(readFilter(new URLSearchParams(fields)))
  }
}

/** Chooses a value, also one that an address had and the list does not offer. */
function choose(field: HTMLSelectElement, value: string): void {
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(value, value))
  field.value = value
}
