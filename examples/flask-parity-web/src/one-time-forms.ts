import { createHmac, randomBytes } from 'node:crypto'
import type { Account } from '@patkit/core'

/** Most used forms that are remembered; older ones no longer come back from anybody's browser history. */
const most = 50_000

/**
 * Numbers for forms that must not act twice, such as one that makes a token: whoever reloads the answer sends the form again. A form of
 * another person, or of an earlier run of this server, counts as used as well, because nobody knows any more.
 */
export class OneTimeForms {
  readonly #key = randomBytes(32)
  readonly #used = new Set<string>()

  /** A number for a new form of this person. */
  issue(account: Account): string {
    const number = randomBytes(16).toString('base64url')
    return `${number}.${this.#seal(number, account)}`
  }

  /** Whether the form is sent for the first time; from now on it is not. */
  use(form: unknown, account: Account): boolean {
    if (typeof form !== 'string' || this.#used.has(form)) return false
    const [number = '', seal] = form.split('.')
    if (seal !== this.#seal(number, account)) return false
    this.#used.add(form)
    const [oldest] = this.#used
    if (this.#used.size > most && oldest !== undefined) this.#used.delete(oldest)
    return true
  }

  /** Lets a form be sent once more, because it had no effect. */
  giveBack(form: string): void {
    this.#used.delete(form)
  }

  #seal(number: string, account: Account): string {
    return createHmac('sha256', this.#key).update(`${number}.${account.id}`).digest('base64url')
  }
}
