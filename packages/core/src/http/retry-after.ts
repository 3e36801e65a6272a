import { nameOf } from './redact.js'

/** What the service says about its limits, on any answer. */
export interface LimitSigns {
  /** Milliseconds to hold the next calls; `undefined` when none was asked for or it could not be read. */
  readonly retryAfterMs: number | undefined
  /** The service already held this request back. */
  readonly delayed: boolean
  /** What is left of the limit, in the service's units (TSTU); `undefined` far from the limit. */
  readonly remaining: number | undefined
  /** The whole limit, in the same units. */
  readonly limit: number | undefined
  /** When nothing would be used any more, in milliseconds since 1970; an upper bound, never a time to wait out after a 200. */
  readonly resetAtMs: number | undefined
  /** The limit's name for people. */
  readonly resource: string | undefined
}

/** Reads the limit headers of an answer; `now` is milliseconds since 1970. */
export function readLimitSigns(headers: Headers, now: number): LimitSigns {
  const reset = toNumber(headers.get('x-ratelimit-reset'))
  return {
    retryAfterMs: retryAfterMs(headers, now),
    delayed: (toNumber(headers.get('x-ratelimit-delay')) ?? 0) > 0,
    remaining: toNumber(headers.get('x-ratelimit-remaining')),
    limit: toNumber(headers.get('x-ratelimit-limit')),
    resetAtMs: reset === undefined ? undefined : reset * 1000,
    resource: nameOf(headers.get('x-ratelimit-resource')),
  }
}

/** Every spelling of "come back later": milliseconds in two headers, seconds (also decimal), and an HTTP date. */
function retryAfterMs(headers: Headers, now: number): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const milliseconds = toNumber(headers.get(name))
    if (milliseconds !== undefined) return Math.max(milliseconds, 0)
  }
  const header = headers.get('retry-after')
  if (header === null) return undefined
  const value = sentOnce(header.trim())
  const seconds = toNumber(value)
  if (seconds !== undefined) return Math.max(seconds * 1000, 0)
  // Only what looks like an HTTP date: `Date.parse` would make a year of almost any text with a number in it.
  const date = /^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0)
}

/** A header that something on the way repeated arrives as `value, value`. */
export function sentOnce(value: string): string {
  const half = value.slice(0, Math.max(value.length - 2, 0) / 2)
  return value === `${half}, ${half}` ? half : value
}

/** Some 30,000 years in seconds: longer than anybody waits, and short enough to stay a time when it is added to one. */
const mostNumber = 1e12

function toNumber(text: string | null): number | undefined {
  if (text === null) return undefined
  const value = sentOnce(text.trim())
  if (!/^[+-]?\d+(\.\d+)?(e\d+)?$/i.test(value)) return undefined
  return Math.min(Math.max(Number(value), -mostNumber), mostNumber)
}
