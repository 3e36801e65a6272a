import { usageError } from './command-error.js'

const daysPerUnit: Readonly<Record<string, number>> = { d: 1, w: 7 }

/** Ten years: beyond what a token can live. */
const mostDays = 3650

/** Reads a number of days, written `30d` or `2w`. `name` is the option at fault if it is neither. */
export function daysOf(text: string, name: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([dw])$/i.exec(text.trim()) ?? []
  const days = Number(amount) * (daysPerUnit[unit.toLowerCase()] ?? 0)
  if (amount === '' || days < 1 || days > mostDays) {
    throw usageError(`${name} ${JSON.stringify(text)} is no number of days.`, `Write 30d or 2w, up to ${mostDays}d.`)
  }
  return days
}

/** A stretch of time in the words of a clock: `8 s`, `3 min 10 s`, `2 h 05 min`. */
export function spokenDuration(milliseconds: number): string {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
