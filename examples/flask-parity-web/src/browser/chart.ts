import type { Totals } from '../report/totals.js'
import { number } from '../report/words.js'
import { byId, element, onFollow } from './elements.js'

/** A bar and its place. */
interface Bar {
  readonly row: HTMLTableRowElement
  readonly meter: HTMLMeterElement
  readonly count: Text
}

/** A chart whose bars grow. Bars stay the same elements, so that one that is being clicked or has the focus is not lost under it. */
export class Chart {
  readonly #place: HTMLTableSectionElement
  readonly #queryOf: (name: string) => string
  readonly #filterBy: (query: string) => void
  readonly #bars = new Map<string, Bar>()

  constructor(id: string, queryOf: (name: string) => string, filterBy: (query: string) => void) {
    this.#place = byId(id, HTMLTableSectionElement)
    this.#queryOf = queryOf
    this.#filterBy = filterBy
  }

  show(entries: Totals['months']): void {
    const most = Math.max(1, ...entries.map(([, tokens]) => tokens))
    const rows = entries.map(([name, tokens]) => {
      const { row, meter, count } = this.#barOf(name)
      meter.max = most
      meter.value = tokens
      count.data = ` ${number(tokens)}`
      return row
    })
    if (isSame(rows, this.#place.rows)) return
    const { activeElement } = document
    this.#place.replaceChildren(...rows)
    if (activeElement instanceof HTMLElement && this.#place.contains(activeElement)) activeElement.focus()
  }

  #barOf(name: string): Bar {
    const known = this.#bars.get(name)
    if (known !== undefined) return known
    const query = this.#queryOf(name)
    const link = element('a', name, { href: `?${query}#tokens-heading` })
    onFollow(link, () => this.#filterBy(query))
    const head = element('th', '', { scope: 'row' })
    head.append(link)
    const bar: Bar = {
      row: element('tr'),
      meter: element('meter', '', { min: '0', 'aria-hidden': 'true' }),
      count: new Text(),
    }
    const cell = element('td')
    cell.append(bar.meter, bar.count)
    bar.row.append(head, cell)
    this.#bars.set(name, bar)
    return bar
  }
}

function isSame(rows: readonly HTMLTableRowElement[], shown: HTMLCollectionOf<HTMLTableRowElement>): boolean {
  return rows.length === shown.length && rows.every((row, index) => row === shown[index])
}
