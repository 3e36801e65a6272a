/** Anything that looks like a credential: JWTs, new (84) and old (52 characters) personal access tokens, and named secrets. */
const secretShapes = [
  /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g,
  /\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b/g,
  /\b[a-z2-7]{52}\b/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|code|password|token)["']?\s*[=:]\s*["']?[^\s"'&,;}]{6,}/gi,
]

/**
 * Makes a text from outside fit to print: without anything that looks like a credential, without control characters, on one line, and
 * at most 500 characters long. `known` are secrets that must not appear in whatever shape.
 */
export function printable(text: string, known: readonly string[] = []): string {
  let clean = text
  for (const secret of known) if (secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]')
  for (const shape of secretShapes) clean = clean.replace(shape, '[redacted]')
  // eslint-disable-next-line no-control-regex -- control characters are what must go
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
  return clean.length > 500 ? `${clean.slice(0, 497)}...` : clean
}

/**
 * A name out of the service's own vocabulary, such as `VssServiceException` or `AzureDevOps/ATCPU`; `undefined` for what is no such name
 * and could be anything, also a secret that was sent back.
 */
export function nameOf(text: string | null | undefined): string | undefined {
  return text !== null && text !== undefined && /^[A-Za-z][A-Za-z /()_.-]{0,59}$/.test(text) ? text : undefined
}
