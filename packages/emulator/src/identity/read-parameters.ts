import type { IncomingMessage } from 'node:http'
import { IdentityFailure } from './errors.js'

const largestBodyBytes = 64 * 1024

/** The body was larger than anything the services take. */
export class BodyTooLarge extends Error {
  constructor() {
    super(`The body is larger than ${largestBodyBytes} bytes.`)
  }
}

/** @throws BodyTooLarge as soon as it is, without reading on. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBodyBytes) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The parameters of a request: those of the form for a POST, those of the query for everything else. */
export async function readParameters(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  if (request.method !== 'POST') return url.searchParams
  const body = await readBody(request)
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')
  // The service, too, answers JSON as if every parameter were missing.
  return isForm ? new URLSearchParams(body) : new URLSearchParams()
}

/** RFC 6749, sections 3.1 and 3.2: no parameter more than once. Of two addresses, each reader might believe another one. */
export function refuseRepeated(parameters: URLSearchParams, names: readonly string[]): void {
  const repeated = names.find((name) => parameters.getAll(name).length > 1)
  if (repeated !== undefined)
    throw new IdentityFailure('AADSTS90100', { text: `The parameter ${repeated} is there more than once.` })
}
