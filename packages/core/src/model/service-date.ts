/**
 * Reads a time of the service.
 *
 * tokens/pats sends up to 7 fraction digits with a `Z`; tokenadmin sends no zone at all and means UTC. `new Date()` would read the
 * latter as local time. Gives `null` for what is no time, so that nobody meets an `Invalid Date`.
 */
export function toDate(text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null
  const match = /^(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?(Z|z|[+-]\d{2}:?\d{2})?$/.exec(text.trim())
  if (match === null) return null
  const [, time = '', fraction = '', zone = 'Z'] = match
  const milliseconds = fraction === '' ? '' : `.${fraction.slice(0, 3).padEnd(3, '0')}`
  const colonZone = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const date = new Date(`${time.replace(/[t ]/, 'T')}${milliseconds}${colonZone}`)
  return Number.isNaN(date.getTime()) ? null : date
}
