import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onAbort } from '../abort.js'
import type { Clock } from '../clock.js'
import { sameSecret } from './transaction.js'

/** A server on this machine that waits for the browser to come back once (RFC 8252, section 7.3). */
export interface Loopback {
  /** Where the browser has to come back to. */
  readonly redirectUri: string
  /**
   * The address it came back with, once `state` fits. Requests with another state are refused and do not end the wait.
   *
   * @returns `undefined` when nobody came in time.
   */
  wait(state: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<URL | undefined>
  close(): Promise<void>
}

/** Opens it on a free port of 127.0.0.1; nothing but this machine reaches it. */
export async function openLoopback(clock: Clock): Promise<Loopback> {
  let visit: (url: URL) => boolean = () => false
  const open = new Set<Promise<unknown>>()
  const server = createServer((request, response) => {
    const over = new Promise<void>((resolve) => response.once('close', resolve))
    open.add(over)
    void over.then(() => open.delete(over))
    answer(request, response, (url) => visit(url))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    redirectUri: `http://localhost:${port}`,
    wait: (state, timeoutMs, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const end = (settle: () => void): void => {
          stopTimer()
          stopFollowing?.()
          visit = () => false
          settle()
        }
        const stopTimer = clock.timer(timeoutMs, () => end(() => resolve(undefined)))
        const stopFollowing = signal && onAbort(signal, () => end(() => reject(signal.reason as Error)))
        visit = (url) => {
          const given = url.searchParams.getAll('state')
          if (given.length !== 1 || !sameSecret(given[0] ?? '', state)) return false
          end(() => resolve(url))
          return true
        }
      }),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      await Promise.all(open)
      // A browser opens connections that it may never use; they must not keep the program.
      server.closeAllConnections()
      await closed
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse, visit: (url: URL) => boolean): void {
  // A name that only resolves to this machine (DNS rebinding) is not ours.
  const host = request.headers.host?.replace(/:\d+$/, '')
  const base = host === 'localhost' || host === '127.0.0.1' ? `http://${request.headers.host ?? ''}` : undefined
  const target = request.url ?? '/'
  const url =
    base !== undefined && target.startsWith('/') && URL.canParse(base + target) ? new URL(base + target) : undefined
  const isAnswer = url?.pathname === '/' && (url.searchParams.has('code') || url.searchParams.has('error'))
  if (url === undefined || request.method !== 'GET') show(response, 400, 'This is not a page.')
  else if (!isAnswer) show(response, 404, 'There is nothing here.')
  else if (!visit(url)) show(response, 400, 'This answer belongs to another sign-in.')
  else show(response, 200, 'Done. You can close this page and go back to the program.')
}

function show(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // The address holds the code; it is good for nothing by now, but it is nobody else's business.
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign-in</title><p>${sentence}</p></html>\n`)
}
