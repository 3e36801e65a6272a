import type { ServerResponse } from 'node:http'

/** How an answer leaves: some faults cut it short. */
export type Delivery = 'whole' | 'stall' | 'silence' | 'hang-up'

/** What an endpoint says. Endpoints return it; one place writes it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
}

export const json = (status: number, body: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
})

/** A redirect that turns a POST into a GET. */
export const redirect = (location: string, headers: Answer['headers'] = {}): Answer => ({
  status: 303,
  headers: { location, ...headers },
  body: '',
})

/** On every answer. Pages add their own content policy. */
const commonHeaders = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

export function writeAnswer(response: ServerResponse, answer: Answer, delivery: Delivery): void {
  if (delivery === 'silence') return
  if (delivery === 'hang-up') {
    response.destroy()
    return
  }
  const body = Buffer.from(answer.body)
  for (const [name, value] of Object.entries({ ...commonHeaders, ...answer.headers }))
    response.setHeader(name, typeof value === 'string' ? value : [...value])
  response.setHeader('content-length', body.length)
  response.statusCode = answer.status
  if (delivery === 'whole') {
    response.end(body)
    return
  }
  response.flushHeaders()
  response.write(body.subarray(0, Math.floor(body.length / 2)))
}
