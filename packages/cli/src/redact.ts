import { variable, type Environment } from './io.js'

/** What is a credential wherever it stands: JWTs and authorization headers. */
const credentialShapes: readonly RegExp[] = [
  /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
]

/** What may be one in text that others wrote. */
const suspectShapes: readonly RegExp[] = [
  /\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|code|password|secret|token)["']?\s*[=:]\s*["']?[^\s"'&,;}]{6,}/gi,
]

/** A run of characters as long as a key. Personal access tokens have 52 or 84 of them, client secrets 40. */
const longRun = /[A-Za-z0-9+_=~-]{32,}/g

/** The form of object and tenant ids, which help and are no secrets. */
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Secrets this process holds, so that none of them is printed in any message. */
export class Redactor {
  readonly #secrets = new Set<string>()

  /** Remembers a secret. Very short ones are not searched for: they would blank out ordinary words. */
  add(secret: string | undefined): void {
    if (secret !== undefined && secret.length >= 6) this.#secrets.add(secret)
  }

  /** For our own sentences: takes out the secrets held, and credentials that gave themselves away by their form. */
  hide(text: string): string {
    let clean = text
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[redacted]')
    for (const shape of credentialShapes) clean = clean.replace(shape, '[redacted]')
    return clean
  }

  /** For text that others wrote, such as a program's complaint: also takes out whatever might be a secret. */
  redact(text: string): string {
    let clean = this.hide(text)
    for (const shape of suspectShapes) clean = clean.replace(shape, '[redacted]')
    return clean.replace(longRun, (run) => (guid.test(run) ? run : '[redacted]'))
  }
}

/** A redactor that knows the secrets of the environment. */
export function redactorOf(env: Environment): Redactor {
  const redactor = new Redactor()
  for (const name of ['PATKIT_ACCESS_TOKEN', 'AZURE_DEVOPS_EXT_PAT'] as const) redactor.add(variable(env, name)?.trim())
  return redactor
}
