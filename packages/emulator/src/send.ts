import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Answer } from './answer.js'
import type { FaultAnswer } from './faults.js'

/** How the sending of an answer ended. */
export type Sent = 'answered' | 'cut' | 'hanging'

/** Waits on the emulator's clock; rejects when the client has left. */
export type Hold = (ms: number) => Promise<void>

const bodyless = (status: number): boolean => status === 204 || status === 304

function headerList(answer: Answer): string[] {
  const list: string[] = []
  for (const name in answer.headers) {
    const value = answer.headers[name]
    if (typeof value === 'string') list.push(name, value)
    else for (const one of value ?? []) list.push(name, one)
  }
  return list
}

const has = (answer: Answer, header: string): boolean =>
  Object.keys(answer.headers).some((name) => name.toLowerCase() === header)

/** Sends an answer as it is. */
export function send(response: ServerResponse, answer: Answer): void {
  const headers = headerList(answer)
  if (!bodyless(answer.status)) headers.push('Content-Length', String(Buffer.byteLength(answer.body)))
  response.writeHead(answer.status, headers)
  response.end(answer.body)
}

/** Sends an answer as a fault rule wants it. */
export async function sendShaped(
  response: ServerResponse,
  answer: Answer,
  fault: FaultAnswer,
  hold: Hold,
): Promise<Sent> {
  const { socket } = response
  if (socket === null) return 'cut'
  const body = Buffer.from(answer.body)
  const headers = headerList(answer)
  if (fault.dropFinalChunk === true) headers.push('Transfer-Encoding', 'chunked')
  else if (!bodyless(answer.status) && !has(answer, 'content-length'))
    headers.push('Content-Length', String(body.length))
  response.writeHead(answer.status, headers)
  response.flushHeaders()
  await write(response, body.subarray(0, lengthToSend(fault)), fault.drip, hold)
  return end(response, socket, fault)
}

function lengthToSend({ reset, truncate, hang }: FaultAnswer): number | undefined {
  if (typeof reset === 'object') return reset.afterBytes
  if (truncate !== undefined) return truncate.afterBytes
  return typeof hang === 'object' ? hang.afterBytes : undefined
}

async function write(response: ServerResponse, body: Buffer, drip: FaultAnswer['drip'], hold: Hold): Promise<void> {
  if (drip === undefined) {
    if (body.length > 0) response.write(body)
    return
  }
  for (let from = 0; from < body.length; from += drip.bytes) {
    if (from > 0) await hold(drip.everyMs)
    response.write(body.subarray(from, from + drip.bytes))
  }
}

async function end(response: ServerResponse, socket: Socket, fault: FaultAnswer): Promise<Sent> {
  const endsBadly = fault.reset !== undefined || fault.truncate !== undefined || fault.dropFinalChunk === true
  if (!endsBadly && fault.hang === undefined) {
    response.end()
    return 'answered'
  }
  await flushed(socket)
  if (fault.hang !== undefined) return 'hanging'
  if (fault.reset === undefined) socket.destroySoon()
  else await resetOnceRead(socket)
  return 'cut'
}

/** What is to arrive before the connection breaks has to have left first. */
const flushed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.write('', () => resolve())
  })

/**
 * Node reads what has arrived and the reset behind it at once as the end in good order. A client in this process gets turns to read
 * first; for others it is a matter of luck, as it is on a network.
 */
async function resetOnceRead(socket: Socket): Promise<void> {
  for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve))
  socket.resetAndDestroy()
}
