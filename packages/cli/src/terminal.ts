import { variable, type Environment, type Output } from './io.js'

/** A piece of a line: plain text, or text with a look. All of it is made harmless before it is written. */
export type Piece = string | StyledText

/** Text with a look; the look is left out where colours are not wanted. */
export interface StyledText {
  readonly text: string
  readonly style: Style
}

/** The few looks in use. They never carry meaning alone: the words say the same. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

const styleCodes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
}

/** Gives a text a look. */
export function styled(style: Style, text: string): StyledText {
  return { style, text }
}

/** Control characters (also those of C1, which some terminals obey) and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex -- control characters are what must not reach the terminal
const dangerous = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/**
 * Makes text from outside harmless for a terminal: names of tokens and messages of the service are chosen by others.
 *
 * White space becomes a space, any other control character is shown by its number, lone surrogates become U+FFFD.
 */
export function sanitize(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\r\n|[\t\n\v\f\r\u2028\u2029]/g, ' ')
    .replace(dangerous, (character) => `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`)
}

/** Whether colours are wanted on this output (https://no-color.org; `FORCE_COLOR` for what is no terminal). */
export function wantsColor(output: Output, env: Environment): boolean {
  if (variable(env, 'NO_COLOR') !== undefined) return false
  const forced = variable(env, 'FORCE_COLOR')
  if (forced !== undefined) return forced !== '0'
  return output.isTTY === true && env['TERM'] !== 'dumb'
}

/** Whether the terminal shows more than ASCII. */
export function speaksUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') {
    return (['WT_SESSION', 'TERM_PROGRAM'] as const).some((name) => variable(env, name) !== undefined)
  }
  if (env['TERM'] === 'linux') return false
  const locale = variable(env, 'LC_ALL') ?? variable(env, 'LC_CTYPE') ?? variable(env, 'LANG') ?? ''
  return /utf-?8/i.test(locale)
}

const defaultColumns = 80

/** A stream that people read: lines that stay, and one status line at the bottom that is drawn over. */
export class Terminal {
  readonly #output: Output
  readonly #color: boolean
  readonly unicode: boolean
  #statusLength = 0
  #statusText = ''

  constructor(output: Output, env: Environment, platform: NodeJS.Platform) {
    this.#output = output
    this.#color = wantsColor(output, env)
    this.unicode = speaksUnicode(env, platform)
  }

  /** Width in characters; 80 where there is none. */
  get columns(): number {
    const { columns } = this.#output
    return columns === undefined || columns <= 0 ? defaultColumns : columns
  }

  /** Writes a line that stays. */
  line(...pieces: readonly Piece[]): void {
    this.clearStatus()
    this.#output.write(`${pieces.map((piece) => this.#render(piece)).join('')}\n`)
  }

  /**
   * Draws the status line. Only carriage returns and spaces are used, no escape sequence: nothing is left behind that a killed
   * process would have had to undo, and it works on terminals that know no colours.
   */
  status(text: string): void {
    const visible = Array.from(sanitize(text)).slice(0, Math.max(this.columns - 1, 1))
    const next = visible.join('')
    if (next === this.#statusText) return
    this.#output.write(`\r${next}${' '.repeat(Math.max(this.#statusLength - visible.length, 0))}`)
    this.#statusText = next
    this.#statusLength = visible.length
  }

  /** Takes the status line away; the cursor is at the beginning of an empty line afterwards. */
  clearStatus(): void {
    if (this.#statusLength === 0) return
    const width = Math.min(this.#statusLength, Math.max(this.columns - 1, 1))
    this.#output.write(`\r${' '.repeat(width)}\r`)
    this.#statusText = ''
    this.#statusLength = 0
  }

  #render(piece: Piece): string {
    if (typeof piece === 'string') return sanitize(piece)
    const text = sanitize(piece.text)
    if (!this.#color) return text
    const [on, off] = styleCodes[piece.style]
    return `\u001b[${on}m${text}\u001b[${off}m`
  }
}
