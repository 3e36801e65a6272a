import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock, type Clock } from '@patkit/core'
import { SignInBrowser, startEmulator, type Emulator, type EmulatorOptions } from '@patkit/emulator'
import { serve, type Assets, type RunningSite } from '@patkit/example-kit'
import { TestBrowser } from '@patkit/example-kit/test'
import { memoryStorage, type WebStorage } from '@patkit/express'
import { onTestFinished } from 'vitest'
import { createApp, siteAssets } from '../src/app.js'
import { demoSettings } from '../src/demo.js'
import type { Settings } from '../src/settings.js'
import { listen, type Listener } from './server-sent-events.js'

/** How a world is set up. */
export interface WorldOptions {
  readonly emulator?: EmulatorOptions
  readonly redirectPath?: string
  /** Time of the application; that of the machine unless given. */
  readonly clock?: Clock
  /** Where sessions and tokens are kept; in memory unless given. */
  readonly storage?: WebStorage
}

/** The site over real HTTP, the emulated services behind it, and people's browsers. */
export interface World {
  readonly emulator: Emulator
  readonly settings: Settings
  /** `http://localhost:` and the port. */
  readonly origin: string
  readonly port: number
  /** Sign-in name of an administrator of the organization, and of a member who is none. */
  readonly administrator: string
  readonly member: string
  /** Everything the application logged. */
  readonly logged: string[]
  /** A new browser in which nobody is signed in. */
  browser(): TestBrowser
  /** A new browser in which this person is signed in; the administrator unless given. */
  signedIn(person?: string): Promise<TestBrowser>
  /** What a person does at the sign-in service, with the address it sends the browser back to. */
  atService(url: string | undefined, person?: string): Promise<string>
  /** Listens to a report as a page of this browser does. */
  listen(browser: TestBrowser, report: string, lastEventId?: string): Promise<Listener>
  /** What forms of this browser's session carry. */
  csrfToken(browser: TestBrowser): Promise<string>
  /** Ends the server and starts another one on the same port, folder and storage, as after a crash or an update. */
  restart(): Promise<void>
}

let assets: Promise<Assets> | undefined

/** Starts the site for an emulated organization; everything ends with the test. */
export async function startWorld({
  emulator: options,
  redirectPath,
  clock,
  ...given
}: WorldOptions = {}): Promise<World> {
  const emulator = await startEmulator({ ...(options?.people === undefined ? { users: 30 } : {}), seed: 7, ...options })
  onTestFinished(() => emulator.close())
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-web-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  assets ??= siteAssets()
  const madeAssets = assets

  // The redirect URI names the port, so it has to be known first.
  const probe = await serve((_req, res) => res.end(), { port: 0, host: '127.0.0.1' })
  const { port } = probe
  await probe.close()
  const env = { PORT: String(port), ...(redirectPath === undefined ? {} : { REDIRECT_PATH: redirectPath }) }
  const settings = demoSettings(emulator, env, path.join(folder, 'reports'))

  const logged: string[] = []
  const logger = { warn: (message: string) => void logged.push(message) }
  const storage = given.storage ?? memoryStorage({ clock: clock ?? systemClock })
  let running = await startSite(settings, storage, { clock: clock ?? systemClock, logger, assets: await madeAssets })
  onTestFinished(() => running.close())

  const origin = `http://localhost:${port}`
  const browser = (): TestBrowser => new TestBrowser(port)
  const administrator = settings.demoPerson ?? ''
  const atService: World['atService'] = async (url = '', person = administrator) => {
    const service = new SignInBrowser(emulator.url.replace('127.0.0.1', 'localhost'))
    const end = await service.signIn(url, { person })
    return end.url.href.slice(origin.length)
  }
  const member = [...emulator.data.people()].find(
    ({ kind, isAdministrator, principalName }) => kind === 'member' && !isAdministrator && principalName !== null,
  )
  return {
    emulator,
    settings,
    origin,
    port,
    administrator,
    member: member?.principalName ?? '',
    logged,
    browser,
    atService,
    listen: (own, report, lastEventId) =>
      listen(own, { port, path: `${report}/events`, ...(lastEventId === undefined ? {} : { lastEventId }) }),
    signedIn: async (person = administrator) => {
      const own = browser()
      await own.open(await atService((await own.open('/login')).location, person), { site: 'cross-site' })
      return own
    },
    csrfToken: async (own) => {
      const { body } = await own.open('/')
      return /name="_csrf" value="([^"]+)"/.exec(body)?.[1] ?? ''
    },
    restart: async () => {
      await running.close()
      running = await startSite(settings, storage, { clock: clock ?? systemClock, logger, assets: await madeAssets })
    },
  }
}

async function startSite(
  settings: Settings,
  storage: WebStorage,
  surroundings: Omit<Parameters<typeof createApp>[0], 'settings' | 'storage'>,
): Promise<RunningSite> {
  const app = createApp({ settings, storage, ...surroundings })
  const running = await serve(app.express, settings)
  return {
    port: running.port,
    close: async () => {
      await running.close()
      await app.close()
    },
  }
}
