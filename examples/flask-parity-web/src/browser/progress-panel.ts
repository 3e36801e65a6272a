import { isUnderWay, progressInWords } from '../report/words.js'
import type { WireProgress } from '../report/wire.js'
import type { Announcer } from './announcer.js'
import { byId } from './elements.js'

/** What stands between the page and the server. */
type Trouble = 'offline' | 'interrupted' | 'signed-out' | 'gone' | undefined

/** Where the report stands, and what its owner can do about it. */
export class ProgressPanel {
  readonly #words = byId('progress-words', HTMLElement)
  readonly #message = byId('progress-message', HTMLParagraphElement)
  readonly #signIn = byId('sign-in', HTMLAnchorElement)
  readonly #signInUrl = this.#signIn.href
  readonly #bar = byId('progress-bar', HTMLProgressElement)
  readonly #cancel = byId('cancel', HTMLFormElement)
  readonly #startAgain = byId('start', HTMLFormElement)
  readonly #soFar = byId('so-far', HTMLSpanElement)
  readonly #announcer: Announcer
  #progress: WireProgress | undefined
  #trouble: Trouble
  #countdown: number | undefined

  constructor(announcer: Announcer) {
    this.#announcer = announcer
  }

  get trouble(): Trouble {
    return this.#trouble
  }

  show(progress: WireProgress): void {
    const hasTurned = this.#progress !== undefined && this.#progress.state !== progress.state
    this.#progress = progress
    this.#render(hasTurned)
    this.#countDown(progress)
  }

  /** Says what stands between the page and the server; what the page has, it keeps. */
  say(trouble: Trouble): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#render(trouble !== undefined)
  }

  #render(isUrgent: boolean): void {
    const words = this.#sentence()
    this.#words.textContent = words
    this.#announcer.say(words, isUrgent)
    const message = this.#trouble === 'signed-out' ? signedOut : (this.#progress?.message ?? null)
    this.#message.hidden = message === null
    this.#message.textContent = message
    const state = this.#progress?.state
    if (state === undefined) return
    this.#message.classList.toggle('bad', state !== 'cancelled')
    const isOver = !isUnderWay(state)
    this.#offerSignIn(state === 'sign-in-needed' && this.#trouble !== 'gone')
    this.#fillBar()
    this.#bar.hidden = isOver
    this.#cancel.hidden = isOver || this.#trouble === 'signed-out' || this.#trouble === 'gone'
    this.#startAgain.hidden = !isOver
    this.#soFar.hidden = state === 'done'
  }

  #sentence(): string {
    const { usersDone = 0 } = this.#progress ?? {}
    switch (this.#trouble) {
      case undefined:
        return this.#progress === undefined ? this.#words.textContent : progressInWords(this.#progress)
      case 'offline':
        return 'You are offline. The report goes on meanwhile, and this page too once you are back.'
      case 'interrupted':
        return 'The connection is interrupted. Trying again; the report goes on meanwhile.'
      case 'signed-out':
        return usersDone === 0 ? 'You are signed out.' : 'You are signed out. What was read until then stays here.'
      case 'gone':
        return 'The report is no longer kept, or belongs to somebody else than who is signed in now.'
      default: {
        const unreachable: never = this.#trouble
        return unreachable
      }
    }
  }

  /** By way of the sign-in back to this page, as it is. */
  #offerSignIn(isNeededByReport: boolean): void {
    const back = new URLSearchParams({ returnTo: location.pathname + location.search })
    this.#signIn.href = this.#trouble === 'signed-out' ? `/login?${back.toString()}` : this.#signInUrl
    this.#signIn.hidden = this.#trouble !== 'signed-out' && !isNeededByReport
  }

  #fillBar(): void {
    const { usersDone = 0, usersTotal = null } = this.#progress ?? {}
    if (usersTotal === null) return
    this.#bar.max = Math.max(1, usersTotal)
    this.#bar.value = usersDone
  }

  /** While the service makes the report wait, nothing comes that would show the seconds passing. */
  #countDown(progress: WireProgress): void {
    clearInterval(this.#countdown)
    if (progress.waitingSeconds <= 0) return
    const endsAt = performance.now() + progress.waitingSeconds * 1000
    this.#countdown = setInterval(() => {
      const waitingSeconds = Math.max(0, (endsAt - performance.now()) / 1000)
      if (this.#trouble === undefined) this.#words.textContent = progressInWords({ ...progress, waitingSeconds })
      if (waitingSeconds === 0) clearInterval(this.#countdown)
    }, 1000)
  }
}

const signedOut =
  'Sign in again, here or in another tab, and this page goes on. A report that is being made goes on meanwhile.'
