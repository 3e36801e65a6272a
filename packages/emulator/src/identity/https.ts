import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createServerIdentity } from './certificates.js'
import { answerConnect } from './connect-proxy.js'

/** How https is spoken beside http. */
export interface HttpsOptions {
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number
  /** Where the authority's certificate is written. Default: a file in a new temporary folder, which `close()` removes. */
  readonly caFile?: string
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

/** A server that speaks https. */
export interface RunningHttps {
  readonly address: HttpsAddress
  close(): Promise<void>
}

/** Speaks https beside an http server, and lets that one lead programs there as a proxy. Nothing without options. */
export async function startHttps(
  hosts: readonly string[],
  listener: RequestListener,
  proxy: Server,
  options: HttpsOptions | undefined,
): Promise<RunningHttps | undefined> {
  if (options === undefined) return undefined
  const { caPem, chainPem, keyPem } = await createServerIdentity([...hosts, ...customerDomains])
  const server = createHttpsServer({ cert: chainPem, key: keyPem }, listener)
  const port = await listen(server, options.port ?? 0)
  const endTunnels = answerConnect(proxy, (host) => hosts.includes(host), port)
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

/** Under these two every customer has a host of their own. */
const customerDomains = ['*.b2clogin.com', '*.ciamlogin.com']

export async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server)
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

export async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
