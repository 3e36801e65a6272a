import type { EmulatedUser, FaultHandle } from '@patkit/emulator'
import { openChromium } from '@patkit/example-kit/test'
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { startWorld, type World, type WorldOptions } from './world.js'

/** Part of every address at which the service is asked for the tokens of somebody. */
export const tokenPath = '/tokenadmin/personalaccesstokens/'

/** Somebody at the site, in Chromium. */
export interface Scene {
  readonly world: World
  readonly context: BrowserContext
  readonly page: Page
  /** Everything the console said, and what the content security policy stopped. */
  readonly complaints: readonly string[]
}

export interface SceneOptions extends WorldOptions {
  readonly window?: BrowserContextOptions
  /** Who it is; an administrator unless given. */
  readonly person?: (world: World) => string
}

/** Somebody who is signed in, on the page where reports begin. */
export async function openScene({ window, person, ...options }: SceneOptions = {}): Promise<Scene> {
  const world = await startWorld(options)
  const { context, page, complaints } = await openChromium(window)
  await signIn(page, world, '/reports', person?.(world))
  return { world, context, page, complaints }
}

export async function signIn(page: Page, world: World, returnTo: string, person = world.administrator): Promise<void> {
  await page.goto(`${world.origin}/login?${new URLSearchParams({ login_hint: person, returnTo }).toString()}`)
  await page.waitForURL(`${world.origin}${returnTo}`)
}

export function startReport(page: Page): Promise<void> {
  return page.getByRole('button', { name: 'Start a report' }).click()
}

/** A report that was made, with its rows on the page. */
export async function finishReport(page: Page): Promise<void> {
  await startReport(page)
  await untilWords(page, 'Complete: ')
  await firstToken(page).waitFor()
}

/** Lets the report stop for good after some users, so that a test can look at it while it runs. */
export function pauseAfter({ emulator }: World, users: number): FaultHandle {
  return emulator.faults.add({ match: { path: tokenPath, after: users }, answer: { hang: 'before-headers' } })
}

/** Makes the report slow after some users, so that a test can act while it runs and then see its end. */
export function slowAfter({ emulator }: World, users: number): FaultHandle {
  return emulator.faults.add({ match: { path: tokenPath, after: users }, answer: { delayMs: 1_500 } })
}

/** Where the report stands, in words. */
export function words(page: Page): Locator {
  return page.locator('#progress-words')
}

export function untilWords(page: Page, text: string | RegExp): Promise<void> {
  return page.locator('#progress-words', { hasText: text }).waitFor({ timeout: 30_000 })
}

/** The box beside the first token that still works. */
export function firstToken(page: Page): Locator {
  return page.locator('#tokens tbody input').first()
}

/** Tokens that pass the filter, as the page says. */
export async function matching(page: Page): Promise<number> {
  return Number(/^[\d,]+/.exec((await page.locator('#matching').textContent()) ?? '')?.[0].replaceAll(',', ''))
}

/** A field of the filter. */
export function filter(page: Page, label: string): Locator {
  return page.locator('#filter label', { hasText: new RegExp(`^${label}(?! \\w)`) }).locator('input, select')
}

export function numberOfTokens({ emulator }: World): number {
  return [...emulator.data.people()].reduce((sum, person) => sum + emulator.data.tokensOf(person).length, 0)
}

/** Somebody whose tokens cannot be read from now on. */
export function makeUnreadable({ emulator }: World): EmulatedUser {
  const unlucky = [...emulator.data.people()].find(({ kind, displayName }) => kind === 'member' && displayName !== null)
  if (unlucky === undefined) throw new Error('there is no member')
  emulator.faults.add({ match: { path: tokenPath, user: unlucky.descriptor }, answer: { status: 400 } })
  return unlucky
}
