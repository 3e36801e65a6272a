import type { WireEvent } from '../report/wire.js'

type DataOf<T extends WireEvent['type']> = Extract<WireEvent, { readonly type: T }>['data']

/** What is to be done with what comes. */
export interface StreamHandlers {
  progress(data: DataOf<'progress'>): void
  unread(data: DataOf<'unread'>): void
  rows(data: DataOf<'rows'>): void
  revoked(data: DataOf<'revoked'>): void
  /** Nothing more will come. */
  end(data: DataOf<'end'>): void
  /** The server no longer knows who this is. */
  signedOut(): void
  /** The connection broke; the browser tries again by itself. */
  offline(): void
  online(): void
}

/** Milliseconds after which a connection that the server refused for a while is tried again. */
const tryAgainMs = 5_000

/** Listens to a report until its end. After a broken connection the browser goes on behind the last event it got. */
export function listen(url: string, handlers: StreamHandlers, from = '0'): void {
  const source = new EventSource(`${url}?from=${from}`)
  let last = from
  const on = <T extends WireEvent['type']>(type: T, handle: (data: DataOf<T>) => void): void => {
    source.addEventListener(type, (event: MessageEvent<string>) => {
      if (event.lastEventId !== '') last = event.lastEventId
      handle(JSON.parse(event.data) as DataOf<T>)
    })
  }
  on('progress', (data) => handlers.progress(data))
  on('unread', (data) => handlers.unread(data))
  on('rows', (data) => handlers.rows(data))
  on('revoked', (data) => handlers.revoked(data))
  on('end', (data) => {
    source.close()
    handlers.end(data)
  })
  source.addEventListener('open', () => handlers.online())
  source.addEventListener('error', () => {
    handlers.offline()
    // Closed: the answer was no stream. Otherwise the browser is trying again.
    if (source.readyState === EventSource.CLOSED) void explain(url, handlers, () => listen(url, handlers, last))
  })
}

/** Finds out why there was no stream; an `EventSource` does not tell. */
async function explain(url: string, handlers: StreamHandlers, again: () => void): Promise<void> {
  const stop = new AbortController()
  try {
    const { status } = await fetch(url, { signal: stop.signal })
    if (status === 401) {
      handlers.signedOut()
      return
    }
  } catch {
    // Offline: tried again below.
  } finally {
    stop.abort()
  }
  setTimeout(again, tryAgainMs)
}
