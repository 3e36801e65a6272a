import { SignInBrowser, startEmulator, type Emulator, type SignInChoices } from '@patkit/emulator'
import { serve, type Assets } from '@patkit/example-kit'
import { atSignInService, freePort, originOf, TestBrowser, type Answer } from '@patkit/example-kit/test'
import { memoryStorage, type WebStorage } from '@patkit/express'
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
  /** Where sessions and tokens are kept; in memory unless given. */
  readonly storage?: WebStorage
}

/** The site over real HTTP, the emulated directory behind it, and a person's browser. */
export interface World {
  readonly emulator: Emulator
  readonly settings: Settings
  readonly origin: string
  readonly person: string
  readonly browser: TestBrowser
  readonly logged: string[]
  /** Opens a page and goes wherever it leads, at the sign-in service too, until there is something to read. */
  walk(path: string, choices?: SignInChoices): Promise<Answer>
  /** What the person does at the sign-in service; the answer of the site to what comes back. */
  goOn(location: string | undefined, choices?: SignInChoices): Promise<Answer>
  /** What the person does at the sign-in service, with the path it sends the browser back to. */
  comeBack(location: string | undefined, choices?: SignInChoices): Promise<string>
  /** Ends the site and starts it again, on what its storage kept. */
  restart(): Promise<void>
}

let assets: Promise<Assets> | undefined

/** Starts the site for a directory of the emulator; everything ends with the test. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { place = 'Azure AD B2C', env, apiTimeoutMs, storage = memoryStorage() } = options
  const emulator = await startEmulator({ users: 5 })
  onTestFinished(() => emulator.close())
  const port = await freePort()
  const usual = demoSettings(emulator, { PORT: String(port), ...env }, place)
  const settings = { ...usual, apiTimeoutMs: apiTimeoutMs ?? usual.apiTimeoutMs }
  const logged: string[] = []
  const logger = { warn: (message: string) => void logged.push(message) }
  assets ??= siteAssets()
  const parts = { settings, storage, assets: await assets, logger }
  let running = await serve(createApp(parts), settings)
  onTestFinished(() => running.close())

  const browser = new TestBrowser(port)
  const visitor = new SignInBrowser(originOf(emulator))
  const { person } = demoPlaces[place]
  const comeBack: World['comeBack'] = (location, choices = {}) =>
    atSignInService(emulator, location, { person, ...choices }, visitor)
  const goOn: World['goOn'] = async (location, choices) =>
    browser.open(await comeBack(location, choices), { site: 'cross-site' })
  const walk: World['walk'] = async (path, choices) => {
    let answer = await browser.open(path, { site: 'same-origin' })
    for (let steps = 0; answer.location !== undefined; steps += 1) {
      if (steps === 8) throw new Error(`${path} leads from one address to the next, at last to ${answer.location}.`)
      const isOwn = answer.location.startsWith('/')
      answer = isOwn
        ? await browser.open(answer.location, { site: 'cross-site' })
        : await goOn(answer.location, choices)
    }
    return answer
  }
  return {
    emulator,
    settings,
    origin: `http://localhost:${port}`,
    person,
    browser,
    logged,
    walk,
    goOn,
    comeBack,
    restart: async () => {
      await running.close()
      running = await serve(createApp(parts), settings)
    },
  }
}
