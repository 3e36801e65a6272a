import { byId } from './elements.js'

/** Milliseconds between two announcements: whoever listens to the page must be able to listen to something else too. */
const pauseMs = 5_000

/** Says what happens to who does not see it: now and then, not with every user; of what came meanwhile, the last. */
export class Announcer {
  readonly #place = byId('announcements', HTMLParagraphElement)
  #nextAt = 0
  #timer: number | undefined

  /** @param urgent - Said at once, such as the end, or the answer to what somebody did. */
  say(text: string, urgent: boolean): void {
    clearTimeout(this.#timer)
    const waitMs = urgent ? 0 : this.#nextAt - performance.now()
    if (waitMs > 0) this.#timer = setTimeout(() => this.#utter(text), waitMs)
    else this.#utter(text)
  }

  #utter(text: string): void {
    this.#nextAt = performance.now() + pauseMs
    if (this.#place.textContent !== text) this.#place.textContent = text
  }
}
