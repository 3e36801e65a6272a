import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { chromiumPath, openChromium, overflow } from '@patkit/example-kit/test'
import type { Download, Page, Request } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { unzip } from '../../../packages/cli/test/zip.js'
import {
  filter,
  finishReport,
  firstToken,
  makeUnreadable,
  matching,
  numberOfTokens,
  openScene,
  pauseAfter,
  signIn,
  slowAfter,
  startReport,
  tokenPath,
  untilWords,
  words,
} from './report-scene.js'
import { folderOf } from './report-steps.js'
import { startWorld } from './world.js'

/** Downloads by a link of the page. */
async function download(page: Page, which: 'all' | 'filtered', format: string): Promise<Download> {
  const started = page.waitForEvent('download')
  await page.locator(`a[data-download=${which}][data-format=${format}]`).click()
  return started
}

async function contentOf(file: Download): Promise<Buffer> {
  return readFile(await file.path())
}

/** The column with the names, as a person finds them: also what is folded. */
async function shownNames(page: Page): Promise<string[]> {
  return page
    .locator('#tokens tbody tr > th')
    .evaluateAll<string[], HTMLElement>((cells) =>
      cells.map((cell) => (cell.querySelector(':scope > bdi, details > bdi') ?? cell).textContent),
    )
}

const columnTexts = (page: Page, label: string): Promise<string[]> =>
  page.locator(`#tokens td[data-label=${label}] > :first-child`).allTextContents()

/** Shows or hides the tab, as far as the page can tell: one of a browser without a screen is always visible. */
async function look(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })`)
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
}

/** Addresses of the event streams that a page opens from now on, and of those that it closes. */
function connectionsOf(page: Page): { readonly opened: URL[]; readonly closed: URL[] } {
  const [opened, closed]: [URL[], URL[]] = [[], []]
  const note = (list: URL[]) => (request: Request) => {
    const url = new URL(request.url())
    if (url.pathname.endsWith('/events')) list.push(url)
  }
  page.on('request', note(opened))
  page.on('requestfailed', note(closed))
  return { opened, closed }
}

describe.skipIf(chromiumPath === undefined)('a report in Chromium', { timeout: 120_000 }, () => {
  test('shows rows while it runs, says that the service makes it wait, and can be filtered and sorted meanwhile', async () => {
    const { world, page, complaints } = await openScene()
    const answer = { status: 429, headers: { 'Retry-After': '2' } }
    world.emulator.faults.add({ match: { path: tokenPath, nth: 8 }, answer })
    slowAfter(world, 18)
    await startReport(page)
    await untilWords(page, 'Azure DevOps asked for a pause of')
    await firstToken(page).waitFor()
    expect(await words(page).textContent()).toMatch(/^Reading: /)

    const all = await matching(page)
    await filter(page, 'Status').selectOption('expiring')
    await page.locator('#tokens .badge.active').first().waitFor({ state: 'detached' })
    expect(await matching(page)).toBeLessThan(all)
    await page.getByRole('link', { name: 'Owner' }).click()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Owner' }).waitFor()
    const owners = await columnTexts(page, 'Owner')
    expect(owners).toEqual([...owners].sort(new Intl.Collator('en').compare))
    expect(new URL(page.url()).search).toBe('?status=expiring&sort=owner')

    await untilWords(page, 'Complete: ')
    expect(await page.locator('#tokens .badge:not(.expiring, .bad)').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('is the same report after a reload, in a second tab and at a second start, and ends when it is cancelled', async () => {
    const { world, context, page, complaints } = await openScene()
    pauseAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    const url = page.url()
    await page.reload()
    await firstToken(page).waitFor()

    const second = await context.newPage()
    await second.goto(`${world.origin}/reports`)
    await second.getByRole('button', { name: 'Open the report' }).click()
    expect(second.url()).toBe(url)
    await firstToken(second).waitFor()
    await expect.poll(() => matching(second)).toBe(await matching(page))

    await second.getByRole('button', { name: 'Cancel' }).click()
    await untilWords(page, 'Cancelled: ')
    expect(await page.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false)
    expect(await page.getByRole('button', { name: 'Start a new report' }).isVisible()).toBe(true)
    expect(complaints).toEqual([])
  })

  test('goes on behind what it knows after the server was restarted', async () => {
    const { world, page } = await openScene()
    const stuck = pauseAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    stuck.remove()
    await world.restart()
    await untilWords(page, 'Complete: ')
    await expect.poll(() => matching(page)).toBe(numberOfTokens(world))
  })

  test('lets go of the focus and of what is open only when their row goes', async () => {
    const { world, page } = await openScene()
    slowAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    const few = await matching(page)
    await page.getByRole('link', { name: 'Created' }).click()
    await firstToken(page).focus()
    const id = await firstToken(page).inputValue()
    await untilWords(page, 'Complete: ')
    await expect.poll(() => matching(page)).toBeGreaterThan(few)
    await page.locator('#tokens').getByRole('checkbox').first().waitFor()
    const stillThere = await page.locator(`#tokens input[value="${id}"]`).count()
    const focused = await page.evaluate<string | undefined>('document.activeElement.value')
    expect(focused).toBe(stillThere === 1 ? id : undefined)
  })

  test('holds the table still on request', async () => {
    const { world, page } = await openScene()
    slowAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    await page.getByRole('button', { name: 'Hold the table still' }).click()
    const few = await matching(page)
    await untilWords(page, 'Complete: ')
    await page.getByText('not shown yet').waitFor()
    expect(await matching(page)).toBe(few)
    await page.getByRole('button', { name: 'Hold the table still' }).click()
    await expect.poll(() => matching(page)).toBe(numberOfTokens(world))
  })

  test('has figures and charts that filter, and keeps that in the address', async () => {
    const { page, complaints } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    const figures = ['Expired', 'Full access', 'No expiry']
    for (const label of figures) {
      const figure = page.getByRole('group', { name: 'Summary' }).getByRole('link', { name: label })
      await figure.click()
      const count = Number(await figure.locator('strong').textContent())
      expect(await matching(page), label).toBe(count)
    }
    for (const chart of ['months', 'scopes']) {
      const bar = page.locator(`#${chart} tr`).nth(1)
      await bar.getByRole('link').click()
      expect(await matching(page), chart).toBe(Number((await bar.locator('td').textContent())?.trim()))
    }
    const [address, count] = [page.url(), await matching(page)]
    expect(address).toMatch(/\?status=working&scope=/)
    expect(await page.evaluate('document.activeElement.id')).toBe('tokens-heading')
    await page.goto('about:blank')
    await page.goto(address)
    await expect.poll(() => matching(page)).toBe(count)
    expect(await filter(page, 'Status').inputValue()).toBe('working')
    await page.getByRole('link', { name: 'Show all' }).click()
    expect(new URL(page.url()).search).toBe('')
    expect(await matching(page)).toBeGreaterThan(count)
    expect(complaints).toEqual([])
  })

  test('filters by each field while somebody types', async () => {
    const { page } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    const all = await matching(page)
    const change: readonly (readonly [label: string, value: string, query: string])[] = [
      ['Text', 'nightly', 'q=nightly'],
      ['Owner', 'andr', 'owner=andr'],
      ['Scope', 'vso.code', 'scope=vso.code'],
    ]
    for (const [label, value, query] of change) {
      await filter(page, label).pressSequentially(value)
      await expect.poll(() => page.url()).toContain(query)
      const few = await matching(page)
      expect(few, label).toBeGreaterThan(0)
      expect(few, label).toBeLessThan(all)
      await filter(page, label).fill('')
      await expect.poll(() => matching(page)).toBe(all)
    }
    await filter(page, 'Ends within').selectOption('7')
    expect(page.url()).toContain('within=7')
    await filter(page, 'Look at').selectOption('full-access')
    expect(page.url()).toContain('within=7&flag=full-access')
    expect(await page.locator('#announcements').textContent()).toMatch(/^\d+ tokens? shown$/)
    await filter(page, 'Text').fill('nothing is called this')
    await page.getByText('No token passes this filter.').waitFor()
  })

  test('turns pages without losing the focus', async () => {
    const { page } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    const place = page.locator('#matching')
    const pages = Number(/of (\d+)$/.exec((await place.textContent()) ?? '')?.[1])
    expect(pages).toBeGreaterThan(2)
    const turn = (name: string): Promise<void> => page.getByRole('button', { name }).press('Enter')
    await turn('Next page')
    expect(await place.textContent()).toContain(`page 2 of ${pages}`)
    await turn('Last page')
    expect(await place.textContent()).toContain(`page ${pages} of ${pages}`)
    await turn('Next page')
    expect(await place.textContent()).toContain(`page ${pages} of ${pages}`)
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Next page')
    await turn('First page')
    expect(await place.textContent()).toContain(`page 1 of ${pages}`)
    await filter(page, 'Look at').selectOption('no-expiry')
    expect(await page.getByRole('navigation', { name: 'Pages of tokens' }).isVisible()).toBe(false)
  })

  test('gives files of everything and of what is shown, with what is on the page', async () => {
    const { world, page, complaints } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    await filter(page, 'Status').selectOption('expired')
    const [all, expired] = [numberOfTokens(world), await matching(page)]
    expect(expired).toBeGreaterThan(0)
    expect(expired).toBeLessThan(all)

    for (const [which, count] of [
      ['all', all],
      ['filtered', expired],
    ] as const) {
      const csv = (await contentOf(await download(page, which, 'csv'))).toString()
      expect(csv.trim().split('\r\n')).toHaveLength(count + 1)
      const workbook = unzip(await contentOf(await download(page, which, 'xlsx')))
      expect(workbook.get('xl/worksheets/sheet1.xml')?.match(/<row /g)).toHaveLength(count + 1)
      const html = (await contentOf(await download(page, which, 'html'))).toString()
      expect(html).toContain('Personal access tokens of fabrikam')
      const lines = (await contentOf(await download(page, which, 'ndjson'))).toString().trim().split('\n')
      expect(lines).toHaveLength(count)
    }
    expect((await download(page, 'filtered', 'xlsx')).suggestedFilename()).toMatch(
      /^tokens-fabrikam-.*-filtered\.xlsx$/,
    )
    expect(complaints).toEqual([])
  })

  test('revokes what is selected, also on other pages, after a look and a typed number', async () => {
    const { world, page, complaints } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    await filter(page, 'Status').selectOption('expiring')
    await page.getByRole('button', { name: 'Select all shown' }).click()
    const shown = await matching(page)
    expect(shown).toBeGreaterThan(50)
    await page.getByRole('button', { name: `Revoke ${shown} selected tokens…` }).waitFor()
    await firstToken(page).uncheck()
    await page.getByRole('button', { name: `Revoke ${shown - 1} selected tokens…` }).click()
    await page.getByRole('heading', { name: `Revoke ${shown - 1} tokens?` }).waitFor()

    // One comes back to what was selected.
    await page.getByRole('button', { name: 'Back to the report' }).click()
    await firstToken(page).waitFor()
    await page.getByRole('button', { name: `Revoke ${shown - 1} selected tokens…` }).click()
    await page.getByLabel('Type the number of tokens').fill('7')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('This is not the number of tokens above').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('count')
    expect(world.emulator.journal.requests.filter(({ method }) => method === 'POST')).toEqual([])

    await page.getByLabel('Type the number of tokens').fill(String(shown - 1))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: `${shown - 1} tokens revoked` }).waitFor()
    expect(await page.getByRole('cell', { name: '✓ Revoked' }).count()).toBe(shown - 1)
    await page.getByRole('button', { name: 'Back to the report' }).click()
    await expect.poll(() => page.locator('[data-figure=expiring]').textContent()).toBe('1')
    await page.getByRole('button', { name: 'Revoke the selected tokens…' }).waitFor()
    const revoked = [...world.emulator.data.people()].flatMap((person) =>
      world.emulator.data.tokensOf(person).filter(({ isValid }) => !isValid),
    )
    expect(revoked.length).toBeGreaterThanOrEqual(shown - 1)
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
  })

  test('shows a revocation to who has the report open elsewhere, once they look at it', async () => {
    const { context, page } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    await finishReport(page)
    const other = await context.newPage()
    await other.goto(page.url())
    await untilWords(other, 'Complete: ')
    await firstToken(other).waitFor()
    const id = await firstToken(page).inputValue()
    await firstToken(page).check()
    await page.getByRole('button', { name: 'Revoke 1 selected token…' }).click()
    await page.getByLabel('Type the number of tokens').fill('1')
    await page.getByRole('button', { name: 'Revoke 1 token' }).click()
    await page.getByRole('heading', { name: '1 token revoked' }).waitFor()
    // Every tab of a browser without a screen has the focus all the time.
    await other.evaluate('dispatchEvent(new Event("focus"))')
    await other.locator(`#tokens input[value="${id}"]`).waitFor({ state: 'detached' })
  })

  test('shows names of any kind as they are, and runs none of them', async () => {
    const names = [
      '<img src=x onerror="window.hacked=1">',
      'a;b\nsecond line',
      '\u202eexe.txt',
      'x'.repeat(40_000),
      'line\n'.repeat(500),
      '</script><script>window.hacked=1</script>',
      '=cmd|calc',
    ]
    const people = [
      { displayName: 'Ada', principalName: 'ada@fabrikam.example', isAdministrator: true, tokens: 1 },
      { displayName: '<b>Bob</b>; "x"', tokens: names.map((displayName) => ({ displayName })) },
    ]
    const { page, complaints } = await openScene({ emulator: { people } })
    await finishReport(page)
    await expect.poll(() => matching(page)).toBe(8)
    const shown = await shownNames(page)
    // Not by a matcher that would print forty thousand characters.
    expect(names.filter((name) => !shown.includes(name)).map((name) => name.slice(0, 40))).toEqual([])
    expect(await columnTexts(page, 'Owner')).toContain('<b>Bob</b>; "x"')
    await page.getByRole('checkbox', { name: 'Select <img' }).check()
    expect(await page.evaluate('typeof window.hacked')).toBe('undefined')

    await page.setViewportSize({ width: 320, height: 700 })
    expect(await overflow(page)).toBe(0)
    expect((await page.locator('#tokens').boundingBox())?.height).toBeLessThan(2_500)
    await page.getByText('(40,000 characters)').click()
    expect(await overflow(page)).toBe(0)

    await page.getByRole('button', { name: 'Revoke 1 selected token…' }).click()
    await page.getByRole('heading', { name: 'Revoke 1 token?' }).waitFor()
    expect(await page.getByText('<img src=x onerror="window.hacked=1">').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('lists who could not be read, and why', async () => {
    const { world, page } = await openScene()
    const unlucky = makeUnreadable(world)
    await startReport(page)
    await untilWords(page, 'Ended, but incomplete: ')
    await page.getByText('Users who could not be read: 1').click()
    const item = page.locator('#unread-users li')
    expect(await item.locator('bdi').textContent()).toBe(unlucky.displayName)
    expect(await item.locator('.hint').textContent()).toMatch(/\(PATKIT_/)
  })

  test('tells who is no administrator which role is missing', async () => {
    const { page } = await openScene({ person: ({ member }) => member })
    await startReport(page)
    await untilWords(page, 'Failed: ')
    expect(await page.locator('#progress-message').textContent()).toContain('Project Collection Administrators')
  })

  test('waits for its owner to sign in again when the service refuses them, and goes on', async () => {
    const { world, page } = await openScene()
    const refusal = world.emulator.faults.add({ match: { path: tokenPath, after: 9 }, answer: { status: 401 } })
    await startReport(page)
    await untilWords(page, 'Waiting for you to sign in again')
    await firstToken(page).waitFor()
    refusal.remove()
    await page.getByRole('button', { name: 'Sign in again' }).click()
    // The sign-in service still knows the person, or asks who it is.
    const pick = page.getByRole('button', { name: world.administrator })
    await page.locator('#progress-words', { hasText: 'Complete: ' }).or(pick).first().waitFor()
    if (await pick.isVisible()) await pick.click()
    await untilWords(page, 'Complete: ')
    await expect.poll(() => matching(page)).toBe(numberOfTokens(world))
  })

  test('keeps what it has when the session ends, and goes on by itself after a sign-in in another tab', async () => {
    const { world, context, page } = await openScene()
    slowAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    const few = await matching(page)
    const report = new URL(page.url()).pathname
    await context.clearCookies()
    await world.restart()
    await untilWords(page, 'You are signed out.')
    expect(await matching(page)).toBe(few)
    const back = new URL(
      await page.getByRole('button', { name: 'Sign in again' }).evaluate((link) => (link as HTMLAnchorElement).href),
    )
    expect(back.searchParams.get('returnTo')).toBe(report)

    const other = await context.newPage()
    await signIn(other, world, '/reports')

    await untilWords(page, 'Complete: ')

    await expect.poll(() => matching(page)).toBe(numberOfTokens(world))
    expect(await page.getByRole('button', { name: 'Sign in again' }).isVisible()).toBe(false)

    // Its forms belong to the new session.
    await firstToken(page).check()
    await page.getByRole('button', { name: 'Revoke 1 selected token…' }).click()
    await page.getByRole('heading', { name: 'Revoke 1 token?' }).waitFor()
  })

  test('lets its connection go when nobody looks for a minute, and takes it up behind what it knows when somebody does', async () => {
    const { world, context, page } = await openScene()
    await page.clock.install()
    const { opened, closed } = connectionsOf(page)
    const stuck = pauseAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    await look(page, 'hidden')
    await page.clock.fastForward(30_000)
    await look(page, 'visible')
    await page.clock.fastForward(60_000)
    expect([opened, closed].map(({ length }) => length)).toEqual([1, 0])

    await look(page, 'hidden')
    await page.clock.fastForward(60_000)
    await expect.poll(() => closed).toHaveLength(1)
    // It would take one of the six that the browser has for all tabs.
    await page.evaluate('dispatchEvent(new Event("online"))')
    await page.clock.fastForward(60_000)
    stuck.remove()
    await world.restart()
    const isComplete = async () => (await (await context.request.get(page.url())).text()).includes('Complete: ')
    await expect.poll(isComplete, { timeout: 30_000 }).toBe(true)
    expect(await words(page).textContent()).toMatch(/^Reading: /)
    expect(opened).toHaveLength(1)

    await look(page, 'visible')
    await untilWords(page, 'Complete: ')
    await expect.poll(() => matching(page)).toBe(numberOfTokens(world))
    expect(opened).toHaveLength(2)
    expect(Number(opened[1]?.searchParams.get('from'))).toBeGreaterThan(0)
  })

  test('lets its connection go also when it was opened in the background', async () => {
    const { world, context, page } = await openScene()
    pauseAfter(world, 12)
    await startReport(page)
    const hidden = await context.newPage()
    await hidden.clock.install()
    await hidden.addInitScript('Object.defineProperty(document, "visibilityState", { value: "hidden" })')
    const { opened, closed } = connectionsOf(hidden)
    await hidden.goto(page.url())
    await firstToken(hidden).waitFor()
    await hidden.clock.fastForward(60_000)
    await expect.poll(() => closed).toHaveLength(1)
    expect(opened).toHaveLength(1)
  })

  test('says that it is gone once five newer ones have taken its place', async () => {
    const { context, page } = await openScene({ emulator: { users: 2 } })
    await finishReport(page)
    const few = await matching(page)
    const other = await context.newPage()
    // The newest is not over yet when the one before the last five goes.
    for (let newer = 0; newer < 6; newer++) {
      await other.goto(new URL('/reports', page.url()).href)
      await startReport(other)
      await untilWords(other, 'Complete: ')
    }
    await page.evaluate('dispatchEvent(new Event("focus"))')
    await untilWords(page, 'The report is no longer kept')
    expect(await page.locator('#announcements').textContent()).toContain('The report is no longer kept')
    expect(await matching(page)).toBe(few)
  })

  test('says that it is gone when it has waited for its owner for too long, and offers nothing that cannot be done', async () => {
    const { world, page } = await openScene()
    world.emulator.faults.add({ match: { path: tokenPath, after: 9 }, answer: { status: 401 } })
    await startReport(page)
    await untilWords(page, 'Waiting for you to sign in again')
    await firstToken(page).waitFor()
    const few = await matching(page)
    const record = path.join(folderOf(world, new URL(page.url()).pathname), 'job.json')
    const text = await readFile(record, 'utf8')
    const longAgo = new Date(Date.now() - 8 * 86_400_000).toISOString()
    await writeFile(record, JSON.stringify({ ...(JSON.parse(text) as object), startedAt: longAgo }))
    await world.restart()
    await untilWords(page, 'The report is no longer kept')
    for (const button of ['Cancel', 'Sign in again'])
      expect(await page.getByRole('button', { name: button }).isVisible(), button).toBe(false)
    expect(await matching(page)).toBe(few)
  })

  test('says that there is no network, and when there is one again', async () => {
    const { world, context, page } = await openScene()
    slowAfter(world, 12)
    await startReport(page)
    await firstToken(page).waitFor()
    await context.setOffline(true)
    await untilWords(page, 'You are offline.')
    expect(await page.locator('#announcements').textContent()).toContain('You are offline.')
    await context.setOffline(false)
    await untilWords(page, 'Complete: ')
  })

  test('cannot be started by a page of another site', async () => {
    const { world, page } = await openScene()
    const form = `<form method="post" action="${world.origin}/reports"><input name="_csrf" value="guess"></form><script>document.forms[0].submit()</script>`
    const attacker = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(form))
    attacker.listen(0, '127.0.0.1')
    await once(attacker, 'listening')
    onTestFinished(() => void attacker.close())
    const refused = page.waitForResponse((answer) => answer.url() === `${world.origin}/reports`)
    await page.goto(`http://127.0.0.1:${(attacker.address() as AddressInfo).port}/`)
    // Without a session: the browser does not send its cookie along.
    expect((await refused).status()).toBe(401)
    await page.goto(`${world.origin}/reports`)
    expect(await page.getByRole('heading', { name: 'Your reports' }).count()).toBe(0)
    expect(world.emulator.journal.requests.filter(({ path }) => path.includes('/_apis/'))).toEqual([])
  })

  test('can be used by the keyboard alone', async () => {
    const { page } = await openScene({ emulator: { awkwardNames: 'leave-out' } })
    const focused = (): Promise<string> =>
      page.evaluate<string>(`(() => {
        const it = document.activeElement
        return it.ariaLabel ?? it.labels?.[0]?.textContent.trim() ?? it.textContent.trim()
      })()`)
    const tabTo = async (label: RegExp): Promise<void> => {
      for (let presses = 0; presses < 120; presses++) {
        await page.keyboard.press('Tab')
        if (label.test(await focused())) return
      }
      throw new Error(`no way by Tab to ${String(label)}`)
    }
    await tabTo(/^Start a report$/)
    await page.keyboard.press('Enter')
    await untilWords(page, 'Complete: ')
    await firstToken(page).waitFor()
    await tabTo(/Expired$/)
    await page.keyboard.press('Enter')
    expect(page.url()).toContain('status=expired')
    await tabTo(/^Status/)
    await page.keyboard.type('Still work')
    await expect.poll(() => page.url()).toContain('status=working')
    await tabTo(/^Owner [▲▼⇅]/)
    for (const direction of ['ascending', 'descending']) {
      await page.keyboard.press('Enter')
      await page.locator(`th[aria-sort=${direction}]`, { hasText: 'Owner' }).waitFor()
    }
    await tabTo(/^Select .* of /)
    await page.keyboard.press('Space')
    await tabTo(/^Revoke 1 selected token/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Revoke 1 token?' }).waitFor()
    await tabTo(/^Type the number of tokens/)
    await page.keyboard.type('1')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '1 token revoked' }).waitFor()
  })

  test('works without script: start, watch, cancel, filter, sort, turn pages, download, revoke', async () => {
    const world = await startWorld({ emulator: { awkwardNames: 'leave-out', users: 60 } })
    const { page, complaints } = await openChromium({ javaScriptEnabled: false })
    await signIn(page, world, '/reports')
    const stuck = pauseAfter(world, 40)
    await startReport(page)
    expect(await page.locator('noscript meta[http-equiv=refresh]').count()).toBe(1)
    await page.waitForEvent('load')
    expect(await words(page).textContent()).toMatch(/^Reading: \d+ of \d+ users, \d+ tokens/)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await untilWords(page, 'Cancelled: ')
    stuck.remove()

    await page.getByRole('link', { name: 'Next page' }).click()
    expect(await page.locator('#matching').textContent()).toContain('page 2 of ')
    await filter(page, 'Status').selectOption('working')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(page.url()).toContain('status=working')
    const working = await matching(page)
    await page.getByRole('link', { name: 'Created' }).click()
    expect(page.url()).toContain('status=working&sort=created')
    expect(await page.locator('th[aria-sort=ascending]').textContent()).toContain('Created')
    const csv = (await contentOf(await download(page, 'filtered', 'csv'))).toString()
    expect(csv.trim().split('\r\n')).toHaveLength(working + 1)

    await firstToken(page).check()
    await page.getByRole('button', { name: 'Revoke the selected tokens' }).click()
    await page.getByLabel('Type the number of tokens').fill('1')
    await page.getByRole('button', { name: 'Revoke 1 token' }).click()
    await page.getByRole('heading', { name: '1 token revoked' }).waitFor()
    expect(complaints).toEqual([])
  })
})
