import { plural } from '../report/words.js'
import { element } from './elements.js'

/** Holds the table still for who reads it while rows come (WCAG 2.2, 2.2.2). */
export class PauseButton {
  readonly #button = element('button', 'Hold the table still', {
    type: 'button',
    class: 'quiet',
    'aria-pressed': 'false',
  })
  readonly #words = element('span', '', { class: 'quiet-text' })
  #ended: () => void = () => undefined

  constructor(place: HTMLElement) {
    place.append(this.#button, this.#words)
    this.#button.addEventListener('click', () => this.#set(!this.isOn))
  }

  get isOn(): boolean {
    return this.#button.ariaPressed === 'true'
  }

  onEnd(listener: () => void): void {
    this.#ended = listener
  }

  /** @param rows - That came meanwhile. */
  sayWaiting(rows: number): void {
    this.#words.textContent = rows === 0 ? '' : `${plural(rows, 'new token')} not shown yet`
  }

  /** There is nothing left to hold. */
  end(): void {
    if (!this.isOn) this.#button.hidden = true
  }

  #set(isOn: boolean): void {
    this.#button.ariaPressed = String(isOn)
    if (!isOn) this.#ended()
  }
}
