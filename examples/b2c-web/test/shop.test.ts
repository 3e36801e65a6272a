import { atSignInService } from '@patkit/example-kit/test'
import { describe, expect, test } from 'vitest'
import { demoPlaces, type DemoPlaceName } from '../src/demo.js'
import { settingsFromEnv } from '../src/settings.js'
import { startWorld } from './world.js'

const placeNames = Object.keys(demoPlaces) as DemoPlaceName[]

// The table of the Flask sample: four kinds of directories, sign-in and a web API.
describe.each(placeNames)('with %s', (place) => {
  test('people sign in and out', async () => {
    const world = await startWorld({ place })
    expect((await world.browser.open('/')).body).toContain(`Sign in as ${world.person}`)
    const start = await world.browser.open('/login')
    await world.goOn(start.location)
    const home = await world.browser.open('/')
    expect(home.body).toContain('Welcome, ')
    expect((await world.browser.open('/claims')).body).toContain(world.person)

    const csrf = /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? ''
    const out = await world.browser.submit('/logout', { _csrf: csrf })
    expect(out.body).toContain('You are signed out of this application')
    expect(out.body).toContain('/oauth2/v2.0/logout')
    expect((await world.browser.open('/')).body).toContain('Sign in as')
  })

  test('a web API is called on their behalf', async () => {
    const world = await startWorld({ place })
    const first = await world.signIn('/call_downstream_api')
    // Consent to the API is asked for when it is needed, and brings the person back to the page.
    const page =
      first.status === 200 ? first : await world.browser.open((await world.goOn(first.location)).location ?? '')
    expect(page.status).toBe(200)
    expect(page.body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
    expect(page.body).toContain('&quot;tokenExpiresAt&quot;')
    expect(page.body).not.toMatch(/eyJ[\w-]{20,}/)
  })
})

describe('the claims page', () => {
  test('shows name, e-mail of B2C, user flow, issuer and ends, and never a token', async () => {
    const world = await startWorld()
    const { body } = await world.signIn('/claims')
    expect(body).toContain('<dd>Carol Clark</dd>')
    expect(body).toContain('<dd>carol@customer.example</dd>')
    expect(body).toMatch(/<dt>User flow<\/dt><dd>b2c_1_susi<\/dd>/i)
    expect(body).toContain('<dt>Issuer</dt><dd>https://fabrikamb2c.b2clogin.com/')
    expect(body).toMatch(/<dt>ID token ends<\/dt><dd><time/)
    expect(body).not.toMatch(/eyJ[\w-]{20,}/)
  })
})

describe('user flows', () => {
  test('an edited profile shows at once', async () => {
    const world = await startWorld()
    const home = await world.signIn('/claims')
    expect(home.status).toBe(200)
    const edit = await world.browser.open('/edit-profile?returnTo=%2Fclaims', { site: 'same-origin' })
    const back = await world.goOn(edit.location, { profile: { displayName: 'Caroline Clark' } })
    expect(back.location).toBe('/claims')
    expect((await world.browser.open('/claims')).body).toContain('<dd>Caroline Clark</dd>')
  })

  test('a forgotten password is reset from the sign-in page, and ends where the person was going', async () => {
    const world = await startWorld()
    const start = await world.browser.open('/claims')
    const forgotten = await world.goOn(start.location, { turn: 'forgot-password' })
    expect(forgotten.location).toMatch(/b2c_1_reset/i)
    const back = await world.goOn(forgotten.location)
    const again = back.location === '/claims' ? back : await world.goOn(back.location)
    expect(again.location).toBe('/claims')
    expect((await world.browser.open('/claims')).status).toBe(200)
  })

  test('cancelling returns quietly', async () => {
    const world = await startWorld()
    await world.signIn('/claims')
    const edit = await world.browser.open('/edit-profile?returnTo=%2F', { site: 'same-origin' })
    const back = await world.goOn(edit.location, { turn: 'cancel' })
    expect(back).toMatchObject({ status: 303, location: '/' })
    expect((await world.browser.open('/')).body).toContain('Welcome, Carol Clark')
  })

  test('links of flows that are not configured do not show, nor do their addresses answer', async () => {
    const world = await startWorld({ env: { EDITPROFILE_USER_FLOW: '', RESETPASSWORD_USER_FLOW: '', ENDPOINT: '' } })
    expect((await world.browser.open('/')).body).not.toContain('Forgot your password?')
    await world.signIn('/claims')
    const { body } = await world.browser.open('/')
    for (const words of ['Edit your profile', 'Reset your password', 'Call a web API'])
      expect(body).not.toContain(words)
    for (const path of ['/edit-profile', '/reset-password', '/call_downstream_api'])
      expect((await world.browser.open(path)).status).toBe(404)
  })

  test('what comes back a second time, or from another flow, signs nobody in', async () => {
    const world = await startWorld()
    const start = await world.browser.open('/login')
    const back = await atSignInService(world.emulator, start.location, { person: world.person })
    expect((await world.browser.open(back, { site: 'cross-site' })).status).toBe(303)
    const replayed = await world.browser.open(back, { site: 'cross-site' })
    expect(replayed.status).toBeGreaterThanOrEqual(303)
    expect(replayed.body).not.toContain('Welcome')
    const foreign = back.replace(/state=[^&]+/, 'state=somebody-elses')
    expect((await world.browser.open(foreign, { site: 'cross-site' })).status).toBe(400)
  })

  test('a wrong secret is explained with what to do', async () => {
    const world = await startWorld()
    world.emulator.identity.expireSecrets(world.settings.auth.clientId)
    const page = await world.goOn((await world.browser.open('/claims')).location)
    expect(page.status).toBe(500)
    expect(page.body).toContain('This application is not set up correctly')
    expect(page.body).toMatch(/AADB2C90079|AADB2C90084|AADB2C\d+/)
    expect(page.body).toMatch(/secret/i)
  })
})

describe('the web API', () => {
  async function callWith(
    fault: Parameters<Awaited<ReturnType<typeof startWorld>>['emulator']['identity']['faults']['add']>[0],
  ): Promise<string> {
    const world = await startWorld({ apiTimeoutMs: 300 })
    await world.signIn('/claims')
    world.emulator.identity.faults.add(fault)
    const page = await world.browser.open('/call_downstream_api')
    return page.status === 200
      ? page.body
      : (await world.browser.open((await world.goOn(page.location)).location ?? '')).body
  }

  test.each([
    ['is slow', { at: 'api', times: 'always', answer: { kind: 'silence' } }, 'did not answer within 0.3 seconds'],
    ['hangs up', { at: 'api', times: 'always', answer: { kind: 'hang-up' } }, 'cannot be reached'],
    [
      'is broken',
      { at: 'api', answer: { kind: 'status', status: 500, body: 'json' } },
      'refused the call with status 500',
    ],
    [
      'is overloaded, in HTML',
      { at: 'api', answer: { kind: 'status', status: 503, retryAfterSeconds: 7 } },
      '<dt>retry-after</dt><dd>7</dd>',
    ],
    ['is no API', { at: 'api', answer: { kind: 'status', status: 200 } }, 'The answer is not JSON'],
    ['refuses the token', { at: 'api', answer: { kind: 'status', status: 401 } }, 'does not accept the access token'],
    ['refuses the person', { at: 'api', answer: { kind: 'status', status: 403 } }, 'a scope or a role is missing'],
  ] as const)('that %s', async (_, fault, words) => {
    expect((await callWith(fault)).includes(words)).toBe(true)
  })

  test('that is not there', async () => {
    const world = await startWorld({ env: { ENDPOINT: 'http://localhost:9/' } })
    await world.signIn('/claims')
    const page = await world.browser.open('/call_downstream_api')
    const body =
      page.status === 200
        ? page.body
        : (await world.browser.open((await world.goOn(page.location)).location ?? '')).body
    expect(body).toContain('The API cannot be reached')
  })

  test('that wants more of the person gets it: the sign-in comes back to the page', async () => {
    const world = await startWorld({ place: 'Microsoft Entra ID' })
    world.emulator.identity.knobs.set({ claimsChallenge: { authContext: 'c1', at: 'api' } })
    let page = await world.signIn('/call_downstream_api')
    for (let rounds = 0; page.status !== 200 && rounds < 3; rounds++) {
      const { location } = await world.goOn(page.location)
      page = await world.browser.open(location ?? '')
    }
    expect(page.body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
  })

  test('without a scope of an API is explained: B2C gives no access token then', async () => {
    const world = await startWorld({ env: { SCOPE: 'openid' } })
    await world.signIn('/claims')
    const page = await world.browser.open('/call_downstream_api')
    expect(page.status).toBe(502)
    expect(page.body).toContain('The sign-in service gave no access token')
  })
})

describe('settingsFromEnv()', () => {
  const env = {
    CLIENT_ID: '00001111-aaaa-2222-bbbb-3333cccc4444',
    CLIENT_SECRET: 'only for a test',
    B2C_TENANT_NAME: 'fabrikamb2c',
    SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi',
  }

  test('listens on port 5001 of this machine unless it is told otherwise', () => {
    expect(settingsFromEnv(env)).toMatchObject({ port: 5001, host: '127.0.0.1', trustProxy: false })
    expect(settingsFromEnv(env).auth.redirectUri).toBe('http://localhost:5001/getAToken')
    const deployed = { ...env, REDIRECT_URI: 'https://shop.example/auth/redirect', PORT: '8080' }
    expect(settingsFromEnv(deployed)).toMatchObject({ port: 8080, host: '0.0.0.0', trustProxy: true })
  })

  test.each([
    ['a missing user flow', { SIGNUPSIGNIN_USER_FLOW: '' }, 'SIGNUPSIGNIN_USER_FLOW'],
    ['a user flow that is no name', { EDITPROFILE_USER_FLOW: 'a/b' }, 'EDITPROFILE_USER_FLOW'],
    ['a missing secret', { CLIENT_SECRET: '' }, 'CLIENT_SECRET'],
    ['an endpoint without a scope', { ENDPOINT: 'https://api.example/' }, 'SCOPE'],
    ['an endpoint that is not https', { ENDPOINT: 'http://api.example/', SCOPE: 'a' }, 'ENDPOINT'],
  ])('names the variable of %s', (_, change, variable) => {
    expect(() => settingsFromEnv({ ...env, ...change })).toThrow(variable)
  })
})
