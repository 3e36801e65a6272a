import { isWorking } from '../report/filter.js'
import { badgesOf, endsInWords, isTime, nameOf, selectLabel, statusWords, timeInWords } from '../report/words.js'
import type { WireRow } from '../report/wire.js'
import { element, longText } from './elements.js'

/** Names of the columns, for phones, where each row is a card. */
const labels = ['', '', 'Owner', 'Status', 'Ends', 'Scopes', 'Created'] as const

/** Fills the cells of a token: the same as on the page without script. */
export function fillRow(row: HTMLTableRowElement, data: WireRow, onSelect: (selected: boolean) => void): void {
  const cells = [
    isWorking(data) ? [checkbox(data, onSelect)] : [],
    [longText(nameOf(data))],
    owner(data),
    [element('span', statusWords[data.status], { class: `badge ${data.status}` })],
    [endsInWords(data), ...(data.expires === null ? [] : [hint(time(data.expires))])],
    [longText(data.scopes.join(' ')), ...badgesOf(data).flatMap((word) => [' ', badge(word)])],
    data.created === null ? [] : [time(data.created)],
  ]
  for (const [index, content] of cells.entries()) {
    const cell = row.cells[index]
    cell?.replaceChildren(...content)
    const label = labels[index] ?? ''
    if (label !== '') cell?.setAttribute('data-label', label)
  }
  row.cells[1]?.setAttribute('scope', 'row')
}

function checkbox(data: WireRow, onSelect: (selected: boolean) => void): HTMLInputElement {
  // Without a name: the selection sends its own fields, for all pages.
  const box = element('input', '', { type: 'checkbox', value: data.id, 'aria-label': selectLabel(data) })
  box.addEventListener('change', () => onSelect(box.checked))
  return box
}

function owner({ owner: name, ownerMail }: WireRow): HTMLElement[] {
  return ownerMail === null || ownerMail === name ? [longText(name)] : [longText(name), hint(longText(ownerMail))]
}

function hint(content: HTMLElement): HTMLDivElement {
  const made = element('div', '', { class: 'hint' })
  made.append(content)
  return made
}

function time(iso: string): HTMLElement {
  return isTime(iso) ? element('time', timeInWords(iso), { datetime: iso }) : longText(iso)
}

function badge(word: string): HTMLSpanElement {
  return element('span', word, { class: 'badge bad' })
}
