import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { TestBrowser } from '@patkit/example-kit/test'
import { onTestFinished } from 'vitest'
import type { WireEvent, WireProgress, WireRow } from '../src/report/wire.js'

/** An event with its id, as it came. */
export interface ReceivedEvent {
  readonly type: WireEvent['type']
  readonly id: string | undefined
  readonly data: unknown
}

/** Reads what a stream of server-sent events has sent so far; what is not whole yet is left out. */
export function readEvents(body: string): ReceivedEvent[] {
  const whole = body.slice(0, body.lastIndexOf('\n\n') + 2)
  return whole.split('\n\n').flatMap((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
    const [type, data] = [field('event'), field('data')]
    return type === undefined || data === undefined
      ? []
      : [{ type: type as WireEvent['type'], id: field('id'), data: JSON.parse(data) as unknown }]
  })
}

/** All rows among events. */
export function rowsIn(events: readonly ReceivedEvent[]): WireRow[] {
  return events.flatMap(({ type, data }) => (type === 'rows' ? (data as WireRow[]) : []))
}

/** Where the report stood, again and again. */
export function progressIn(events: readonly ReceivedEvent[]): WireProgress[] {
  return events.flatMap(({ type, data }) => (type === 'progress' || type === 'end' ? [data as WireProgress] : []))
}

/** The id that a browser would come again with. */
export function lastIdIn(events: readonly ReceivedEvent[]): string | undefined {
  return events.findLast(({ id }) => id !== undefined)?.id
}

/** A page that listens to a report. */
export interface Listener {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** What came until now. */
  readonly text: string
  readonly events: readonly ReceivedEvent[]
  /** Resolves with everything that came as soon as that is so; rejects when the stream ends before. */
  until(isSo: (events: readonly ReceivedEvent[], text: string) => boolean): Promise<readonly ReceivedEvent[]>
  /** Resolves when the server ends the stream, or the connection is gone. */
  readonly ended: Promise<void>
  /** Takes nothing any more, as a computer that sleeps. */
  pause(): void
  resume(): void
  leave(): void
}

/** Listens as a page of this browser does. */
export async function listen(
  browser: TestBrowser,
  { port, path, lastEventId }: { readonly port: number; readonly path: string; readonly lastEventId?: string },
): Promise<Listener> {
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
  const headers = {
    host: `localhost:${port}`,
    accept: 'text/event-stream',
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'cors',
    cookie,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  const outgoing = request({ host: '127.0.0.1', port, path, headers })
  onTestFinished(() => void outgoing.destroy())
  outgoing.end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return new OpenStream(incoming)
}

class OpenStream implements Listener {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly ended: Promise<void>
  readonly #incoming: IncomingMessage
  readonly #looks = new Set<() => void>()
  readonly #events: ReceivedEvent[] = []
  #text = ''
  /** Characters that are among the events already. */
  #read = 0
  #isOver = false

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming
    this.status = incoming.statusCode ?? 0
    this.headers = incoming.headers
    incoming.setEncoding('utf8')
    incoming.on('error', () => undefined)
    incoming.on('data', (text: string) => {
      this.#text += text
      this.#readOn()
      for (const look of [...this.#looks]) look()
    })
    this.ended = new Promise((resolve) => {
      incoming.once('close', () => {
        this.#isOver = true
        for (const look of [...this.#looks]) look()
        resolve()
      })
    })
  }

  get text(): string {
    return this.#text
  }

  get events(): readonly ReceivedEvent[] {
    return this.#events
  }

  until(isSo: (events: readonly ReceivedEvent[], text: string) => boolean): Promise<readonly ReceivedEvent[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (isSo(this.#events, this.#text)) resolve([...this.#events])
        else if (this.#isOver) reject(new Error(`the stream ended after ${this.#events.length} events`))
        else return
        this.#looks.delete(look)
      }
      this.#looks.add(look)
      look()
    })
  }

  #readOn(): void {
    const end = this.#text.lastIndexOf('\n\n') + 2
    if (end < 2 || end <= this.#read) return
    this.#events.push(...readEvents(this.#text.slice(this.#read, end)))
    this.#read = end
  }

  pause(): void {
    this.#incoming.pause()
  }

  resume(): void {
    this.#incoming.resume()
  }

  leave(): void {
    this.#incoming.destroy()
  }
}
