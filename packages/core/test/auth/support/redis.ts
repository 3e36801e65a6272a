import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import { freePort } from '../../free-port.js'

/**
 * Whether tests with Redis are left out because there is no redis-server. On a build server that is a failure instead: there nobody
 * reads what was left out.
 */
export function skipWithoutRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return false
  const message = 'redis-server is not installed (apt-get install redis-server)'
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(message)
  console.warn(`SKIPPED: the tests of the token cache in Redis. ${message}`)
  return true
}

/** A Redis of one's own on a free port, until the test ends. */
export interface RunningRedis {
  readonly url: string
  /** A connected client. */
  readonly connect: () => Promise<ReturnType<typeof createClient>>
  readonly stop: () => Promise<void>
}

export async function startRedis(): Promise<RunningRedis> {
  const port = await freePort()
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let said = ''
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`redis-server ended: ${said}`)))
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve()
    })
  })
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill()
    await ended
  }
  onTestFinished(stop)
  const url = `redis://127.0.0.1:${port}`
  const connect = async (): Promise<ReturnType<typeof createClient>> => {
    const client = createClient({ url, socket: { reconnectStrategy: false } })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => {
      if (client.isOpen) client.destroy()
    })
    return client
  }
  return { url, connect, stop }
}
