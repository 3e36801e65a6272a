import { plural } from '../report/words.js'
import { byId, element } from './elements.js'

/** The tokens that are selected, on whatever page of the table they are. Kept until the tab is closed: one comes back from the preview. */
export class Selection {
  readonly #key: string
  readonly #ids: Set<string>
  readonly #form = byId('selection', HTMLFormElement)
  readonly #words = byId('selection-count', HTMLSpanElement)
  readonly #revoke = byId('revoke', HTMLButtonElement)
  readonly #fields = byId('selected', HTMLDivElement)
  readonly #actions = byId('selection-actions', HTMLDivElement)
  readonly #selectAll = element('button', 'Select all shown', { type: 'button', class: 'quiet' })
  readonly #clear = element('button', 'Select none', { type: 'button', class: 'quiet' })
  readonly #cleared: (() => void)[] = []

  constructor(report: string) {
    this.#key = `selected in ${report}`
    this.#ids = new Set((sessionStorage.getItem(this.#key) ?? '').split(' ').filter((id) => id !== ''))
    byId('table-actions', HTMLDivElement).append(this.#selectAll, this.#clear)
    this.#clear.addEventListener('click', () => this.#selectNone())
    this.#form.addEventListener('submit', () => this.#fillIn())
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

  onSelectAll(listener: () => void): void {
    this.#selectAll.addEventListener('click', listener)
  }

  onSelectNone(listener: () => void): void {
    this.#cleared.push(listener)
  }

  #selectNone(): void {
    this.#ids.clear()
    this.#show()
    // The button is about to go, and the focus would go with it.
    this.#selectAll.focus()
    for (const listener of this.#cleared) listener()
  }

  #show(): void {
    sessionStorage.setItem(this.#key, [...this.#ids].join(' '))
    const isAny = this.#ids.size > 0
    const tokens = isAny ? plural(this.#ids.size, 'selected token') : 'the selected tokens'
    this.#revoke.textContent = `Revoke ${tokens}…`
    this.#clear.hidden = !isAny
    this.#actions.classList.toggle('sticky', isAny)
    this.#words.textContent = isAny ? `${plural(this.#ids.size, 'token')} selected` : ''
  }

  /** Boxes of other pages are not in the document: their tokens go along in hidden fields. */
  #fillIn(): void {
    const fields = [...this.#ids].map((id) => element('input', '', { type: 'hidden', name: 'token', value: id }))
    this.#fields.replaceChildren(...fields)
  }
}
