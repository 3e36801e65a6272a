import { once } from 'node:events'
import type { Clock } from '@patkit/core'
import type { Request, Response } from 'express'
import type { ReportJob } from '../jobs/report-job.js'
import { toWireRows } from './rows.js'
import type { WireEvent, WireRow } from './wire.js'

const limits = {
  /** Tokens in one event, and bytes of the log: after either the user who is at hand is the last one in it. */
  rowsPerEvent: 500,
  bytesPerEvent: 256 * 1024,
  /** Milliseconds between two looks at what is new: a page need not draw more often. */
  betweenMs: 250,
  /** Milliseconds after which a silent connection gets a sign of life; proxies close those that have none. */
  heartbeatMs: 15_000,
  /** Milliseconds after which the browser has to come again: then it is asked anew whether it is signed in. */
  lifeMs: 5 * 60_000,
} as const

/**
 * What happens in a report, from a position in its log on: first where it stands, who could not be read and what was revoked, then the
 * users who were read. Ends with the report; and without its end when those who could not be read are asked again, so that the page comes
 * again and hears of them anew.
 *
 * @param from - The `id` of the last event that is known already; 0 for everything, as is what no event had.
 */
export async function* eventsOf(
  job: ReportJob,
  { from, clock, signal }: { readonly from: number; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<WireEvent, void, undefined> {
  // A log that lost its end when the machine did, or an id that somebody made up: a page knows what it has already.
  let position = (await job.hasPosition(from)) ? from : 0
  let [toldUnread, toldRevoked] = [-1, 0]
  const { unread } = job
  while (!signal.aborted && job.unread === unread) {
    // Taken before the log is read: what comes meanwhile is a change to be told next time.
    const { version, isOver } = job
    yield { type: 'progress', data: job.progress }
    if (unread.length > toldUnread) yield { type: 'unread', data: unread.slice(Math.max(toldUnread, 0)) }
    toldUnread = unread.length
    if (job.revoked.size > toldRevoked) yield { type: 'revoked', data: [...job.revoked].slice(toldRevoked) }
    toldRevoked = job.revoked.size
    position = yield* rowEvents(job, position)
    if (isOver) {
      yield { type: 'end', data: job.progress }
      return
    }
    await clock.sleep(limits.betweenMs, signal).catch(() => undefined)
    await job.changed(version, signal)
  }
}

/** The tokens behind a position; gives back where the log ends, which is further on when the last users have none. */
async function* rowEvents(job: ReportJob, from: number): AsyncGenerator<WireEvent, number, undefined> {
  let rows: WireRow[] = []
  let [told, position] = [from, from]
  for await (const { outcome, next } of job.outcomes(from)) {
    rows.push(...toWireRows(job, outcome))
    position = next
    const isFull = rows.length >= limits.rowsPerEvent || position - told >= limits.bytesPerEvent
    if (!isFull || rows.length === 0) continue
    yield { type: 'rows', id: position, data: rows }
    rows = []
    told = position
  }
  if (rows.length > 0) yield { type: 'rows', id: position, data: rows }
  return position
}

/** How an event looks on the wire. The data is JSON, so that no text of anybody can end a line. */
export function toServerSentEvent(event: WireEvent): string {
  const id = event.type === 'rows' ? `id: ${event.id}\n` : ''
  return `event: ${event.type}\n${id}data: ${JSON.stringify(event.data)}\n\n`
}

/** Sends what happens in a report until it ends, the browser leaves, or it is time to ask again who it is. */
export async function sendEvents(req: Request, res: Response, job: ReportJob, clock: Clock): Promise<void> {
  // It left before there was anybody to notice.
  if (res.closed) return
  const leaves = new AbortController()
  const stop = (): void => leaves.abort()
  res.once('close', stop)
  const endLife = clock.timer(limits.lifeMs, stop)
  res.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  })
  res.write('retry: 3000\n\n')
  const signal = leaves.signal
  void keepAlive(res, clock, signal)
  try {
    for await (const event of eventsOf(job, { from: positionOf(req), clock, signal })) {
      if (!res.write(toServerSentEvent(event))) await once(res, 'drain', { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  } finally {
    endLife()
    stop()
    // Who takes nothing any more would not take the end either.
    if (res.writableNeedDrain) res.destroy()
    else res.end()
  }
}

async function keepAlive(res: Response, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(limits.heartbeatMs, signal)
      res.write(':\n\n')
    }
  } catch {
    // The browser left.
  }
}

/** The last event the browser knows: it says so itself when it comes again. */
function positionOf(req: Request): number {
  const given = req.get('Last-Event-ID') ?? (typeof req.query['from'] === 'string' ? req.query['from'] : '0')
  return /^\d{1,15}$/.test(given) ? Number(given) : 0
}
