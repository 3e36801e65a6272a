import { element } from './elements.js'

/** Where one can go from a page of the table. */
const steps = [
  ['first', 'First page'],
  ['previous', 'Previous page'],
  ['next', 'Next page'],
  ['last', 'Last page'],
] as const
export type Step = (typeof steps)[number][0]

/**
 * Turns the pages of the table. Not DataTables' own buttons: those are made anew with every drawing, and what it keeps of the old ones
 * grows for as long as a report runs.
 */
export class Pager {
  readonly #nav = element('nav', '', { class: 'row', 'aria-label': 'Pages of tokens' })
  readonly #buttons: ReadonlyMap<Step, HTMLButtonElement>

  constructor(table: HTMLTableElement, turn: (step: Step) => void) {
    document.getElementById('pages')?.remove()
    this.#buttons = new Map(
      steps.map(([step, label]) => {
        const button = element('button', label, { type: 'button', class: 'quiet' })
        button.addEventListener('click', () => turn(step))
        return [step, button]
      }),
    )
    this.#nav.append(...this.#buttons.values())
    table.after(this.#nav)
  }

  /** @param page - From 0. */
  show(page: number, pages: number): void {
    this.#nav.hidden = pages < 2
    for (const [step, button] of this.#buttons) {
      const isThere = step === 'first' || step === 'previous' ? page === 0 : page >= pages - 1
      // Not `disabled`: whoever turned to the last page would lose the focus.
      button.ariaDisabled = String(isThere)
    }
  }
}
