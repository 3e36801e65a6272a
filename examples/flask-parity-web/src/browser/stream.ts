import type { WireEvent } from '../report/wire.js'

type DataOf<T extends WireEvent['type']> = Extract<WireEvent, { readonly type: T }>['data']

/** What is to be done with what comes. */
export interface StreamHandlers {
  progress(data: DataOf<'progress'>): void
  /** @param isWhole - Whether it is everybody who could not be read so far, and not only who came since. */
  unread(data: DataOf<'unread'>, isWhole: boolean): void
  rows(data: DataOf<'rows'>): void
  revoked(data: DataOf<'revoked'>): void
  /** Nothing more will come. */
  end(data: DataOf<'end'>): void
  /** The connection stands again. */
  connected(): void
  /** It broke, and does not stand again after a while. */
  interrupted(): void
  /** The server no longer knows who this is. */
  signedOut(): void
  /** There is no such report for who is signed in now. */
  gone(): void
}

/** Milliseconds after which a connection that the server refused is tried again. */
const tryAgainMs = 5_000

/** Milliseconds within which a broken connection that stands again is not worth a word: the server ends each after some minutes. */
const graceMs = 4_500

/** Milliseconds after which a page that nobody looks at lets its connection go: a browser has six per site for all its tabs. */
const unseenMs = 60_000

/** Listens to a report until its end. After a break it goes on behind the last event that came. */
export class ReportStream {
  readonly #url: string
  readonly #handlers: StreamHandlers
  #source: EventSource | undefined
  /** Id of the last event. */
  #last = '0'
  #retry: number | undefined
  #grace: number | undefined
  #unseen: number | undefined
  #isLetGo = false

  constructor(url: string, handlers: StreamHandlers) {
    this.#url = url
    this.#handlers = handlers
    document.addEventListener('visibilitychange', () => this.#look())
    // Signed in again in another tab, or back on the network; and after the end, tokens may have been revoked from another tab.
    for (const event of ['focus', 'online']) addEventListener(event, () => this.#openIfClosed())
    // It may have been opened in the background.
    this.#look()
  }

  #open(): void {
    clearTimeout(this.#retry)
    // The browser itself says where to go on when it connects again, but not for a new connection.
    const source = new EventSource(`${this.#url}?from=${this.#last}`)
    this.#source = source
    let isFirst = true
    const on = <T extends WireEvent['type']>(type: T, handle: (data: DataOf<T>) => void): void => {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') this.#last = event.lastEventId
        handle(JSON.parse(event.data) as DataOf<T>)
      })
    }
    on('progress', (data) => this.#handlers.progress(data))
    on('unread', (data) => {
      this.#handlers.unread(data, isFirst)
      isFirst = false
    })
    on('rows', (data) => this.#handlers.rows(data))
    on('revoked', (data) => this.#handlers.revoked(data))
    on('end', (data) => {
      this.#close()
      this.#handlers.end(data)
    })
    source.addEventListener('open', () => {
      isFirst = true
      this.#forgive()
      this.#handlers.connected()
    })
    source.addEventListener('error', () => {
      this.#grace ??= setTimeout(() => this.#handlers.interrupted(), graceMs)
      // Closed: the answer was no stream. Otherwise the browser is trying again.
      if (source.readyState === EventSource.CLOSED) void this.#explain()
    })
  }

  /** Finds out why there was no stream, which an `EventSource` does not tell, and tries again. */
  async #explain(): Promise<void> {
    const stop = new AbortController()
    const status = await fetch(this.#url, { signal: stop.signal }).then(
      (answer) => answer.status,
      () => undefined,
    )
    stop.abort()
    if (status === 401) this.#handlers.signedOut()
    if (status === 404) this.#handlers.gone()
    if (status === 401 || status === 404) this.#forgive()
    if (status !== 404) this.#retry = setTimeout(() => this.#openIfClosed(), tryAgainMs)
  }

  #openIfClosed(): void {
    if (this.#isLetGo || this.#source?.readyState === EventSource.OPEN) return
    this.#close()
    this.#open()
  }

  #close(): void {
    this.#source?.close()
    this.#forgive()
  }

  #forgive(): void {
    clearTimeout(this.#grace)
    this.#grace = undefined
  }

  #look(): void {
    clearTimeout(this.#unseen)
    const isHidden = document.visibilityState === 'hidden'
    if (isHidden) this.#unseen = setTimeout(() => this.#letGo(), unseenMs)
    else this.#isLetGo = false
    this.#openIfClosed()
  }

  #letGo(): void {
    this.#isLetGo = true
    this.#close()
  }
}
