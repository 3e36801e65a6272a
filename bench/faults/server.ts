import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly at: number
  readonly authorization: string | undefined
}

/** Answers one request, well or badly. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

/** A server of a few lines: the first requests meet the behaviours given, one each; all others are answered as they should be. */
export interface FaultServer {
  readonly url: string
  readonly seen: readonly Seen[]
  /** Answers every request in this way from now on. */
  always(behaviour: Behaviour): void
  close(): Promise<void>
}

export async function startFaultServer(...first: readonly Behaviour[]): Promise<FaultServer> {
  const seen: Seen[] = []
  let lasting: Behaviour = answerWell
  const server = createServer((request, response) => {
    const { method = 'GET', headers } = request
    seen.push({ method, at: performance.now(), authorization: headers.authorization })
    const behaviour = first[seen.length - 1] ?? lasting
    request.resume()
    request.once('end', () => behaviour(request, response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    always: (behaviour) => (lasting = behaviour),
    close: () => closed(server),
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

export const descriptors = ['aad.one', 'aad.two', 'aad.three'] as const
export const authorizationId = '11111111-2222-4333-8444-555555555555'

const users = JSON.stringify({
  count: descriptors.length,
  value: descriptors.map((descriptor) => ({ descriptor, displayName: 'A user', subjectKind: 'user' })),
})
const pat = JSON.stringify({
  patToken: {
    authorizationId,
    displayName: 'ci',
    scope: 'vso.code',
    targetAccounts: null,
    validFrom: '2026-01-01T00:00:00Z',
    validTo: '2027-01-01T00:00:00Z',
    token: 'made-for-the-benchmark',
  },
  patTokenError: 'none',
})

function bodyFor(method: string | undefined): string {
  return method === 'GET' ? users : pat
}

function json(response: ServerResponse, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers })
}

/** A good answer with further headers. */
export const wellWith =
  (headers: Readonly<Record<string, string>>): Behaviour =>
  ({ method }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204, headers).end()
      return
    }
    const body = bodyFor(method)
    json(response, body, headers)
    response.end(body)
  }

/** What the service says when it is well. */
export const answerWell = wellWith({})

/** An answer with a status and an error in the service's form. */
export const status =
  (code: number, headers: () => Readonly<Record<string, string>> = () => ({})): Behaviour =>
  (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers() })
    response.end(JSON.stringify({ message: 'The service has a problem.' }))
  }

/** The connection is reset before anything is said. */
export const resetBeforeHeaders: Behaviour = (_request, response) => {
  response.socket?.resetAndDestroy()
}

/** The connection is reset after half of the body. */
export const resetInBody: Behaviour = ({ method }, response) => {
  const body = bodyFor(method)
  json(response, body)
  response.write(body.slice(0, body.length / 2), () => setTimeout(() => response.socket?.resetAndDestroy(), 20))
}

/** Half of the JSON, declared as the whole. */
export const truncatedJson: Behaviour = ({ method }, response) => {
  const half = bodyFor(method).slice(0, 60)
  json(response, half)
  response.end(half)
}

/** Half of the body, and then nothing for ever. */
export const stalledBody: Behaviour = ({ method }, response) => {
  const body = bodyFor(method)
  json(response, body)
  response.write(body.slice(0, body.length / 2))
}

/** How the service says "not signed in" to a read: the page of the sign-in, as a success. */
export const signInPage: Behaviour = (_request, response) => {
  response.writeHead(203, { 'content-type': 'text/html' })
  response.end('<!DOCTYPE html><html><title>Azure DevOps Services | Sign In</title></html>')
}

/** The same as a redirect to another origin. */
export const redirectTo =
  (url: string): Behaviour =>
  (_request, response) => {
    response.writeHead(302, { location: `${url}/_signin` })
    response.end()
  }
