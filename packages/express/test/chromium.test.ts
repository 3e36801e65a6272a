import { NotFoundError } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { chromiumPath, openChromium } from './open-chromium.js'
import { startWorld } from './world.js'

describe.skipIf(chromiumPath === undefined)('in Chromium', { timeout: 120_000 }, () => {
  test('people sign in and out, though the application allows forms to itself only', async () => {
    const world = await startWorld({
      routes: (app, web) => {
        app.use((_req, res, next) => {
          // As helmet sets it: sent to the sign-in service by a redirect, the sign-out would be stopped.
          res.setHeader('Content-Security-Policy', "default-src 'self'; form-action 'self'")
          res.setHeader('Referrer-Policy', 'no-referrer')
          next()
        })
        app.use(web.routes())
        app.get('/', (_req, res) => void res.send('<!doctype html><title>Start</title><p>Everybody may see this.'))
        app.get('/private', web.required(), (_req, res) => {
          const { account, csrfToken } = res.locals.signIn
          res.send(
            `<!doctype html><title>Private</title><p>${account.username}</p><form method="post" action="/logout"><input type="hidden" name="_csrf" value="${csrfToken}"><button>Sign out</button></form>`,
          )
        })
        app.use(web.errorPage())
      },
    })
    const { page, complaints } = await openChromium()

    await page.goto(`${world.origin}/private`)
    await page.getByRole('button', { name: 'Alice Adams' }).click()
    const accept = page.getByRole('button', { name: 'Accept' })
    await accept.click()
    await page.waitForURL(`${world.origin}/private`)
    expect(await page.textContent('p')).toBe(world.place.person)
    expect(await page.evaluate('document.cookie')).toBe('')

    await page.getByRole('button', { name: 'Sign out' }).click()
    // Our page goes on to the service, and the service back to us.
    await page.waitForURL(`${world.origin}/`)
    expect(await page.textContent('p')).toBe('Everybody may see this.')
    await page.goto(`${world.origin}/private`)
    expect(new URL(page.url()).origin).not.toBe(world.origin)
    expect(complaints.filter((text) => /Content Security Policy|Refused/.test(text))).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'the error page breaks none of its own rules and fits a phone (%s)',
    async (scheme) => {
      const hint = `A hint with a long word: ${'x'.repeat(200)}`
      const world = await startWorld({
        routes: (app, web) => {
          app.use(web.routes())
          app.get('/fails', (_req, _res, next) =>
            next(new NotFoundError('<script>window.hacked = true</script>', { hint })),
          )
          app.use(web.errorPage())
        },
      })
      const { page, complaints } = await openChromium({ colorScheme: scheme })
      await page.setViewportSize({ width: 320, height: 640 })
      await page.goto(`${world.origin}/fails`)

      // Chromium itself notes the status of the answer.
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
      expect(await page.evaluate('typeof window.hacked')).toBe('undefined')
      const contrast = await page.evaluate(contrastOfText)
      expect(contrast).toBeGreaterThanOrEqual(4.5)
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Start page')
    },
  )
})

/** Least contrast between a text and what is behind it (WCAG 2.2, 1.4.3), measured in the page. */
const contrastOfText = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = (e) => { for (let at = e; at; at = at.parentElement) { const c = rgb(getComputedStyle(at).backgroundColor); if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] }
  const ratios = [...document.querySelectorAll('h1,p,a,button,li')].filter((e) => e.textContent.trim() !== '').map((e) => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
  return Math.min(...ratios)
})()`
