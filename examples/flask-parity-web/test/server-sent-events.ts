import type { WireEvent, WireRow } from '../src/report/wire.js'

/** An event with its id, as it came. */
export interface ReceivedEvent {
  readonly type: WireEvent['type']
  readonly id: string | undefined
  readonly data: unknown
}

/** Reads a stream of server-sent events that has ended. */
export function readEvents(body: string): ReceivedEvent[] {
  return body.split('\n\n').flatMap((block) => {
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
