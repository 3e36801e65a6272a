import { describe, expect, test } from 'vitest'
import { accessibilityFaults, chromiumPath, keepScreenshot, openChromium, overflow } from '@patkit/example-kit/test'
import { finishReport } from './report-steps.js'
import { startWorld } from './world.js'

describe('the site', () => {
  test('welcomes who is not signed in, and greets by name who is', async () => {
    const world = await startWorld()
    const stranger = await world.browser().open('/')
    expect(stranger.status).toBe(200)
    expect(stranger.body).toContain('href="/login?login_hint=')
    const page = await (await world.signedIn()).open('/')
    expect(page.body).toContain('Welcome, ')
    expect(page.body).toContain(world.administrator)
    expect(page.headers['cache-control']).toBe('no-store')
  })

  test.each(['/getAToken', '/auth/redirect'])('signs in by the redirect path %s', async (redirectPath) => {
    const world = await startWorld({ redirectPath })
    const browser = await world.signedIn()
    expect((await browser.open('/')).body).toContain('Welcome, ')
  })

  test('marks in its navigation the page that is open, and the part of the site that it belongs to', async () => {
    const world = await startWorld()
    const browser = await world.signedIn()
    const { report } = await finishReport(world, browser)
    const marked = async (address: string) => {
      const { body } = await browser.open(address)
      return [...body.matchAll(/<a [^>]*?href="([^"]+)" aria-current="(\w+)"/g)].map(([, ...mark]) => mark.join(': '))
    }
    expect(await marked('/')).toEqual(['/: page'])
    expect(await marked('/reports')).toEqual(['/reports: page'])
    expect(await marked(`${report}?status=expired`)).toEqual(['/reports: true'])
    expect(await marked('/pats/new')).toEqual(['/pats: true'])
  })

  test('says that a page does not exist, as a page and as JSON', async () => {
    const world = await startWorld()
    const page = await world.browser().open('/nowhere')
    expect(page.status).toBe(404)
    expect(page.body).toContain('There is no such page')
    const json = await world.browser().fetch('/nowhere', { headers: { accept: 'application/json' } })
    expect(json.json()).toMatchObject({ title: 'There is no such page', status: 404 })
  })
})

describe.skipIf(chromiumPath === undefined)('in Chromium', { timeout: 120_000 }, () => {
  test.each(['light', 'dark'] as const)('signs in with one click and looks right (%s)', async (colorScheme) => {
    const world = await startWorld()
    const { page, complaints } = await openChromium({ colorScheme })
    await page.goto(world.origin)
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, `welcome-${colorScheme}`)
    await page.getByRole('button', { name: 'Sign in as ' + world.administrator }).click()
    await page.getByRole('heading', { name: 'Welcome, ' }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await overflow(page)).toBe(0)
    await keepScreenshot(page, `home-phone-${colorScheme}`)
    expect(complaints).toEqual([])
  })
})
