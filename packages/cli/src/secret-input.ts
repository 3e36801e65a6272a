import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { usageError } from './command-error.js'
import type { Interrupt } from './interrupt.js'
import type { Input, Io } from './io.js'
import { sanitize } from './terminal.js'

/** How a secret comes in by standard input. */
export interface PipedSecret {
  /** The option that asked for it. */
  readonly option: string
  /** What it is, for people: `client secret`. */
  readonly what: string
  /** The file it may lie in, for the example. */
  readonly file: string
  /** The form it has to have. */
  readonly pattern: RegExp
}

const mostBytes = 16 * 1024

/**
 * Reads a secret from standard input; a line end behind it is no part of it.
 *
 * @throws {@link CommandError} With exit code 2 at a terminal, which would show what is typed, and for what is no such secret.
 */
export async function readPipedSecret(
  { option, what, file, pattern }: PipedSecret,
  { stdin }: Pick<Io, 'stdin'>,
  signal: AbortSignal,
): Promise<string> {
  if (stdin.isTTY === true) {
    throw usageError(
      `${option} does not read from a terminal, which would show what is typed.`,
      `Pipe the ${what} in: patkit login ${option} < ${file}.`,
    )
  }
  const text = await readAll(stdin, signal)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') {
    throw usageError(`There is no ${what} on standard input.`, `Pipe it in: … < ${file}.`)
  }
  if (pattern.test(secret)) return secret
  throw usageError(`What came on standard input is no ${what}.`, 'Give the value alone, on one line.')
}

function readAll(stdin: Input, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    const end = (): void => {
      signal.removeEventListener('abort', stop)
      resolve(text)
    }
    stdin.on('data', (chunk: Buffer | string) => {
      text += chunk.toString()
      // Whatever this is, it is no secret, and it need not end.
      if (text.length > mostBytes) end()
    })
    stdin.once('end', end)
    stdin.once('error', reject)
    if (signal.aborted) stop()
  })
}

/** Asks on standard error and gives the line that was typed, of which nothing is shown; an empty text when the input ended. */
export function askHidden(
  question: string,
  { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>,
  interrupt: Pick<Interrupt, 'signal' | 'request'>,
): Promise<string> {
  const { signal } = interrupt
  stderr.write(`${sanitize(question)} `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error)
      lines.close()
    }
    signal.addEventListener('abort', stop, { once: true })
    // A terminal that does not show what is typed sends no signal for Ctrl-C either.
    lines.on('SIGINT', () => interrupt.request())
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', stop)
      stderr.write('\n')
      resolve('')
    })
    if (signal.aborted) stop()
  })
}
