import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { json, writeAnswer } from './answers.js'
import { createServerIdentity } from './certificates.js'
import { answerConnect } from './connect-proxy.js'
import { createIdentityHalf } from './identity-half.js'
import type { IdentityHalf, IdentityOptions } from './identity-half.js'

/** How an identity server listens. */
export interface IdentityServerOptions extends Omit<IdentityOptions, 'origin'> {
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number
  /** Also speaks https, with a certificate of an authority made for this run. */
  readonly https?: HttpsOptions
}

export interface HttpsOptions {
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number
  /** Where the authority's certificate is written. Default: a file in a new temporary folder, which `close()` removes. */
  readonly caFile?: string
}

/** A running identity half. */
export interface IdentityServer {
  /** `http://localhost:` and the port. Behind it come host and path of the real service. */
  readonly url: string
  readonly identity: IdentityHalf
  /** Only with the option `https`. */
  readonly https: HttpsAddress | undefined
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What another program needs to use the emulator as if it were the real service. */
export interface HttpsAddress {
  /** `https://localhost:` and the port. */
  readonly url: string
  /** Certificate of the authority that the program has to trust: `REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string
  /** The same, as PEM. */
  readonly caPem: string
  /** Value for `HTTPS_PROXY`: leads the hosts of the real services here and refuses all others. */
  readonly proxyUrl: string
}

/**
 * Starts an identity half on its own, on 127.0.0.1 only.
 *
 * @throws TypeError if a seed contradicts itself; Error with `code` `EADDRINUSE` if a port is taken.
 * @example
 * ```ts
 * await using server = await startIdentityServer({ https: {} })
 * console.log(`${server.url}/login.microsoftonline.com/common/v2.0/.well-known/openid-configuration`)
 * ```
 */
export async function startIdentityServer(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  let url = ''
  const identity = createIdentityHalf({ ...options, origin: () => url })
  const listener: RequestListener = (request, response) => void serve(identity, request, response)
  const server = createServer(listener)
  url = `http://localhost:${await listen(server, options.port ?? 0)}`
  const https = await startHttps(identity, listener, server, options.https).catch(async (error: unknown) => {
    await stop(server)
    throw error
  })
  const close = async (): Promise<void> => {
    identity.close()
    await https?.close()
    await stop(server)
  }
  return { url, identity, https: https?.address, close, [Symbol.asyncDispose]: close }
}

async function serve(identity: IdentityHalf, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (await identity.handle(request, response, url)) return
    writeAnswer(response, json(404, { error: `There is nothing at ${url.pathname}.` }), 'whole')
  } catch {
    // A request that cannot be read, or a client that has left: there is nobody to answer.
    response.destroy()
  }
}

async function startHttps(
  identity: IdentityHalf,
  listener: RequestListener,
  proxy: Server,
  options: HttpsOptions | undefined,
): Promise<{ address: HttpsAddress; close: () => Promise<void> } | undefined> {
  if (options === undefined) return undefined
  const { caPem, chainPem, keyPem } = await createServerIdentity(certifiedHosts(identity))
  const server = createHttpsServer({ cert: chainPem, key: keyPem }, listener)
  const port = await listen(server, options.port ?? 0)
  const endTunnels = answerConnect(proxy, (host) => identity.hosts.includes(host), port)
  const caFile = options.caFile ?? join(await mkdtemp(join(tmpdir(), 'patkit-emulator-')), 'authority.pem')
  await writeFile(caFile, caPem)
  const address = { url: `https://localhost:${port}`, caFile, caPem, proxyUrl: `http://127.0.0.1:${portOf(proxy)}` }
  const close = async (): Promise<void> => {
    endTunnels()
    await stop(server)
    if (options.caFile === undefined) await rm(dirname(caFile), { recursive: true, force: true })
  }
  return { address, close }
}

/** The hosts by name, and the two domains under which every customer has one of their own. */
const certifiedHosts = ({ hosts }: IdentityHalf): readonly string[] => [...hosts, '*.b2clogin.com', '*.ciamlogin.com']

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server)
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
