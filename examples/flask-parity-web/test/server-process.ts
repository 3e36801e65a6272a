/**
 * The site in a process of its own, so that a test can kill it. Settings come as environment variables: those of the site, `EMULATOR` for
 * the address of the sign-in service, and `FOLDER` for everything it keeps. Says `ready` to its parent once it serves.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serve } from '@patkit/example-kit'
import { fileStorage } from '@patkit/express'
import { createApp, siteAssets } from '../src/app.js'
import { settingsFromEnv } from '../src/settings.js'

/** Where a server keeps its reports. */
export const reportsIn = (folder: string): string => path.join(folder, 'reports')

/** A server that runs. */
export interface ServerProcess {
  /** Everything it said. */
  readonly output: () => string
  /** Ends it as a power cut does. */
  kill(): Promise<void>
}

/** Starts a server and waits until it serves. */
export async function startServerProcess(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const child = fork(fileURLToPath(import.meta.url), [], {
    execArgv: ['--conditions=@patkit/source', '--import', tsx],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the server did not start: ${output}`))),
  ])
  return { output: () => output, kill: () => kill(child) }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const { FOLDER: folder = '', EMULATOR: origin = '' } = process.env
  const settings = { ...settingsFromEnv(process.env, reportsIn(folder)), emulator: { origin } }
  const storage = fileStorage({ directory: path.join(folder, 'storage') })
  const app = createApp({ settings, storage, assets: await siteAssets() })
  await serve(app.express, settings)
  process.send('ready')
}
