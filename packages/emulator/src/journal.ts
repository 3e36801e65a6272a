/** One request that reached the emulator. It is recorded on arrival and completed when its answer ends. */
export interface JournalEntry {
  /** 1 for the first request; goes on counting after `clear()`. */
  readonly n: number
  /** Milliseconds since 1970 on the emulator's clock, at arrival. */
  readonly at: number
  readonly method: string
  /** Path without the query, percent-decoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. A credential is replaced by its scheme and a digest, so that two can be told apart but none be used. */
  readonly headers: Readonly<Record<string, string>>
  /** Body of a request to the Azure DevOps half. */
  readonly body?: string
  /** Descriptor of the identity that made the request, once its credential was accepted. */
  readonly user?: string
  /** Descriptor of the identity that the request is about: the one in its path, otherwise the caller. */
  readonly subject?: string
  /** Requests being answered when this one arrived, itself included. */
  readonly concurrentAtArrival: number
  /** `open` while it is being answered; `cut` when a fault rule broke the answer off; `abandoned` when the client left. */
  readonly outcome: 'open' | 'answered' | 'cut' | 'abandoned'
  /** Status that was sent, or meant to be sent; absent while there is none. */
  readonly status?: number
  /** Milliseconds of the emulator's clock from arrival to the end of the answer. */
  readonly durationMs?: number
  /** Id of the fault rule that shaped the answer. */
  readonly fault?: string
  /** Milliseconds that the rate limit held the answer back. */
  readonly heldMs?: number
}

/** The same entry for the emulator, which completes it. */
export type OpenEntry = { -readonly [Key in keyof JournalEntry]: JournalEntry[Key] }

/** Counts that are kept even when no request is. */
export interface JournalCounts {
  readonly total: number
  /** Requests by status; those that got none are under `none`. */
  readonly byStatus: Readonly<Record<string, number>>
  /** Requests that the rate limit held back. */
  readonly held: number
  /** Most requests at one time. */
  readonly mostConcurrent: number
}

/** Every request that reached the emulator, except those to its own `/_emulator` pages. */
export interface Journal {
  /** In the order of arrival; the oldest are dropped beyond `journalSize`. */
  readonly requests: readonly JournalEntry[]
  readonly counts: JournalCounts
  /** Forgets requests and counts. */
  clear(): void
  /** Resolves with all requests kept as soon as that many have arrived since the last `clear()`. */
  waitFor(count: number): Promise<readonly JournalEntry[]>
  /** Resolves with the first request for which `predicate` is true; it is asked whenever one arrives or something about one changes. */
  waitFor(predicate: (entry: JournalEntry) => boolean): Promise<JournalEntry>
}

interface Waiter {
  readonly check: () => boolean
  readonly reject: (reason: Error) => void
}

/** @internal */
export class RequestJournal implements Journal {
  readonly #size: number
  readonly #waiters = new Set<Waiter>()
  #requests: OpenEntry[] = []
  #arrived = 0
  #n = 0
  #clearedAt = 0
  #held = 0
  #concurrent = 0
  #mostConcurrent = 0
  #byStatus: Record<string, number> = {}

  constructor(size: number) {
    this.#size = size
  }

  get requests(): readonly JournalEntry[] {
    return this.#requests
  }

  get counts(): JournalCounts {
    return {
      total: this.#arrived,
      byStatus: { ...this.#byStatus },
      held: this.#held,
      mostConcurrent: this.#mostConcurrent,
    }
  }

  clear(): void {
    this.#requests = []
    this.#clearedAt = this.#n
    this.#arrived = 0
    this.#held = 0
    this.#mostConcurrent = this.#concurrent
    this.#byStatus = {}
  }

  waitFor(count: number): Promise<readonly JournalEntry[]>
  waitFor(predicate: (entry: JournalEntry) => boolean): Promise<JournalEntry>
  waitFor(wanted: number | ((entry: JournalEntry) => boolean)): Promise<unknown> {
    return new Promise<unknown>((resolve, reject) => {
      const check = (): boolean => {
        try {
          const found =
            typeof wanted === 'number' ? this.#arrived >= wanted && this.#requests : this.#requests.find(wanted)
          if (found === undefined || found === false) return false
          resolve(found)
        } catch (error) {
          // A predicate that throws is the waiting test's failure, not the request's.
          reject(error instanceof Error ? error : new Error(String(error)))
        }
        return true
      }
      if (!check()) this.#waiters.add({ check, reject })
    })
  }

  /** Whether entries are kept at all; without them nobody needs what only they hold. */
  get keepsRequests(): boolean {
    return this.#size > 0
  }

  /** Records an arrival. */
  begin(entry: Omit<OpenEntry, 'n' | 'concurrentAtArrival' | 'outcome'>): OpenEntry {
    this.#arrived++
    this.#concurrent++
    this.#mostConcurrent = Math.max(this.#mostConcurrent, this.#concurrent)
    const open: OpenEntry = { n: ++this.#n, concurrentAtArrival: this.#concurrent, outcome: 'open', ...entry }
    if (this.#size > 0) this.#keep(open)
    this.#tell()
    return open
  }

  #keep(entry: OpenEntry): void {
    this.#requests.push(entry)
    // Dropping in batches: one by one would move a hundred thousand entries for each request.
    if (this.#requests.length >= this.#size * 2) this.#requests = this.#requests.slice(-this.#size)
  }

  /** Adds to an entry what has become known. */
  note(entry: OpenEntry, known: Partial<Pick<OpenEntry, 'fault' | 'heldMs' | 'status'>>): void {
    Object.assign(entry, known)
    this.#tell()
  }

  /** Completes an entry. */
  end(entry: OpenEntry, outcome: 'answered' | 'cut' | 'abandoned', now: number): void {
    if (entry.outcome !== 'open') return
    entry.outcome = outcome
    entry.durationMs = now - entry.at
    this.#concurrent--
    // Requests from before the last `clear()` are in nobody's count.
    if (entry.n <= this.#clearedAt) return
    const status = entry.status === undefined ? 'none' : String(entry.status)
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1
    if ((entry.heldMs ?? 0) > 0) this.#held++
    this.#tell()
  }

  #tell(): void {
    if (this.#waiters.size === 0) return
    for (const waiter of this.#waiters) if (waiter.check()) this.#waiters.delete(waiter)
  }

  close(): void {
    for (const { reject } of this.#waiters)
      reject(new Error('the emulator was closed while a test waited for a request'))
    this.#waiters.clear()
  }
}
