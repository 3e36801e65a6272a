import { Tally, type Totals } from '../report/totals.js'
import { number } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import { byId, element } from './elements.js'

/** The figures and charts above the table; those that are clicked filter it. */
export class Figures {
  readonly #tally = new Tally()
  readonly #filterBy: (query: string) => void
  #isDue = false

  constructor(filterBy: (query: string) => void) {
    this.#filterBy = filterBy
    for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-query]')) {
      link.addEventListener('click', (event) => this.#follow(event, link.dataset['query'] ?? ''))
    }
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
      const value = totals[place.dataset['figure'] as keyof Omit<Totals, 'months' | 'scopes'>]
      place.textContent = number(value)
    }
    this.#drawChart('months', totals.months)
    this.#drawChart('scopes', totals.scopes, (scope) => `status=working&scope=${encodeURIComponent(scope)}`)
  }

  #drawChart(id: string, entries: Totals['months'], queryOf?: (name: string) => string): void {
    const most = Math.max(1, ...entries.map(([, tokens]) => tokens))
    // A link that somebody is on must not vanish under them.
    const focused = document.activeElement?.closest(`#${id} a`)?.textContent
    const rows = entries.map(([name, tokens]) => {
      const head = element('th', '', { scope: 'row' })
      if (queryOf === undefined) head.textContent = name
      else head.append(this.#link(name, queryOf(name)))
      const cell = element('td')
      const bar = element('meter', '', { min: '0', max: String(most), value: String(tokens), 'aria-hidden': 'true' })
      cell.append(bar, ` ${number(tokens)}`)
      const row = element('tr')
      row.append(head, cell)
      return row
    })
    const place = byId(id, HTMLTableSectionElement)
    place.replaceChildren(...rows)
    if (focused !== undefined) [...place.querySelectorAll('a')].find((link) => link.textContent === focused)?.focus()
  }

  #link(name: string, query: string): HTMLAnchorElement {
    const link = element('a', name, { href: `?${query}#tokens-heading` })
    link.addEventListener('click', (event) => this.#follow(event, query))
    return link
  }

  #follow(event: MouseEvent, query: string): void {
    event.preventDefault()
    this.#filterBy(query)
    byId('tokens-heading', HTMLHeadingElement).scrollIntoView()
  }
}
