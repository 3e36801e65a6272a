import { once } from 'node:events'
import type { Clock } from '@patkit/core'
import type { Request, Response } from 'express'
import type { ReportJob } from '../jobs/report-job.js'
import { toWireRows } from './rows.js'
import type { WireEvent, WireRow } from './wire.js'

const limits = {
  /** Tokens in one event. */
  rowsPerEvent: 500,
  /** Milliseconds between two looks at what is new: a page need not draw more often. */
  betweenMs: 250,
  /** Milliseconds after which a silent connection gets a sign of life; proxies close those that have none. */
  heartbeatMs: 15_000,
  /** Milliseconds after which the browser has to come again: then it is asked anew whether it is signed in. */
  lifeMs: 5 * 60_000,
} as const

/**
 * What happens in a report, from a position in its log on: first where it stands, then the users who were read. Ends with the report.
 *
 * @param from - The `id` of the last event that is known already; 0 for everything.
 */
export async function* eventsOf(
  job: ReportJob,
  { from, clock, signal }: { readonly from: number; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<WireEvent, void, undefined> {
  let position = from
  let [unread, revoked] = [0, 0]
  while (!signal.aborted) {
    // Taken before the log is read: what comes meanwhile is a change to be told next time.
    const { version, isOver } = job
    yield { type: 'progress', data: job.progress }
    if (unread > job.unread.length) unread = 0
    if (job.unread.length > unread) yield { type: 'unread', data: job.unread.slice(unread) }
    unread = job.unread.length
    if (job.revoked.size > revoked) yield { type: 'revoked', data: [...job.revoked].slice(revoked) }
    revoked = job.revoked.size
    for await (const event of rowEvents(job, position)) {
      yield event
      position = event.id
    }
    if (isOver) {
      yield { type: 'end', data: job.progress }
      return
    }
    await clock.sleep(limits.betweenMs, signal).catch(() => undefined)
    await job.changed(version, signal)
  }
}

async function* rowEvents(job: ReportJob, from: number): AsyncGenerator<WireEvent & { type: 'rows' }, void, undefined> {
  let rows: WireRow[] = []
  let position = from
  for await (const { outcome, next } of job.outcomes(from)) {
    rows.push(...toWireRows(job, outcome))
    position = next
    if (rows.length >= limits.rowsPerEvent) {
      yield { type: 'rows', id: position, data: rows }
      rows = []
    }
  }
  if (rows.length > 0) yield { type: 'rows', id: position, data: rows }
}

/** How an event looks on the wire. The data is JSON, so that no text of anybody can end a line. */
export function toServerSentEvent(event: WireEvent): string {
  const id = event.type === 'rows' ? `id: ${event.id}\n` : ''
  return `event: ${event.type}\n${id}data: ${JSON.stringify(event.data)}\n\n`
}

/** Sends what happens in a report until it ends, the browser leaves, or it is time to ask again who it is. */
export async function sendEvents(req: Request, res: Response, job: ReportJob, clock: Clock): Promise<void> {
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
    res.end()
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
