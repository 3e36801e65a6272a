import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AxeResults, NodeResult } from 'axe-core'
import type { Page } from 'playwright-core'

export { renderToString } from 'preact-render-to-string'
export { chromiumPath, openChromium, type ChromiumWindow } from '../../../packages/express/test/open-chromium.js'
export { freePort } from '../../../packages/core/test/free-port.js'
export { atSignInService, originOf } from './sites.js'
export { TestBrowser, type Answer } from '../../../packages/express/test/browser.js'

const screenshots = fileURLToPath(new URL('../../../out/screenshots/', import.meta.url))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Keeps a picture of the whole page, or of what the window shows, for people to look at: `out/screenshots/NAME.png`. */
export async function keepScreenshot(page: Page, name: string, part: 'page' | 'window' = 'page'): Promise<void> {
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: part === 'page' })
}

/** What axe finds against WCAG 2.2 A and AA and its best practices, in words; empty when nothing. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated from outside, so that the page's own policy need not allow it.
  await page.evaluate(axeSource)
  const { violations, incomplete } = await page.evaluate<AxeResults>('axe.run(document)')
  // Text in the colour of its ground counts as hidden on purpose there; here nothing is.
  const invisible = incomplete.filter(({ id, nodes }) => id === 'color-contrast' && nodes.some(isInvisible))
  return [...violations, ...invisible].flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary ?? ''}`),
  )
}

function isInvisible({ any }: NodeResult): boolean {
  return any.some(({ data }) => (data as { messageKey?: string } | null)?.messageKey === 'equalRatio')
}

/** How far a page is wider than its window, in pixels; 0 when nobody has to scroll sideways. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
