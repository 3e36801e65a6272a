import { spawn, type ChildProcess } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import type { Clock } from '@patkit/core'
import type { Environment } from './io.js'
import type { Redactor } from './redact.js'

/** A shell command that prints an access token, and what it runs in. */
export interface TokenCommand {
  readonly command: string
  readonly cwd: string
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly clock: Clock
  /** Milliseconds after which the command is ended. */
  readonly timeoutMs: number
  readonly redactor: Redactor
  readonly signal: AbortSignal
}

/** What a token command failed with, in a sentence. */
export interface TokenCommandFailure {
  readonly message: string
  readonly hint: string
}

/** A token, or why there is none. */
export type TokenCommandResult = { readonly token: string } | { readonly failure: TokenCommandFailure }

/** Far more than any token has; a command that prints more is not printing a token. */
const mostBytes = 64 * 1024

/**
 * Runs a token command through the shell and reads the token from its standard output.
 *
 * What it prints there is never part of a message: it may be half a token. It has no standard input and, where the platform allows
 * it, its own process group, so that everything it started ends with it.
 *
 * Rejects with `signal.reason` as soon as the signal aborts; every other failure is a result.
 */
export async function runTokenCommand(task: TokenCommand): Promise<TokenCommandResult> {
  task.signal.throwIfAborted()
  const child = spawn(task.command, {
    shell: true,
    cwd: task.cwd,
    env: task.env,
    detached: task.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout = collectText(child.stdout)
  const stderr = collectText(child.stderr)
  const end = await untilEnd(child, task)
  if (end.kind !== 'exited') return { failure: explainEnd(end, task) }
  const complaint = lastLine(stderr(), task.redactor, stdout())
  if (end.exitCode !== 0) return { failure: explainExit(end, complaint) }
  return readToken(stdout(), complaint)
}

type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-started'; readonly error: Error }

async function untilEnd(
  child: ChildProcess,
  { clock, timeoutMs, signal, platform }: TokenCommand,
): Promise<CommandEnd> {
  let cancel = (): void => undefined
  let stop = (): void => undefined
  try {
    return await new Promise<CommandEnd>((resolve, reject) => {
      cancel = clock.timer(timeoutMs, () => resolve({ kind: 'timed-out' }))
      stop = () => reject(signal.reason as Error)
      signal.addEventListener('abort', stop, { once: true })
      child.once('error', (error) => resolve({ kind: 'not-started', error }))
      child.once('close', (exitCode, signalName) => resolve({ kind: 'exited', exitCode, signal: signalName }))
    })
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
    endAll(child, platform)
  }
}

/** Ends the command and what it started; does nothing once it has ended by itself. */
function endAll(child: ChildProcess, platform: NodeJS.Platform): void {
  child.stdout?.destroy()
  child.stderr?.destroy()
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (platform === 'win32')
      spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}

function collectText(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream?.on('data', (chunk: Buffer) => {
    if (bytes <= mostBytes) chunks.push(chunk)
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function explainEnd(end: Exclude<CommandEnd, { kind: 'exited' }>, { timeoutMs }: TokenCommand): TokenCommandFailure {
  if (end.kind === 'timed-out') {
    return {
      message: `The token command gave no token within ${timeoutMs / 1000} s.`,
      hint: 'Run it by itself: it may be waiting for an answer, which it cannot get here.',
    }
  }
  return {
    message: `The token command could not be started (${end.error.message}).`,
    hint: 'Check that there is a shell.',
  }
}

function explainExit(end: Extract<CommandEnd, { kind: 'exited' }>, complaint: string): TokenCommandFailure {
  const how =
    end.exitCode === null ? `was ended by ${end.signal ?? 'a signal'}` : `failed with exit code ${end.exitCode}`
  return {
    message: `The token command ${how}${complaint === '' ? '.' : `: ${withoutPeriod(complaint)}.`}`,
    hint: 'Run it by itself to see what it needs.',
  }
}

function readToken(printed: string, complaint: string): TokenCommandResult {
  const token = printed.trim()
  if (token === '') {
    const why = complaint === '' ? '.' : ` (it said: ${withoutPeriod(complaint)}).`
    return {
      failure: {
        message: `The token command printed nothing${why}`,
        hint: 'Its standard output must be an access token.',
      },
    }
  }
  const lines = token.split('\n').length
  const hint = 'It must print the access token alone; for az add --query accessToken -o tsv.'
  if (lines > 1) return { failure: { message: `The token command printed ${lines} lines instead of a token.`, hint } }
  if (!looksLikeToken(token))
    return { failure: { message: 'What the token command printed is no access token.', hint } }
  return { token }
}

/** Whether a text could be sent as a token at all: visible ASCII, without spaces. */
export function looksLikeToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

const longestComplaint = 200

function lastLine(text: string, redactor: Redactor, printed: string): string {
  const line =
    stripVTControlCharacters(text)
      .trim()
      .split(/[\r\n]+/)
      .at(-1)
      ?.trim() ?? ''
  // A command that prints its token on both outputs must not show it in the error.
  const secret = printed.trim()
  const clean = redactor.redact(secret.length >= 6 ? line.replaceAll(secret, '[redacted]') : line)
  return clean.length > longestComplaint ? `${clean.slice(0, longestComplaint - 1)}…` : clean
}

function withoutPeriod(text: string): string {
  return text.replace(/\.+$/, '')
}
