import { filterToQuery, readFilter, type TokenFilter } from '../report/filter.js'
import {
  addressQuery,
  arrows,
  directionIn,
  nextSorting,
  readSorting,
  sortColumns,
  type SortColumn,
  type Sorting,
} from '../report/sort.js'
import { byId, onFollow } from './elements.js'

/** Filter and order of the table. They stand in the address of the page, so that it can be kept and sent on; links of the page follow. */
export class Address {
  #filter: TokenFilter
  #sorting: Sorting
  readonly #listeners: (() => void)[] = []
  readonly #filteredDownloads = byId('filtered-downloads', HTMLDivElement)
  readonly #sortLinks = new Map<SortColumn, HTMLAnchorElement>()

  constructor() {
    const query = new URLSearchParams(location.search)
    this.#filter = readFilter(query)
    this.#sorting = readSorting(query)
    for (const column of sortColumns) {
      const link = document.querySelector<HTMLAnchorElement>(`a[data-sort=${column}]`)
      if (link === null) continue
      this.#sortLinks.set(column, link)
      onFollow(link, () => this.#set(this.#filter, nextSorting(this.#sorting, column)))
    }
    this.#lead()
  }

  get filter(): TokenFilter {
    return this.#filter
  }

  get sorting(): Sorting {
    return this.#sorting
  }

  filterBy(filter: TokenFilter): void {
    this.#set(filter, this.#sorting)
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #set(filter: TokenFilter, sorting: Sorting): void {
    this.#filter = filter
    this.#sorting = sorting
    const query = addressQuery(filter, sorting).toString()
    history.replaceState(null, '', query === '' ? location.pathname : `?${query}`)
    this.#lead()
    for (const listener of this.#listeners) listener()
  }

  /** Points the links to where they lead now; they may be opened in another tab. */
  #lead(): void {
    const query = filterToQuery(this.#filter).toString()
    this.#filteredDownloads.hidden = query === ''
    for (const link of this.#filteredDownloads.querySelectorAll('a')) link.search = query
    for (const [column, link] of this.#sortLinks) {
      link.search = addressQuery(this.#filter, nextSorting(this.#sorting, column)).toString()
      const arrow = link.querySelector('span')
      if (arrow !== null) arrow.textContent = arrows[directionIn(this.#sorting, column) ?? 'none']
    }
  }
}
