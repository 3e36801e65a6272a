const redacted = '[redacted]'

/**
 * A secret text that does not show itself: printed, logged, put into JSON or inspected, it says `[redacted]`.
 *
 * Read it on purpose with {@link Secret.reveal}.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself. Keep it out of logs, URLs and files that others read. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  /** What `util.inspect` and `console.log` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Secret(${redacted})`
  }
}
