import { linkSignal } from './abort.js'
import { PaginationLoopError, ProtocolError } from './errors.js'

/** One page of a list, as the service cut it. */
export interface Page<T> {
  /** The items of this page; may be empty although more pages follow. */
  readonly items: readonly T[]
  /** Where the next page starts; `undefined` on the last page. Opaque: store it as it is, and use it with the same options only. */
  readonly continuationToken: string | undefined
}

/** Where and how to read pages. */
export interface PageSettings {
  /** Continues after an earlier page: its `continuationToken`. */
  readonly continuationToken?: string | undefined
  /** Largest number of items of one page, where the service lets us choose. */
  readonly maxPageSize?: number | undefined
}

/**
 * A list that is read while it is iterated: items by `for await`, pages by {@link PagedIterable.byPage}.
 *
 * Nothing is sent before the first read, and nothing more after `break`. Each `for await` reads the list anew.
 */
export interface PagedIterable<T> extends AsyncIterable<T> {
  /** Iterates over whole pages, with the token that continues after each. */
  byPage(settings?: PageSettings): AsyncIterable<Page<T>>
}

/** Reads one page; the token is `undefined` for the first. */
export type ReadPage<T> = (request: {
  readonly continuationToken: string | undefined
  readonly maxPageSize: number | undefined
  readonly signal: AbortSignal
}) => Promise<{ readonly items: readonly T[]; readonly continuationToken: string | null | undefined }>

/** A list ends after this many pages even if the service goes on; 100,000 pages of 500 are 50 million items. */
const maxPages = 100_000

const emptyGuid = '00000000-0000-0000-0000-000000000000'

/** The services end a list in four spellings: no token, null, an empty string, and the empty GUID. */
function endsList(token: string | null | undefined): token is null | undefined {
  return token === undefined || token === null || token === '' || token === emptyGuid
}

/** What a list is made of. */
export interface PagedList<T> {
  readonly readPage: ReadPage<T>
  /** What makes an item itself; one that comes again on a later page is left out. */
  readonly keyOf: (item: T) => string
  readonly signal?: AbortSignal | undefined
}

/** The one loop that follows continuation tokens, wherever the service puts them. */
export function paged<T>({ readPage, keyOf, signal: outer }: PagedList<T>): PagedIterable<T> {
  async function* readPages(settings: PageSettings, signal: AbortSignal): AsyncGenerator<Page<T>, void, undefined> {
    const tokensSeen = new Set<string>()
    const itemsSeen = new Set<string>()
    const isNew = (item: T): boolean => itemsSeen.size !== itemsSeen.add(keyOf(item)).size
    let continuationToken = endsList(settings.continuationToken) ? undefined : settings.continuationToken
    for (let page = 1; page <= maxPages; page++) {
      if (continuationToken !== undefined) tokensSeen.add(continuationToken)
      const answer = await readPage({ continuationToken, maxPageSize: settings.maxPageSize, signal })
      const next = endsList(answer.continuationToken) ? undefined : answer.continuationToken
      if (next !== undefined && tokensSeen.has(next)) {
        throw new PaginationLoopError(
          `The service answered page ${page} with a continuation token it had already given; the list would never end.`,
          { hint: 'Read the list again; if it happens again, report it to the service with the time of the request.' },
        )
      }
      yield { items: answer.items.filter(isNew), continuationToken: next }
      if (next === undefined) return
      continuationToken = next
    }
    throw new ProtocolError(`The list did not end after ${maxPages} pages.`)
  }

  async function* readItems(signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    for await (const page of readPages({}, signal)) yield* page.items
  }

  return {
    byPage: (settings = {}) => ({
      [Symbol.asyncIterator]: () => stoppable(outer, (stop) => readPages(settings, stop)),
    }),
    [Symbol.asyncIterator]: () => stoppable(outer, readItems),
  }
}

/** A generator whose `return()` also stops what it is waiting for; by itself it would wait for that first. */
function stoppable<T>(
  outer: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
): AsyncIterator<T, void, undefined> {
  const linked = linkSignal(outer)
  const items = start(linked.signal)
  let pending = 0
  const settle = async (step: Promise<IteratorResult<T, void>>): Promise<IteratorResult<T, void>> => {
    pending++
    try {
      const result = await step
      if (result.done === true) linked.release()
      return result
    } catch (error) {
      linked.release()
      throw error
    } finally {
      pending--
    }
  }
  return {
    next: () => settle(items.next()),
    return: () => {
      if (pending > 0) linked.abort()
      return settle(items.return())
    },
  }
}
