import { beginningOf } from '../report/words.js'

/** An element of the page that is always there. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new TypeError(`the page has no ${type.name} #${id}`)
}

/** A new element with text in it. Text only: what a token is called is never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

/** A text of anybody, of any length, as `LongText` of the views has it. */
export function longText(text: string): HTMLElement {
  const beginning = beginningOf(text)
  if (beginning === undefined) return element('bdi', text)
  const details = element('details')
  const summary = element('summary')
  summary.append(element('bdi', beginning))
  details.append(summary, element('bdi', text))
  return details
}

/** Does something else than open a link, unless it is to be opened in another tab or window. */
export function onFollow(link: HTMLAnchorElement, act: () => void): void {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    act()
  })
}
