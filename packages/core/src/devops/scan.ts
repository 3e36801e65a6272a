import { isPatkitError, NotFoundError, PermissionError, ProtocolError, type PatkitError } from '../errors.js'
import { checkRange } from '../config/range.js'
import type { GraphUser } from '../model/graph-user.js'
import type { Page } from '../paging.js'
import { concurrently } from './concurrently.js'
import type {
  FailedOutcome,
  ReadOutcome,
  ScanCheckpoint,
  ScanOutcome,
  ScanProgress,
  TokenScan,
} from './scan-outcome.js'
import { ADMINISTRATOR_HINT, type Service } from './service.js'
import type { TokenAdmin } from './token-admin.js'
import { isDescriptor, type SubjectType, type Users } from './users.js'

/** How to scan. */
export interface ScanOptions {
  /**
   * Users read at the same time: starts there and stays at or below, 1 to 64. Without it the client's limits apply: it starts with 8
   * and adapts up to 16.
   */
  readonly concurrency?: number
  /** `'listing'` (default) yields users in the service's order, `'completion'` as they are read, which is faster when some are slow. */
  readonly order?: 'listing' | 'completion'
  /** Only these kinds of users; everybody when left out, so that nobody is missing from the count. */
  readonly subjectTypes?: readonly SubjectType[]
  /** Keeps what was read, and gives back what an earlier run had read. */
  readonly checkpoint?: ScanCheckpoint
  /** Stops the scan; what is under way is aborted and the loop ends with `signal.reason`. */
  readonly signal?: AbortSignal
  /** Called after each user, each page of users, and when a pause begins. */
  readonly onProgress?: (progress: ScanProgress) => void
}

/** Refusals in a row, with nobody read, after which nobody will be: going on would cost a request per user for an empty report. */
const refusalsBeforeGivingUp = 5

/**
 * Users in a row who could not be read because the network or the service failed, after which the scan ends with that failure. Each has
 * been tried as often as the client's retries allow; what was read until then is in the checkpoint.
 */
const breakdownsBeforeGivingUp = 50

/** More requests at a time gain nothing under one identity. */
export const mostConcurrency = 64

/** Kinds of identities that own no personal access tokens, by the first part of the descriptor. */
const kindsWithoutTokens: ReadonlyMap<string, string> = new Map([
  ['svc', 'service identity'],
  ['acs', 'service identity'],
  ['aadsp', 'service principal'],
  ['vssgp', 'group'],
  ['aadgp', 'group'],
  ['ungrp', 'group'],
])

/** Of other kinds the service may say that it keeps no tokens; of these its refusal means that we could not read them. */
const kindsOfPeople: ReadonlySet<string> = new Set(['aad', 'msa'])

const notApplicable = 'identity without personal access tokens'

/** What a scan stands on. */
export interface ScanSources {
  readonly service: Service
  readonly users: Users
  readonly tokenAdmin: TokenAdmin
}

/** Reads the tokens of every user of an organization; one outcome per user. */
export function scanTokens(sources: ScanSources, options: ScanOptions = {}): TokenScan {
  checkOptions(options)
  return new Scan(sources, options)
}

class Scan implements TokenScan {
  readonly organization: string
  readonly #sources: ScanSources
  readonly #options: ScanOptions
  readonly #before: { readonly requests: number; readonly retries: number; readonly throttledMs: number }
  #started = false
  #listed = 0
  #done = 0
  #total: number | undefined
  #tokens = 0
  #failures = 0
  #recalled = 0
  #read = 0
  #refusals = 0
  #breakdowns = 0

  constructor(sources: ScanSources, options: ScanOptions) {
    this.organization = sources.service.organization
    this.#sources = sources
    this.#options = options
    const { requests, retries, gate } = sources.service.transport
    this.#before = { requests, retries, throttledMs: gate.throttledMs }
  }

  get progress(): ScanProgress {
    const { transport } = this.#sources.service
    const heldUntil = transport.gate.heldUntil
    return {
      listed: this.#listed,
      done: this.#done,
      total: this.#total,
      tokens: this.#tokens,
      failures: this.#failures,
      recalled: this.#recalled,
      concurrency: transport.gate.concurrency,
      waitingUntil: heldUntil === undefined ? undefined : new Date(heldUntil),
      requests: transport.requests - this.#before.requests,
      retries: transport.retries - this.#before.retries,
      throttledMs: transport.gate.throttledMs - this.#before.throttledMs,
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ScanOutcome, void, undefined> {
    if (this.#started) throw new TypeError('This scan was already iterated; call scanTokens() again.')
    this.#started = true
    const { gate } = this.#sources.service.transport
    const { concurrency, order = 'listing', signal } = this.#options
    if (concurrency !== undefined) gate.prepare(concurrency)
    const stopListening = gate.onHold(() => this.#report())
    try {
      yield* concurrently(
        (stop) => this.#listUsers(stop),
        (user, stop) => this.#outcomeOf(user, stop),
        {
          concurrency: concurrency ?? gate.maxConcurrency,
          order,
          signal,
        },
      )
      if (this.#read === 0 && this.#refusals > 0) throw nobodyReadable(this.#refusals)
    } finally {
      stopListening()
    }
  }

  /** Lists users one page ahead of those who read, so that they never wait for the list. */
  async *#listUsers(signal: AbortSignal): AsyncGenerator<GraphUser, void, undefined> {
    const { subjectTypes } = this.#options
    const list = this.#sources.users.list({ signal, ...(subjectTypes === undefined ? {} : { subjectTypes }) })
    for await (const page of onePageAhead(list.byPage())) {
      this.#listed += page.items.length
      if (page.continuationToken === undefined) this.#total = this.#listed
      this.#report()
      yield* page.items
    }
  }

  async #outcomeOf(user: GraphUser, signal: AbortSignal): Promise<ScanOutcome> {
    const outcome = await this.#ask(user, signal)
    this.#done++
    if (outcome.status === 'read') {
      this.#read++
      this.#breakdowns = 0
      this.#tokens += outcome.tokens.length
    } else if (outcome.status === 'failed') {
      this.#failures++
    }
    this.#report()
    return outcome
  }

  async #ask(user: GraphUser, signal: AbortSignal): Promise<ScanOutcome> {
    const kind = kindsWithoutTokens.get(kindOf(user))
    if (kind !== undefined) return { status: 'skipped', user, reason: kind }
    if (!isDescriptor(user.descriptor)) return unaddressable(user)
    const recalled = await this.#options.checkpoint?.recall(user.descriptor)
    if (recalled !== undefined) {
      this.#recalled++
      // The list of today is newer than the checkpoint's.
      return { ...recalled, user }
    }
    try {
      const outcome = await this.#readTokens(user, signal)
      await this.#options.checkpoint?.record(outcome)
      return outcome
    } catch (error) {
      signal.throwIfAborted()
      if (!isPatkitError(error)) throw error
      return await this.#judgeFailure(user, error, signal)
    }
  }

  async #readTokens(user: GraphUser, signal: AbortSignal): Promise<ReadOutcome> {
    const tokens = []
    for await (const token of this.#sources.tokenAdmin.list(user.descriptor, { signal })) tokens.push(token)
    return { status: 'read', user, tokens }
  }

  /** One user's failure is an outcome; a failure that every user shares ends the scan. */
  async #judgeFailure(user: GraphUser, error: PatkitError, signal: AbortSignal): Promise<ScanOutcome> {
    if (error.retryable && ++this.#breakdowns >= breakdownsBeforeGivingUp) throw error
    switch (error.code) {
      case 'PATKIT_SIGN_IN_REQUIRED':
      case 'PATKIT_INTERACTION_REQUIRED':
      case 'PATKIT_CONFIGURATION':
      case 'PATKIT_TOKEN_CACHE':
      case 'PATKIT_CHECKPOINT':
        throw error
      case 'PATKIT_THROTTLED':
        // Without a status the gate itself refused: the pause asked for is longer than we wait.
        if (error.status === undefined) throw error
        break
      case 'PATKIT_PERMISSION':
        this.#refusals++
        if (this.#read === 0 && this.#refusals >= refusalsBeforeGivingUp) throw nobodyReadable(this.#refusals, error)
        break
      case 'PATKIT_SERVICE':
        if (error.status === 400 && !isPerson(user)) return { status: 'skipped', user, reason: notApplicable }
        break
      case 'PATKIT_NOT_FOUND':
        if (!isPerson(user)) return { status: 'skipped', user, reason: notApplicable }
        if (await this.#isGone(user, signal)) return { status: 'skipped', user, reason: 'no longer exists' }
        break
      default:
        break
    }
    return { status: 'failed', user, reason: error.message, error }
  }

  /** A 404 of the tokens alone does not prove that the user is gone; only then is there nothing to miss. */
  async #isGone(user: GraphUser, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#sources.users.get(user.descriptor, { signal })
      return false
    } catch (error) {
      signal.throwIfAborted()
      return error instanceof NotFoundError
    }
  }

  #report(): void {
    this.#options.onProgress?.(this.progress)
  }
}

/** First part of the descriptor, which tells what kind of identity it names. */
function kindOf({ descriptor }: GraphUser): string {
  return descriptor.slice(0, Math.max(descriptor.indexOf('.'), 0)).toLowerCase()
}

function isPerson(user: GraphUser): boolean {
  return kindsOfPeople.has(kindOf(user))
}

/** The service listed somebody whom it cannot be asked for: nothing to be done about it, and no reason to leave the others out. */
function unaddressable(user: GraphUser): FailedOutcome {
  const error = new ProtocolError(
    `The descriptor ${JSON.stringify(user.descriptor.slice(0, 80))} is not what Azure DevOps documents.`,
    { field: 'descriptor', hint: 'The tokens of this user cannot be asked for; look for them in the web portal.' },
  )
  return { status: 'failed', user, reason: error.message, error }
}

function nobodyReadable(refusals: number, cause?: PatkitError): PermissionError {
  return new PermissionError(
    `Azure DevOps refused to show the tokens of all ${refusals} users asked for; no report was made of nothing.`,
    {
      status: cause?.status ?? 403,
      activityId: cause?.activityId,
      attempts: cause?.attempts,
      method: cause?.method,
      path: cause?.path,
      hint: ADMINISTRATOR_HINT,
    },
  )
}

function checkOptions({ concurrency, order }: ScanOptions): void {
  checkRange('concurrency', concurrency, 1, mostConcurrency)
  if (order !== undefined && (order as string) !== 'listing' && (order as string) !== 'completion') {
    throw new TypeError(`order must be 'listing' or 'completion', not ${JSON.stringify(order)}.`)
  }
}

/** Asks for the next page while the last one is being worked on. */
async function* onePageAhead<T>(pages: AsyncIterable<Page<T>>): AsyncGenerator<Page<T>, void, undefined> {
  const iterator = pages[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    for (;;) {
      const result = await next
      if (result.done === true) return
      next = iterator.next()
      // Looked at when its turn comes; until then a failure must not count as unhandled.
      next.catch(() => undefined)
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}
