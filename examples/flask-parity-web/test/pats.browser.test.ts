import {
  accessibilityFaults,
  chromiumPath,
  keepScreenshot,
  openChromium,
  overflow,
  type ChromiumWindow,
} from '@patkit/example-kit/test'
import { describe, expect, test } from 'vitest'
import { ada, changesSent, ids, inDays, startPatWorld, tokenNamed } from './pat-world.js'
import type { World } from './world.js'

type Options = Parameters<typeof openChromium>[0]
type Page = ChromiumWindow['page']

const secretShape = /[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}/

/** A window of Chromium in which Ada is signed in. */
async function openAs(world: World, options: Options = {}) {
  const window = await openChromium(options)
  await window.page.goto(world.origin)
  await window.page.getByRole('button', { name: `Sign in as ${ada}` }).click()
  await window.page.getByRole('heading', { name: 'Welcome, ' }).waitFor()
  world.emulator.journal.clear()
  return window
}

async function start(options: Options = {}) {
  const world = await startPatWorld()
  return { world, ...(await openAs(world, options)) }
}

/** Fills in the form of a new token, and sends it. */
async function create(page: Page, origin: string, name = 'from the browser'): Promise<void> {
  await page.goto(`${origin}/pats/new`)
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('group', { name: 'Code' }).getByLabel('Read vso.code', { exact: true }).check()
  await page.getByRole('button', { name: 'Create the token' }).click()
  await page.getByRole('heading', { name: 'Copy your new token' }).waitFor()
}

/** What browsers say by themselves of an answer that is an error. */
const isOfStatus = (complaint: string): boolean => complaint.startsWith('Failed to load resource: the server responded')

describe.skipIf(chromiumPath === undefined)('the token pages in Chromium', { timeout: 120_000 }, () => {
  test('create, show, hide and copy a secret, which is gone when the page is loaded again', async () => {
    const { world, page, context, complaints } = await start()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: world.origin })
    await create(page, world.origin)
    const shown = page.getByLabel('New token')
    expect(await shown.inputValue()).toMatch(/^•+$/)
    expect(await page.content()).not.toMatch(secretShape)

    await page.getByRole('button', { name: 'Show' }).click()
    const secret = await shown.inputValue()
    expect(secret).toMatch(secretShape)
    await page.getByRole('button', { name: 'Hide' }).click()
    expect(await shown.inputValue()).toMatch(/^•+$/)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('Copied, and hidden again.').waitFor()
    expect(await shown.inputValue()).toMatch(/^•+$/)
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret)

    const [made] = tokenNamed(world, 'from the browser')
    expect(page.url()).toBe(`${world.origin}/pats/${made?.authorizationId ?? ''}`)
    await page.reload()
    await page.getByRole('heading', { name: 'from the browser' }).waitFor()
    expect(await page.content()).not.toMatch(secretShape)
    await page.goBack()
    await page.goForward()
    expect(await page.content()).not.toMatch(secretShape)
    expect(changesSent(world)).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  test('selects the secret where the page may not copy', async () => {
    const { world, page } = await start()
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await create(page, world.origin)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('The token is selected').waitFor()
    const shown = page.getByLabel('New token')
    expect(await shown.inputValue()).toMatch(secretShape)
    expect(await page.evaluate('getSelection().toString()')).toBe(await shown.inputValue())
  })

  test('forgets the secret when somebody leaves the page', async () => {
    const { world, page } = await start()
    await create(page, world.origin)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    expect(await page.getByLabel('New token').inputValue()).toMatch(/^•+$/)
    expect(await page.getByRole('button', { name: 'Show' }).isDisabled()).toBe(true)
    await page.getByText('The token is no longer on this page.').waitFor()
  })

  test('change, rotate and revoke a token', async () => {
    const { world, page, complaints } = await start()
    await page.goto(`${world.origin}/pats`)
    await page.getByRole('link', { name: 'Edit: deploy script' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('deploy, renamed')
    await page.getByRole('group', { name: 'Wiki' }).getByLabel('Read vso.wiki', { exact: true }).check()
    await page.getByLabel('On a day of my choice').check()
    const day = inDays(50).toISOString().slice(0, 10)
    await page.getByLabel('Last day, in UTC').fill(day)
    await page.getByRole('button', { name: 'Save the changes' }).click()
    await page.getByText('Your changes were saved.').waitFor()
    expect(world.emulator.data.token(ids.code)).toMatchObject({ displayName: 'deploy, renamed' })
    expect(world.emulator.data.token(ids.code)?.scope?.split(' ').sort()).toEqual(['vso.build', 'vso.code', 'vso.wiki'])

    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('button', { name: 'Create the new token and revoke this one' }).click()
    await page.getByText('was revoked.').waitFor()
    expect(tokenNamed(world, 'deploy, renamed').map(({ status }) => status)).toEqual(['revoked', 'active'])

    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('link', { name: 'Revoke: deploy, renamed' }).click()
    await page.getByRole('heading', { name: 'Revoke “deploy, renamed”?' }).waitFor()
    await page.getByRole('button', { name: 'Revoke this token' }).click()
    await page.getByText('The token was revoked.').waitFor()
    expect(tokenNamed(world, 'deploy, renamed').map(({ status }) => status)).toEqual(['revoked', 'revoked'])
    expect(complaints).toEqual([])
  })

  test('the warnings appear with the choice that needs them, and the form comes back as it was', async () => {
    const { world, page, complaints } = await start()
    await page.goto(`${world.origin}/pats/new`)
    await page.getByRole('textbox', { name: 'Name' }).fill('everything')
    const tick = page.getByLabel('I understand, and want a token with full access')
    expect(await tick.isVisible()).toBe(false)
    await page.getByRole('radio', { name: 'Full access' }).check()
    expect(await tick.isVisible()).toBe(true)
    expect(await page.getByRole('group', { name: 'Code' }).isVisible()).toBe(false)
    await page.getByLabel('In all organizations I can reach').check()
    await page.getByText('all of them stop working on 2026-12-01').waitFor()
    await page.getByRole('button', { name: 'Create the token' }).click()

    const summary = page.getByRole('alert')
    await summary.getByRole('link', { name: 'Tick that you understand what full access means' }).click()
    expect(await page.evaluate('document.activeElement.id')).toBe('scope')
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('everything')
    await tick.check()
    await page.getByLabel('In this organization only').check()
    await page.getByRole('button', { name: 'Create the token' }).click()
    await page.getByRole('heading', { name: 'Copy your new token' }).waitFor()
    expect(tokenNamed(world, 'everything')[0]?.scope).toBe('app_token')
    expect(complaints.filter((complaint) => !isOfStatus(complaint))).toEqual([])
  })

  test('can be used by keyboard alone', async () => {
    const { world, page } = await start()
    await page.goto(`${world.origin}/pats`)
    await goTo(page, 'Create a token')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Create a token' }).waitFor()
    await goTo(page, 'Name')
    await page.keyboard.type('typed')
    await goTo(page, 'Read vso.code')
    await page.keyboard.press('Space')
    await goTo(page, 'In 30 days')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Copy your new token' }).waitFor()
    await goTo(page, 'Show')
    await page.keyboard.press('Enter')
    expect(await page.getByLabel('New token').inputValue()).toMatch(secretShape)
    await goTo(page, 'I have copied it')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your tokens' }).waitFor()
    await goTo(page, 'Revoke: typed')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Revoke “typed”?' }).waitFor()
    await goTo(page, 'Revoke this token')
    await page.keyboard.press('Enter')
    await page.getByText('The token was revoked.').waitFor()
    const [typed] = tokenNamed(world, 'typed')
    expect(typed).toMatchObject({ scope: 'vso.code', status: 'revoked' })
    expect(typed?.validTo.slice(0, 10)).toBe(inDays(7).toISOString().slice(0, 10))
  })

  test('list, create, change and revoke without script', async () => {
    const { world, page } = await start({ javaScriptEnabled: false })
    await create(page, world.origin, 'without script')
    await page.getByText('Show the token').click()
    const secret = await page.locator('[data-secret]').textContent()
    expect(secret).toMatch(secretShape)
    expect(await page.getByRole('button', { name: 'Copy' }).isVisible()).toBe(false)
    await page.reload()
    await page.getByRole('heading', { name: 'This form was sent already' }).waitFor()
    expect(await page.content()).not.toMatch(secretShape)
    await page.getByRole('button', { name: 'Show the token' }).click()

    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('changed without script')
    await page.getByRole('button', { name: 'Save the changes' }).click()
    await page.getByText('Your changes were saved.').waitFor()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('button', { name: 'Revoke this token' }).click()
    await page.getByText('The token was revoked.').waitFor()
    await page.getByRole('link', { name: 'Revoked', exact: true }).click()
    await page.getByText('changed without script').waitFor()
    expect(changesSent(world).map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE'])
  })

  test('names of all kinds stay whole, inert, and within the page', async () => {
    const names = ['<script>alert(1)</script>; "x"', 'one\nline\r\nmore', '‮txet‬ עברית', 'W'.repeat(40_000), '', ' ']
    const tokens = names.map((displayName) => ({ displayName, scope: 'vso.code', validTo: inDays(30) }))
    const world = await startPatWorld({ tokens })
    const { page, complaints } = await openAs(world, { viewport: { width: 320, height: 640 } })
    for (const token of world.emulator.data.tokensOf(ada)) {
      for (const path of ['', '/edit', '/rotate', '/revoke']) {
        await page.goto(`${world.origin}/pats/${token.authorizationId}${path}`)
        expect(await overflow(page)).toBe(0)
      }
    }
    await page.goto(`${world.origin}/pats`)
    expect(await overflow(page)).toBe(0)
    expect(await accessibilityFaults(page)).toEqual([])
    const shown = await page.evaluate<string[]>('[...document.querySelectorAll("bdi")].map((name) => name.textContent)')
    for (const name of names.slice(0, 4)) expect(shown).toContain(name.replace(/\r\n?/g, '\n'))
    await keepScreenshot(page, 'pats-names-phone')
    expect(complaints).toEqual([])
  })

  test('who has no tokens is told so', async () => {
    const world = await startPatWorld({ tokens: [] })
    const { page, complaints } = await openAs(world)
    await page.getByRole('link', { name: 'Get all tokens' }).click()
    await page.getByText('You have no active tokens.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await keepScreenshot(page, 'pats-empty')
    expect(complaints).toEqual([])
  })

  test.each(['light', 'dark'] as const)('every page is accessible and fits a phone (%s)', async (colorScheme) => {
    const { world, page, complaints } = await start({ colorScheme })
    const { origin, emulator } = world
    const look = async (name: string): Promise<void> => {
      await page.setViewportSize({ width: 1100, height: 800 })
      expect(await accessibilityFaults(page), name).toEqual([])
      await keepScreenshot(page, `pats-${name}-${colorScheme}`)
      await page.setViewportSize({ width: 320, height: 640 })
      expect(await overflow(page), name).toBe(0)
      expect(await accessibilityFaults(page), name).toEqual([])
      await keepScreenshot(page, `pats-${name}-phone-${colorScheme}`)
    }
    const pages: Readonly<Record<string, string>> = {
      list: '/pats?show=all',
      revoked: '/pats?done=revoked',
      find: '/pat_get',
      'find-fault': '/pat_get?authorizationId=x',
      token: `/pats/${ids.code}`,
      'token-expired': `/pats/${ids.expired}`,
      'token-everywhere': `/pats/${ids.everywhere}`,
      new: '/pats/new',
      'new-filled': '/pats/new?displayname=x&scope=app_token&validto=2027-01-02T10:00Z&allorgs=true',
      edit: `/pats/${ids.code}/edit`,
      'edit-ended': `/pats/${ids.revoked}/edit`,
      rotate: `/pats/${ids.everywhere}/rotate`,
      revoke: `/pats/${ids.full}/revoke`,
      'not-allowed': '/pat_post',
    }
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(origin + path)
      await look(name)
    }

    await page.goto(`${origin}/pats/new`)
    await page.getByText('More areas').click()
    await page.getByLabel('On a day of my choice').check()
    await page.getByRole('button', { name: 'Create the token' }).click()
    await look('new-faults')

    await create(page, origin)
    await page.getByRole('button', { name: 'Show' }).click()
    await look('secret')

    await page.goto(`${origin}/pats/new?displayname=twice&scope=vso.code`)
    await page.evaluate(
      "fetch('/pats', { method: 'POST', body: new URLSearchParams(new FormData(document.querySelector('main form'))) })",
    )
    await page.getByRole('button', { name: 'Create the token' }).click()
    await page.getByRole('heading', { name: 'This form was sent already' }).waitFor()
    await look('sent-already')
    expect(tokenNamed(world, 'twice')).toHaveLength(1)

    const fault = emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 403 } })
    await page.goto(`${origin}/pats/${ids.code}/rotate`)
    await page.getByRole('button', { name: 'Create the new token' }).click()
    await page.getByText('The old token still works').waitFor()
    await look('rotated-not-revoked')
    fault.remove()

    const lost = emulator.faults.add({ match: { method: 'POST', path: '/tokens/pats' }, answer: { reset: 'after' } })
    await page.goto(`${origin}/pats/new?displayname=lost&scope=vso.code`)
    await page.getByRole('button', { name: 'Create the token' }).click()
    await page.getByRole('heading', { name: 'It is not known' }).waitFor()
    await look('unknown')
    lost.remove()
    await page.getByRole('button', { name: 'Find out' }).click()
    await page.getByRole('heading', { name: 'A token was created' }).waitFor()
    await look('reconciled')
    await page.getByRole('button', { name: 'Revoke it: lost' }).click()
    await page.getByText('The token was revoked.').waitFor()

    expect(complaints.filter((complaint) => !isOfStatus(complaint))).toEqual([])
  })
})

/** Moves the focus with Tab until it is on the element of this name, as somebody without a mouse does. */
async function goTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 250; steps++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<string>(
      `(() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? (e.labels?.[0] ?? e).textContent ?? '' })()`,
    )
    if (focused.replace(/\s+/g, ' ').trim().startsWith(name)) return
  }
  throw new Error(`Tab never came to “${name}”.`)
}
