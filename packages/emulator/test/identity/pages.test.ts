import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { palettes } from '../../src/identity/page-style.js'
import { sampleIds } from '../../src/index.js'
import type { IdentityServer, IdentityServerOptions, SignInPage } from '../../src/index.js'
import { browserOf, identityServer, withQuery } from './helpers.js'

const contoso = `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0`
const parameters = {
  client_id: sampleIds.singleTenantClient,
  response_type: 'code',
  scope: 'openid profile',
  state: 's',
}
const authorize = (redirectUri = 'http://localhost:5000/getAToken', change: Record<string, string> = {}): string =>
  withQuery(`${contoso}/authorize`, { ...parameters, redirect_uri: redirectUri, ...change })

describe('every page', () => {
  it('escapes what people are called', async () => {
    const server = await identityServer()
    const page = (await browserOf(server).open(authorize())) as SignInPage
    expect(page.html).toContain('&lt;script&gt;alert(&quot;Mallory&quot;)&lt;/script&gt;')
    expect(page.html).not.toContain('<script')
  })

  it('escapes what the request contains', async () => {
    const server = await identityServer()
    const hostile = '"><img src=x onerror=alert(1)>'
    for (const address of [
      authorize(undefined, { login_hint: hostile, prompt: 'login' }),
      authorize(undefined, { client_id: hostile }),
      authorize(hostile),
      `https://login.microsoftonline.com/${encodeURIComponent(hostile)}/oauth2/v2.0/authorize`,
      authorize(undefined, { state: hostile, response_mode: 'form_post', login_hint: 'alice@contoso.onmicrosoft.com' }),
    ]) {
      const page = await browserOf(server).open(address)
      if ('html' in page) expect(page.html).not.toContain('<img')
      else expect(page.parameters.get('state')).toBe(hostile)
    }
  })

  it('has a policy without unsafe things, is not framed, stored or sniffed', async () => {
    const server = await identityServer()
    const response = await fetch(authorize().replace('https://', `${server.url}/`))
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:5000; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('set-cookie')).toBeNull()
  })

  it('labels every field, names its language and has one heading', async () => {
    const server = await identityServer()
    const b2c = 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com'
    const shop = { client_id: sampleIds.b2cClient, redirect_uri: 'http://localhost:5001/getAToken' }
    for (const address of [
      authorize(),
      withQuery(`${b2c}/b2c_1_susi/oauth2/v2.0/authorize`, { ...parameters, ...shop, prompt: 'create' }),
      withQuery(`${b2c}/b2c_1_reset/oauth2/v2.0/authorize`, { ...parameters, ...shop }),
      `${contoso.replace('/v2.0', '')}/deviceauth`,
    ]) {
      const { html } = (await browserOf(server).open(address)) as SignInPage
      expect(html).toContain('<html lang="en">')
      expect(html.match(/<h1>/g)).toHaveLength(1)
      const fields = [...html.matchAll(/<input id="([^"]+)"/g)].map(([, id]) => id)
      expect(fields.length).toBeGreaterThan(0)
      for (const id of fields) expect(html).toContain(`<label for="${String(id)}">`)
    }
  })

  it.each(Object.entries(palettes))('has enough contrast in the %s palette', (_name, palette) => {
    const { ground, panel, text, quiet, accent, onAccent, alarm, line } = palette
    for (const [front, back] of [
      [text, panel],
      [quiet, panel],
      [quiet, ground],
      [accent, panel],
      [onAccent, accent],
      [alarm, panel],
    ] as const)
      expect(contrast(front, back), `${front} on ${back}`).toBeGreaterThanOrEqual(4.5)
    expect(contrast(line, panel)).toBeGreaterThanOrEqual(3)
  })
})

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
if (executablePath === undefined)
  console.warn('SKIPPED: the pages in a real browser, because Chromium is not installed.')

describe.skipIf(executablePath === undefined)('in a real browser', () => {
  let browser: Browser
  const closing: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(async () => browser.close())
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  /** An application that shows what it was sent. */
  async function application(): Promise<{ origin: string; seen: string[] }> {
    const seen: string[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`)
        response.setHeader('content-type', 'text/html')
        response.end('<!doctype html><h1>Application</h1>')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, seen }
  }

  async function emulatorFor(origin: string, options: IdentityServerOptions = {}): Promise<IdentityServer> {
    const redirectUris = [`${origin}/callback`, `${origin}/bye`]
    const client = {
      clientId: sampleIds.singleTenantClient,
      tenant: sampleIds.contosoTenant,
      displayName: 'Application',
    }
    return identityServer({
      clients: [{ ...client, redirectUris, frontChannelLogoutUri: `${origin}/frame` }],
      ...options,
    })
  }

  async function page(javaScriptEnabled: boolean): Promise<{ page: Page; violations: string[] }> {
    const context = await browser.newContext({ javaScriptEnabled })
    closing.push(() => context.close())
    const opened = await context.newPage()
    const violations: string[] = []
    opened.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
    return { page: opened, violations }
  }

  it.each([true, false])('a person signs in with script %s, and no policy is violated', async (withScript) => {
    const app = await application()
    const server = await emulatorFor(app.origin)
    const { page: tab, violations } = await page(withScript)
    await tab.goto(authorize(`${app.origin}/callback`).replace('https://', `${server.url}/`))
    await tab.getByLabel('Find a person').fill('bob')
    await tab.getByRole('button', { name: 'Find' }).click()
    await tab.getByRole('button', { name: 'Bob Brown' }).click()
    await tab.getByRole('button', { name: 'Accept' }).click()
    await tab.waitForURL(`${app.origin}/callback**`)
    expect(new URL(tab.url()).searchParams.get('code')).toMatch(/^0\.code\./)
    expect(violations).toEqual([])
  })

  it('form_post goes on by itself with script, and by a button without', async () => {
    const app = await application()
    const server = await emulatorFor(app.origin)
    const hint = { response_mode: 'form_post', login_hint: 'alice@contoso.onmicrosoft.com' }
    const address = authorize(`${app.origin}/callback`, hint).replace('https://', `${server.url}/`)
    const scripted = await page(true)
    await scripted.page.goto(address)
    await scripted.page.getByRole('heading', { name: 'Application' }).waitFor()
    expect(scripted.violations).toEqual([])
    const bare = await page(false)
    await bare.page.goto(address)
    await bare.page.getByRole('button', { name: 'Continue' }).click()
    await bare.page.getByRole('heading', { name: 'Application' }).waitFor()
    const posts = app.seen.filter((line) => line.startsWith('POST /callback code='))
    expect(posts).toHaveLength(2)
  })

  it('a sign-out opens the frame of the application and then goes on', async () => {
    const app = await application()
    const server = await emulatorFor(app.origin)
    const { page: tab, violations } = await page(true)
    const hint = { login_hint: 'alice@contoso.onmicrosoft.com' }
    await tab.goto(authorize(`${app.origin}/callback`, hint).replace('https://', `${server.url}/`))
    const sid = new URL(tab.url()).searchParams.get('session_state') ?? ''
    const logout = withQuery(`${contoso}/logout`, { post_logout_redirect_uri: `${app.origin}/bye` })
    await tab.goto(logout.replace('https://', `${server.url}/`))
    await tab.getByRole('button', { name: 'alice@contoso.onmicrosoft.com' }).click()
    await tab.waitForURL(`${app.origin}/bye`)
    expect(app.seen).toContain(`GET /frame?sid=${sid} `)
    expect(violations).toEqual([])
  })
})
