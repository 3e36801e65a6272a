// Read on both sides: the same words on the page without script and on the live one.

import type { WireProgress, WireRow } from './wire.js'

/** What a status is called; the sign before it is for those who do not see colours. */
export const statusWords = {
  active: '✓ Active',
  expiring: '! Expiring',
  expired: '✕ Expired',
  revoked: '⊘ Revoked',
} as const satisfies Record<WireRow['status'], string>

/** When a token ends, as people say it. */
export function endsInWords({ status, noExpiry, daysLeft }: Pick<WireRow, 'status' | 'noExpiry' | 'daysLeft'>): string {
  if (status === 'revoked') return 'revoked'
  if (noExpiry) return 'never'
  if (daysLeft === null) return 'unknown'
  if (status === 'expired') return daysLeft >= -1 ? 'within the last day' : `${plural(-daysLeft - 1, 'day')} ago`
  return daysLeft === 0 ? 'today' : `in ${plural(daysLeft, 'day')}`
}

/** `2026-11-26 09:00 UTC`; another text of the service as it is. */
export function timeInWords(iso: string): string {
  return /^\d{4}-\d{2}-\d{2}T/.test(iso) && iso.endsWith('Z') ? `${iso.slice(0, 16).replace('T', ' ')} UTC` : iso
}

/** Where a report stands, in one sentence. */
export function progressInWords(progress: WireProgress): string {
  const { state, usersDone, usersTotal, tokens, failures, waitingSeconds, etaSeconds } = progress
  const users =
    usersTotal === null ? `${number(usersDone)} users` : `${number(usersDone)} of ${number(usersTotal)} users`
  const read = `${users}, ${number(tokens)} tokens`
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
