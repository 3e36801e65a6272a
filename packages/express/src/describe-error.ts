import { isPatkitError } from '@patkit/core'

/** Texts that look like a secret, wherever they stand. */
const secretShapes = [
  /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|code_verifier|code|state|password|token)["']?\s*[=:]\s*["']?[^\s"'&,;}]{6,}/gi,
  /\/\/[^\s/@]+@/g,
]

/**
 * An error for the log: what it is and where it was made, without what its fields hold (errors of HTTP clients carry whole requests) and
 * without anything that looks like a secret. Nothing in it can begin a new line of the log.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `A value that is no error was thrown (${typeof error}).`
  if (isPatkitError(error)) return oneLine(`${error.code}: ${error.message}`)
  const [, ...frames] = (error.stack ?? '').split('\n    at ')
  const at = frames.length === 0 ? '' : ` at ${frames.slice(0, 6).join(' < ')}`
  return oneLine(`${error.name}: ${error.message}${at}`)
}

function oneLine(text: string): string {
  let clean = text
  for (const shape of secretShapes) clean = clean.replace(shape, '[redacted]')
  // eslint-disable-next-line no-control-regex -- control characters are what must go
  return clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 2000)
}
