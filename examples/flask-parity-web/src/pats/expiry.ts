/** Days after which a new token may end, to choose from. */
export const expiryDays = [7, 30, 60, 90] as const

/** Longest life of a token that the service allows, in days. */
export const longestLifeDays = 365

const dayMs = 86_400_000

/** When a token is to end: after so many days, at the end of a day, at an exact time, or as it does now. */
export type Expiry = `${(typeof expiryDays)[number]}` | 'date' | 'exact' | 'keep'

/** What a form says about the end of a token. */
export interface ExpiryChoice {
  readonly expiry: Expiry
  /** A day such as `2026-12-24`, for `date`. */
  readonly expiresOn: string
  /** The originals' free text, for `exact`. */
  readonly validTo: string
}

/** When a token of this form ends; `undefined` when it keeps its end, or when what was entered is no time. */
export function endOf({ expiry, expiresOn, validTo }: ExpiryChoice, now: Date): Date | undefined {
  switch (expiry) {
    case 'keep':
      return undefined
    case 'date':
      return endOfDay(expiresOn, now)
    case 'exact':
      return exactTime(validTo)
    default:
      return new Date(now.getTime() + Number(expiry) * dayMs)
  }
}

/** The last day that can be chosen, as date fields write it. */
export function latestDay(now: Date): string {
  return new Date(now.getTime() + longestLifeDays * dayMs).toISOString().slice(0, 10)
}

/** The end of a day in UTC; on the last day that is allowed, the last moment that is. */
function endOfDay(day: string, now: Date): Date | undefined {
  if (!isDay(day) || !exists(day)) return undefined
  const end = new Date(`${day}T23:59:59Z`)
  return day === latestDay(now) ? new Date(Math.min(end.getTime(), now.getTime() + longestLifeDays * dayMs)) : end
}

/** A time with its zone; one without a zone means UTC, so that it does not depend on where the server stands. */
export function exactTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?$/i.test(text)) return undefined
  if (!exists(text.slice(0, 10))) return undefined
  const time = new Date(/(?:Z|[+-]\d\d:\d\d)$/i.test(text) ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** Whether there is such a day: JavaScript takes the 30th of February for the 2nd of March. */
function exists(day: string): boolean {
  const time = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 10) === day
}

/** What is wrong with the end that was chosen, in a sentence. */
export function expiryFault(form: ExpiryChoice, now: Date): string | undefined {
  if (form.expiry === 'keep') return undefined
  if (form.expiry === 'date' && form.expiresOn === '') return 'Enter the last day, such as 2026-12-24.'
  const end = endOf(form, now)
  if (end === undefined) {
    const typed = form.expiry === 'date' ? form.expiresOn : form.validTo
    return `${quoted(typed)} is not a date. Enter one such as 2026-12-24.`
  }
  if (end.getTime() <= now.getTime()) return 'Choose an end that is not past.'
  const isTooLate = end.getTime() > now.getTime() + longestLifeDays * dayMs
  return isTooLate ? `Choose an end within one year: ${latestDay(now)} is the last day.` : undefined
}

/** Whether a text is written as a day; there need not be such a day. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text)
}

/** The beginning of what somebody typed, for a sentence about it. */
export function quoted(text: string): string {
  return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`
}
