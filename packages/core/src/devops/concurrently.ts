import { linkSignal, onAbort } from '../abort.js'

/** How work on a stream of inputs is spread. */
export interface ConcurrentlyOptions {
  /** Most inputs worked on at the same time. */
  readonly concurrency: number
  /** `'listing'` yields in the order of the inputs, `'completion'` as results come. */
  readonly order: 'listing' | 'completion'
  readonly signal?: AbortSignal | undefined
}

/**
 * In listing order one slow input holds back the results behind it; this many times the concurrency may be waiting, so that the work
 * goes on meanwhile. It is also how far a slow consumer lets the work run ahead.
 */
const windowFactor = 4

interface Entry<O> {
  done: boolean
  value?: O
}

/**
 * Works on inputs several at a time and yields the results.
 *
 * The consumer sets the pace: no more is begun while `windowFactor` times the concurrency of results wait for it. When `work` or the
 * inputs fail, or the consumer leaves, everything under way is aborted through the signal that both were given.
 */
export async function* concurrently<I, O>(
  inputs: (signal: AbortSignal) => AsyncIterable<I>,
  work: (input: I, signal: AbortSignal) => Promise<O>,
  { concurrency, order, signal }: ConcurrentlyOptions,
): AsyncGenerator<O, void, undefined> {
  const window = concurrency * (order === 'listing' ? windowFactor : 1)
  const running = new Set<Promise<void>>()
  const entries: Entry<O>[] = []
  const linked = linkSignal(signal)
  // Changed by callbacks, so kept where the compiler does not take them for constant.
  const state: { ended: boolean; failure: { readonly reason: unknown } | undefined } = {
    ended: false,
    failure: undefined,
  }
  let wake: () => void = () => undefined
  let change = new Promise<void>((resolve) => (wake = resolve))
  const changed = (): void => {
    const resolve = wake
    change = new Promise<void>((next) => (wake = next))
    resolve()
  }
  const fail = (reason: unknown): void => {
    state.failure ??= { reason }
    changed()
  }

  const begin = (input: I): void => {
    const entry: Entry<O> = { done: false }
    if (order === 'listing') entries.push(entry)
    const task = work(input, linked.signal)
      .then((value) => {
        entry.value = value
        entry.done = true
        if (order === 'completion') entries.push(entry)
      }, fail)
      .finally(() => {
        running.delete(task)
        changed()
      })
    running.add(task)
  }

  const waiting = (): number => (order === 'listing' ? entries.length : entries.length + running.size)
  const stopped = (): boolean => state.failure !== undefined || linked.signal.aborted
  const feed = async (): Promise<void> => {
    for await (const input of inputs(linked.signal)) {
      while (!stopped() && (running.size >= concurrency || waiting() >= window)) await change
      if (stopped()) return
      begin(input)
    }
  }
  const stop = (): void => fail(linked.signal.reason)
  const unfollow = onAbort(linked.signal, stop)
  const feeding = feed()
    .catch(fail)
    .finally(() => {
      state.ended = true
      changed()
    })

  try {
    for (;;) {
      if (state.failure !== undefined) throw state.failure.reason
      const head = entries[0]
      if (head?.done === true) {
        entries.shift()
        changed()
        yield head.value as O
      } else if (state.ended && running.size === 0 && entries.length === 0) {
        return
      } else {
        await change
      }
    }
  } finally {
    unfollow()
    linked.abort()
    changed()
    linked.release()
    await Promise.allSettled([feeding, ...running])
  }
}
