import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { isLoopbackHost } from '../config/authority-config.js'

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
 * Node 20's own `fetch` knows no proxy, so https requests are sent through a CONNECT tunnel here; the proxy sees the host, never
 * the contents. User name and password may stand in the proxy's address.
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
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    // Plain http goes to loopback only, and never through a proxy.
    if (url.protocol !== 'https:' || isLoopbackHost(url.hostname) || direct(url)) return globalThis.fetch(input, init)
    return fetchThroughTunnel(proxy, new Request(input, init), trust)
  }
}

function proxyOf(env: Environment): URL | undefined {
  const text = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].map((name) => env[name]?.trim()).find(Boolean)
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

async function fetchThroughTunnel(proxy: URL, request: Request, trust: TunnelTrust): Promise<Response> {
  request.signal.throwIfAborted()
  const target = new URL(request.url)
  const socket = await openTunnel(proxy, target, request.signal, trust)
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
  const sent = httpsRequest(target, {
    method: request.method,
    headers: {
      ...Object.fromEntries(request.headers),
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    },
    signal: request.signal,
    // Without an agent the request takes this connection, and takes http's port for its own: the service would be asked for host:80.
    createConnection: () => socket,
    defaultPort: 443,
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
  return new Response(empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers })
}

/** Asks the proxy for a way to the target, and begins TLS with the target over it. */
async function openTunnel(proxy: URL, target: URL, signal: AbortSignal, { ca }: TunnelTrust): Promise<TLSSocket> {
  const authority = `${target.hostname}:${target.port === '' ? '443' : target.port}`
  const connect = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    signal,
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
    await once(secure, 'secureConnect', { signal })
  } catch (error) {
    secure.destroy()
    throw error
  }
  return secure
}

/** Failures are seen by whoever waits; one that comes later, when nobody does, must not end the process. */
const ignore = (): void => undefined

/** Begins the code of an error that stands for a refusal by the proxy; its status follows. */
export const proxyRefusalCode = 'PROXY_HTTP_'

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
