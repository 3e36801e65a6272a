import { usageError } from './command-error.js'
import { daysOf } from './duration.js'
import type { Io } from './io.js'

/** From where a number of days is counted, and in which direction. */
export interface TimeReference {
  readonly now: Date
  /** `ahead`: `30d` is in thirty days. `back`: it was thirty days ago. */
  readonly direction: 'ahead' | 'back'
}

const dayMs = 86_400_000
const day = /^\d{4}-\d{2}-\d{2}$/
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2})$/i

/**
 * Reads a point in time: a number of days (`30d`, `2w`), a day (`2026-12-31`, its beginning in UTC), or a time with its zone
 * (`2026-12-31T18:00Z`). `name` is the option at fault if it is none.
 */
export function pointInTime(text: string, name: string, { now, direction }: TimeReference): Date {
  const typed = text.trim()
  if (/^\d+[a-z]*$/i.test(typed)) {
    const days = daysOf(typed, name)
    return new Date(now.getTime() + (direction === 'ahead' ? days : -days) * dayMs)
  }
  const date = day.test(typed) ? new Date(`${typed}T00:00:00Z`) : time.test(typed) ? new Date(typed) : undefined
  // February 31 would quietly become March 3.
  if (date !== undefined && isRealDay(typed) && !Number.isNaN(date.getTime())) return date
  throw usageError(
    `${name} ${JSON.stringify(text)} is no time.`,
    'Write 30d, 2026-12-31 (its beginning, UTC) or 2026-12-31T18:00Z.',
  )
}

function isRealDay(text: string): boolean {
  const midnight = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text.slice(0, 10))
}

/** A time for people: `2026-12-31 18:00 UTC`. */
export function spokenTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The time that counts as now for a command. */
export function nowOf({ clock }: Pick<Io, 'clock'>): Date {
  return new Date(clock === undefined ? Date.now() : clock.now())
}
