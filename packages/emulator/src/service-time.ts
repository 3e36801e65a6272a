/**
 * Times as the service keeps them: UTC in steps of a 300th of a second (the database's own), written with up to seven fraction
 * digits without trailing zeros. The zone is left to the area: tokens/pats writes a `Z`, tokenadmin writes none.
 */
const stepsPerSecond = 300

/** `2026-03-02T09:00:00.5233333`, without a zone. */
export function serviceTime(ms: number): string {
  const steps = Math.round((ms * stepsPerSecond) / 1000)
  const seconds = Math.floor(steps / stepsPerSecond)
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = Math.round(((steps - seconds * stepsPerSecond) / stepsPerSecond) * 1e7)
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(7, '0').replace(/0+$/, '')}`
}

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?$/

/** Milliseconds since 1970 of a time in a request or in an organization; no zone means UTC. `undefined` for what is no time. */
export function parseServiceTime(text: string): number | undefined {
  const match = pattern.exec(text.trim())
  if (match === null) return undefined
  const [, day = '', time = '00:00', fraction = '', zone = 'Z'] = match
  const colonZone = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const ms = Date.parse(
    `${day}T${time.length === 5 ? `${time}:00` : time}.${fraction.slice(0, 3).padEnd(3, '0')}${colonZone}`,
  )
  return Number.isNaN(ms) ? undefined : ms
}

/** A time as tokens/pats writes it. */
export const withZone = (text: string): string => (/(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
