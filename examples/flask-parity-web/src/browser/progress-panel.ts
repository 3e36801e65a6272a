import { progressInWords } from '../report/words.js'
import type { WireProgress } from '../report/wire.js'
import type { Announcer } from './announcer.js'
import { byId } from './elements.js'

/** Where the report stands, and what its owner can do about it. */
export class ProgressPanel {
  readonly #words = byId('progress-words', HTMLParagraphElement)
  readonly #message = byId('progress-message', HTMLParagraphElement)
  readonly #signIn = byId('sign-in', HTMLAnchorElement)
  readonly #bar = document.getElementById('progress-bar')
  readonly #cancel = document.getElementById('cancel')
  readonly #announcer: Announcer
  #last: WireProgress | undefined
  #countdown: number | undefined

  constructor(announcer: Announcer) {
    this.#announcer = announcer
  }

  show(progress: WireProgress): void {
    const changed = this.#last !== undefined && this.#last.state !== progress.state
    this.#last = progress
    const { state, message, usersDone, usersTotal } = progress
    this.#say(progressInWords(progress), changed)
    this.#message.textContent = message
    this.#message.hidden = message === null
    this.#signIn.hidden = state !== 'sign-in-needed'
    const isOver = state !== 'running' && state !== 'sign-in-needed'
    if (this.#bar instanceof HTMLProgressElement) {
      this.#bar.hidden = isOver
      if (usersTotal !== null) {
        this.#bar.max = usersTotal
        this.#bar.value = usersDone
      }
    }
    if (this.#cancel !== null) this.#cancel.hidden = isOver
    this.#countDown(progress)
  }

  /** The page keeps what it has; after the sign-in it opens again where it was. */
  sayHowToSignIn(): void {
    const back = new URLSearchParams({ returnTo: location.pathname + location.search })
    this.#signIn.href = `/login?${back.toString()}`
    this.#signIn.hidden = false
    this.#message.hidden = false
    this.#message.textContent = 'You are signed out. The report goes on; sign in again to see the rest of it.'
  }

  sayOffline(): void {
    this.#say('The connection is interrupted. Trying again; the report goes on meanwhile.', true)
  }

  sayOnline(): void {
    if (this.#last !== undefined) this.#say(progressInWords(this.#last), false)
  }

  /** While the service makes the report wait, nothing comes that would show the seconds passing. */
  #countDown(progress: WireProgress): void {
    clearInterval(this.#countdown)
    if (progress.waitingSeconds <= 0) return
    const endsAt = performance.now() + progress.waitingSeconds * 1000
    this.#countdown = setInterval(() => {
      const waitingSeconds = (endsAt - performance.now()) / 1000
      this.#words.textContent = progressInWords({ ...progress, waitingSeconds })
      if (waitingSeconds <= 0) clearInterval(this.#countdown)
    }, 1000)
  }

  #say(text: string, urgent: boolean): void {
    this.#words.textContent = text
    this.#announcer.say(text, urgent)
  }
}
