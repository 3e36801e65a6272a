import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runSite, valueOf, type SiteProgram } from '@patkit/example-kit'
import { memoryStorage, storageFromEnv } from '@patkit/express'
import { createApp, site, siteAssets } from './app.js'
import { demoSettings, startDemoEmulator } from './demo.js'
import { settingsFromEnv, usualPort } from './settings.js'

/** The site for the tenant of the environment variables, or a demonstration without any of them. */
export const tokenReport: SiteProgram = {
  site: site('tenant'),
  port: usualPort,
  tenantVariables: ['CLIENT_ID', 'CLIENT_SECRET', 'CLIENT_CERTIFICATE_PATH', 'AUTHORITY', 'TENANT_ID', 'ORGANIZATION'],
  buildAssets: siteAssets,
  startEmulator: startDemoEmulator,
  forTenant: (env, assets) => {
    const state = valueOf(env, 'XDG_STATE_HOME') ?? path.join(homedir(), '.local', 'state')
    const settings = settingsFromEnv(env, path.join(state, 'patkit', 'web', 'reports'))
    const storage = storageFromEnv({}, env)
    const app = createApp({ settings, storage, assets })
    return {
      ...settings,
      express: app.express,
      close: async () => {
        await app.close()
        await storage.close()
      },
    }
  },
  forEmulator: (emulator, env, assets, folder) => {
    const settings = demoSettings(emulator, env, folder)
    const app = createApp({ settings, storage: memoryStorage(), assets })
    return { ...settings, express: app.express, close: () => app.close() }
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runSite(tokenReport, process.env)
