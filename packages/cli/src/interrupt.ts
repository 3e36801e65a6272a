import type { Io } from './io.js'

/** The wish of whoever runs the command that it ends: Ctrl-C, a termination signal, or a reader who closed standard output. */
export class Interrupt {
  readonly #controller = new AbortController()
  readonly #release: () => void
  readonly #onWish: () => void
  /** Resolves when the wish is repeated: then nothing more is tidied up. */
  readonly insisted: Promise<void>
  #readerGone = false

  constructor({ onSignal, stdout }: Pick<Io, 'onSignal' | 'stdout'>) {
    let insist = (): void => undefined
    this.insisted = new Promise((resolve) => (insist = resolve))
    let wishes = 0
    this.#onWish = () => {
      wishes++
      if (wishes > 1) insist()
      this.#controller.abort(new Error('interrupted'))
    }
    const stopListening = onSignal(this.#onWish)
    const onOutputError = (error: NodeJS.ErrnoException): void => {
      if (error.code !== 'EPIPE') return
      this.#readerGone = true
      this.#controller.abort(new Error('standard output was closed'))
    }
    // Stays after the release: Node may tell of a closed pipe late, and nobody else listens.
    stdout.on('error', onOutputError)
    this.#release = stopListening
  }

  /** Aborts with the first wish. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether it was a closed standard output, which is no failure: `| head` has seen enough. */
  get readerGone(): boolean {
    return this.#readerGone
  }

  /** Wishes it from within: Ctrl-C was typed where the terminal makes no signal of it. */
  request(): void {
    this.#onWish()
  }

  release(): void {
    this.#release()
  }
}
