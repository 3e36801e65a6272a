/**
 * The example site in a process of its own, so that nothing but the site is in its memory. Settings come as environment variables: those
 * of the site, `EMULATOR` for the address of the sign-in service, and `FOLDER` for its reports. Asked for its memory it collects its
 * garbage first and answers in bytes.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serve } from '@patkit/example-kit'
import { memoryStorage } from '@patkit/express'
import { createApp, siteAssets } from '../../examples/flask-parity-web/src/app.js'
import { settingsFromEnv } from '../../examples/flask-parity-web/src/settings.js'

/** A site that runs. */
export interface ServerProcess {
  /** Bytes that it holds and cannot let go of, in and outside of the heap. */
  heldBytes(): Promise<number>
  close(): Promise<void>
}

/** Starts the site and waits until it serves. */
export async function forkServer(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const child = fork(fileURLToPath(import.meta.url), [], {
    execArgv: ['--conditions=@patkit/source', '--import', tsx, '--expose-gc'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const [first] = (await Promise.race([once(child, 'message'), gone])) as unknown[]
    if (child.exitCode !== null) throw new Error(`the site ended with code ${child.exitCode}`)
    return first
  }
  await answer()
  return {
    heldBytes: () => {
      child.send('how much?')
      return answer().then(Number)
    },
    close: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const { FOLDER: folder = '', EMULATOR: origin = '' } = process.env
  const settings = { ...settingsFromEnv(process.env, folder), emulator: { origin } }
  const app = createApp({ settings, storage: memoryStorage(), assets: await siteAssets(), logger: {} })
  await serve(app.express, settings)
  process.on('message', () => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    process.send?.(heapUsed + external)
  })
  process.send('ready')
}
