import type { LimitSigns } from './retry-after.js'

/** The service counts over a sliding window of five minutes (documented), so this much of the limit comes back each second. */
const windowSeconds = 300

/** Above this share of the limit there is no need to hold back. */
const fullSpeedAbove = 0.3

/** Units of the limit that calls must have used before their cost is worked out: the service sends whole numbers, fewer would measure rounding. */
const unitsPerSample = 4

/** Answers without limit headers after which we are far from the limit again. */
const answersFarFromLimit = 20

/** How far sending may run ahead of its slot, so that timers of a millisecond do not cost rate. */
const slackMs = 25

/**
 * Spaces requests so that they use what the service gives back, no more and hardly less.
 *
 * What one call costs is published nowhere, so it is measured: what left the limit between two answers, plus what came back in
 * between, divided by the calls. The permitted rate is then scaled by how much is left: above 1 while there is plenty, below 1 near
 * the end, so that it settles where use and return are equal.
 */
export class Pace {
  #costPerCall: number | undefined
  #sample: { remaining: number; at: number; answers: number } | undefined
  #intervalMs = 0
  #nextAt = 0

  /** When the next request may be sent, in milliseconds since 1970. */
  nextAt(now: number): number {
    return this.#intervalMs === 0 ? now : this.#nextAt
  }

  /** Takes the next slot. */
  take(now: number): void {
    if (this.#intervalMs > 0) this.#nextAt = Math.max(this.#nextAt, now - slackMs) + this.#intervalMs
  }

  /** Learns from the limit headers of an answer. */
  learn({ remaining, limit }: LimitSigns, now: number): void {
    if (this.#sample !== undefined) this.#sample.answers++
    if (remaining === undefined || limit === undefined || limit <= 0) {
      // Far from the limit the service sends no headers.
      if (remaining === undefined && this.#sample !== undefined && this.#sample.answers > answersFarFromLimit)
        this.#forget()
      return
    }
    this.#measure(remaining, limit, now)
    this.#intervalMs = this.#intervalFor(remaining / limit, limit)
  }

  #measure(remaining: number, limit: number, now: number): void {
    const sample = this.#sample
    if (sample === undefined) {
      this.#sample = { remaining, at: now, answers: 0 }
      return
    }
    const cameBack = (limit / windowSeconds) * ((now - sample.at) / 1000)
    const used = sample.remaining - remaining + cameBack
    if (used < unitsPerSample || sample.answers === 0) return
    const cost = used / sample.answers
    this.#costPerCall = this.#costPerCall === undefined ? cost : this.#costPerCall * 0.7 + cost * 0.3
    this.#sample = { remaining, at: now, answers: 0 }
  }

  #intervalFor(left: number, limit: number): number {
    if (this.#costPerCall === undefined || left >= fullSpeedAbove) return 0
    const permittedPerSecond = limit / windowSeconds / this.#costPerCall
    // Within a window everything comes back; a limit so small that it would take longer is a mistake of the service.
    return Math.min(1000 / (permittedPerSecond * headroom(left)), windowSeconds * 1000)
  }

  #forget(): void {
    this.#sample = undefined
    this.#intervalMs = 0
  }
}

/** Share of the permitted rate to use when `left` of the limit remains: 1 at about 7 %, twice at 30 %, half close to nothing. */
function headroom(left: number): number {
  return left < 0.05 ? Math.max(0.2, left * 18) : 0.9 + (left - 0.05) * 4.4
}
