import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { freePort } from '../../core/test/free-port.js'

/**
 * Whether tests with Redis are left out because there is no redis-server. On a build server that is a failure instead: there nobody
 * reads what was left out.
 */
export function skipWithoutRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return false
  const message = 'redis-server is not installed (apt-get install redis-server)'
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(message)
  console.warn(`SKIPPED: the tests of sessions in Redis. ${message}`)
  return true
}

/** A Redis of one's own until the test ends. */
export interface RunningRedis {
  readonly url: string
  /** Asks it something by its command line, as an administrator would. */
  ask(...command: string[]): string
  /** Ends it; with it goes everything it held. */
  stop(): Promise<void>
  /** Starts it anew on the same port, empty. */
  restart(): Promise<void>
  /** Makes it hold still without closing a connection, until `resume`. */
  freeze(): void
  resume(): void
}

export async function startRedis(): Promise<RunningRedis> {
  const port = await freePort()
  let server = await launch(port)
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGCONT')
    server.kill('SIGKILL')
    await ended
  }
  onTestFinished(stop)
  return {
    url: `redis://127.0.0.1:${port}`,
    ask: (...command) => spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).stdout.trim(),
    stop,
    restart: async () => {
      server = await launch(port)
    },
    freeze: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
  }
}

async function launch(port: number) {
  const options = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`redis-server ended: ${said}`)))
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve()
    })
  })
  return server
}
