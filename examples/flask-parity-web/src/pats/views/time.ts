const units = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

const words = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** How far a time is from now, such as `in 30 days`, in whole units. */
export function relativeTime(time: Date, now: Date): string {
  const distance = time.getTime() - now.getTime()
  for (const [unit, ms] of units) {
    // Sixty days are nearer to what people were told than two months.
    const least = unit === 'month' ? 120 * 86_400_000 : ms
    if (Math.abs(distance) >= least) return words.format(Math.round(distance / ms), unit)
  }
  return distance < 0 ? 'just now' : 'in less than a minute'
}

/** A time in UTC for people: `2026-12-24 10:00 UTC`. */
export function absoluteTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
