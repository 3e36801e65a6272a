import { charts, Tally, type Card, type Totals } from '../report/totals.js'
import { number } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import { Chart } from './chart.js'
import { onFollow } from './elements.js'

/** The figures and charts above the table; those that are clicked filter it. */
export class Figures {
  readonly #tally = new Tally()
  readonly #charts
  #isDue = false

  constructor(filterBy: (query: string) => void) {
    for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-query]')) {
      onFollow(link, () => filterBy(link.dataset['query'] ?? ''))
    }
    this.#charts = charts.map(({ name, queryOf }) => ({ name, chart: new Chart(name, queryOf, filterBy) }))
  }

  add(rows: readonly WireRow[]): void {
    for (const row of rows) this.#tally.add(row)
    this.#drawSoon()
  }

  replace(changes: readonly { readonly before: WireRow; readonly after: WireRow }[]): void {
    for (const { before, after } of changes) {
      this.#tally.add(before, -1)
      this.#tally.add(after)
    }
    this.#drawSoon()
  }

  #drawSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#draw(this.#tally.totals())
    })
  }

  #draw(totals: Totals): void {
    for (const place of document.querySelectorAll<HTMLElement>('[data-figure]')) {
      place.textContent = number(totals[place.dataset['figure'] as Card['name']])
    }
    for (const { name, chart } of this.#charts) chart.show(totals[name])
  }
}
