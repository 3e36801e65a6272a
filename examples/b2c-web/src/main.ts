import { fileURLToPath } from 'node:url'
import { startEmulator } from '@patkit/emulator'
import { runSite, type SiteProgram } from '@patkit/example-kit'
import { memoryStorage, storageFromEnv } from '@patkit/express'
import { createApp, site, siteAssets } from './app.js'
import { demoSettings } from './demo.js'
import { settingsFromEnv, usualPort } from './settings.js'

/** The site for the directory of the environment variables, or a demonstration without any of them. */
export const shop: SiteProgram = {
  site: site('tenant'),
  port: usualPort,
  tenantVariables: [
    'CLIENT_ID',
    'CLIENT_SECRET',
    'CLIENT_CERTIFICATE_PATH',
    'AUTHORITY',
    'OIDC_AUTHORITY',
    'TENANT_ID',
    'CUSTOM_DOMAIN',
    'B2C_TENANT_NAME',
    'SIGNUPSIGNIN_USER_FLOW',
    'EDITPROFILE_USER_FLOW',
    'RESETPASSWORD_USER_FLOW',
    'SCOPE',
    'ENDPOINT',
  ],
  buildAssets: siteAssets,
  startEmulator: () => startEmulator(),
  forTenant: (env, assets) => {
    const settings = settingsFromEnv(env)
    const storage = storageFromEnv({}, env)
    return { ...settings, express: createApp({ settings, storage, assets }), close: () => storage.close() }
  },
  forEmulator: (emulator, env, assets) => {
    const settings = demoSettings(emulator, env)
    const storage = memoryStorage()
    return { ...settings, express: createApp({ settings, storage, assets }), close: () => storage.close() }
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runSite(shop, process.env)
