/** A point in time: how far away it is, and when exactly in UTC. */
export function Moment({ at, now }: { readonly at: Date; readonly now: Date }) {
  const iso = at.toISOString()
  return (
    <time dateTime={iso}>
      {distanceInWords(at, now)} ({iso.slice(0, 16).replace('T', ' ')} UTC)
    </time>
  )
}

const words = new Intl.RelativeTimeFormat('en')

/** `in 59 minutes`, `2 hours ago`: in whole units, never more than there are. */
export function distanceInWords(at: Date, now: Date): string {
  const minutes = Math.trunc((at.getTime() - now.getTime()) / 60_000)
  if (minutes === 0) return at < now ? 'just now' : 'within a minute'
  if (Math.abs(minutes) < 120) return words.format(minutes, 'minute')
  const hours = Math.trunc(minutes / 60)
  return Math.abs(hours) < 48 ? words.format(hours, 'hour') : words.format(Math.trunc(hours / 24), 'day')
}
