import type { AnswerHeaders } from './answer.js'

/**
 * How the service limits each identity.
 *
 * It counts TSTU, a made-up unit of load: `limitTstu` (200) in a window of `windowSeconds` (300). The emulator keeps one leaky bucket
 * per identity: each request adds its cost, and use drains evenly by `limitTstu / windowSeconds` a second (0.667 TSTU/s). So an
 * identity may send `limitTstu / cost` requests at once after a rest, and `limitTstu / windowSeconds / cost` requests a second for ever.
 *
 * Three stages follow as use grows:
 * 1. Below the limit nothing happens, except that `X-RateLimit-*` headers appear once less than `showHeadersBelow` of it remains.
 * 2. At the limit each request is held until use is back below it, up to `maxDelaySeconds` (30), and then answered with 200,
 *    `Retry-After`, `X-RateLimit-Delay` and `X-RateLimit-Remaining: 0`.
 * 3. A request that would have to be held longer is refused with 429 and TF400733. It costs nothing.
 *
 * Requests without an accepted credential belong to nobody and are not limited. All of it runs on the emulator's clock.
 */
export interface RateLimit {
  /** TSTU that an identity may use in a window; 200 unless given. */
  readonly limitTstu?: number
  /** Seconds in which use of the whole limit drains away; 300 unless given. */
  readonly windowSeconds?: number
  /**
   * TSTU of one request: one number, or a number for each part of the service. What is not named costs 0.05. The service publishes none
   * of these. Not together with `requestsPerSecond`.
   */
  readonly costTstu?: number | Partial<Readonly<Record<RateLimitedArea, number>>>
  /** Sets the cost so that this many requests a second are permitted for ever. */
  readonly requestsPerSecond?: number
  /** TSTU that an identity has already used when it sends its first request; 0 unless given. */
  readonly usedTstu?: number
  /** Fraction of the limit; headers are sent when less than this remains. 0.5 unless given, 1 sends them always. */
  readonly showHeadersBelow?: number
  /** Longest time a request is held; 30 seconds unless given. With 0 there is no delay stage, only refusals. */
  readonly maxDelaySeconds?: number
}

/** Parts of the service that may cost differently. */
export type RateLimitedArea = 'graph' | 'tokens' | 'tokenadmin'

/** What the rate limit does to a request. */
export interface RateLimitDecision {
  readonly refused: boolean
  /** Milliseconds to hold the answer. */
  readonly holdMs: number
  readonly headers: AnswerHeaders
}

const defaults = {
  limitTstu: 200,
  windowSeconds: 300,
  costTstu: 0.05,
  usedTstu: 0,
  showHeadersBelow: 0.5,
  maxDelaySeconds: 30,
} as const

interface Bucket {
  used: number
  at: number
}

/** @internal */
export class RateLimiter {
  readonly #options: Required<Omit<RateLimit, 'costTstu' | 'requestsPerSecond'>>
  readonly #costOf: (area: RateLimitedArea) => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: RateLimit) {
    checkRateLimit(options)
    this.#options = { ...defaults, ...options }
    this.#costOf = costs(options, this.#drainPerSecond)
  }

  get #drainPerSecond(): number {
    return this.#options.limitTstu / this.#options.windowSeconds
  }

  /** TSTU an identity has used at a time. */
  usedTstu(identity: string, now: number): number {
    return this.#drained(identity, now).used
  }

  #drained(identity: string, now: number): Bucket {
    const bucket = this.#buckets.get(identity) ?? { used: this.#options.usedTstu, at: now }
    const used = Math.max(0, bucket.used - (this.#drainPerSecond * (now - bucket.at)) / 1000)
    return { used, at: now }
  }

  /** Counts a request and says what happens to it. */
  decide(identity: string, area: RateLimitedArea, now: number): RateLimitDecision {
    const { limitTstu, maxDelaySeconds } = this.#options
    const before = this.#drained(identity, now)
    const used = before.used + this.#costOf(area)
    const holdSeconds = Math.max(0, (used - limitTstu) / this.#drainPerSecond)
    if (holdSeconds > maxDelaySeconds) {
      this.#buckets.set(identity, before)
      return { refused: true, holdMs: 0, headers: this.#headers(before.used, holdSeconds, now, 0) }
    }
    this.#buckets.set(identity, { used, at: now })
    return { refused: false, holdMs: holdSeconds * 1000, headers: this.#headers(used, holdSeconds, now, holdSeconds) }
  }

  #headers(used: number, waitSeconds: number, now: number, delayedSeconds: number): AnswerHeaders {
    const { limitTstu, showHeadersBelow } = this.#options
    const remaining = Math.max(0, limitTstu - used)
    if (waitSeconds === 0 && remaining >= limitTstu * showHeadersBelow && showHeadersBelow < 1) return {}
    const headers: AnswerHeaders = {
      'X-RateLimit-Resource': 'ATCPU/Identity',
      'X-RateLimit-Limit': String(Math.round(limitTstu)),
      // Whole numbers, as the service sends them: a cheap request often leaves the number as it was.
      'X-RateLimit-Remaining': waitSeconds > 0 ? '0' : String(Math.floor(remaining)),
      'X-RateLimit-Reset': String(Math.ceil(now / 1000 + used / this.#drainPerSecond)),
    }
    if (waitSeconds > 0) headers['Retry-After'] = String(Math.ceil(waitSeconds))
    if (delayedSeconds > 0) headers['X-RateLimit-Delay'] = delayedSeconds.toFixed(3)
    return headers
  }
}

function costs({ costTstu, requestsPerSecond }: RateLimit, drainPerSecond: number): (area: RateLimitedArea) => number {
  if (requestsPerSecond !== undefined) return () => drainPerSecond / requestsPerSecond
  if (typeof costTstu === 'object') return (area) => costTstu[area] ?? defaults.costTstu
  return () => costTstu ?? defaults.costTstu
}

function checkRateLimit(options: RateLimit): void {
  const { costTstu, requestsPerSecond } = options
  if (costTstu !== undefined && requestsPerSecond !== undefined) {
    throw new TypeError(
      'rateLimit has costTstu and requestsPerSecond: the one follows from the other, give one of them',
    )
  }
  const positive = { limitTstu: options.limitTstu, windowSeconds: options.windowSeconds, requestsPerSecond }
  for (const [name, value] of Object.entries(positive))
    checkNumber(name, value, (number) => number > 0, 'greater than 0')
  const costsGiven = typeof costTstu === 'object' ? costTstu : { costTstu }
  const others = { ...costsGiven, usedTstu: options.usedTstu, maxDelaySeconds: options.maxDelaySeconds }
  for (const [name, value] of Object.entries(others)) checkNumber(name, value, (number) => number >= 0, 'of at least 0')
  checkNumber('showHeadersBelow', options.showHeadersBelow, (number) => number >= 0 && number <= 1, 'from 0 to 1')
}

function checkNumber(
  name: string,
  value: number | undefined,
  isRight: (value: number) => boolean,
  range: string,
): void {
  if (value === undefined || (Number.isFinite(value) && isRight(value))) return
  throw new RangeError(`rateLimit.${name} must be a number ${range}, not ${value}`)
}
