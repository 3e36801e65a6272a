import { accessibilityFaults, chromiumPath, keepScreenshot, openChromium, overflow } from '@patkit/example-kit/test'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startWorld } from './world.js'

/** Looks at a page as everybody will: by tool, on a phone, and in a picture. */
async function examine(page: Page, name: string): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([])
  await keepScreenshot(page, name)
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 700 })
  expect(await overflow(page)).toBe(0)
  await keepScreenshot(page, `${name}-phone`)
  if (size !== null) await page.setViewportSize(size)
}

describe.skipIf(chromiumPath === undefined)('the shop in Chromium', { timeout: 120_000 }, () => {
  test.each(['light', 'dark'] as const)('signs in with one click and shows every page (%s)', async (colorScheme) => {
    const world = await startWorld()
    const { page, complaints } = await openChromium({ colorScheme })
    await page.goto(world.origin)
    await examine(page, `shop-welcome-${colorScheme}`)
    await page.getByRole('button', { name: `Sign in as ${world.person}` }).click()
    await page.getByRole('heading', { name: 'Welcome, Carol Clark' }).waitFor()
    await examine(page, `shop-home-${colorScheme}`)
    await page.getByRole('link', { name: 'What this application knows about you' }).click()
    await page.getByText('All claims of the ID token').click()
    await examine(page, `shop-claims-${colorScheme}`)
    await page.goto(`${world.origin}/call_downstream_api`)
    const accept = page.getByRole('button', { name: 'Accept' })
    await accept
      .or(page.getByRole('heading', { name: 'Call a web API' }))
      .first()
      .waitFor()
    if (await accept.isVisible()) await accept.click()
    await page.getByRole('heading', { name: 'Call a web API' }).waitFor()
    await examine(page, `shop-api-${colorScheme}`)
    expect(complaints).toEqual([])
  })

  test('edits a profile, and cancels one, without script and by keyboard', async () => {
    const world = await startWorld()
    const { page } = await openChromium({ javaScriptEnabled: false })
    await page.goto(`${world.origin}/login?login_hint=${encodeURIComponent(world.person)}`)
    await page.getByRole('link', { name: 'Edit your profile' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Display name').fill('Caroline Clark')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${world.origin}/claims`)
    expect(await page.locator('dd').first().textContent()).toBe('Caroline Clark')

    await page.goto(`${world.origin}/edit-profile?returnTo=%2F`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Welcome, Caroline Clark' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: `Sign in as ${world.person}` }).waitFor()
  })
})
