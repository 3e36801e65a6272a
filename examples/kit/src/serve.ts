import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where a site listens. */
export interface ServeOptions {
  readonly port: number
  /** `127.0.0.1` keeps it on this machine; `0.0.0.0` behind a proxy or in a container. */
  readonly host: string
}

/** A site that is being served. */
export interface RunningSite {
  readonly port: number
  /** Takes no further requests and ends those under way, streams among them. */
  close(): Promise<void>
}

/**
 * Serves a site.
 *
 * @throws The system's error when the port is taken or not allowed; {@link explainListenError} says it in a sentence.
 */
export async function serve(site: RequestListener, { port, host }: ServeOptions): Promise<RunningSite> {
  const server = createServer(site)
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Why a site could not be started, and what helps. */
export function explainListenError(error: unknown, { port }: Pick<ServeOptions, 'port'>): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program. Choose another one: PORT=5010 npm start`
  if (code === 'EACCES') return `Port ${port} may not be used by you. Choose one above 1023: PORT=5010 npm start`
  return error instanceof Error ? error.message : String(error)
}

/** Resolves when somebody ends the program (Ctrl-C, or a service manager). */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
