import type { Output } from './io.js'
import type { Redactor } from './redact.js'
import { sanitize, styled, type Piece, type Terminal } from './terminal.js'

/** What the command says on standard error, in one of two ways: for people, or a JSON object per line for programs. */
export interface Talk {
  /** Says something of use. Silent with `--quiet`. */
  note(...pieces: readonly Piece[]): void
  /** Says what somebody has to act on, also with `--quiet`. */
  notice(...pieces: readonly Piece[]): void
  /** Says why the command ends, in one line: what is wrong, then what helps. */
  fail(message: string, hint?: string): void
  /** Draws the line that is drawn over again and again; `draw` is given its width and whether more than ASCII is shown. */
  status(draw: (width: number, unicode: boolean) => string): void
  endStatus(): void
  /** Tells programs something; people are told the same in other words. */
  event(type: string, content: object): void
}

/** How a {@link Talk} is made. */
export interface TalkOptions {
  readonly quiet: boolean
  readonly redactor: Redactor
}

/** Talks to people. */
export class PlainTalk implements Talk {
  readonly #terminal: Terminal
  readonly #options: TalkOptions

  constructor(terminal: Terminal, options: TalkOptions) {
    this.#terminal = terminal
    this.#options = options
  }

  note(...pieces: readonly Piece[]): void {
    if (!this.#options.quiet) this.#terminal.line(...pieces)
  }

  notice(...pieces: readonly Piece[]): void {
    this.#terminal.line(...pieces)
  }

  fail(message: string, hint?: string): void {
    const { redactor } = this.#options
    const sentences = hint === undefined ? message : `${message} ${hint}`
    this.#terminal.line(styled('red', 'patkit:'), ` ${redactor.hide(sentences)}`)
  }

  status(draw: (width: number, unicode: boolean) => string): void {
    this.#terminal.status(draw(this.#terminal.columns - 1, this.#terminal.unicode))
  }

  endStatus(): void {
    this.#terminal.clearStatus()
  }

  event(): void {
    // People are told in words.
  }
}

/** Talks to programs: every line is an object with a `type`. */
export class JsonTalk implements Talk {
  readonly #output: Output
  readonly #options: TalkOptions

  constructor(output: Output, options: TalkOptions) {
    this.#output = output
    this.#options = options
  }

  note(...pieces: readonly Piece[]): void {
    if (!this.#options.quiet) this.notice(...pieces)
  }

  notice(...pieces: readonly Piece[]): void {
    const text = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('')
    this.#write({ type: 'message', text: sanitize(text) })
  }

  fail(message: string, hint?: string): void {
    const { redactor } = this.#options
    this.#write({
      type: 'error',
      text: sanitize(redactor.hide(message)),
      hint: hint === undefined ? null : sanitize(redactor.hide(hint)),
    })
  }

  status(): void {
    // A line that is drawn over is for people.
  }

  endStatus(): void {
    // See above.
  }

  event(type: string, content: object): void {
    if (!this.#options.quiet) this.#write({ type, ...content })
  }

  #write(event: object): void {
    this.#output.write(`${JSON.stringify(event)}\n`)
  }
}
