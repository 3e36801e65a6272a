/** `npm start`: the site for the tenant of the environment variables, or a demonstration without any of them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigurationError } from '@patkit/core'
import type { Emulator } from '@patkit/emulator'
import { configurationSite, explainListenError, serve, untilStopped, type RunningSite } from '@patkit/example-kit'
import { memoryStorage, storageFromEnv } from '@patkit/express'
import { createApp, site, siteAssets } from './app.js'
import { demoSettings, startDemoEmulator } from './demo.js'
import { isDemonstration, settingsFromEnv } from './settings.js'

/** Serves the site for the tenant that the environment names. A page says what is missing there. */
export async function startForTenant(env: NodeJS.ProcessEnv): Promise<RunningSite> {
  const assets = await siteAssets()
  try {
    const state = env['XDG_STATE_HOME'] ?? path.join(homedir(), '.local', 'state')
    const settings = settingsFromEnv(env, path.join(state, 'patkit', 'web', 'reports'))
    const storage = storageFromEnv()
    const app = createApp({ settings, storage, assets })
    return await served(settings, app, () => storage.close())
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    console.error(error.message)
    const port = Number(env['PORT'] ?? 5000)
    return serve(configurationSite(site(false), assets, error), { port, host: '127.0.0.1' })
  }
}

/** Serves the site for an emulated organization. Everything is gone when it ends. */
export async function startDemonstration(emulator: Emulator, env: NodeJS.ProcessEnv): Promise<RunningSite> {
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-reports-'))
  const settings = demoSettings(emulator, env, folder)
  const app = createApp({ settings, storage: memoryStorage(), assets: await siteAssets() })
  return served(settings, app, () => rm(folder, { recursive: true, force: true }))
}

async function served(
  settings: { readonly port: number; readonly host: string },
  app: ReturnType<typeof createApp>,
  end: () => Promise<void>,
): Promise<RunningSite> {
  const running = await serve(app.express, settings)
  return {
    port: running.port,
    close: async () => {
      await running.close()
      await app.close()
      await end()
    },
  }
}

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const emulator = isDemonstration(env) ? await startDemoEmulator() : undefined
  const running = emulator === undefined ? await startForTenant(env) : await startDemonstration(emulator, env)
  console.log(`Token report: http://localhost:${running.port}  (Ctrl-C ends it)`)
  await untilStopped()
  await running.close()
  await emulator?.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.env).catch((error: unknown) => {
    console.error(explainListenError(error, { port: Number(process.env['PORT'] ?? 5000) }))
    process.exitCode = 1
  })
}
