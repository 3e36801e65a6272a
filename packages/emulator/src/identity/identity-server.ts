import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { json, writeAnswer } from './answers.js'
import { listen, startHttps, stop } from './https.js'
import type { HttpsAddress, HttpsOptions } from './https.js'
import { createIdentityHalf } from './identity-half.js'
import type { IdentityHalf, IdentityOptions } from './identity-half.js'

/** How an identity server listens. */
export interface IdentityServerOptions extends Omit<IdentityOptions, 'origin'> {
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number
  /** Also speaks https, with a certificate of an authority made for this run. */
  readonly https?: HttpsOptions
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
  const https = await startHttps(identity.hosts, listener, server, options.https).catch(async (error: unknown) => {
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
