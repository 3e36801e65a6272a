import { readFile } from 'node:fs/promises'
import type { FaultHandle } from '@patkit/emulator'
import { accessibilityFaults, chromiumPath, keepScreenshot, openChromium, overflow } from '@patkit/example-kit/test'
import type { BrowserContextOptions, Download, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startWorld, type World, type WorldOptions } from './world.js'

const tokenPath = '/tokenadmin/personalaccesstokens/'

interface Scene {
  readonly world: World
  readonly page: Page
  readonly complaints: string[]
}

/** Somebody who is signed in, on the page where reports begin. */
async function open(options: WorldOptions = {}, window: BrowserContextOptions = {}, person?: string): Promise<Scene> {
  const world = await startWorld(options)
  const { page, complaints } = await openChromium(window)
  const hint = new URLSearchParams({ login_hint: person ?? world.administrator, returnTo: '/reports' })
  await page.goto(`${world.origin}/login?${hint.toString()}`)
  await page.getByRole('heading', { name: 'Tokens of everybody' }).waitFor()
  return { world, page, complaints }
}

/** Lets the report stop after some users, so that a test can look at it while it runs. */
function pauseAfter(world: World, users: number): FaultHandle {
  return world.emulator.faults.add({ match: { path: tokenPath, after: users }, answer: { hang: 'before-headers' } })
}

const start = (page: Page): Promise<void> => page.getByRole('button', { name: 'Start a report' }).click()
const rowCount = (page: Page): Promise<number> => page.locator('#tokens tbody tr:has(input)').count()
const words = (page: Page) => page.locator('#progress-words')
const reaches = (page: Page, text: string): Promise<void> =>
  page.locator('#progress-words', { hasText: text }).waitFor({ timeout: 30_000 })
const matching = async (page: Page): Promise<number> =>
  Number(/^[\d,]+/.exec((await page.locator('#matching').textContent()) ?? '')?.[0].replaceAll(',', ''))

async function textOf(download: Promise<Download>): Promise<string> {
  return readFile(await (await download).path(), 'utf8')
}

function numberOfTokens({ emulator }: World): number {
  return [...emulator.data.people()].reduce((sum, person) => sum + emulator.data.tokensOf(person).length, 0)
}

describe.skipIf(chromiumPath === undefined)('a report in Chromium', { timeout: 120_000 }, () => {
  test('shows rows while it runs, says that the service makes it wait, and can be filtered and sorted meanwhile', async () => {
    const { world, page, complaints } = await open()
    const answer = { status: 429, headers: { 'Retry-After': '2' } }
    world.emulator.faults.add({ match: { path: tokenPath, nth: 8 }, answer })
    const stuck = pauseAfter(world, 18)
    await start(page)
    await reaches(page, 'Azure DevOps asked for a pause of')
    await keepScreenshot(page, 'report-waiting')
    await page.locator('#tokens tbody input').first().waitFor()
    expect(await words(page).textContent()).toMatch(/^Reading: /)

    const all = await matching(page)
    await page.locator('#filter').getByLabel('Status').selectOption('expiring')
    await page.locator('.badge.active').first().waitFor({ state: 'detached' })
    expect(await matching(page)).toBeLessThan(all)
    expect(page.url()).toContain('status=expiring')
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Owner' }).waitFor()
    const owners = await page.locator('td[data-label=Owner] .clip').allTextContents()
    expect(owners).toEqual([...owners].sort(new Intl.Collator('en').compare))

    stuck.remove()
    expect(complaints).toEqual([])
  })

  test('is the same report after a reload and in a second tab, and ends when it is cancelled', async () => {
    const { world, page, complaints } = await open()
    pauseAfter(world, 12)
    await start(page)
    await page.locator('#tokens tbody input').first().waitFor()
    const url = page.url()
    await page.reload()
    await page.locator('#tokens tbody input').first().waitFor()
    const second = await page.context().newPage()
    await second.goto(`${world.origin}/display_progress`)
    expect(second.url()).toBe(url)
    await second.locator('#tokens tbody input').first().waitFor()
    expect(await matching(second)).toBe(await matching(page))

    await second.getByRole('button', { name: 'Cancel' }).click()
    await reaches(page, 'Cancelled: ')
    expect(await page.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  test('goes on behind what it knows after the connection broke', async () => {
    const { world, page } = await open()
    const stuck = pauseAfter(world, 12)
    await start(page)
    await page.locator('#tokens tbody input').first().waitFor()
    stuck.remove()
    await world.restart()
    await reaches(page, 'Complete: ')
    expect(await matching(page)).toBe(numberOfTokens(world))
    expect(await rowCount(page)).toBeGreaterThan(0)
  })

  test('gives files of everything and of what is shown, and figures that filter', async () => {
    const { world, page, complaints } = await open({ emulator: { awkwardNames: 'leave-out' } })
    await start(page)
    await reaches(page, 'Complete: ')
    await page.getByRole('link', { name: 'Expired', exact: false }).first().click()
    const expired = await matching(page)
    expect(expired).toBeGreaterThan(0)

    const filtered = page.waitForEvent('download')
    await page.locator('#filtered-downloads').getByRole('link', { name: 'CSV' }).click()
    expect((await textOf(filtered)).trim().split('\r\n')).toHaveLength(expired + 1)
    const all = page.waitForEvent('download')
    await page.locator('a[data-download=all][data-format=csv]').click()
    expect((await textOf(all)).trim().split('\r\n')).toHaveLength(numberOfTokens(world) + 1)
    const workbook = page.waitForEvent('download')
    await page.locator('a[data-download=all][data-format=xlsx]').click()
    expect((await workbook).suggestedFilename()).toMatch(/^tokens-fabrikam-.*\.xlsx$/)
    expect((await readFile(await (await workbook).path())).subarray(0, 2).toString()).toBe('PK')

    const address = page.url()
    expect(address).toContain('status=expired')
    await page.goto(address)
    await reaches(page, 'Complete: ')
    await expect.poll(() => matching(page)).toBe(expired)
    expect(complaints).toEqual([])
  })

  test('revokes what is selected, also on other pages, after a look and a typed number', async () => {
    const { world, page, complaints } = await open({ emulator: { awkwardNames: 'leave-out' } })
    await start(page)
    await reaches(page, 'Complete: ')
    await page.locator('#filter').getByLabel('Status').selectOption('expiring')
    await expect.poll(() => page.url()).toContain('status=expiring')
    await page.getByRole('button', { name: 'Select all shown' }).click()
    const selected = Number(/^\d+/.exec((await page.locator('#selection-count').textContent()) ?? '')?.[0])
    expect(selected).toBe(await matching(page))
    await page.locator('#tokens tbody input').first().uncheck()
    await page.getByRole('button', { name: 'Revoke the selected tokens' }).click()
    await page.getByRole('heading', { name: `Revoke ${selected - 1} tokens?` }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, 'revoke-preview')

    await page.getByLabel('Type the number of tokens').fill('7')
    await page.getByRole('button', { name: 'Revoke ' }).click()
    await page.getByText('This is not the number of tokens above').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByLabel('Type the number of tokens').fill(String(selected - 1))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: `${selected - 1} tokens revoked` }).waitFor()
    await keepScreenshot(page, 'revoke-result')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Back to the report' }).click()
    await reaches(page, 'Complete: ')
    await expect.poll(() => page.locator('[data-figure=expiring]').textContent()).toBe('1')
    expect(world.emulator.journal.requests.filter(({ method }) => method === 'POST').length).toBeGreaterThan(0)
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
  })

  test('shows names of any kind as they are, and runs none of them', async () => {
    const names = [
      '<img src=x onerror="window.hacked=1">',
      'a;b\nsecond line',
      'x'.repeat(40_000),
      '</script><script>1',
    ]
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 1 },
      { displayName: '<b>Bob</b>; "x"', tokens: names.map((displayName) => ({ displayName })) },
    ]
    const { page, complaints } = await open({ emulator: { people } })
    await start(page)
    await reaches(page, 'Complete: ')
    await page.locator('#tokens tbody input').first().waitFor()
    const shown = await page.locator('#tokens tbody tr > :nth-child(2)').allTextContents()
    expect(shown).toEqual(expect.arrayContaining(names))
    expect(await page.evaluate('typeof window.hacked')).toBe('undefined')
    await page.setViewportSize({ width: 320, height: 700 })
    expect(await overflow(page)).toBe(0)
    expect(await page.locator('#tokens').boundingBox()).toMatchObject({
      height: expect.toSatisfy((h) => h < 3_000) as number,
    })
    expect(complaints).toEqual([])
  })

  test('tells who is no administrator which role is missing', async () => {
    const world = await startWorld()
    const { page } = await openChromium()
    const hint = new URLSearchParams({ login_hint: world.member, returnTo: '/reports' })
    await page.goto(`${world.origin}/login?${hint.toString()}`)
    await start(page)
    await page.getByText('Project Collection Administrators').waitFor()
    await keepScreenshot(page, 'report-no-administrator')
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('keeps what it has when the session ends, and goes on after signing in', async () => {
    const { world, page } = await open()
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 9 }, answer: { status: 401 } })
    await start(page)
    await page.getByRole('button', { name: 'Sign in again' }).waitFor()
    await page.locator('#tokens tbody input').first().waitFor()
    await keepScreenshot(page, 'report-sign-in-needed')
    expect(await accessibilityFaults(page)).toEqual([])
    refusal.remove()
    await page.getByRole('button', { name: 'Sign in again' }).click()
    // The sign-in service still knows the person, or asks who it is.
    const pick = page.getByRole('button', { name: world.administrator })
    await page.locator('#progress-words', { hasText: 'Complete: ' }).or(pick).first().waitFor()
    if (await pick.isVisible()) await pick.click()
    await reaches(page, 'Complete: ')
    expect(await matching(page)).toBe(numberOfTokens(world))
  })

  test.each(['light', 'dark'] as const)('is accessible, on a phone too (%s)', async (colorScheme) => {
    const { world, page, complaints } = await open({}, { colorScheme })
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, `reports-${colorScheme}`)
    const unlucky = [...world.emulator.data.people()].find(({ kind }) => kind === 'member')
    world.emulator.faults.add({ match: { path: tokenPath, user: unlucky?.descriptor ?? '' }, answer: { status: 400 } })
    await start(page)
    await reaches(page, 'Ended, but incomplete')
    await page.locator('#tokens tbody input').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, `report-${colorScheme}`)
    await keepScreenshot(page, `report-top-${colorScheme}`, 'window')
    await page.setViewportSize({ width: 320, height: 700 })
    expect(await overflow(page)).toBe(0)
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, `report-phone-${colorScheme}`)
    expect(complaints).toEqual([])
  })

  test('can be used by the keyboard alone', async () => {
    const { page } = await open({ emulator: { awkwardNames: 'leave-out' } })
    const focused = (): Promise<string> =>
      page.evaluate<string>('document.activeElement?.ariaLabel ?? document.activeElement?.textContent?.trim() ?? ""')
    const tabTo = async (label: RegExp): Promise<void> => {
      for (let presses = 0; presses < 80; presses++) {
        await page.keyboard.press('Tab')
        if (label.test(await focused())) return
      }
      throw new Error(`no way by Tab to ${String(label)}`)
    }
    await tabTo(/^Start a report$/)
    await page.keyboard.press('Enter')
    await reaches(page, 'Complete: ')
    await page.locator('#tokens tbody input').first().waitFor()
    await tabTo(/^Owner: /)
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort=ascending]', { hasText: 'Owner' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort=descending]', { hasText: 'Owner' }).waitFor()
  })

  test('works without script: start, watch, filter, sort, download, revoke', async () => {
    const world = await startWorld({ emulator: { awkwardNames: 'leave-out' } })
    const { page } = await openChromium({ javaScriptEnabled: false })
    const hint = new URLSearchParams({ login_hint: world.administrator, returnTo: '/reports' })
    await page.goto(`${world.origin}/login?${hint.toString()}`)
    const stuck = pauseAfter(world, 10)
    await start(page)
    await reaches(page, 'Reading: ')
    expect(await page.locator('noscript meta[http-equiv=refresh]').count()).toBe(1)
    stuck.remove()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await reaches(page, 'Cancelled: ')
    await page.locator('#filter').getByLabel('Status').selectOption('working')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(page.url()).toContain('status=working')
    await page.getByRole('link', { name: 'Created' }).click()
    expect(page.url()).toContain('sort=created')
    expect(page.url()).toContain('status=working')
    await page.locator('#tokens tbody input').first().check()
    await page.getByRole('button', { name: 'Revoke the selected tokens' }).click()
    await page.getByLabel('Type the number of tokens').fill('1')
    await page.getByRole('button', { name: 'Revoke 1 token' }).click()
    await page.getByRole('heading', { name: '1 token revoked' }).waitFor()
    await keepScreenshot(page, 'report-without-script')
  })
})
