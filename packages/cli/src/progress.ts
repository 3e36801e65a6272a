import type { Clock, ScanProgress } from '@patkit/core'
import { spokenDuration } from './duration.js'
import type { ProgressMode } from './report-options.js'
import type { Talk } from './talk.js'

/** How progress is shown, once `auto` is decided. */
export type ProgressStyle = Exclude<ProgressMode, 'auto'>

/** Milliseconds between two looks at the scan. */
const intervals: Readonly<Record<Exclude<ProgressStyle, 'none'>, number>> = { bar: 100, lines: 10_000, json: 1_000 }

/** What progress is shown of, and where. */
export interface ProgressSource {
  /** Where the scan stands now. */
  readonly read: () => ScanProgress
  readonly talk: Talk
  readonly clock: Clock
}

/**
 * Shows the course of a scan until the returned function is called.
 *
 * It looks at the scan from time to time instead of being told of every step, so that a pause counts down on the screen although
 * nothing happens, and ten thousand users cost ten drawings a second.
 */
export function showProgress(style: ProgressStyle, source: ProgressSource): () => void {
  if (style === 'none') return () => undefined
  const pace = new Pace()
  const show = (): void => {
    const progress = source.read()
    const now = source.clock.now()
    showOnce(style, source.talk, { progress, now, remainingMs: pace.remainingMs(progress, now) })
  }
  const tick = (): void => {
    show()
    cancel = source.clock.timer(intervals[style], tick)
  }
  let cancel = source.clock.timer(intervals[style], tick)
  pace.remainingMs(source.read(), source.clock.now())
  return () => {
    cancel()
    if (style === 'json') show()
    source.talk.endStatus()
  }
}

/** A scan at a moment. */
export interface Moment {
  readonly progress: ScanProgress
  /** Milliseconds since 1970. */
  readonly now: number
  /** Milliseconds until the last user is read, if that can be told. */
  readonly remainingMs: number | undefined
}

function showOnce(style: Exclude<ProgressStyle, 'none'>, talk: Talk, moment: Moment): void {
  switch (style) {
    case 'bar':
      talk.status((width, unicode) => drawBar(moment, width, unicode))
      return
    case 'lines':
      talk.note(`${percentOf(moment)}${progressParts(moment, false).join(', ')}`)
      return
    case 'json':
      talk.event('progress', progressObject(moment))
      return
    default: {
      const unreachable: never = style
      throw new TypeError(`unknown style ${String(unreachable)}`)
    }
  }
}

function percentOf({ progress }: Moment): string {
  const share = shareOf(progress)
  return share === undefined ? '' : `${Math.floor(share * 100)} %: `
}

/** How much is done, from 0 to 1, once the number of users is known. */
function shareOf({ done, total }: ScanProgress): number | undefined {
  if (total === undefined) return undefined
  return total === 0 ? 1 : Math.min(done / total, 1)
}

const barWidths = { least: 8, most: 24 } as const

/**
 * The status line of a scan, at most `width` characters long: a bar while there is room for one, then what is most telling.
 *
 * Nothing wraps on a narrow terminal; the least important parts are left out instead.
 */
export function drawBar(moment: Moment, width: number, unicode: boolean): string {
  const separator = unicode ? ' · ' : ' | '
  let parts = progressParts(moment, unicode)
  while (parts.length > 1 && parts.join(separator).length > width) parts = withoutLeastImportant(parts)
  const text = parts.join(separator)
  const share = shareOf(moment.progress)
  const room = Math.min(width - text.length - ' 100 % '.length - 2, barWidths.most)
  if (share === undefined || room < barWidths.least) return text
  const filled = Math.floor(share * room)
  const [full, empty] = unicode ? ['█', '░'] : ['#', '-']
  const [left, right] = unicode ? ['', ''] : ['[', ']']
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  return `${left}${full.repeat(filled)}${empty.repeat(room - filled)}${right}${percent}  ${text}`
}

/** Users stay to the last; of the others the later ones go first, but what went wrong or holds us back outlives the counts. */
function withoutLeastImportant(parts: readonly string[]): string[] {
  const importance = (part: string): number => {
    if (part.startsWith('users ')) return 4
    if (part.startsWith('waiting ')) return 3
    if (part.endsWith(' failed')) return 2
    return part.startsWith('ETA ') ? 1 : 0
  }
  const least = parts.reduce((worst, part) => (importance(part) <= importance(worst) ? part : worst))
  return parts.filter((part) => part !== least)
}

/** What there is to say of a scan, most telling first. */
export function progressParts({ progress, now, remainingMs }: Moment, unicode: boolean): string[] {
  const { listed, done, total, tokens, failures, waitingUntil } = progress
  const isListing = listed === 0 && total === undefined
  const waitingMs = waitingUntil === undefined ? 0 : waitingUntil.getTime() - now
  const all = total === undefined ? `${unicode ? '≈' : '~'}${count(listed)}` : count(total)
  return [
    ...(isListing ? ['listing users'] : [`users ${count(done)}/${all}`, `tokens ${count(tokens)}`]),
    ...(failures > 0 ? [`${count(failures)} failed`] : []),
    ...(waitingMs > 0 ? [`waiting ${Math.ceil(waitingMs / 1000)} s: throttled`] : []),
    ...(remainingMs === undefined ? [] : [`ETA ${spokenDuration(remainingMs)}`]),
  ]
}

function progressObject({ progress, now, remainingMs }: Moment): object {
  return {
    at: new Date(now).toISOString(),
    ...progress,
    total: progress.total ?? null,
    waitingUntil: progress.waitingUntil?.toISOString() ?? null,
    etaSeconds: remainingMs === undefined ? null : Math.round(remainingMs / 1000),
  }
}

/** A number as people read it: `1,203`. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A number of things: `1 user`, `1,203 users`. */
export function plural(number: number, thing: string): string {
  return `${count(number)} ${thing}${number === 1 ? '' : 's'}`
}

/** How far back the speed of a scan is measured. Throttling comes in waves of this length. */
const paceWindowMs = 60_000

/** Tells how long a scan will still take, by the users it read in the last minute. */
export class Pace {
  #samples: { readonly at: number; readonly asked: number }[] = []

  /** Milliseconds until the last user is read; `undefined` while that cannot be told. Remembers the moment for later calls. */
  remainingMs(progress: ScanProgress, now: number): number | undefined {
    // Users from a checkpoint cost no time and would promise a speed that nobody reaches.
    const asked = progress.done - progress.recalled
    this.#remember(asked, now)
    const oldest = this.#samples[0]
    if (oldest === undefined || progress.total === undefined) return undefined
    const elapsed = now - oldest.at
    const read = asked - oldest.asked
    if (read <= 0 || elapsed < 1000) return undefined
    return ((progress.total - progress.done) * elapsed) / read
  }

  #remember(asked: number, now: number): void {
    const last = this.#samples.at(-1)
    if (last === undefined || now - last.at >= 500) this.#samples.push({ at: now, asked })
    const tooOld = this.#samples.findIndex(({ at }) => now - at <= paceWindowMs)
    if (tooOld > 0) this.#samples.splice(0, tooOld)
  }
}
