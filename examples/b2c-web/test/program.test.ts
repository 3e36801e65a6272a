import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDemonstration, serveDemonstration, serveForTenant, type Environment } from '@patkit/example-kit'
import { freePort, TestBrowser } from '@patkit/example-kit/test'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { shop } from '../src/main.js'
import { settingsFromEnv } from '../src/settings.js'

const complete = {
  CLIENT_ID: '00001111-aaaa-2222-bbbb-3333cccc4444',
  CLIENT_SECRET: 'only for a test',
  B2C_TENANT_NAME: 'fabrikamb2c',
  SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi',
}

/** The start page of what `npm start` serves with these variables. */
async function startPageWith(env: Environment) {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => printed.mockRestore())
  const state = await mkdtemp(path.join(tmpdir(), 'patkit-shop-test-'))
  onTestFinished(() => rm(state, { recursive: true, force: true }))
  const PORT = String(await freePort())
  const running = await serveForTenant(shop, { PORT, XDG_STATE_HOME: state, ...env })
  onTestFinished(() => running.close())
  const page = await new TestBrowser(running.port).open('/')
  return { ...page, printed: printed.mock.calls.flat().join('\n') }
}

describe('npm start', () => {
  test('without any variable of a directory runs as a demonstration, in which one click signs in', async () => {
    expect(isDemonstration(shop, { PORT: '5001', CLIENT_ID: '' })).toBe(true)
    const emulator = await shop.startEmulator()
    onTestFinished(() => emulator.close())
    const running = await serveDemonstration(shop, emulator, { PORT: String(await freePort()) })
    onTestFinished(() => running.close())
    const { body } = await new TestBrowser(running.port).open('/')
    expect(body).toContain('A demonstration with an emulated directory')
    expect(body).toContain('href="/login?login_hint=carol%40customer.example"')
  })

  test.each([
    'CLIENT_ID',
    'B2C_TENANT_NAME',
    'SIGNUPSIGNIN_USER_FLOW',
    'EDITPROFILE_USER_FLOW',
    'OIDC_AUTHORITY',
    'CUSTOM_DOMAIN',
    'SCOPE',
    'ENDPOINT',
  ])('with %s alone is meant for a real directory, and says what is missing', (variable) => {
    expect(isDemonstration(shop, { [variable]: 'something' })).toBe(false)
  })

  test('with everything serves the site', async () => {
    const { status, body } = await startPageWith(complete)
    expect(status).toBe(200)
    expect(body).toContain('People sign in here with Azure AD B2C.')
    expect(body).not.toContain('A demonstration')
  })

  test('with nothing but a name shows every missing variable at once, on every page', async () => {
    const { status, body, printed } = await startPageWith({
      B2C_TENANT_NAME: 'fabrikamb2c',
      ENDPOINT: 'https://a.example/',
    })
    expect(status).toBe(503)
    expect(body).toContain('<h1>Not set up yet</h1>')
    for (const variable of ['CLIENT_ID', 'CLIENT_SECRET', 'SIGNUPSIGNIN_USER_FLOW', 'SCOPE']) {
      expect(body).toContain(`<code>${variable}</code>`)
      expect(printed).toContain(variable)
    }
    expect(body).not.toContain('    at ')
  })

  test.each<[string, Record<string, string>, string]>([
    ['a user flow that is no name', { EDITPROFILE_USER_FLOW: 'B2C_1_edit/../x' }, 'EDITPROFILE_USER_FLOW'],
    ['a custom domain that is an address', { CUSTOM_DOMAIN: 'https://login.fabrikam.com' }, 'CUSTOM_DOMAIN'],
    ['Redis without a secret for several servers', { REDIS_URL: 'redis://127.0.0.1:1' }, 'SESSION_SECRET'],
    ['a secret that is too short', { SESSION_SECRET: 'short' }, 'SESSION_SECRET'],
    ['an endpoint over plain http', { ENDPOINT: 'http://api.example/', SCOPE: 'a' }, 'ENDPOINT'],
  ])('with %s names the variable', async (_, change, variable) => {
    const { status, body } = await startPageWith({ ...complete, ...change })
    expect(status).toBe(503)
    expect(body).toContain(`<code>${variable}</code>`)
  })
})

describe('settingsFromEnv()', () => {
  test('listens on port 5001 of this machine unless it is told otherwise', () => {
    for (const env of [complete, { ...complete, PORT: '' }]) {
      expect(settingsFromEnv(env)).toMatchObject({ port: 5001, host: '127.0.0.1', trustProxy: false })
      expect(settingsFromEnv(env).auth.redirectUri).toBe('http://localhost:5001/getAToken')
    }
    const deployed = { ...complete, REDIRECT_URI: 'https://shop.example/auth/redirect', PORT: '8080' }
    expect(settingsFromEnv(deployed)).toMatchObject({ port: 8080, host: '0.0.0.0', trustProxy: true })
  })

  test.each([
    ['a missing user flow', { SIGNUPSIGNIN_USER_FLOW: '' }, ['SIGNUPSIGNIN_USER_FLOW']],
    ['a missing secret', { CLIENT_SECRET: '' }, ['CLIENT_SECRET']],
    ['an endpoint without a scope', { ENDPOINT: 'https://api.example/' }, ['SCOPE']],
    [
      'several at once',
      { CLIENT_ID: '', ENDPOINT: 'https://api.example/', EDITPROFILE_USER_FLOW: 'a/b' },
      ['CLIENT_ID', 'EDITPROFILE_USER_FLOW', 'SCOPE'],
    ],
  ])('names the variable of %s', (_, change, variables) => {
    const fields = () => {
      try {
        settingsFromEnv({ ...complete, ...change })
        return []
      } catch (error) {
        return (error as { faults: { field: string }[] }).faults.map(({ field }) => field)
      }
    }
    expect(fields().sort()).toEqual(variables)
  })
})
