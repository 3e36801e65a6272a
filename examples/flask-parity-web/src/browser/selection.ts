import { plural } from '../report/words.js'
import { byId, element } from './elements.js'

/** The tokens that are selected, on whatever page of the table they are. */
export class Selection {
  readonly #ids = new Set<string>()
  readonly #words = byId('selection-count', HTMLSpanElement)
  readonly #fields = byId('selected', HTMLDivElement)
  readonly #selectAll = element('button', 'Select all shown', { type: 'button', class: 'quiet' })
  readonly #clear = element('button', 'Select none', { type: 'button', class: 'quiet' })
  readonly #cleared: (() => void)[] = []

  constructor() {
    const form = byId('selection', HTMLFormElement)
    this.#words.before(this.#selectAll, this.#clear)
    this.#clear.addEventListener('click', () => this.clear())
    form.addEventListener('submit', () => this.#fillIn())
    this.#show()
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  set(ids: readonly string[], selected: boolean): void {
    for (const id of ids) {
      if (selected) this.#ids.add(id)
      else this.#ids.delete(id)
    }
    this.#show()
  }

  clear(): void {
    this.#ids.clear()
    this.#show()
    for (const listener of this.#cleared) listener()
  }

  onSelectAll(listener: () => void): void {
    this.#selectAll.addEventListener('click', listener)
  }

  onClear(listener: () => void): void {
    this.#cleared.push(listener)
  }

  #show(): void {
    this.#clear.hidden = this.#ids.size === 0
    this.#words.textContent = this.#ids.size === 0 ? '' : `${plural(this.#ids.size, 'token')} selected`
  }

  /** Boxes of other pages are not in the document: their tokens go along in hidden fields. */
  #fillIn(): void {
    const fields = [...this.#ids].map((id) => element('input', '', { type: 'hidden', name: 'token', value: id }))
    this.#fields.replaceChildren(...fields)
  }
}
