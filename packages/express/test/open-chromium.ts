import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

/** Where Chromium is. Without it tests are left out; on a build server that is a failure, for nobody reads there what was left out. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':')
  const found = folders.map((folder) => join(folder, 'chromium')).find(isProgram)
  if (found !== undefined) return found
  const message = 'chromium is not installed (apt-get install chromium)'
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(message)
  console.warn(`SKIPPED: the tests in a browser. ${message}`)
  return undefined
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Path of Chromium; `undefined` where it is missing and tests in it are to be skipped. */
export const chromiumPath = findChromium()

/** A window of Chromium, and what its pages complain about. */
export interface ChromiumWindow {
  readonly context: BrowserContext
  readonly page: Page
  /** Everything pages wrote to the console, what they threw, and what the content security policy stopped. */
  readonly complaints: string[]
}

/** Opens a window with no history; it is closed when the test ends. */
export async function openChromium(options: BrowserContextOptions = {}): Promise<ChromiumWindow> {
  const userData = await mkdtemp(join(tmpdir(), 'patkit-chromium-'))
  const context = await chromium.launchPersistentContext(userData, {
    executablePath: chromiumPath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    ...options,
  })
  onTestFinished(async () => {
    await context.close()
    await rm(userData, { recursive: true, force: true })
  })
  const complaints: string[] = []
  const listen = (page: Page): void => {
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
  }
  context.on('page', listen)
  const page = context.pages()[0] ?? (await context.newPage())
  listen(page)
  return { context, page, complaints }
}
