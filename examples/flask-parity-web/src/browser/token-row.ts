import { isWorking } from '../report/filter.js'
import { endsInWords, statusWords, timeInWords } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import { element } from './elements.js'

/** Names of the columns, for phones, where each row is a card. */
const labels = ['', '', 'Owner', 'Status', 'Ends', 'Scopes', 'Created'] as const

/** Fills the cells of a token: the same as on the page without script. */
export function fillRow(row: HTMLTableRowElement, data: WireRow, onSelect: (selected: boolean) => void): void {
  const cells = [
    isWorking(data) ? [checkbox(data, onSelect)] : [],
    [clipped(data.token ?? '(no name)')],
    [owner(data)],
    [element('span', statusWords[data.status], { class: `badge ${data.status}` })],
    [endsInWords(data), ...(data.expires === null ? [] : [' ', time(data.expires, 'small')])],
    [clipped(data.scopes.join(' ')), ...badges(data)],
    data.created === null ? [] : [time(data.created, 'plain')],
  ]
  for (const [index, content] of cells.entries()) {
    const cell = row.cells[index]
    cell?.replaceChildren(...content)
    const label = labels[index] ?? ''
    if (label !== '') cell?.setAttribute('data-label', label)
  }
}

function checkbox({ id, token, owner: name }: WireRow, onSelect: (selected: boolean) => void): HTMLInputElement {
  const label = `Select ${(token ?? '(no name)').slice(0, 80)} of ${name.slice(0, 80)}`
  // Without a name: the selection sends its own fields, for all pages.
  const box = element('input', '', { type: 'checkbox', value: id, 'aria-label': label })
  box.addEventListener('change', () => onSelect(box.checked))
  return box
}

function clipped(text: string): HTMLSpanElement {
  const span = element('span', text, { class: 'clip' })
  // What does not fit opens when it is reached, also by the keyboard.
  if (text.length > 120) span.tabIndex = 0
  return span
}

function owner({ owner: name, ownerMail }: WireRow): HTMLSpanElement {
  const span = clipped(name)
  if (ownerMail !== null && ownerMail !== name) span.append(element('small', ` ${ownerMail}`, { class: 'quiet-text' }))
  return span
}

function time(iso: string, size: 'small' | 'plain'): HTMLElement {
  const made = element('time', timeInWords(iso), { datetime: iso })
  if (size === 'plain') return made
  const small = element('small', '', { class: 'quiet-text' })
  small.append(made)
  return small
}

function badges({ fullAccess, allOrganizations }: WireRow): (string | HTMLElement)[] {
  const words = [...(fullAccess ? ['Full access'] : []), ...(allOrganizations ? ['All organizations'] : [])]
  return words.flatMap((text) => [' ', element('span', text, { class: 'badge bad' })])
}
