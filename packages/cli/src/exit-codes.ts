/** What the command ends with. Scripts build on these: a number never changes its meaning. */
export const exitCodes = {
  /** The report is written and complete. */
  complete: 0,
  /** Something failed; no report was written. */
  failure: 1,
  /** The command line, a setting or a checkpoint does not fit. Nothing was asked of the service. */
  usage: 2,
  /** `--fail-on` found tokens. The report is written. */
  policyHit: 3,
  /** There is no access token, or the service does not accept it (any more). */
  signInNeeded: 4,
  /** The report is written, but the tokens of some users could not be read. */
  incomplete: 5,
  /** Ended by Ctrl-C or a termination signal; what was read is kept. */
  interrupted: 130,
  /** Whoever read standard output went away (`| head`): what the shell itself calls a closed pipe. */
  readerGone: 141,
} as const

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What a written report ended with. */
export interface ReportOutcome {
  readonly complete: boolean
  /** Tokens that `--fail-on` names. */
  readonly policyHits: number
}

/**
 * The exit code of a written report.
 *
 * A policy hit wins over incompleteness: it stays true whatever the missing users would add, and a pipeline that takes an
 * incomplete report for a passing trouble must not pass over it. Incompleteness is still said on stderr and in the summary.
 * Without a hit an incomplete report is never clean.
 */
export function exitCodeOfReport({ complete, policyHits }: ReportOutcome): ExitCode {
  if (policyHits > 0) return exitCodes.policyHit
  return complete ? exitCodes.complete : exitCodes.incomplete
}
