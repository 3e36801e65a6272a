import { exitCodes, type ExitCode } from './exit-codes.js'

/** Ends the command with one line for people: what is wrong, then what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode
  /** What helps, in one sentence. */
  readonly hint: string | undefined

  constructor(message: string, details: { readonly exitCode: ExitCode; readonly hint?: string | undefined }) {
    super(message)
    this.exitCode = details.exitCode
    this.hint = details.hint
  }
}

/** Something on the command line, or a setting that stands for it, does not fit. */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.usage, hint })
}

/** There is no access token to begin with. */
export function signInError(message: string, hint?: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.signInNeeded, hint })
}
