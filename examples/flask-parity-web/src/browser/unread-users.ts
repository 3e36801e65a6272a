import { number } from '../report/words.js'
import type { WireUnreadUser } from '../report/wire.js'
import { byId, element } from './elements.js'

/** The list of users whose tokens are missing. */
export class UnreadUsers {
  readonly #panel = byId('unread', HTMLDetailsElement)
  readonly #list = byId('unread-users', HTMLUListElement)
  readonly #count = byId('unread-count', HTMLSpanElement)
  readonly #known = new Set<string>()

  constructor() {
    // What the page came with comes again with the first events.
    this.#list.replaceChildren()
  }

  add(users: readonly WireUnreadUser[]): void {
    for (const { descriptor, displayName, reason, code } of users) {
      if (this.#known.has(descriptor)) continue
      this.#known.add(descriptor)
      const item = element('li')
      item.append(element('strong', displayName ?? descriptor), `: ${reason} `, element('small', `(${code})`))
      this.#list.append(item)
    }
    this.#count.textContent = number(this.#known.size)
    this.#panel.hidden = this.#known.size === 0
  }
}
