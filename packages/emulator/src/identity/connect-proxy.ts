import { connect } from 'node:net'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Makes an http server a proxy that leads the hosts of the real services to the emulator, and refuses every other host.
 *
 * With it a client needs two settings and no change: `HTTPS_PROXY` and the file of the authority it shall trust.
 *
 * @param hosts - Decides which hosts lead to the emulator.
 * @param httpsPort - Port of the emulator's https server on 127.0.0.1.
 */
export function answerConnect(server: Server, hosts: (host: string) => boolean, httpsPort: number): () => void {
  const tunnels = new Set<Duplex>()
  server.on('connect', (request, client: Duplex, head: Buffer) => {
    const target = /^([^:]+):443$/.exec(request.url ?? '')?.[1]?.toLowerCase()
    client.on('error', () => client.destroy())
    if (target === undefined || !hosts(target)) {
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const upstream = connect(httpsPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    tunnels.add(client)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroy())
    client.on('close', () => {
      tunnels.delete(client)
      upstream.destroy()
    })
  })
  return () => {
    for (const client of tunnels) client.destroy()
  }
}
