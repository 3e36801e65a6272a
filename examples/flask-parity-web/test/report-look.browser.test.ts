import { accessibilityFaults, chromiumPath, keepScreenshot, overflow } from '@patkit/example-kit/test'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  filter,
  finishReport,
  firstToken,
  makeUnreadable,
  openScene,
  pauseAfter,
  startReport,
  tokenPath,
  untilWords,
} from './report-scene.js'

const desktop = { width: 1280, height: 800 }
const phone = { width: 320, height: 700 }

describe.skipIf(chromiumPath === undefined).each(['light', 'dark'] as const)('the report pages, %s', (colorScheme) => {
  const window = { colorScheme, viewport: desktop }

  /** Looks at a page as it is: axe finds nothing, nobody scrolls sideways, pictures are kept. */
  async function look(page: Page, name: string): Promise<void> {
    expect(await accessibilityFaults(page), name).toEqual([])
    await keepScreenshot(page, `${name}-${colorScheme}`, 'window')
    await page.setViewportSize(phone)
    expect(await overflow(page), name).toBe(0)
    expect(await accessibilityFaults(page), `${name} on a phone`).toEqual([])
    await keepScreenshot(page, `${name}-phone-${colorScheme}`, 'window')
    await page.setViewportSize(desktop)
  }

  test('before, while and after a report is made', { timeout: 120_000 }, async () => {
    const { world, page, complaints } = await openScene({ window })
    await look(page, 'reports-none')
    world.emulator.faults.add({
      match: { path: tokenPath, nth: 8 },
      answer: { status: 429, headers: { 'Retry-After': '15' } },
    })
    await startReport(page)
    await untilWords(page, 'Azure DevOps asked for a pause of')
    await firstToken(page).waitFor()
    await look(page, 'report-waiting')
    await page.goto(`${world.origin}/reports`)
    await look(page, 'reports-running')
    await page.getByRole('button', { name: 'Open the report' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await untilWords(page, 'Cancelled: ')
    await look(page, 'report-cancelled')
    await page.goto(`${world.origin}/reports`)
    await look(page, 'reports-list')
    expect(complaints).toEqual([])
  })

  test(
    'with filters, what is long, what could not be read, and what is to be revoked',
    { timeout: 120_000 },
    async () => {
      const { world, page, complaints } = await openScene({ window, emulator: { users: 60 } })
      makeUnreadable(world)
      await startReport(page)
      await untilWords(page, 'Ended, but incomplete: ')
      await firstToken(page).waitFor()
      await page.getByText('Users who could not be read: 1').click()
      await look(page, 'report-incomplete')
      await filter(page, 'Status').selectOption('working')
      await filter(page, 'Text').fill('vso')
      await page.getByRole('link', { name: 'Owner' }).click()
      await page.locator('#tokens-heading').evaluate((heading) => heading.scrollIntoView())
      await look(page, 'report-filtered')
      for (const box of (await page.locator('#tokens tbody input').all()).slice(0, 30)) await box.check()
      await page.locator('#tokens').evaluate((table) => table.scrollIntoView())
      await look(page, 'report-selected')
      await page.getByRole('button', { name: 'Revoke 30 selected tokens…' }).click()
      await page.getByRole('heading', { name: 'Revoke 30 tokens?' }).waitFor()
      await look(page, 'revoke-preview')
      await page.getByLabel('Type the number of tokens').fill('3')
      await page.getByRole('button', { name: 'Revoke 30 tokens' }).click()
      await page.getByRole('alert').waitFor()
      await look(page, 'revoke-fault')
      world.emulator.faults.add({ match: { path: '/tokenadmin/revocations' }, answer: { status: 400 } })
      await page.getByLabel('Type the number of tokens').fill('30')
      await page.getByRole('button', { name: 'Revoke 30 tokens' }).click()
      await page.getByRole('heading', { name: '0 of 30 tokens revoked' }).waitFor()
      await look(page, 'revoke-result')
      expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
    },
  )

  test('when somebody has to do something', { timeout: 120_000 }, async () => {
    const { world, context, page } = await openScene({ window })
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 9 }, answer: { status: 401 } })
    await startReport(page)
    await untilWords(page, 'Waiting for you to sign in again')
    await firstToken(page).waitFor()
    await look(page, 'report-sign-in-needed')
    refusal.remove()
    pauseAfter(world, 0)
    await context.clearCookies()
    await world.restart()
    await untilWords(page, 'You are signed out.')
    await look(page, 'report-signed-out')
  })

  test('to who is no administrator', { timeout: 120_000 }, async () => {
    const { page } = await openScene({ window, person: ({ member }) => member })
    await startReport(page)
    await untilWords(page, 'Failed: ')
    await look(page, 'report-no-administrator')
  })

  test('in an organization without tokens', { timeout: 120_000 }, async () => {
    const people = [{ displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 0 }]
    const { page } = await openScene({ window, emulator: { people } })
    await startReport(page)
    await untilWords(page, 'Complete: 1 ')
    await page.getByText('No tokens so far.').waitFor()
    await look(page, 'report-empty')
  })

  test('with names of any kind', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openScene({ window })
    await finishReport(page)
    await filter(page, 'Owner').fill('Quality Assurance')
    await page.getByText('characters)').first().waitFor()
    await page.locator('#tokens').evaluate((table) => table.scrollIntoView())
    await look(page, 'report-awkward-names')
    await page.getByText('characters)').first().click()
    await look(page, 'report-awkward-name-open')
    expect(complaints).toEqual([])
  })
})
