import DataTable, { type Api } from 'datatables.net'
import { isWorking, passes } from '../report/filter.js'
import { compareKeys, sortKey, type SortColumn } from '../report/sort.js'
import { plural } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import type { Address } from './address.js'
import { byId } from './elements.js'
import { Pager } from './pager.js'
import { PauseButton } from './pause-button.js'
import type { Selection } from './selection.js'
import { fillRow } from './token-row.js'

/** Milliseconds between two drawings while rows come. */
const drawMs = 250

/** Fewer on a phone, where each is a card. */
const rowsPerPage = matchMedia('(max-width: 640px)').matches ? 20 : 50

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
    name: sortBy ?? '',
    orderable: sortBy !== undefined,
    searchable: false,
    type: orderType,
  }
}

const columns = [
  column(() => ''),
  { ...column(({ token }) => token ?? '', 'token'), cellType: 'th' },
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
  readonly #address: Address
  readonly #pause = new PauseButton(byId('table-actions', HTMLDivElement))
  readonly #pager: Pager
  readonly #filled = new WeakMap<HTMLTableRowElement, WireRow>()
  #drawn = 0
  #isDue = false
  #isPressed = false
  #drawnAt = 0

  constructor(selection: Selection, address: Address) {
    this.#selection = selection
    this.#address = address
    const place = byId('tokens', HTMLTableElement)
    place.querySelector('tbody')?.replaceChildren()
    this.#table = new DataTable<WireRow>(place, {
      data: [],
      columns,
      // The heads of the columns are links of the page already.
      ordering: { indicators: false, handler: false },
      order: this.#order(),
      pageLength: rowsPerPage,
      deferRender: true,
      autoWidth: false,
      layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
      language: { emptyTable: 'No tokens so far.', zeroRecords: 'No token passes this filter.' },
      rowCallback: (row, data) => this.#fill(row, data as WireRow),
    })
    this.#pager = new Pager(place, (step) => this.#table.page(step).draw('page'))
    this.#table.search.fixed('filter', (_text, row) => passes(row, this.#address.filter))
    this.#keepFocus()
    this.#table.on('draw', () => {
      this.#drawn = this.#rows.size
      this.#sayCount()
    })
    place.addEventListener('pointerdown', () => (this.#isPressed = true))
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => (this.#isPressed = false))
    this.#pause.onEnd(() => this.#drawNew())
    selection.onSelectAll(() => this.#selectShown())
    selection.onSelectNone(() => this.#table.draw('page'))
  }

  /** Tokens that pass the filter. */
  get matching(): number {
    return this.#table.page.info().recordsDisplay
  }

  /** Adds tokens that are not there yet, and says which those are. */
  add(rows: readonly WireRow[]): readonly WireRow[] {
    const fresh = rows.filter(({ id }) => !this.#rows.has(id))
    for (const row of fresh) this.#rows.set(row.id, row)
    this.#table.rows.add(fresh)
    this.#drawSoon()
    return fresh
  }

  /** Marks tokens as revoked; tells what they were before. */
  revoke(ids: readonly string[]): { readonly before: WireRow; readonly after: WireRow }[] {
    const changes = new Map<WireRow, WireRow>()
    for (const id of ids) {
      const before = this.#rows.get(id)
      if (before === undefined || before.status === 'revoked') continue
      const after = { ...before, status: 'revoked', daysLeft: null } as const
      changes.set(before, after)
      this.#rows.set(id, after)
    }
    this.#selection.set(ids, false)
    for (const index of this.#table
      .rows((_index: number, row: WireRow) => changes.has(row))
      .indexes()
      .toArray()) {
      const row = this.#table.row(index)
      row.data(changes.get(row.data()) ?? row.data())
    }
    if (changes.size > 0) this.#drawSoon()
    return [...changes].map(([before, after]) => ({ before, after }))
  }

  /** Draws anew after the filter or the order changed. */
  draw(): void {
    this.#table.order(this.#order()).draw()
  }

  /** Nothing more will come. */
  end(): void {
    this.#pause.end()
  }

  #order(): [number, 'asc' | 'desc'][] {
    const { column: name, direction } = this.#address.sorting
    const index = columns.findIndex((each) => each.name === name)
    return [[index, direction === 'ascending' ? 'asc' : 'desc']]
  }

  #drawSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    const waitMs = Math.max(0, this.#drawnAt + drawMs - performance.now())
    setTimeout(() => {
      this.#isDue = false
      if (this.#isPressed) this.#holdOff()
      else this.#drawNew()
    }, waitMs)
  }

  /** A row that is being clicked does not move meanwhile. */
  #holdOff(): void {
    this.#drawnAt = performance.now()
    this.#drawSoon()
  }

  #drawNew(): void {
    this.#drawnAt = performance.now()
    if (this.#pause.isOn) this.#sayCount()
    else this.#table.draw('full-hold')
  }

  /** Rows are taken out of the document and put back when the table is drawn; whoever has the focus in one keeps it. */
  #keepFocus(): void {
    let focused: Element | null = null
    this.#table.on('preDraw', () => void (focused = document.activeElement))
    this.#table.on('draw', () => {
      if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected)
        focused.focus({ preventScroll: true })
    })
  }

  /** Selects every token that passes the filter and still works, on all pages. */
  #selectShown(): void {
    const shown = this.#table.rows({ search: 'applied' }).data().toArray()
    this.#selection.set(
      shown.filter((row) => isWorking(row)).map(({ id }) => id),
      true,
    )
    this.#table.draw('page')
  }

  /** Fills a row when it is new or changed; otherwise what is open in it stays open. */
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
    byId('matching', HTMLElement).textContent = `${plural(recordsDisplay, 'token')}${place}`
    this.#pause.sayWaiting(this.#rows.size - this.#drawn)
    this.#pager.show(page, pages)
  }
}
