import { linkSignal, untilAborted } from '../abort.js'

interface Flight {
  readonly promise: Promise<unknown>
  readonly stop: () => void
  waiting: number
}

/** Does one thing once for all who ask for it at the same time. It is given up when nobody waits for it any more. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>()

  /** Settles as the work under this key does; `signal` ends only the caller's own wait. */
  async run<T>(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiting++
    try {
      // Under one key there is one kind of work.
      const promise = flight.promise as Promise<T>
      return signal === undefined ? await promise : await untilAborted(promise, signal)
    } finally {
      flight.waiting--
      if (flight.waiting === 0) flight.stop()
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight {
    const stopping = linkSignal()
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    const promise = work(stopping.signal).finally(forget)
    const flight: Flight = {
      promise,
      // Forgotten at once: whoever comes next must not join what is being given up.
      stop: () => {
        forget()
        stopping.abort(new DOMException('Nobody waits for this any more.', 'AbortError'))
      },
      waiting: 0,
    }
    // Whoever waits sees the failure; when nobody waits any more it must not count as unhandled.
    promise.catch(() => undefined)
    this.#flights.set(key, flight)
    return flight
  }
}
