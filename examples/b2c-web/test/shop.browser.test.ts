import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveForTenant } from '@patkit/example-kit'
import {
  accessibilityFaults,
  chromiumPath,
  freePort,
  keepScreenshot,
  openChromium,
  overflow,
} from '@patkit/example-kit/test'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { shop } from '../src/main.js'
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

/** What pages complain about, without what the browser says of every answer that is a refusal. */
const seriousOf = (complaints: readonly string[]): string[] =>
  complaints.filter((complaint) => !complaint.startsWith('Failed to load resource: the server responded with a status'))

/** Goes on with Tab until this has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    if ((await focused.count()) === 1 && (await focused.innerText()) === name) return
  }
  throw new Error(`${name} cannot be reached by Tab.`)
}

describe.skipIf(chromiumPath === undefined)('the shop in Chromium', { timeout: 180_000 }, () => {
  test.each(['light', 'dark'] as const)('signs in with one click and shows every page (%s)', async (colorScheme) => {
    const world = await startWorld()
    const { page, complaints } = await openChromium({ colorScheme })
    await page.goto(world.origin)
    await examine(page, `shop-welcome-${colorScheme}`)
    await page.getByRole('button', { name: `Sign in as ${world.person}` }).click()
    await page.getByRole('heading', { name: 'Welcome, Carol Clark' }).waitFor()
    await examine(page, `shop-home-${colorScheme}`)
    await page.goto(`${world.origin}/call_downstream_api`)
    await page.getByRole('heading', { name: 'Call a web API' }).waitFor()
    await examine(page, `shop-api-${colorScheme}`)
    await page.goto(`${world.origin}/claims`)
    await page.getByText('All claims of the ID token').click()
    await examine(page, `shop-claims-${colorScheme}`)
    expect(complaints).toEqual([])
  })

  test.each(['light', 'dark'] as const)('explains what goes wrong (%s)', async (colorScheme) => {
    const world = await startWorld({ apiTimeoutMs: 300 })
    const { page, complaints } = await openChromium({ colorScheme })
    const { faults } = world.emulator.identity

    faults.add({ at: 'token', answer: { kind: 'error', code: 'AADB2C90081' } })
    await page.goto(`${world.origin}/login?login_hint=${encodeURIComponent(world.person)}`)
    await page.getByRole('heading', { name: 'This application is not set up correctly' }).waitFor()
    await examine(page, `shop-wrong-secret-${colorScheme}`)

    await page.getByRole('button', { name: 'Start page' }).click()
    await page.getByRole('button', { name: `Sign in as ${world.person}` }).click()
    await page.getByRole('heading', { name: 'Welcome, Carol Clark' }).waitFor()
    faults.add({ at: 'api', answer: { kind: 'silence' } })
    await page.goto(`${world.origin}/call_downstream_api`)
    await page.getByText('The API did not answer within').waitFor()
    await examine(page, `shop-api-slow-${colorScheme}`)

    faults.add({ at: 'api', answer: { kind: 'status', status: 503, retryAfterSeconds: 7 } })
    await page.getByRole('button', { name: 'Call it again' }).click()
    await page.getByText('The API refused the call with status 503.').waitFor()
    await examine(page, `shop-api-refused-${colorScheme}`)

    await page.getByRole('button', { name: 'Call it again' }).click()
    await page.getByText('"tokenExpiresAt"').waitFor()
    expect(seriousOf(complaints)).toEqual([])
  })

  test('names what is missing when it is not set up', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => printed.mockRestore())
    const env = { PORT: String(await freePort()), B2C_TENANT_NAME: 'fabrikamb2c', EDITPROFILE_USER_FLOW: 'B2C_1/edit' }
    const running = await serveForTenant(shop, env)
    onTestFinished(() => running.close())
    const { page, complaints } = await openChromium()
    await page.goto(`http://localhost:${running.port}/claims`)
    await page.getByRole('heading', { name: 'Not set up yet' }).waitFor()
    expect(await page.locator('dt').allInnerTexts()).toEqual(
      expect.arrayContaining(['CLIENT_ID', 'CLIENT_SECRET', 'SIGNUPSIGNIN_USER_FLOW', 'EDITPROFILE_USER_FLOW']),
    )
    await examine(page, 'shop-not-set-up')
    expect(seriousOf(complaints)).toEqual([])
  })

  test('stays in shape whatever an API and a directory say', async () => {
    const value = {
      markup: '</code></pre><script>document.title = "taken"</script>',
      long: 'x'.repeat(40_000),
      direction: '\u202Etfel ot thgir',
      lines: 'a\nb',
    }
    const api = createServer((_request, response) => response.end(JSON.stringify(value))).listen(0, '127.0.0.1')
    await once(api, 'listening')
    onTestFinished(() => void api.close())
    const endpoint = `http://localhost:${(api.address() as AddressInfo).port}/`
    const world = await startWorld({ place: 'Microsoft Entra ID', env: { ENDPOINT: endpoint } })
    const { page, complaints } = await openChromium()
    const mallory = encodeURIComponent('mallory@contoso.onmicrosoft.com')
    await page.goto(`${world.origin}/login?login_hint=${mallory}&returnTo=%2Fcall_downstream_api`)
    await page.getByRole('button', { name: 'Accept' }).click()
    await page.getByRole('heading', { name: 'Call a web API' }).waitFor()
    expect(JSON.parse((await page.locator('pre code').textContent()) ?? '')).toEqual(value)
    await examine(page, 'shop-api-hostile')
    await page.goto(`${world.origin}/claims`)
    await page.getByText('All claims of the ID token').click()
    expect(await page.locator('dd').first().textContent()).toBe('<script>alert("Mallory")</script>')
    await examine(page, 'shop-claims-hostile')
    expect(await page.title()).toBe('Your claims · Shop')
    expect(complaints).toEqual([])
  })

  test('does everything without script and without a mouse', async () => {
    const world = await startWorld()
    const { page } = await openChromium({ javaScriptEnabled: false })
    const open = async (name: string) => {
      await tabTo(page, name)
      await page.keyboard.press('Enter')
    }
    await page.goto(world.origin)
    await open(`Sign in as ${world.person}`)
    await page.getByRole('heading', { name: 'Welcome, Carol Clark' }).waitFor()

    await open('Call a web API')
    await page.getByText('"tokenExpiresAt"').waitFor()
    await open('Your claims')
    await page.getByRole('heading', { name: 'What this application knows about you' }).waitFor()
    await open('All claims of the ID token')
    await page.getByRole('rowheader', { name: 'tfp' }).waitFor()

    await open('Shop')
    await page.getByRole('heading', { name: 'Welcome, Carol Clark' }).waitFor()
    await open('Edit your profile')
    await page.getByLabel('Display name').fill('Caroline Clark')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${world.origin}/claims`)
    expect(await page.locator('dd').first().textContent()).toBe('Caroline Clark')

    await page.goto(`${world.origin}/edit-profile?returnTo=%2F`)
    await page.getByRole('button', { name: 'Cancel' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Welcome, Caroline Clark' }).waitFor()
    await open('Sign out')
    await page.getByRole('button', { name: `Sign in as ${world.person}` }).waitFor()
  })

  test('resets a forgotten password from the sign-in page, and goes on to where the person was going', async () => {
    const world = await startWorld()
    const { page, complaints } = await openChromium()
    await page.goto(`${world.origin}/claims`)
    await page.getByRole('button', { name: 'Forgot your password?' }).click()
    await page.waitForURL(/b2c_1_reset/i)
    await page.getByRole('button', { name: /carol/i }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'What this application knows about you' }).waitFor()
    expect(page.url()).toBe(`${world.origin}/claims`)
    expect(complaints).toEqual([])
  })
})
