import { usageError } from './command-error.js'
import type { ReportedToken } from './report-file.js'
import { didYouMean } from './suggest.js'

/** What may have happened to a token between two reports. */
export const changeKinds = ['new', 'gone', 'revoked', 'extended', 'expiring', 'scope-changed'] as const

/** One of {@link changeKinds}. */
export type ChangeKind = (typeof changeKinds)[number]

/** What is compared of a token. */
export type Facts = Pick<ReportedToken, 'status' | 'scopes' | 'allOrganizations' | 'expires'>

/** One thing that happened to one token. */
export interface Change {
  readonly kind: ChangeKind
  /** The token as the newer report has it; a token that is gone, as the older one had it. */
  readonly token: ReportedToken
  /** What was otherwise before; `undefined` for a new token and for one that is gone. */
  readonly before: Facts | undefined
}

/** Reads the value of `--fail-on`: kinds of changes with commas between them. */
export function parseChangeKinds(text: string): readonly ChangeKind[] {
  const words = text.split(',').map((word) => word.trim())
  return [...new Set(words.map(toKind))]
}

function toKind(word: string): ChangeKind {
  const kind = changeKinds.find((known) => known === word)
  if (kind !== undefined) return kind
  throw usageError(
    `--fail-on does not know ${JSON.stringify(word)}.`,
    didYouMean(word, changeKinds) ?? `Give one or more of ${changeKinds.join(', ')}.`,
  )
}

interface Remembered {
  readonly token: ReportedToken
  seen: boolean
}

/**
 * Compares two reports, token by token.
 *
 * The older one is remembered and the newer one passes by, so that memory grows with the older report alone. Texts that many tokens
 * share (owners, scopes) are remembered once.
 */
export class ReportComparison {
  readonly #before = new Map<string, Remembered>()
  readonly #newIds = new Set<string>()
  readonly #shared = new Map<string, string>()
  readonly #sharedScopes = new Map<string, readonly string[]>()
  #tokensAfter = 0

  /** Tokens of the older and of the newer report so far. */
  get tokens(): { readonly before: number; readonly after: number } {
    return { before: this.#before.size, after: this.#tokensAfter }
  }

  /** Takes a token of the older report. All of these come first. */
  remember(token: ReportedToken): void {
    this.#before.set(token.authorizationId, { token: this.#compact(token), seen: false })
  }

  /** Takes a token of the newer report and tells what happened to it. */
  compare(token: ReportedToken): readonly Change[] {
    const known = this.#before.get(token.authorizationId)
    // A report may have a token twice, when the service repeated itself.
    if (known?.seen === true || this.#newIds.has(token.authorizationId)) return []
    this.#tokensAfter++
    if (known === undefined) {
      this.#newIds.add(token.authorizationId)
      return [{ kind: 'new', token, before: undefined }]
    }
    known.seen = true
    return kindsOf(known.token, token).map((kind) => ({ kind, token, before: factsOf(known.token) }))
  }

  /** Tokens of the older report that the newer one does not have. Asked for last. */
  *gone(): Generator<Change> {
    for (const { token, seen } of this.#before.values()) if (!seen) yield { kind: 'gone', token, before: undefined }
  }

  #compact(token: ReportedToken): ReportedToken {
    return {
      ...token,
      owner: this.#share(token.owner),
      ownerMail: this.#share(token.ownerMail),
      status: this.#share(token.status),
      asOf: this.#share(token.asOf),
      scopes: this.#shareScopes(token.scopes),
    }
  }

  #share(text: string | null): string | null {
    if (text === null) return null
    const known = this.#shared.get(text)
    if (known === undefined) this.#shared.set(text, text)
    return known ?? text
  }

  #shareScopes(scopes: readonly string[]): readonly string[] {
    const key = scopes.join(' ')
    const known = this.#sharedScopes.get(key)
    if (known === undefined) this.#sharedScopes.set(key, scopes)
    return known ?? scopes
  }
}

function factsOf({ status, scopes, allOrganizations, expires }: ReportedToken): Facts {
  return { status, scopes, allOrganizations, expires }
}

/** Everything that happened to a token that both reports have. */
function kindsOf(before: Facts, after: Facts): readonly ChangeKind[] {
  const happened: Readonly<Record<Exclude<ChangeKind, 'new' | 'gone'>, boolean>> = {
    revoked: worked(before) && after.status === 'revoked',
    // The service rounds times to a few milliseconds.
    extended: endOf(after.expires) > endOf(before.expires) + 1000,
    expiring: before.status === 'active' && after.status === 'expiring',
    'scope-changed': !sameScopes(before, after) || before.allOrganizations !== after.allOrganizations,
  }
  return changeKinds.filter((kind) => kind !== 'new' && kind !== 'gone' && happened[kind])
}

function worked({ status }: Facts): boolean {
  return status === 'active' || status === 'expiring'
}

function sameScopes(before: Facts, after: Facts): boolean {
  const [earlier, later] = [new Set(before.scopes), new Set(after.scopes)]
  return earlier.size === later.size && [...earlier].every((scope) => later.has(scope))
}

/** .NET writes "never" as the year 9999 and "not set" as the year 1; a text that is no time compares with nothing. */
function endOf(expires: string | null): number {
  if (expires === null) return Infinity
  const end = new Date(expires)
  const year = end.getUTCFullYear()
  return year >= 9999 || year <= 1 ? Infinity : end.getTime()
}
