import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DevOpsClient, NetworkError, ProtocolError, type DevOpsClientOptions } from '../../src/index.js'
import { collect, failureOf, startWorld } from '../world.js'

// What a connection itself can do, which the emulator's fault rules cannot: raw servers in its place.

const page = JSON.stringify({ value: [{ descriptor: 'aad.x' }] })

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener)
  onTestFinished(() => server.closeAllConnections())
  return `http://127.0.0.1:${await listen(server)}`
}

const clientAt = (baseUrl: string, options: Partial<DevOpsClientOptions> = {}): DevOpsClient =>
  new DevOpsClient({ organization: 'fabrikam', baseUrl, credential: () => 'token', random: () => 0, ...options })

describe('a name that cannot be resolved', () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN'])('fault 1: %s is tried again, then names the host', async (code) => {
    let sent = 0
    const unresolved = (): Promise<Response> => {
      sent++
      return Promise.reject(
        Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) }),
      )
    }
    const error = await failureOf(collect(clientAt('https://nowhere.invalid', { fetch: unresolved }).users.list()))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ host: 'nowhere.invalid', retryable: true })
    expect(sent).toBe(4)
  })

  it('fault 2: a creation that was never sent is tried again', async () => {
    const world = await startWorld()
    let tries = 0
    const refusedFirst: typeof fetch = (input, init) =>
      ++tries === 1
        ? Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }))
        : fetch(input, init)
    const validTo = new Date(world.clock.now() + 86_400_000)
    const made = world.client({ fetch: refusedFirst }).pats.create({ displayName: 'ci', scope: 'vso.code', validTo })
    expect((await world.clock.runUntil(made)).pat.displayName).toBe('ci')
    expect(tries).toBe(2)
    expect(world.emulator.journal.requests.map(({ method }) => method)).toEqual(['POST'])
  })
})

describe('a connection that was kept', () => {
  it('fault 10: may be closed by the service before its next use: nobody notices', async () => {
    let connections = 0
    let answers = 0
    const server = createServer((socket) => {
      connections++
      let uses = 0
      socket.on('error', () => undefined)
      socket.on('data', () => {
        uses++
        // The second request on a connection meets a service that is just closing it.
        if (uses > 1) return socket.destroy()
        answers++
        return socket.write(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
        )
      })
    })
    const devops = clientAt(`http://127.0.0.1:${await listen(server)}`)
    for (let reads = 0; reads < 3; reads++) expect(await collect(devops.users.list())).toHaveLength(1)
    expect(answers).toBe(3)
    expect(connections).toBe(3)
  })

  it('fault 14: "localhost" leads to a service that listens on one family only', async () => {
    const baseUrl = await serve((_request, response) => {
      response.setHeader('content-type', 'application/json').end(page)
    })
    const devops = clientAt(baseUrl.replace('127.0.0.1', 'localhost'))
    expect(await collect(devops.users.list())).toHaveLength(1)
  })
})

describe('a compressed answer', () => {
  it.each([
    ['gzip', gzipSync(page)],
    ['br', brotliCompressSync(page)],
  ])('fault 11: is read (%s)', async (encoding, body) => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body)
    })
    expect(await collect(clientAt(baseUrl).users.list())).toHaveLength(1)
  })

  it.each([
    ['that is cut', gzipSync(page).subarray(0, 30)],
    ['that is none', Buffer.from(page)],
  ])('fault 11: %s is asked for again, and never half a page', async (_, body) => {
    let requests = 0
    const baseUrl = await serve((_request, response) => {
      requests++
      const whole = requests === 2
      response.writeHead(200, { 'content-type': 'application/json', ...(whole ? {} : { 'content-encoding': 'gzip' }) })
      response.end(whole ? page : body)
    })
    expect(await collect(clientAt(baseUrl).users.list())).toHaveLength(1)
    expect(requests).toBe(2)
  })
})

describe('an answer that is too large', () => {
  it('fault 12: is refused by its declared length, before it is read', async () => {
    let written = 0
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(100 * 1024 * 1024) })
      response.write('{', () => written++)
    })
    const error = await failureOf(collect(clientAt(baseUrl).users.list()))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(String(error)).toContain('64 MiB')
    expect(written).toBeLessThanOrEqual(1)
  })

  it('fault 12: is refused while it comes, where it has no declared length', async () => {
    let bytes = 0
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && bytes < 200 * 1024 * 1024) {
          bytes += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    expect(await failureOf(collect(clientAt(baseUrl).users.list()))).toBeInstanceOf(ProtocolError)
    expect(bytes).toBeLessThan(150 * 1024 * 1024)
  })
})

describe('headers', () => {
  it('fault 28: are read whatever their case', async () => {
    let requests = 0
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => {
        requests++
        const token = requests === 1 ? 'X-MS-CONTINUATIONTOKEN: next\r\n' : ''
        const body = page.replace('aad.x', `aad.${requests}`)
        socket.write(
          `HTTP/1.1 200 OK\r\nCONTENT-TYPE: application/json\r\n${token}content-length: ${body.length}\r\n\r\n${body}`,
        )
      })
    })
    const users = await collect(clientAt(`http://127.0.0.1:${await listen(server)}`).users.list())
    expect(users.map(({ descriptor }) => descriptor)).toEqual(['aad.1', 'aad.2'])
  })
})
