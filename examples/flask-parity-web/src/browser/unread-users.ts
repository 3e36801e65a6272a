import { number } from '../report/words.js'
import type { WireUnreadUser } from '../report/wire.js'
import { byId, element, longText } from './elements.js'

/** The list of users whose tokens are missing. */
export class UnreadUsers {
  readonly #panel = byId('unread', HTMLDetailsElement)
  readonly #list = byId('unread-users', HTMLUListElement)
  readonly #count = byId('unread-count', HTMLSpanElement)
  readonly #known = new Set<string>()

  /** @param isWhole - Nobody else could not be read: those who were asked again and could go. */
  show(users: readonly WireUnreadUser[], isWhole: boolean): void {
    if (isWhole) {
      this.#known.clear()
      this.#list.replaceChildren()
    }
    for (const { descriptor, displayName, reason, code } of users) {
      if (this.#known.has(descriptor)) continue
      this.#known.add(descriptor)
      const item = element('li')
      item.append(longText(displayName ?? descriptor), ' ', element('span', `${reason} (${code})`, { class: 'hint' }))
      this.#list.append(item)
    }
    this.#count.textContent = number(this.#known.size)
    this.#panel.hidden = this.#known.size === 0
  }
}
