import type { statusOf, stillWorks, TokenRow } from '@patkit/report'
import { usageError } from './command-error.js'
import { daysOf } from './duration.js'
import { didYouMean } from './suggest.js'

/** What `--fail-on` looks for. */
export type PolicyRule =
  | { readonly kind: 'expired' }
  | { readonly kind: 'expiring'; readonly withinDays: number }
  | { readonly kind: 'full-scope' }
  | { readonly kind: 'all-orgs' }
  | { readonly kind: 'no-expiry' }

const ruleNames = ['expired', 'expiring', 'full-scope', 'all-orgs', 'no-expiry'] as const satisfies PolicyRule['kind'][]

/**
 * Reads the value of `--fail-on`: names with commas between them, such as `expired,expiring:14d`.
 *
 * @param expiringWithinDays - What `expiring` alone means.
 */
export function parsePolicy(text: string, expiringWithinDays: number): readonly PolicyRule[] {
  const words = text.split(',').map((word) => word.trim())
  if (words.every((word) => word === '')) throw usageError('--fail-on is empty.', `Give one or more of ${choices()}.`)
  const rules = new Map(words.map((word) => parseRule(word, expiringWithinDays)).map((rule) => [nameOf(rule), rule]))
  return [...rules.values()]
}

function parseRule(word: string, expiringWithinDays: number): PolicyRule {
  const [name = '', duration, ...rest] = word.split(':')
  const kind = ruleNames.find((known) => known === name)
  if (kind === undefined) {
    throw usageError(
      `--fail-on does not know ${JSON.stringify(word)}.`,
      didYouMean(name, ruleNames) ?? `Give one or more of ${choices()}.`,
    )
  }
  if (kind === 'expiring') {
    if (rest.length > 0)
      throw usageError(`--fail-on ${JSON.stringify(word)} has more than one colon.`, 'Write expiring:14d.')
    return { kind, withinDays: duration === undefined ? expiringWithinDays : daysOf(duration, '--fail-on expiring') }
  }
  if (duration !== undefined)
    throw usageError(`--fail-on ${kind} takes no number of days.`, 'Only expiring does: expiring:14d.')
  return { kind }
}

function choices(): string {
  return ruleNames.map((name) => (name === 'expiring' ? 'expiring:14d' : name)).join(', ')
}

/** The rule as it is written on the command line. */
export function nameOf(rule: PolicyRule): string {
  return rule.kind === 'expiring' ? `expiring:${rule.withinDays}d` : rule.kind
}

/** How tokens are judged: of `@patkit/report`, which is loaded only when a report is made. */
export interface Judge {
  readonly statusOf: typeof statusOf
  readonly stillWorks: typeof stillWorks
}

/** How many tokens a rule names. */
export interface PolicyHit {
  readonly rule: string
  readonly tokens: number
}

/**
 * Counts the tokens that `--fail-on` names, among all tokens of the scan, whichever of them the report shows.
 *
 * Full access, all organizations and a missing end count only while the token works: a revoked one endangers nobody.
 */
export class PolicyWatch {
  readonly #rules: readonly PolicyRule[]
  readonly #now: Date
  readonly #judge: Judge
  readonly #counts: Map<PolicyRule, number>
  #tokens = 0

  constructor(rules: readonly PolicyRule[], now: Date, judge: Judge) {
    this.#rules = rules
    this.#now = now
    this.#judge = judge
    this.#counts = new Map(rules.map((rule) => [rule, 0]))
  }

  /** Tokens that at least one rule names. */
  get tokens(): number {
    return this.#tokens
  }

  /** The rules that name tokens, in the order they were given. */
  get hits(): readonly PolicyHit[] {
    return [...this.#counts]
      .filter(([, tokens]) => tokens > 0)
      .map(([rule, tokens]) => ({ rule: nameOf(rule), tokens }))
  }

  see(row: TokenRow): void {
    const named = this.#rules.filter((rule) => this.#names(rule, row))
    for (const rule of named) this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1)
    if (named.length > 0) this.#tokens++
  }

  #names(rule: PolicyRule, row: TokenRow): boolean {
    const works = this.#judge.stillWorks(row.status)
    switch (rule.kind) {
      case 'expired':
        return row.status === 'expired'
      case 'expiring':
        return works && this.#endsWithin(row, rule.withinDays)
      case 'full-scope':
        return works && row.fullAccess
      case 'all-orgs':
        return works && row.allOrganizations
      case 'no-expiry':
        return works && row.noExpiry
      default: {
        const unreachable: never = rule
        throw new TypeError(`unknown rule ${JSON.stringify(unreachable)}`)
      }
    }
  }

  /** The row was judged with the days of `--expiring-within`; this rule may have others. */
  #endsWithin({ expires }: TokenRow, expiringWithinDays: number): boolean {
    const token = { validTo: expires, isValid: true }
    return this.#judge.statusOf(token, { now: this.#now, expiringWithinDays }) === 'expiring'
  }
}
