import { createInterface } from 'node:readline'
import type { Io } from './io.js'
import { sanitize } from './terminal.js'

/** Whether somebody is there to be asked: answers come from a terminal, and questions go to one. */
export function canAsk({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/**
 * Asks on standard error and gives the line that was typed; an empty text when the input ended without one.
 *
 * @param signal - Ends the wait, with its reason.
 */
export function ask(
  question: string,
  { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<string> {
  stderr.write(`${sanitize(question)} `)
  // No terminal mode: it would take Ctrl-C and the echo into its own hands.
  const lines = createInterface({ input: stdin, terminal: false })
  return new Promise((resolve, reject) => {
    let isAnswered = false
    const stop = (): void => {
      reject(signal.reason as Error)
      lines.close()
    }
    signal.addEventListener('abort', stop, { once: true })
    lines.once('line', (line) => {
      isAnswered = true
      resolve(line.trim())
      lines.close()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', stop)
      // What is said next must not stand behind the question.
      if (!isAnswered) stderr.write('\n')
      resolve('')
    })
    if (signal.aborted) stop()
  })
}
