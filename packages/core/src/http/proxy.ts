import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, Readable, type Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { isLoopbackHost } from '../config/authority-config.js'
import { proxyRefusalCode } from './network-fault.js'

/** The variables of the way to the service; each also in small letters. */
export interface ProxyVariables {
  /** Address of an http(s) proxy; user name and password may stand in it. */
  readonly HTTPS_PROXY?: string
  /** The same, where `HTTPS_PROXY` is not set. */
  readonly ALL_PROXY?: string
  /** Hosts that are reached without the proxy, with commas between them: `host`, `.domain`, either with a port, or `*`. This machine always is. */
  readonly NO_PROXY?: string
}

type ProxyName = keyof ProxyVariables | Lowercase<keyof ProxyVariables>
type Environment = Readonly<Record<string, string | undefined>>
type Fetch = typeof globalThis.fetch

/** Trust beside the machine's own, for tests and private certificate authorities. */
export interface TunnelTrust {
  readonly ca?: string | undefined
}

/**
 * A `fetch` that goes through the proxy which the environment names: `HTTPS_PROXY` (or `https_proxy`, `ALL_PROXY`), except for hosts in
 * `NO_PROXY` and for loopback. Without such a variable it is the global `fetch`.
 *
 * Node 20's own `fetch` knows no proxy, so https requests are sent through a CONNECT tunnel here, which is kept for the next one; the
 * proxy sees the host, never the contents. User name and password may stand in the proxy's address. `DevOpsClient` and `AuthClient`
 * use it by themselves.
 *
 * @throws TypeError when the proxy's address is none; user name and password are not repeated in the message.
 *
 * `DevOpsClient` and `AuthClient` use it unless they are given another `fetch`.
 *
 * @example
 * ```ts
 * import { environmentFetch } from '@patkit/core'
 *
 * // The same for requests of your own.
 * export const fetch = environmentFetch()
 * ```
 */
export function environmentFetch(env: Environment = process.env, trust: TunnelTrust = {}): Fetch {
  const proxy = proxyOf(env)
  if (proxy === undefined) return (input, init) => globalThis.fetch(input, init)
  const direct = bypassOf(env)
  const tunnels = new TunnelAgent(proxy, trust)
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    // Plain http goes to loopback only, and never through a proxy.
    if (url.protocol !== 'https:' || isLoopbackHost(url.hostname) || direct(url)) return globalThis.fetch(input, init)
    return fetchThrough(tunnels, new Request(input, init))
  }
}

function proxyOf(env: Environment): URL | undefined {
  const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const satisfies readonly ProxyName[]
  const text = names.map((name) => env[name]?.trim()).find(Boolean)
  if (text === undefined) return undefined
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new TypeError('HTTPS_PROXY is not the address of an http(s) proxy, such as http://proxy.example.com:8080.')
}

/** Reads `NO_PROXY`: hosts, `.domain` or `*.domain` for everything below, with a port if need be, or `*`. */
function bypassOf(env: Environment): (url: URL) => boolean {
  const entries = (env.NO_PROXY ?? env.no_proxy ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()))
  return ({ hostname, port }) =>
    entries.some((entry) => {
      const [, host = '', onlyPort] = entry ?? []
      if (onlyPort !== undefined && onlyPort !== (port === '' ? '443' : port)) return false
      return host === '*' || hostname === host || hostname.endsWith(`.${host}`)
    })
}

/** Keeps tunnels open between requests: a handshake with the proxy and one with the service for each of ten thousand would be felt. */
class TunnelAgent extends HttpsAgent {
  readonly #proxy: URL
  readonly #trust: TunnelTrust

  constructor(proxy: URL, trust: TunnelTrust) {
    super({ keepAlive: true })
    this.#proxy = proxy
    this.#trust = trust
  }

  override createConnection(
    { host, port, signal }: RequestOptions,
    opened: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const target = { hostname: host ?? '', port: String(port ?? 443) }
    openTunnel(this.#proxy, target, signal, this.#trust).then(
      (socket) => opened(null, socket),
      // Node reads the second argument only without an error.
      (error: unknown) => opened(error as Error, undefined as never),
    )
  }
}

async function fetchThrough(tunnels: TunnelAgent, request: Request): Promise<Response> {
  request.signal.throwIfAborted()
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
  const sent = httpsRequest(request.url, {
    method: request.method,
    headers: {
      'accept-encoding': 'gzip, deflate, br',
      ...Object.fromEntries(request.headers),
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    },
    signal: request.signal,
    agent: tunnels,
  })
  sent.on('error', ignore)
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const headers = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const status = answer.statusCode ?? 502
  const empty = status === 204 || status === 205 || status === 304
  if (empty) answer.resume()
  const content = empty ? null : (Readable.toWeb(unpacked(answer)) as ReadableStream<Uint8Array>)
  return new Response(content, { status, headers })
}

/** The body as it was before it was packed for the way, as `fetch` gives it; a packed body that ends early is left to whoever reads it. */
function unpacked(answer: IncomingMessage): Readable {
  const decoder = decoderFor(answer.headers['content-encoding'])
  // Whoever reads the decoder sees the failure.
  return decoder === undefined ? answer : pipeline(answer, decoder, ignore)
}

function decoderFor(encoding: string | undefined): Duplex | undefined {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
    case 'deflate':
      return createInflate({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
    case 'br':
      return createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH })
    default:
      return undefined
  }
}

/** Asks the proxy for a way to the target, and begins TLS with the target over it. */
async function openTunnel(
  proxy: URL,
  target: { readonly hostname: string; readonly port: string },
  signal: AbortSignal | undefined,
  { ca }: TunnelTrust,
): Promise<TLSSocket> {
  const authority = `${target.hostname}:${target.port}`
  const connect = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    ...(signal === undefined ? {} : { signal }),
    agent: false,
  })
  connect.on('error', ignore)
  connect.end()
  // 'connect' comes for every answer to CONNECT, good or not.
  const [answer, tunnel] = (await once(connect, 'connect')) as [IncomingMessage, Socket]
  if (answer.statusCode !== 200) {
    tunnel.destroy()
    throw new ProxyRefusal(answer.statusCode ?? 0)
  }
  const secure = connectTls({
    socket: tunnel,
    ...(/^[\d.]+$|^\[/.test(target.hostname) ? {} : { servername: target.hostname }),
    ...(ca === undefined ? {} : { ca }),
  })
  secure.on('error', ignore)
  try {
    await once(secure, 'secureConnect', signal === undefined ? {} : { signal })
  } catch (error) {
    secure.destroy()
    throw error
  }
  return secure
}

/** Failures are seen by whoever waits; one that comes later, when nobody does, must not end the process. */
const ignore = (): void => undefined

/** The proxy said no; nothing has reached the target. */
class ProxyRefusal extends Error {
  readonly code: string
  constructor(status: number) {
    super(`The proxy refused the connection (HTTP ${status}).`)
    this.code = `${proxyRefusalCode}${status}`
  }
}

function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
