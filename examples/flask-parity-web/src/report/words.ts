// Read on both sides: the same words on the page without script and on the live one.

import type { JobState, WireProgress, WireRow } from './wire.js'

/** What a status is called; the sign before it is for those who do not see colours. */
export const statusWords = {
  active: '✓ Active',
  expiring: '! Expiring',
  expired: '✕ Expired',
  revoked: '⊘ Revoked',
} as const satisfies Record<WireRow['status'], string>

export function nameOf({ token }: Pick<WireRow, 'token'>): string {
  return token === null || token.trim() === '' ? '(no name)' : token
}

/** What the box beside a token is for. */
export function selectLabel(row: Pick<WireRow, 'token' | 'owner'>): string {
  return `Select ${cut(nameOf(row), 80)} of ${cut(row.owner, 80)}`
}

/** When a token ends, as people say it. */
export function endsInWords({ status, noExpiry, daysLeft }: Pick<WireRow, 'status' | 'noExpiry' | 'daysLeft'>): string {
  if (status === 'revoked') return 'revoked'
  if (noExpiry) return 'never'
  if (daysLeft === null) return 'unknown'
  if (status === 'expired') return daysLeft >= -1 ? 'within the last day' : `${plural(-daysLeft - 1, 'day')} ago`
  return daysLeft === 0 ? 'today' : `in ${plural(daysLeft, 'day')}`
}

/** Whether a text is a time, and not just what the service says instead of one. */
export function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text)
}

/** `2026-11-26 09:00 UTC`; another text of the service as it is. */
export function timeInWords(iso: string): string {
  return isTime(iso) ? `${iso.slice(0, 16).replace('T', ' ')} UTC` : iso
}

/** What makes a token worth a second look, beside its scopes. */
export function badgesOf(row: Pick<WireRow, 'fullAccess' | 'allOrganizations'>): string[] {
  return [...(row.fullAccess ? ['Full access'] : []), ...(row.allOrganizations ? ['All organizations'] : [])]
}

/** Whether more will come. */
export function isUnderWay(state: JobState): boolean {
  return state === 'running' || state === 'sign-in-needed'
}

/** What a report is doing, in a word. */
export function stateInWords({ state, complete }: Pick<WireProgress, 'state' | 'complete'>): string {
  switch (state) {
    case 'running':
      return '… Running'
    case 'sign-in-needed':
      return '! Waits for a sign-in'
    case 'done':
      return complete === false ? '! Incomplete' : '✓ Complete'
    case 'cancelled':
      return '⊘ Cancelled'
    case 'failed':
      return '✕ Failed'
    default: {
      const unreachable: never = state
      return unreachable
    }
  }
}

/** Where a report stands, in one sentence. */
export function progressInWords(progress: WireProgress): string {
  const { state, usersDone, usersTotal, tokens, failures, waitingSeconds, etaSeconds } = progress
  const users =
    usersTotal === null ? `${number(usersDone)} users` : `${number(usersDone)} of ${number(usersTotal)} users`
  const read = `${users}, ${plural(tokens, 'token')}`
  const failed = failures === 0 ? '' : `, ${number(failures)} could not be read`
  switch (state) {
    case 'running': {
      const waiting = waitingSeconds > 0 ? ` Azure DevOps asked for a pause of ${duration(waitingSeconds)}.` : ''
      const eta = etaSeconds === null ? '' : ` About ${duration(etaSeconds)} left.`
      return `Reading: ${read}${failed}.${waiting}${eta}`
    }
    case 'sign-in-needed':
      return `Waiting for you to sign in again: ${read}${failed}.`
    case 'done':
      return failures === 0 ? `Complete: ${read}.` : `Ended, but incomplete: ${read}${failed}.`
    case 'cancelled':
      return `Cancelled: ${read}${failed}.`
    case 'failed':
      return `Failed: ${read}${failed}.`
    default: {
      const unreachable: never = state
      return unreachable
    }
  }
}

/** `3 min 20 s` */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)]
  return hours === 0 ? `${minutes} min ${whole % 60} s` : `${hours} h ${minutes} min`
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}

export function plural(count: number, word: string): string {
  return `${number(count)} ${word}${count === 1 ? '' : 's'}`
}

const fits = { characters: 120, lines: 4 } as const

/** The beginning of a text that is too long to stand in a cell; `undefined` for one that is not. */
export function beginningOf(text: string): string | undefined {
  if (text.length <= fits.characters && text.split('\n', fits.lines + 1).length <= fits.lines) return undefined
  const [line = ''] = text.trimStart().slice(0, fits.characters).split('\n', 1)
  return `${cut(line, 60)}… (${number(text.length)} characters)`
}

/** At most so many UTF-16 units of a text, and no half of a character. */
export function cut(text: string, most: number): string {
  return text.slice(0, most).replace(/[\ud800-\udbff]$/, '')
}
