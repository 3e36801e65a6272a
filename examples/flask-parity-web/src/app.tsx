import { fileURLToPath } from 'node:url'
import { AuthClient, AZURE_DEVOPS_SCOPE, systemClock, type Clock, type Logger } from '@patkit/core'
import {
  buildAssets,
  createPages,
  securityHeaders,
  styleSheet,
  themeRoutes,
  type Assets,
  type Site,
} from '@patkit/example-kit'
import { signIn, type WebStorage } from '@patkit/express'
import express, { type Express } from 'express'
import { Clients } from './clients.js'
import { footer, Home } from './home.js'
import { OneTimeForms } from './one-time-forms.js'
import { patRoutes } from './pats/routes.js'
import { reportRoutes } from './report/routes.js'
import type { Settings } from './settings.js'

/** What an application is made of. */
export interface AppOptions {
  readonly settings: Settings
  readonly storage: WebStorage
  readonly assets: Assets
  readonly clock?: Clock
  readonly logger?: Logger
}

/** The application, and its end. */
export interface App {
  readonly express: Express
  /** Lets go of what is under way; reports go on at the next start. */
  close(): Promise<void>
}

/** Style and scripts of the site; made once at the start. */
export function siteAssets(): Promise<Assets> {
  const script = (name: string): string => fileURLToPath(new URL(`browser/${name}.ts`, import.meta.url))
  return buildAssets({ style: styleSheet, scripts: { report: script('report'), secret: script('secret') } })
}

/** What is the same on every page. */
export const site = (kind: 'demonstration' | 'tenant'): Site => ({
  name: 'Token report',
  navigation: [
    { href: '/pats', label: 'Your tokens' },
    { href: '/reports', label: 'Organization' },
  ],
  footer,
  banner:
    kind === 'demonstration' ? 'A demonstration on an emulated organization: nothing leaves this machine.' : undefined,
})

const consoleLogger: Logger = { warn: (message) => console.warn(message) }

/** Sign-in, one's own tokens, and the report of the organization. */
export function createApp({ settings, storage, assets, clock = systemClock, logger = consoleLogger }: AppOptions): App {
  const { auth: config, emulator, organization, reportsFolder, trustProxy } = settings
  const auth = new AuthClient({ ...config, emulator, tokenCache: storage.tokenCache, clock, logger })
  const pages = createPages(site(emulator === undefined ? 'tenant' : 'demonstration'), assets)
  const web = signIn({
    auth,
    storage,
    scopes: [AZURE_DEVOPS_SCOPE],
    renderPage: pages.renderPage,
    trustProxy,
    clock,
    logger,
  })
  const clients = new Clients(auth, settings, clock)
  const forms = new OneTimeForms(clock)
  const common = { web, pages, clients, forms, organization, clock, logger }
  const reports = reportRoutes({ ...common, reportsFolder })

  const app = express()
  app.disable('x-powered-by')
  app.use(securityHeaders(new URL(auth.redirectUri).origin), assets.routes, themeRoutes())
  app.use(web.routes())
  app.get('/', web.optional(), (req, res) => {
    pages.send(req, res, { title: 'Token report', body: <Home settings={settings} signIn={res.locals.signIn} /> })
  })
  app.use(patRoutes(common))
  app.use(reports.router)
  app.use(web.optional(), pages.notFound)
  app.use(web.errorPage())
  return {
    express: app,
    close: async () => {
      await reports.close()
      await web.close()
    },
  }
}
