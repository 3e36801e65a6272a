/** Which requests a fault rule applies to; what is left out matches everything. */
export interface FaultMatch {
  readonly method?: string
  /**
   * Compared with the percent-decoded path (no query). Text matches where the path contains it, whatever the case; a pattern as JSON is
   * `{ "pattern": "graph/users$", "flags": "i" }`.
   */
  readonly path?: string | RegExp | { readonly pattern: string; readonly flags?: string }
  /** Query values that must all be there; `*` stands for any value. */
  readonly query?: Readonly<Record<string, string>>
  /** The identity that the request is about: descriptor, principal name or display name of the one in the path, otherwise the caller. */
  readonly user?: string
  /** Only the nth request that matches the rest, counted from 1 since the rule was added. */
  readonly nth?: number
  /** Lets this many requests that match the rest pass first. */
  readonly after?: number
  /** Applies at most this many times. */
  readonly times?: number
}

/**
 * What happens to a matching request. With a `status` the service never sees the request; without one it is carried out and the rest
 * of the answer applies to what the service says.
 */
export interface FaultAnswer {
  /** Answers with this status instead of the service's answer. Without a `body` it is what the service would say with that status. */
  readonly status?: number
  /** Laid over the headers of the answer; an array sends the header several times, `null` removes it. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>
  /** Replaces the body: text as it is, anything else as JSON. */
  readonly body?: unknown
  /** Replaces the body by bytes. */
  readonly bodyBase64?: string
  /** Milliseconds on the emulator's clock before anything else happens. */
  readonly delayMs?: number
  /** Sends the body in pieces of `bytes`, one every `everyMs` of the emulator's clock. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number }
  /**
   * Resets the connection: `before` the service sees the request, `after` it was carried out and before anything is answered, or after
   * so many bytes of the body.
   */
  readonly reset?: 'before' | 'after' | { readonly afterBytes: number }
  /** Ends the connection in good order after so many bytes of the body, though `Content-Length` promised all of it. */
  readonly truncate?: { readonly afterBytes: number }
  /** Stops for ever: before the service sees the request, or after so many bytes of the body. */
  readonly hang?: 'before-headers' | { readonly afterBytes: number }
  /** Sends the whole body in chunks and closes without the last, empty chunk. */
  readonly dropFinalChunk?: true
}

/** A fault rule. Rules are tried in the order of adding; the first that matches is applied. */
export interface FaultRule {
  readonly match?: FaultMatch
  readonly answer: FaultAnswer
}

/** A rule that has been added. */
export interface FaultHandle {
  readonly id: string
  /** How often the rule has been applied. */
  readonly hits: number
  remove(): void
}

/** The fault rules of a running emulator. */
export interface Faults {
  /**
   * Adds a rule; it holds from the next request on.
   *
   * @throws TypeError with one sentence that names the field, when the rule is not one.
   */
  add(rule: FaultRule): FaultHandle
  /** Removes all rules. */
  clear(): void
}

/** What a rule is compared with. */
export interface FaultSubject {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Whether one of the names of the identity that the request is about is this one. */
  isAbout(user: string): boolean
}

/** @internal */
export interface ActiveRule extends FaultHandle {
  readonly rule: FaultRule
}

interface StoredRule {
  readonly id: string
  readonly rule: FaultRule
  readonly pattern: RegExp | undefined
  /** Requests that matched everything but the counts. */
  seen: number
  hits: number
}

/** @internal */
export class FaultRules implements Faults {
  #rules: StoredRule[] = []
  #added = 0

  add(rule: FaultRule): FaultHandle {
    return this.addUnchecked(rule)
  }

  /** For rules from outside the type system. */
  addUnchecked(rule: unknown): FaultHandle {
    const checked = checkRule(rule)
    const stored: StoredRule = {
      id: `fault-${++this.#added}`,
      rule: checked,
      pattern: patternOf(checked.match?.path),
      seen: 0,
      hits: 0,
    }
    this.#rules.push(stored)
    return this.#handle(stored)
  }

  #handle(stored: StoredRule): ActiveRule {
    return {
      id: stored.id,
      rule: stored.rule,
      get hits() {
        return stored.hits
      },
      remove: () => void this.remove(stored.id),
    }
  }

  remove(id: string): boolean {
    const before = this.#rules.length
    this.#rules = this.#rules.filter((rule) => rule.id !== id)
    return this.#rules.length < before
  }

  clear(): void {
    this.#rules = []
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  list(): ActiveRule[] {
    return this.#rules.map((stored) => this.#handle(stored))
  }

  /** The rule to apply to a request; counts it. */
  take(subject: FaultSubject): ActiveRule | undefined {
    // Every rule counts the request, also those that come too late to shape it: "the second" means the second request.
    const matching = this.#rules.filter((rule) => matches(rule, subject))
    for (const rule of matching) rule.seen++
    const stored = matching.find(isDue)
    if (stored === undefined) return undefined
    stored.hits++
    return this.#handle(stored)
  }
}

function isDue({ rule, seen, hits }: StoredRule): boolean {
  const { nth, after, times } = rule.match ?? {}
  if (nth !== undefined && seen !== nth) return false
  if (after !== undefined && seen <= after) return false
  return times === undefined || hits < times
}

function matches({ rule, pattern }: StoredRule, subject: FaultSubject): boolean {
  const { method, path, query, user } = rule.match ?? {}
  if (method !== undefined && method.toUpperCase() !== subject.method) return false
  if (typeof path === 'string' && !subject.path.toLowerCase().includes(path.toLowerCase())) return false
  if (pattern !== undefined && !pattern.test(subject.path)) return false
  if (query !== undefined && !Object.entries(query).every(([name, value]) => hasValue(subject.query, name, value)))
    return false
  return user === undefined || subject.isAbout(user)
}

function hasValue(query: Readonly<Record<string, string>>, name: string, wanted: string): boolean {
  const value = query[name]
  return value !== undefined && (wanted === '*' || wanted === value)
}

function patternOf(path: FaultMatch['path']): RegExp | undefined {
  if (path === undefined || typeof path === 'string') return undefined
  const [source, flags = ''] = path instanceof RegExp ? [path.source, path.flags] : [path.pattern, path.flags]
  // A pattern with `g` or `y` remembers where it stopped, and would match every other request.
  return new RegExp(source, flags.replace(/[gy]/g, ''))
}

// The check of a rule. A rule that is silently different from what its author meant makes a test pass for the wrong reason.

type Fields = Readonly<Record<string, (value: unknown, name: string) => string | undefined>>

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function shown(value: unknown): string {
  if (value === undefined) return 'undefined'
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'
    ? String(value)
    : JSON.stringify(value)
}

const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (value: unknown, name: string): string | undefined => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return undefined
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    return `${name} must be a whole number ${range}, not ${shown(value)}`
  }

const milliseconds = (value: unknown, name: string): string | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? undefined
    : `${name} must be a number of milliseconds, not ${shown(value)}`

const text = (value: unknown, name: string): string | undefined =>
  typeof value === 'string' && value !== '' ? undefined : `${name} must be text, not ${shown(value)}`

const textValues = (value: unknown, name: string): string | undefined =>
  isObject(value) && Object.values(value).every((item) => typeof item === 'string')
    ? undefined
    : `${name} must be an object of texts, not ${shown(value)}`

const object =
  (fields: Fields, required: readonly string[] = []) =>
  (value: unknown, name: string): string | undefined => {
    if (!isObject(value)) return `${name} must be an object, not ${shown(value)}`
    for (const field of required) if (value[field] === undefined) return `${name}.${field} is missing`
    for (const [field, given] of Object.entries(value)) {
      const check = Object.hasOwn(fields, field) ? fields[field] : undefined
      const known = Object.keys(fields).join(', ')
      if (check === undefined) return `${name}.${field} is not a field of a fault rule; ${name} has ${known}`
      const wrong = given === undefined ? undefined : check(given, `${name}.${field}`)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

const afterBytes = object({ afterBytes: whole(0) }, ['afterBytes'])

const oneOf =
  (words: readonly string[]) =>
  (value: unknown, name: string): string | undefined => {
    if (typeof value === 'string' && words.includes(value)) return undefined
    if (isObject(value)) return afterBytes(value, name)
    return `${name} must be ${words.map((word) => `"${word}"`).join(', ')} or { "afterBytes": n }, not ${shown(value)}`
  }

function pathCheck(value: unknown, name: string): string | undefined {
  if (value instanceof RegExp || (typeof value === 'string' && value !== '')) return undefined
  if (!isObject(value)) return `${name} must be text or a pattern, not ${shown(value)}`
  const wrong = object(
    { pattern: text, flags: (flags, flagsName) => (flags === '' ? undefined : text(flags, flagsName)) },
    ['pattern'],
  )(value, name)
  if (wrong !== undefined) return wrong
  try {
    patternOf(value as { pattern: string; flags?: string })
    return undefined
  } catch {
    return `${name}.pattern is not a regular expression: ${shown(value['pattern'])}`
  }
}

// Node refuses these while the answer is being written, which would take the emulator down instead of the rule.
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

function headersCheck(value: unknown, name: string): string | undefined {
  if (!isObject(value)) return `${name} must be an object of texts, not ${shown(value)}`
  for (const [header, given] of Object.entries(value)) {
    if (!headerName.test(header)) return `${name} has a name that is not a header's: ${shown(header)}`
    const values: readonly unknown[] = Array.isArray(given) ? given : given === null ? [] : [given]
    const isWritable = values.every((item) => typeof item === 'string' && headerValue.test(item))
    if (!isWritable)
      return `${name}.${header} must be text without line ends, an array of such texts or null, not ${shown(given)}`
  }
  return undefined
}

function bodyCheck(value: unknown, name: string): string | undefined {
  if (typeof value === 'string') return undefined
  try {
    return typeof JSON.stringify(value) === 'string' ? undefined : `${name} must be text or JSON, not ${shown(value)}`
  } catch {
    return `${name} must be text or JSON, and this value has no JSON form`
  }
}

const base64 = (value: unknown, name: string): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    ? undefined
    : `${name} must be base64 text, not ${shown(value)}`

const ruleFields = object(
  {
    match: object({
      method: text,
      path: pathCheck,
      query: textValues,
      user: text,
      nth: whole(1),
      after: whole(0),
      times: whole(1),
    }),
    answer: object({
      status: whole(200, 599),
      headers: headersCheck,
      body: bodyCheck,
      bodyBase64: base64,
      delayMs: milliseconds,
      drip: object({ bytes: whole(1), everyMs: milliseconds }, ['bytes', 'everyMs']),
      reset: oneOf(['before', 'after']),
      truncate: afterBytes,
      hang: oneOf(['before-headers']),
      dropFinalChunk: (value, name) => (value === true ? undefined : `${name} must be true, not ${shown(value)}`),
    }),
  },
  ['answer'],
)

const endings = ['reset', 'truncate', 'hang', 'dropFinalChunk'] as const

function checkRule(rule: unknown): FaultRule {
  const wrong = ruleFields(rule, 'rule')
  if (wrong !== undefined) throw new TypeError(wrong)
  const { answer } = rule as FaultRule
  const given = endings.filter((ending) => answer[ending] !== undefined)
  if (given.length > 1) throw new TypeError(`rule.answer has ${given.join(' and ')}: an answer can end in one way only`)
  if (answer.body !== undefined && answer.bodyBase64 !== undefined) {
    throw new TypeError('rule.answer has body and bodyBase64: give one of them')
  }
  if (Object.values(answer).every((value) => value === undefined)) {
    throw new TypeError('rule.answer says nothing: give a status, a delayMs or another field')
  }
  return rule as FaultRule
}
