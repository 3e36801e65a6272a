import dns from 'node:dns'
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished, vi } from 'vitest'
import type { TestCertificate } from '../../auth/support/certificate.js'

// Servers that misbehave in ways the emulator does not offer. Each ends with its test.

async function listen(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server as Server, 'listening')
  return (server.address() as AddressInfo).port
}

/** An http server. */
export async function startHttpServer(answer: RequestListener): Promise<string> {
  const server = createHttpServer(answer)
  const port = await listen(server)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${port}`
}

/** An https server with this certificate, which passes on to `onward` what gets through to it, and notes it. */
export async function startHttpsServer({ certificate, privateKey }: TestCertificate, onward: string) {
  const seen: string[] = []
  const server = createHttpsServer({ cert: certificate, key: privateKey }, (request, response) => {
    seen.push(request.url ?? '')
    const { method, url, headers } = request
    const passed = httpRequest(`${onward}${url ?? ''}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(passed)
  })
  const port = await listen(server)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port, seen }
}

/** One request as it arrived on a bare connection. */
export interface BareRequest {
  readonly socket: Socket
  /** 1 for the first request of the server. */
  readonly number: number
  /** 1 for the first request of its connection. */
  readonly numberOnConnection: number
}

/** A server that is no more than a socket: `answer` writes bytes, or does worse. */
export async function startBareServer(answer: (request: BareRequest) => void) {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    let head = ''
    let numberOnConnection = 0
    socket.on('data', (data) => {
      head += data.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      requests.push(head.split('\r\n')[0] ?? '')
      head = ''
      answer({ socket, number: requests.length, numberOnConnection: ++numberOnConnection })
    })
  })
  const port = await listen(server as unknown as Server)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${port}`, requests, connections: () => sockets.size }
}

/** A whole answer of 200 with JSON, for a bare server. */
export function jsonAnswer(value: unknown): string {
  const body = JSON.stringify(value)
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** A proxy that leads every CONNECT to one port of this machine, or refuses with a status. Notes what it was asked for. */
export async function startProxy(onward: { readonly port: number } | { readonly refuse: number }) {
  const asked: (string | undefined)[] = []
  const ends = new Set<Duplex>()
  const server = createHttpServer()
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(request.url)
    ends.add(socket)
    socket.on('error', () => socket.destroy())
    if ('refuse' in onward) {
      socket.end(`HTTP/1.1 ${onward.refuse} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const far = connect(onward.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.pipe(socket).pipe(far)
    })
    ends.add(far)
    far.on('error', () => socket.destroy())
  })
  const port = await listen(server)
  onTestFinished(() => {
    for (const end of ends) end.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${port}`, asked }
}

type Resolution = readonly { readonly address: string; readonly family: 4 | 6 }[] | { readonly code: string }

/** Stands in for the name server, which is not on this machine: what `name` resolves to, or the code of the failure. Notes each question. */
export function resolveName(name: string, resolution: Resolution): readonly string[] {
  const asked: string[] = []
  const real = dns.lookup as (...args: readonly unknown[]) => void
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation((host: string, ...rest: readonly unknown[]) => {
    if (host !== name) {
      real(host, ...rest)
      return
    }
    asked.push(host)
    const answer = rest.at(-1) as (error: Error | null, found?: unknown, family?: number) => void
    setImmediate(() => {
      if ('code' in resolution) answer(Object.assign(new Error(`getaddrinfo ${resolution.code}`), resolution))
      else if ((rest[0] as { readonly all?: boolean }).all === true) answer(null, resolution)
      else answer(null, resolution[0]?.address, resolution[0]?.family)
    })
  })
  onTestFinished(() => lookup.mockRestore())
  return asked
}
