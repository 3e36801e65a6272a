import type { Clock } from '@patkit/core'
import session, { type SessionData } from 'express-session'
import { endOf } from './session-end.js'

/** More than any development server or test has; the oldest go first. */
const maxSessions = 100_000

interface Kept {
  readonly text: string
  readonly endsAt: number
}

/** Sessions in this process. */
export class MemorySessionStore extends session.Store {
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock) {
    super()
    this.#clock = clock
  }

  override get(key: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    const kept = this.#kept.get(key)
    const isOver = kept !== undefined && kept.endsAt <= this.#clock.now()
    if (isOver) this.#kept.delete(key)
    callback(undefined, kept === undefined || isOver ? null : (JSON.parse(kept.text) as SessionData))
  }

  override set(key: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#kept.delete(key)
    this.#kept.set(key, { text: JSON.stringify(data), endsAt: endOf(data) })
    if (this.#kept.size > maxSessions) this.#makeRoom()
    callback?.()
  }

  override touch(key: string, data: SessionData, callback?: () => void): void {
    const kept = this.#kept.get(key)
    if (kept !== undefined) this.#kept.set(key, { ...kept, endsAt: endOf(data) })
    callback?.()
  }

  override destroy(key: string, callback?: (error?: unknown) => void): void {
    this.#kept.delete(key)
    callback?.()
  }

  #makeRoom(): void {
    const now = this.#clock.now()
    for (const [key, { endsAt }] of this.#kept) if (endsAt <= now) this.#kept.delete(key)
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= maxSessions) break
      this.#kept.delete(key)
    }
  }
}
