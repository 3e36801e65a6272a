const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** The name of a month such as `'2026-11'`, without its year. */
export function monthName(month: string): string {
  return monthNames[Number(month.slice(5, 7)) - 1] ?? month
}

/** `'2026-11'` as `Nov 2026`. */
export function monthAndYear(month: string): string {
  return `${monthName(month)} ${month.slice(0, 4)}`
}

/** `20 Nov 2026`, UTC. */
export function dayOf(date: Date): string {
  return `${date.getUTCDate()} ${monthAndYear(date.toISOString().slice(0, 7))}`
}

/** `20 Nov 2026, 14:03 UTC`. */
export function longTime(date: Date): string {
  return `${dayOf(date)}, ${date.toISOString().slice(11, 16)} UTC`
}
