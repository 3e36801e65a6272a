import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import {
  AuthClient,
  AZURE_DEVOPS_SCOPE,
  b2c,
  externalId,
  singleTenant,
  type Authority,
  type AuthClientOptions,
} from '@patkit/core'
import { createTestClock, type TestClock } from '@patkit/emulator'
import express5, { type Express } from 'express'
import express4 from 'express4'
import { onTestFinished } from 'vitest'
import {
  sampleIds,
  sampleScopes,
  sampleSecret,
  SignInBrowser,
  startIdentityServer,
  type IdentityHalf,
  type SignInChoices,
} from '@patkit/emulator'
import { memoryStorage, signIn, type SignInOptions, type WebSignIn, type WebStorage } from '../src/index.js'
import { TestBrowser, type Answer } from './browser.js'

export { sampleIds, sampleScopes, sampleSecret }

/** Both Expresses the package is made for. */
export const expresses = { 'Express 4': express4, 'Express 5': express5 } as const
export type ExpressName = keyof typeof expresses
export const expressNames = Object.keys(expresses) as ExpressName[]

/** A directory at the emulator, and who is in it. */
interface Place {
  readonly authority: Authority
  readonly tenant: string
  readonly person: string
  readonly otherPerson: string
  readonly scope: string
}

const userFlows = { signUpSignIn: 'B2C_1_susi', editProfile: 'B2C_1_edit', resetPassword: 'B2C_1_reset' }

export const places = {
  'Entra ID': {
    authority: singleTenant({ tenant: sampleIds.contosoTenant }),
    tenant: 'contoso.onmicrosoft.com',
    person: 'alice@contoso.onmicrosoft.com',
    otherPerson: 'bob@contoso.onmicrosoft.com',
    scope: AZURE_DEVOPS_SCOPE,
  },
  B2C: {
    authority: b2c({ tenantName: 'fabrikamb2c', userFlows }),
    tenant: 'fabrikamb2c',
    person: 'carol@customer.example',
    otherPerson: 'gina@gmail.example',
    scope: sampleScopes.b2c,
  },
  'External ID': {
    authority: externalId({ tenantName: 'woodgrove', tenantId: sampleIds.externalTenant }),
    tenant: 'woodgrove',
    person: 'wendy@customer.example',
    otherPerson: 'wendy@customer.example',
    scope: sampleScopes.external,
  },
} as const satisfies Record<string, Place>

/** How a world is set up. */
export interface WorldOptions {
  readonly express?: ExpressName
  readonly place?: keyof typeof places
  /** Another authority at the same place. */
  readonly authority?: Authority
  readonly redirectPath?: string
  /** Scheme and host that people see in front of a proxy. */
  readonly publicOrigin?: string
  readonly storage?: (clock: TestClock) => WebStorage
  readonly signIn?: Partial<Omit<SignInOptions, 'auth' | 'storage'>>
  readonly auth?: Partial<AuthClientOptions>
  /** Routes of the application; {@link sampleRoutes} unless given. */
  readonly routes?: (app: Express, web: WebSignIn, world: Pick<World, 'express'>) => void
}

/** An application with sign-in, the emulated sign-in service, and a person's browser, on one clock that only the test moves. */
export interface World {
  readonly express: typeof express5
  readonly port: number
  readonly origin: string
  readonly place: Place
  readonly clock: TestClock
  readonly identity: IdentityHalf
  readonly storage: WebStorage
  readonly auth: AuthClient
  readonly web: WebSignIn
  readonly browser: TestBrowser
  /** Everything that was logged. */
  readonly logged: string[]
  /** The browser of somebody else. */
  otherBrowser(headers?: Readonly<Record<string, string>>): TestBrowser
  /** What a person does at the sign-in service, with the address it sends the browser back to. */
  atService(url: string | undefined, choices?: SignInChoices, visitor?: SignInBrowser): Promise<string>
  /** A person's browser as the sign-in service sees it. */
  serviceBrowser(): SignInBrowser
  /** Opens a page, signs in on the way, and comes back; the answer is that of the redirect path. */
  signIn(path?: string, choices?: SignInChoices, browser?: TestBrowser): Promise<Answer>
  /** Puts another server of the application in the place of this one, as after a restart. */
  again(options?: Partial<WorldOptions>): WebSignIn
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const place: Place = places[options.place ?? 'Entra ID']
  // MSAL dates tokens by the machine's clock, so ours must begin there.
  const clock = createTestClock(new Date().toISOString())
  let app: RequestListener = () => undefined
  const port = await listen((req, res) => app(req, res))
  const origin = options.publicOrigin ?? `http://localhost:${port}`
  const service = await startIdentityServer({ clock })
  onTestFinished(() => service.close())
  const redirectUri = origin + (options.redirectPath ?? '/getAToken')
  const clientId = randomUUID()
  service.identity.registerClient({
    clientId,
    tenant: place.tenant,
    displayName: 'Application under test',
    redirectUris: [redirectUri, `${origin}/`],
    secrets: [{ value: sampleSecret }],
    frontChannelLogoutUri: `${origin}/auth/front-channel-logout`,
  })

  const logged: string[] = []
  const logger = { warn: (message: string) => logged.push(message), debug: (message: string) => logged.push(message) }
  const storage = options.storage?.(clock) ?? memoryStorage({ clock })
  onTestFinished(() => storage.close())
  const build = (more: Partial<WorldOptions>, kept: WebStorage) => {
    const all = { ...options, ...more }
    const express = expresses[all.express ?? 'Express 5']
    const auth = new AuthClient({
      authority: all.authority ?? place.authority,
      clientId,
      credential: { secret: sampleSecret },
      redirectUri,
      emulator: { origin: service.url },
      tokenCache: kept.tokenCache,
      clock,
      logger,
      ...all.auth,
    })
    const web = signIn({ auth, storage: kept, clock, logger, ...all.signIn })
    const application = express()
    // Otherwise Express prints errors of tests that are about errors.
    application.set('env', 'test')
    const routes = all.routes ?? sampleRoutes
    routes(application, web, { express })
    return { application, auth, web, express }
  }

  const built = build({}, storage)
  app = built.application
  const person = place.person
  const serviceBrowser = (): SignInBrowser => new SignInBrowser(service.url)
  const ownService = serviceBrowser()
  const browser = new TestBrowser(port)
  const atService: World['atService'] = async (url, choices = {}, visitor = ownService) => {
    if (url === undefined) throw new Error('The application sends the browser nowhere.')
    const end = await visitor.signIn(url, { person, ...choices })
    return end.url.href.slice(origin.length)
  }
  return {
    ...built,
    port,
    origin,
    place,
    clock,
    identity: service.identity,
    storage,
    browser,
    logged,
    otherBrowser: (headers) => new TestBrowser(port, headers),
    atService,
    serviceBrowser,
    signIn: async (path = '/private', choices = {}, own = browser) => {
      const visitor = own === browser ? ownService : serviceBrowser()
      const back = await atService((await own.open(path)).location, choices, visitor)
      return own.open(back, { site: 'cross-site' })
    },
    again: (more = {}) => {
      const kept = more.storage?.(clock) ?? storage
      onTestFinished(() => kept.close())
      const next = build(more, kept)
      app = next.application
      return next.web
    },
  }
}

/** One page of each kind. */
export function sampleRoutes(app: Express, web: WebSignIn, { express }: Pick<World, 'express'>): void {
  app.use(web.routes())
  app.get('/', web.optional(), (_req, res) => {
    res.json({ who: res.locals.signIn?.account.username ?? null })
  })
  app.get('/private', web.required(), (_req, res) => {
    const { account, csrfToken } = res.locals.signIn
    res.json({ who: account.username, name: account.name, userFlow: account.userFlow, csrfToken })
  })
  app.get('/private/:id', web.required(), (req, res) => {
    res.json({ who: res.locals.signIn.account.username, id: req.params.id })
  })
  app.post(
    '/change',
    web.required(),
    express.urlencoded({ extended: false }),
    express.json(),
    web.csrf(),
    (_req, res) => {
      res.json({ changed: true })
    },
  )
  app.use(web.errorPage())
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return (server.address() as AddressInfo).port
}
