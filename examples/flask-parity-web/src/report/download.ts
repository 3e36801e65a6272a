import {
  PatkitError,
  type FailedOutcome,
  type GraphUser,
  type ReadOutcome,
  type ScanOutcome,
  type ScanProgress,
  type SkippedOutcome,
  type TokenScan,
} from '@patkit/core'
import { ReportError, toRow, writeReport, type ReportFormat } from '@patkit/report'
import type { Response } from 'express'
import type { SkippedUser, UnreadUser } from '../jobs/job-folder.js'
import type { ReportJob } from '../jobs/report-job.js'
import { filterToQuery, passes, type TokenFilter } from './filter.js'
import { expiringWithinDays, statusSettings, toWireRow, withRevoked } from './rows.js'

const contentTypes: Readonly<Record<ReportFormat, string>> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  html: 'text/html; charset=utf-8',
}

/**
 * Sends a report as a file: all of it, or what passes a filter. Before its end it is what was read so far, and its name says so. Ends
 * quietly when the browser leaves; on a fault the connection is cut, so that nobody takes half a file for a whole one.
 */
export async function sendDownload(
  res: Response,
  job: ReportJob,
  format: ReportFormat,
  filter: TokenFilter,
): Promise<void> {
  if (res.closed) return
  const leaves = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) leaves.abort()
  })
  const words = [...filterToQuery(filter)].map(([name, value]) => `${name} ${value}`).join(', ')
  const parts = [
    'tokens',
    job.organization,
    job.startedAt.toISOString().slice(0, 10),
    ...(words === '' ? [] : ['filtered']),
    ...(job.state === 'done' ? [] : ['partial']),
  ]
  res.attachment(`${parts.join('-')}.${format}`)
  res.type(contentTypes[format])
  const title = `Personal access tokens of ${job.organization}${words === '' ? '' : ` (only ${words})`}`
  const settings = { now: job.startedAt, expiringWithinDays, title, signal: leaves.signal }
  try {
    await writeReport(toScan(job, filter), [{ stream: res, format }], settings)
  } catch (error) {
    // The only target is the response: of it a report can only say that nobody takes it any more.
    if (error !== leaves.signal.reason && !(error instanceof ReportError)) throw error
  }
}

/** A report that was made, as the scan it came from. */
function toScan(job: ReportJob, filter: TokenFilter): TokenScan {
  return {
    organization: job.organization,
    progress: toProgress(job),
    [Symbol.asyncIterator]: () => outcomesOf(job, filter),
  }
}

async function* outcomesOf(job: ReportJob, filter: TokenFilter): AsyncGenerator<ScanOutcome, void, undefined> {
  for await (const { outcome } of job.outcomes()) yield onlyPassing(job, withRevoked(job, outcome), filter)
  for (const user of job.unread) yield toFailed(user)
  for (const user of job.skipped) yield toSkipped(user)
}

function onlyPassing(job: ReportJob, outcome: ReadOutcome, filter: TokenFilter): ReadOutcome {
  const settings = statusSettings(job)
  const { user, tokens } = outcome
  return { ...outcome, tokens: tokens.filter((token) => passes(toWireRow(toRow(user, token, settings)), filter)) }
}

function toFailed({ reason, code, status, ...user }: UnreadUser): FailedOutcome {
  return { status: 'failed', user: toUser(user), reason, error: new RememberedError(reason, code, status ?? undefined) }
}

function toSkipped({ reason, ...user }: SkippedUser): SkippedOutcome {
  return { status: 'skipped', user: toUser(user), reason }
}

/** Of somebody whose tokens are not in the report, only the name is kept. */
function toUser({ descriptor, displayName }: Pick<GraphUser, 'descriptor' | 'displayName'>): GraphUser {
  return {
    descriptor,
    displayName,
    principalName: null,
    mailAddress: null,
    origin: null,
    originId: null,
    domain: null,
    subjectKind: null,
    metaType: null,
    directoryAlias: null,
    isDeletedInOrigin: false,
  }
}

/** What was wrong when a user could not be read, as it was written down. */
class RememberedError extends PatkitError {
  override readonly code: string

  constructor(message: string, code: string, status: number | undefined) {
    super(message, { status })
    this.code = code
  }
}

function toProgress(job: ReportJob): ScanProgress {
  const { usersDone, usersTotal, tokens, requests, retries, throttledMs } = job.counts
  return {
    listed: usersTotal ?? usersDone,
    done: usersDone,
    // A report that was cancelled did not see everybody, although it may have listed them.
    total: job.state === 'done' ? usersDone : undefined,
    tokens,
    failures: job.unread.length,
    recalled: 0,
    concurrency: 0,
    waitingUntil: undefined,
    requests,
    retries,
    throttledMs,
  }
}
