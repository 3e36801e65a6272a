import { byId } from './elements.js'

/** Milliseconds between two announcements: whoever listens to the page must be able to listen to something else too. */
const pauseMs = 5_000

/** Says where the report stands to who does not see it: now and then, not with every user. */
export class Announcer {
  readonly #place = byId('announcements', HTMLParagraphElement)
  #next = 0

  /** @param urgent - Said at once, such as the end. */
  say(text: string, urgent: boolean): void {
    const now = performance.now()
    if (!urgent && now < this.#next) return
    this.#next = now + pauseMs
    if (this.#place.textContent !== text) this.#place.textContent = text
  }
}
