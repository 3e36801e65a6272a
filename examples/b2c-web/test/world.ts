import { SignInBrowser, startEmulator, type Emulator, type SignInChoices } from '@patkit/emulator'
import { serve, type Assets } from '@patkit/example-kit'
import { atSignInService, freePort, originOf, TestBrowser, type Answer } from '@patkit/example-kit/test'
import { memoryStorage } from '@patkit/express'
import { onTestFinished } from 'vitest'
import { createApp, siteAssets } from '../src/app.js'
import { demoPlaces, demoSettings, type DemoPlaceName } from '../src/demo.js'
import type { Settings } from '../src/settings.js'

/** How a world is set up. */
export interface WorldOptions {
  readonly place?: DemoPlaceName
  /** Further variables; an empty one unsets that of the place. */
  readonly env?: Readonly<Record<string, string>>
  readonly apiTimeoutMs?: number
}

/** The site over real HTTP, the emulated directory behind it, and a person's browser. */
export interface World {
  readonly emulator: Emulator
  readonly settings: Settings
  readonly origin: string
  readonly person: string
  readonly browser: TestBrowser
  readonly logged: string[]
  /** What the person does at the sign-in service; the answer of the site to what comes back. */
  goOn(location: string | undefined, choices?: SignInChoices): Promise<Answer>
  /** Signs the person in, and gives the answer of the page that was asked for. */
  signIn(path?: string, choices?: SignInChoices): Promise<Answer>
}

let assets: Promise<Assets> | undefined

/** Starts the site for a directory of the emulator; everything ends with the test. */
export async function startWorld({ place = 'Azure AD B2C', env, apiTimeoutMs }: WorldOptions = {}): Promise<World> {
  const emulator = await startEmulator({ users: 5 })
  onTestFinished(() => emulator.close())
  const port = await freePort()
  const settings = { ...demoSettings(emulator, { PORT: String(port), ...env }, place), ...timeout(apiTimeoutMs) }
  const logged: string[] = []
  assets ??= siteAssets()
  const app = createApp({
    settings,
    storage: memoryStorage(),
    assets: await assets,
    logger: { warn: (message) => void logged.push(message) },
  })
  const running = await serve(app, settings)
  onTestFinished(() => running.close())

  const browser = new TestBrowser(port)
  const visitor = new SignInBrowser(originOf(emulator))
  const { person } = demoPlaces[place]
  const goOn: World['goOn'] = async (location, choices = {}) => {
    const back = await atSignInService(emulator, location, { person, ...choices }, visitor)
    return browser.open(back, { site: 'cross-site' })
  }
  return {
    emulator,
    settings,
    origin: `http://localhost:${port}`,
    person,
    browser,
    logged,
    goOn,
    signIn: async (path = '/claims', choices = {}) => {
      const { location } = await goOn((await browser.open(path)).location, choices)
      return browser.open(location ?? '/')
    },
  }
}

const timeout = (apiTimeoutMs: number | undefined) => (apiTimeoutMs === undefined ? {} : { apiTimeoutMs })
