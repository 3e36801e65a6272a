import {
  AuthClient,
  isPatkitError,
  systemClock,
  version,
  type Clock,
  type Logger,
  type TokenCredential,
} from '@patkit/core'
import {
  buildAssets,
  createPages,
  securityHeaders,
  styleSheet,
  themeRoutes,
  type Assets,
  type Site,
} from '@patkit/example-kit'
import { signIn, type PageContent, type WebStorage } from '@patkit/express'
import express, { type Express } from 'express'
import { callApi } from './call-api.js'
import type { Settings } from './settings.js'
import { ApiPage } from './views/api-page.js'
import { ClaimsPage } from './views/claims-page.js'
import { Home } from './views/home.js'

/** What an application is made of. */
export interface AppOptions {
  readonly settings: Settings
  readonly storage: WebStorage
  readonly assets: Assets
  readonly clock?: Clock
  readonly logger?: Logger
}

/** What is the same on every page. */
export const site = (kind: 'demonstration' | 'tenant'): Site => ({
  name: 'Shop',
  navigation: [{ href: '/claims', label: 'Your claims' }],
  footer: `patkit ${version} · Express · MSAL Node · Pico CSS`,
  banner:
    kind === 'demonstration' ? 'A demonstration with an emulated directory: nothing leaves this machine.' : undefined,
})

export const siteAssets = (): Promise<Assets> => buildAssets({ style: styleSheet })

const consoleLogger: Logger = { warn: (message) => console.warn(message) }

/** Sign-in with user flows, the claims of who is signed in, and a protected web API. */
export function createApp({
  settings,
  storage,
  assets,
  clock = systemClock,
  logger = consoleLogger,
}: AppOptions): Express {
  const { auth: config, emulator, apiTimeoutMs, trustProxy } = settings
  const { endpoint, scopes } = config
  const auth = new AuthClient({ ...config, emulator, tokenCache: storage.tokenCache, clock, logger })
  const pages = createPages(site(emulator === undefined ? 'tenant' : 'demonstration'), assets)
  // No scopes here: they are asked for by the page that needs them.
  const web = signIn({ auth, storage, renderPage: pages.renderPage, trustProxy, clock, logger })

  const app = express()
  app.disable('x-powered-by')
  app.use(securityHeaders(new URL(auth.redirectUri).origin), assets.routes, themeRoutes())
  app.use(web.routes())

  app.get('/', web.optional(), (req, res) => {
    const body = <Home settings={settings} paths={web.paths} signIn={res.locals.signIn} />
    pages.send(req, res, { title: 'Shop', body })
  })

  app.get('/claims', web.required(), async (req, res) => {
    const { account, credential } = res.locals.signIn
    const accessToken = scopes.length === 0 ? undefined : await silently(() => credential.getToken([...scopes]))
    const body = (
      <ClaimsPage
        account={account}
        idTokenEnds={dateOf(account.claims['exp'])}
        accessToken={scopes.length === 0 ? 'not-configured' : (accessToken ?? 'not-there')}
        now={new Date(clock.now())}
      />
    )
    pages.send(req, res, { title: 'Your claims', body })
  })

  if (endpoint !== undefined) {
    app.get(['/call_downstream_api', '/call_api'], web.required(), async (req, res) => {
      const { credential } = res.locals.signIn
      const accessToken = await accessTokenFrom(credential, scopes)
      if (accessToken === undefined) {
        pages.sendProblem(req, res, noAccessToken(scopes))
        return
      }
      let call = await callApi(endpoint, accessToken, { timeoutMs: apiTimeoutMs })
      if (call.kind === 'answered' && call.claims !== undefined) {
        // With a token that has what the API wants, once. What only the person can give, the sign-in asks for and comes back here.
        const renewed = await credential.getToken([...scopes], { claims: call.claims })
        if (renewed !== null) call = await callApi(endpoint, renewed.token, { timeoutMs: apiTimeoutMs })
      }
      const body = <ApiPage endpoint={endpoint} scopes={scopes} clientId={config.clientId} call={call} />
      pages.send(req, res, { title: 'Web API', body })
    })
  }

  app.use(web.optional(), pages.notFound)
  app.use(web.errorPage())
  return app
}

/** What can be had without asking the person; on this page nothing else matters. */
async function silently<T>(get: () => Promise<T | null>): Promise<T | undefined> {
  try {
    return (await get()) ?? undefined
  } catch {
    return undefined
  }
}

/** The time of a claim in seconds; `undefined` for a value that is none. */
function dateOf(seconds: unknown): Date | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/**
 * The access token; `undefined` when the scopes are of no API, for which B2C gives none: signing in again would not help.
 *
 * @throws InteractionRequiredError When only the person can help, such as by consenting.
 */
async function accessTokenFrom(credential: TokenCredential, scopes: readonly string[]): Promise<string | undefined> {
  try {
    return (await credential.getToken([...scopes]))?.token
  } catch (error) {
    if (isPatkitError(error) && error.code === 'PATKIT_INTERACTION_REQUIRED' && error.reason === 'no-token')
      return undefined
    throw error
  }
}

const noAccessToken = (scopes: readonly string[]): PageContent => ({
  status: 502,
  title: 'The sign-in service gave no access token',
  message: `The scope ${scopes.join(' ')} is not one of an API, so there is nothing a token would be good for.`,
  help: 'Set SCOPE to a scope that the API exposes, such as https://fabrikamb2c.onmicrosoft.com/api/demo.read.',
  actions: [{ kind: 'link', label: 'Start page', href: '/' }],
})
