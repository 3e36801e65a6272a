import DataTable, { type Api } from 'datatables.net'
import { isWorking, passes, type TokenFilter } from '../report/filter.js'
import { compareKeys, sortKey, type SortColumn } from '../report/sort.js'
import { number } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import { byId } from './elements.js'
import type { Selection } from './selection.js'
import { fillRow } from './token-row.js'

/** Milliseconds between two drawings while rows come. */
const drawMs = 250

const rowsPerPage = 50

/** Our own order, so that the table sorts as the page without script does. */
const orderType = 'token-order'
DataTable.type(orderType, 'order', {
  asc: (left: string, right: string) => compareKeys(left, right, 'ascending'),
  desc: (left: string, right: string) => compareKeys(left, right, 'descending'),
})

/** A column of plain text; what else belongs into its cells is put there by {@link fillRow}. */
function column(text: (row: WireRow) => string, sortBy?: SortColumn) {
  return {
    data: (row: WireRow, type: string) => (type === 'sort' && sortBy !== undefined ? sortKey(row, sortBy) : text(row)),
    render: DataTable.render.text(),
    orderable: sortBy !== undefined,
    searchable: false,
    type: orderType,
  }
}

const columns = [
  column(() => ''),
  column(({ token }) => token ?? '', 'token'),
  column(({ owner }) => owner, 'owner'),
  column(({ status }) => status, 'status'),
  column(({ expires }) => expires ?? '', 'expires'),
  column(({ scopes }) => scopes.join(' ')),
  column(({ created }) => created ?? '', 'created'),
]

/** The table of tokens: any number of rows, of which a page is in the document. */
export class TokenTable {
  readonly #table: Api<WireRow>
  readonly #rows = new Map<string, WireRow>()
  readonly #selection: Selection
  readonly #filled = new WeakMap<HTMLTableRowElement, WireRow>()
  #isDrawing = false

  constructor(selection: Selection, filterOf: () => TokenFilter) {
    this.#selection = selection
    document.getElementById('pages')?.remove()
    const place = byId('tokens', HTMLTableElement)
    for (const link of place.querySelectorAll('thead a')) link.replaceWith(link.textContent)
    place.querySelector('tbody')?.replaceChildren()
    this.#table = new DataTable<WireRow>(place, {
      data: [],
      columns,
      order: [[4, 'asc']],
      pageLength: rowsPerPage,
      deferRender: true,
      autoWidth: false,
      layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: 'paging' },
      language: { emptyTable: 'No tokens yet.', zeroRecords: 'No token passes this filter.' },
      rowCallback: (row, data) => this.#fill(row, data as WireRow),
    })
    this.#table.search.fixed('filter', (_text, row) => passes(row, filterOf()))
    this.#table.on('draw', () => this.#sayCount())
    selection.onClear(() => this.#table.draw('page'))
  }

  /** Adds tokens that are not there yet, and says which those are. */
  add(rows: readonly WireRow[]): readonly WireRow[] {
    const fresh = rows.filter(({ id }) => !this.#rows.has(id))
    for (const row of fresh) this.#rows.set(row.id, row)
    this.#table.rows.add(fresh)
    this.#drawSoon()
    return fresh
  }

  #drawSoon(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    setTimeout(() => {
      this.#isDrawing = false
      this.#table.draw('full-hold')
    }, drawMs)
  }

  /** Marks tokens as revoked; tells what they were before. */
  revoke(ids: readonly string[]): { readonly before: WireRow; readonly after: WireRow }[] {
    const changes = ids.flatMap((id) => {
      const before = this.#rows.get(id)
      if (before === undefined || before.status === 'revoked') return []
      return [{ before, after: { ...before, status: 'revoked', daysLeft: null } as const }]
    })
    for (const { before, after } of changes) {
      this.#rows.set(after.id, after)
      this.#table.row((_index: number, row: WireRow) => row === before).data(after)
    }
    this.#selection.set(ids, false)
    this.#table.draw('full-hold')
    return changes
  }

  /** Draws anew after the filter changed. */
  draw(): void {
    this.#table.draw()
  }

  /** Selects every token that passes the filter and still works, on all pages. */
  selectShown(): void {
    const shown = this.#table.rows({ search: 'applied' }).data().toArray()
    this.#selection.set(
      shown.filter((row) => isWorking(row)).map(({ id }) => id),
      true,
    )
    this.#table.draw('page')
  }

  /** Fills a row when it is new or changed; otherwise whoever has the focus in it keeps it. */
  #fill(row: HTMLTableRowElement, data: WireRow): void {
    if (this.#filled.get(row) !== data) {
      this.#filled.set(row, data)
      fillRow(row, data, (selected) => this.#selection.set([data.id], selected))
    }
    const box = row.querySelector<HTMLInputElement>('input[type=checkbox]')
    if (box !== null) box.checked = this.#selection.has(data.id)
  }

  #sayCount(): void {
    const { page, pages, recordsDisplay } = this.#table.page.info()
    const place = pages > 1 ? `, page ${page + 1} of ${pages}` : ''
    byId('matching', HTMLParagraphElement).textContent = `${number(recordsDisplay)} tokens${place}`
  }
}
