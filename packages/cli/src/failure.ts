import type { AnyPatkitError } from '@patkit/core'
import { CommandError } from './command-error.js'
import { exitCodes, type ExitCode } from './exit-codes.js'
import { variable, type Environment } from './io.js'
import type { Redactor } from './redact.js'
import type { Talk } from './talk.js'

/** The mark of errors of `@patkit/core` and `@patkit/report`; looked at here because those packages are loaded late, if at all. */
const brand = Symbol.for('patkit.error')

/** Whether an error is one of the SDK's own, which all have a message and a hint for people. */
export function isSdkError(error: unknown): error is AnyPatkitError {
  return error instanceof Error && brand in error
}

/** Whether whoever read standard output went away while the report was being written to it. */
export function isClosedPipe(error: unknown): boolean {
  return isSdkError(error) && 'systemCode' in error && error.systemCode === 'EPIPE'
}

/** Errors that a sign-in mends: no credential is accepted, or only the person behind it can renew it. */
const signInCodes: ReadonlySet<string> = new Set<AnyPatkitError['code']>([
  'PATKIT_SIGN_IN_REQUIRED',
  'PATKIT_INTERACTION_REQUIRED',
])

/** What the process ends with after an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode
  return isSdkError(error) && signInCodes.has(error.code) ? exitCodes.signInNeeded : exitCodes.failure
}

/** What tells an error. */
export interface Teller {
  readonly talk: Talk
  readonly env: Environment
  readonly redactor: Redactor
}

/** Tells an error in one line; with `PATKIT_DEBUG` the stack follows. */
export function tellFailure(error: unknown, { talk, env, redactor }: Teller): void {
  const { message, hint } = wordsOf(error, redactor)
  talk.fail(message, hint)
  if (variable(env, 'PATKIT_DEBUG') === undefined || !(error instanceof Error)) return
  for (const line of redactor.redact(error.stack ?? '').split('\n')) talk.notice(line)
}

interface Words {
  readonly message: string
  readonly hint: string | undefined
}

function wordsOf(error: unknown, redactor: Redactor): Words {
  if (error instanceof CommandError) return error
  if (isSdkError(error) && error.code === 'PATKIT_CONFIGURATION') {
    // Its message has the remedies in it already, in terms of code.
    return {
      message: error.faults.map(({ problem }) => problem).join(' '),
      hint: error.faults.map(({ fix }) => fix).join(' '),
    }
  }
  if (isSdkError(error)) {
    return {
      message: error.message.replace(/^Cannot write (?:-|the stream):/, 'Cannot write standard output:'),
      hint: hintOf(error),
    }
  }
  const text = error instanceof Error ? error.message : String(error)
  return {
    message: `Unexpected failure: ${redactor.redact(text)}.`,
    hint: 'This is a fault of patkit; run it again with PATKIT_DEBUG=1 for details.',
  }
}

/** What helps, without what only a program can set. */
function hintOf(error: AnyPatkitError): string | undefined {
  const isPauseTooLong = error.code === 'PATKIT_THROTTLED' && error.status === undefined
  return isPauseTooLong ? `Try again in ${error.retryAfterSeconds} s.` : error.hint
}
