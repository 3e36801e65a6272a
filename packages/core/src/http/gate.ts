import { onAbort } from '../abort.js'
import type { Clock } from '../clock.js'
import { ThrottledError } from '../errors.js'
import { Pace } from './pace.js'
import type { LimitSigns } from './retry-after.js'

/** Bounds of the gate; every field has a default. */
export interface Limits {
  /** Requests at the same time to begin with. Default 8. */
  readonly startConcurrency?: number
  /** Most requests at the same time. Default 16: one identity gains little from more. */
  readonly maxConcurrency?: number
  /** Longest pause, in seconds, that is waited out when the service asks for one; beyond it calls fail at once. Default 300, the service's window. */
  readonly maxPauseSeconds?: number
}

export const limitDefaults = { startConcurrency: 8, maxConcurrency: 16, maxPauseSeconds: 300 } as const satisfies Limits

/** Leave to send one request. Give it back with what the answer said. */
export interface Permit {
  /** Must be called once, whatever became of the request. */
  leave(result: GateResult): void
}

/** What the gate needs to know about a request that is over. */
export type GateResult =
  | { readonly kind: 'answer'; readonly status: number; readonly signs: LimitSigns }
  | { readonly kind: 'broken' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'abandoned' }

interface Waiter {
  readonly admit: (permit: Permit) => void
  readonly refuse: (error: Error) => void
}

/** A pause after `Remaining: 0` without `Retry-After`, until about a twentieth of a 200 TSTU limit has come back. */
const emptyPauseMs = 15_000

/**
 * Decides when the next request may be sent; one for all requests of an identity in an organization, because the service limits the
 * identity and not the connection.
 *
 * - Concurrency adapts: one more after a full window of good answers far from the limit, half after a sign of overload, at most once
 *   per window.
 * - `Retry-After` on any answer, also on a 200, holds everyone. After a refusal (429, 503) one request probes before the others follow.
 * - While the service shows what is left of its limit, requests are paced to what it gives back ({@link Pace}).
 */
export class Gate {
  readonly #clock: Clock
  readonly #maxPauseMs: number
  readonly #pace = new Pace()
  readonly #waiters: Waiter[] = []
  readonly #listeners = new Set<() => void>()
  #max: number
  #limit: number
  #active = 0
  #epoch = 0
  #goodAnswers = 0
  #probing = false
  #holdUntil = 0
  #resource: string | undefined
  #waking: AbortController | undefined
  #throttledMs = 0

  constructor(clock: Clock, limits: Limits = {}) {
    this.#clock = clock
    this.#max = limits.maxConcurrency ?? limitDefaults.maxConcurrency
    this.#limit = Math.min(limits.startConcurrency ?? limitDefaults.startConcurrency, this.#max)
    this.#maxPauseMs = (limits.maxPauseSeconds ?? limitDefaults.maxPauseSeconds) * 1000
  }

  /** Requests allowed at the same time now. */
  get concurrency(): number {
    return this.#limit
  }

  /** Most requests ever allowed at the same time. */
  get maxConcurrency(): number {
    return this.#max
  }

  /** Milliseconds during which somebody waited because the service asked for a pause. */
  get throttledMs(): number {
    return this.#throttledMs
  }

  /** End of the pause the service asked for, in milliseconds since 1970; `undefined` when none is due. */
  get heldUntil(): number | undefined {
    return this.#holdUntil > this.#clock.now() ? this.#holdUntil : undefined
  }

  /** The limit that answers last spoke of, in the service's words. */
  get resource(): string | undefined {
    return this.#resource
  }

  /** Calls `listener` whenever a pause begins; the returned function ends that. */
  onHold(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Starts a run that wants `concurrency` requests at the same time: there at once, unless the service has already slowed us down. */
  prepare(concurrency: number): void {
    this.#max = Math.max(this.#max, concurrency)
    if (this.#epoch === 0) this.#limit = Math.max(this.#limit, concurrency)
  }

  /**
   * Waits for leave to send one request.
   *
   * @throws {@link ThrottledError} When the service asked for a pause longer than `maxPauseSeconds`.
   */
  enter(signal: AbortSignal): Promise<Permit> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    return new Promise<Permit>((resolve, reject) => {
      const release = onAbort(signal, () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        // The pause is slept for those who wait; the last to leave switches the alarm off.
        if (this.#waiters.length === 0) this.#waking?.abort()
        reject(signal.reason as Error)
      })
      const waiter: Waiter = {
        admit: (permit) => {
          release()
          resolve(permit)
        },
        refuse: (error) => {
          release()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#admit()
    })
  }

  /** Holds everyone for `ms` milliseconds from now, or longer if a longer pause is due already. */
  hold(ms: number): void {
    const until = this.#clock.now() + ms
    if (until <= this.#holdUntil) return
    this.#holdUntil = until
    this.#waking?.abort()
    for (const listener of this.#listeners) listener()
  }

  #admit(): void {
    while (this.#waiters.length > 0) {
      const now = this.#clock.now()
      if (this.#holdUntil - now > this.#maxPauseMs) {
        this.#refuseAll(Math.ceil((this.#holdUntil - now) / 1000))
        return
      }
      if (this.#active >= (this.#probing ? 1 : this.#limit)) return
      const waitMs = Math.max(this.#holdUntil, this.#pace.nextAt(now)) - now
      if (waitMs > 0) {
        this.#wakeIn(waitMs)
        return
      }
      this.#pace.take(now)
      this.#active++
      this.#waiters.shift()?.admit(this.#permit())
    }
  }

  #permit(): Permit {
    const epoch = this.#epoch
    let given = true
    return {
      leave: (result) => {
        if (!given) return
        given = false
        this.#active--
        this.#learn(result, epoch)
        this.#admit()
      },
    }
  }

  #learn(result: GateResult, epoch: number): void {
    switch (result.kind) {
      case 'abandoned':
      case 'broken':
        return
      case 'timeout':
        this.#slowDown(epoch)
        return
      case 'answer':
        this.#learnFromAnswer(result.status, result.signs, epoch)
        return
      default: {
        const unreachable: never = result
        return unreachable
      }
    }
  }

  #learnFromAnswer(status: number, signs: LimitSigns, epoch: number): void {
    const now = this.#clock.now()
    const refused = status === 429 || status === 503
    this.#resource = signs.resource ?? this.#resource
    this.#pace.learn(signs, now)
    if (signs.retryAfterMs !== undefined && signs.retryAfterMs > 0) this.hold(signs.retryAfterMs)
    else if (signs.remaining === 0 && !refused) this.hold(this.#emptyPauseMs(signs, now))
    if (refused || signs.delayed || signs.retryAfterMs !== undefined || signs.remaining === 0) {
      this.#slowDown(epoch)
      this.#probing ||= refused
      return
    }
    this.#probing = false
    // The service shows what is left only to those who come near its limit; there is nothing to gain from more at a time.
    if (status >= 500 || signs.remaining !== undefined) return
    this.#goodAnswers++
    if (this.#goodAnswers >= this.#limit && this.#limit < this.#max) {
      this.#limit++
      this.#goodAnswers = 0
    }
  }

  #emptyPauseMs(signs: LimitSigns, now: number): number {
    const untilReset = signs.resetAtMs === undefined ? emptyPauseMs : Math.max(signs.resetAtMs - now, 0)
    return Math.min(emptyPauseMs, untilReset)
  }

  /** Halves the concurrency; answers to requests sent before the last cut say nothing new. */
  #slowDown(epoch: number): void {
    this.#goodAnswers = 0
    if (epoch !== this.#epoch) return
    this.#epoch++
    this.#limit = Math.max(1, Math.floor(this.#limit / 2))
  }

  #refuseAll(seconds: number): void {
    for (const waiter of this.#waiters.splice(0)) {
      waiter.refuse(
        new ThrottledError(`Azure DevOps asks for a pause of ${seconds} s, longer than ${this.#maxPauseMs / 1000} s.`, {
          retryAfterSeconds: seconds,
          resource: this.#resource,
          hint: `Try again in ${seconds} s, or raise limits.maxPauseSeconds.`,
        }),
      )
    }
  }

  #wakeIn(ms: number): void {
    if (this.#waking !== undefined) return
    const waking = new AbortController()
    this.#waking = waking
    const from = this.#clock.now()
    const held = this.#holdUntil > from
    const wake = (): void => {
      if (held) this.#throttledMs += this.#clock.now() - from
      this.#waking = undefined
      this.#admit()
    }
    this.#clock.sleep(ms, waking.signal).then(wake, wake)
  }
}
