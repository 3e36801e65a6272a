import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sampleIds } from '@patkit/emulator'
import { originOf } from '@patkit/example-kit/test'
import { fileStorage } from '@patkit/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startWorld } from './world.js'

// JSON Web Tokens begin like this.
const token = /eyJ[\w-]{20,}/

// The table of the Flask sample: four kinds of directories, sign-in and a web API. After it, other ways to name the same directories.
const { contosoTenant, externalTenant } = sampleIds
const noAuthority = { AUTHORITY: '', CUSTOM_DOMAIN: '' }
describe.each([
  ['Microsoft Entra ID', 'Microsoft Entra ID', {}, `login.microsoftonline.com/${contosoTenant}`],
  ['External ID', 'External ID', {}, `woodgrove.ciamlogin.com/${externalTenant}`],
  [
    'External ID with a custom domain',
    'External ID with a custom domain',
    {},
    `login.woodgrove.example/${externalTenant}`,
  ],
  ['Azure AD B2C', 'Azure AD B2C', {}, 'fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi'],
  [
    'External ID with a custom domain, named as in the sample',
    'External ID with a custom domain',
    { ...noAuthority, OIDC_AUTHORITY: `https://login.woodgrove.example/${externalTenant}/v2.0` },
    `login.woodgrove.example/${externalTenant}`,
  ],
  [
    'External ID, named as in the sample',
    'External ID',
    { AUTHORITY: 'https://woodgrove.ciamlogin.com/woodgrove.onmicrosoft.com', TENANT_ID: externalTenant },
    `woodgrove.ciamlogin.com/${externalTenant}`,
  ],
  [
    'Microsoft Entra ID, named as in the sample',
    'Microsoft Entra ID',
    { TENANT_ID: '', AUTHORITY: 'https://login.microsoftonline.com/contoso.onmicrosoft.com' },
    'login.microsoftonline.com/contoso.onmicrosoft.com',
  ],
  [
    'Azure AD B2C with a custom domain',
    'Azure AD B2C',
    { CUSTOM_DOMAIN: 'login.fabrikam.example' },
    'login.fabrikam.example/fabrikamb2c.onmicrosoft.com/B2C_1_susi',
  ],
] as const)('with %s', (_, place, env, authority) => {
  const [host = ''] = authority.split('/')

  test('people sign in and out', async () => {
    const world = await startWorld({ place, env })
    expect((await world.browser.open('/')).body).toContain(`Sign in as ${world.person}`)
    const start = await world.browser.open('/login')
    expect(start.location?.toLowerCase()).toContain(
      `${originOf(world.emulator)}/${authority}/oauth2/v2.0/authorize?`.toLowerCase(),
    )
    expect(await world.goOn(start.location)).toMatchObject({ status: 303, location: '/' })
    const home = await world.browser.open('/')
    expect(home.body).toContain('Welcome, ')
    expect((await world.browser.open('/claims')).body).toContain(world.person)

    const csrf = /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? ''
    const out = await world.browser.submit('/logout', { _csrf: csrf })
    expect(out.body).toContain('You are signed out of this application')
    expect(out.body).toMatch(new RegExp(`content="0;url=[^"]+/${host}/[^"]+/oauth2/v2.0/logout[?]`))
    expect((await world.browser.open('/')).body).toContain('Sign in as')
    expect((await world.browser.open('/claims')).status).toBe(302)
  })

  test('a web API is called on their behalf', async () => {
    const world = await startWorld({ place, env })
    // Consent to the API is asked for when it is needed, and brings the person back to the page.
    const page = await world.walk('/call_downstream_api')
    expect(page.status).toBe(200)
    expect(page.body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
    expect(page.body).toMatch(/&quot;scopes&quot;: \[\s+&quot;demo.read&quot;\s+\]/)
    expect(page.body).not.toMatch(token)
    expect(world.emulator.identity.requests.list('api')).toMatchObject([{ method: 'GET', status: 200 }])
    const requests = world.emulator.identity.requests.list('token')
    expect(requests.at(-1)).toMatchObject({ status: 200 })
    for (const request of requests) expect(request).toMatchObject({ host, clientId: world.settings.auth.clientId })
  })
})

describe('the claims page', () => {
  test('shows name, e-mail of B2C, user flow, issuer and ends, and never a token', async () => {
    const world = await startWorld()
    await world.walk('/call_downstream_api')
    const { body } = await world.walk('/claims')
    expect(body).toContain('<dt>Name</dt><dd><bdi>Carol Clark</bdi></dd>')
    expect(body).toContain('<dt>E-mail</dt><dd><bdi>carol@customer.example</bdi></dd>')
    expect(body).toMatch(/<dt>User flow<\/dt><dd><bdi>b2c_1_susi<\/bdi><\/dd>/i)
    expect(body).toContain('<dt>Issuer</dt><dd><bdi>https://fabrikamb2c.b2clogin.com/')
    for (const what of ['ID token', 'Access token']) {
      expect(body).toMatch(
        new RegExp(`<dt>${what} ends</dt><dd><time datetime="[\\dT:.-]+Z">in (59|60) minutes \\([\\d: -]+UTC\\)`, 'i'),
      )
    }
    expect(body).not.toMatch(token)
  })

  test('says when there is no access token yet, and nothing of one where no API is configured', async () => {
    const entra = await startWorld({ place: 'Microsoft Entra ID' })
    expect((await entra.walk('/claims')).body).toContain('<dt>Access token ends</dt><dd>there is none yet</dd>')
    const withoutApi = await startWorld({ env: { SCOPE: '', ENDPOINT: '' } })
    expect((await withoutApi.walk('/claims')).body).not.toContain('Access token')
  })

  test('names no user flow where there are none', async () => {
    const world = await startWorld({ place: 'External ID' })
    expect((await world.walk('/claims')).body).not.toContain('User flow')
  })

  test('shows hostile names as what they are: text', async () => {
    const world = await startWorld({ place: 'Microsoft Entra ID' })
    const { body } = await world.walk('/claims', { person: 'mallory@contoso.onmicrosoft.com' })
    expect(body).toContain('<bdi>&lt;script>alert(&quot;Mallory&quot;)&lt;/script></bdi>')
    expect(body).not.toContain('<script>alert')
  })
})

describe('user flows', () => {
  test('somebody new signs up', async () => {
    const world = await startWorld()
    const newcomer = { address: 'nina@customer.example', displayName: 'Nina New' }
    const start = await world.browser.open('/login?prompt=login')
    await world.goOn(start.location, { turn: 'sign-up', newcomer })
    expect((await world.browser.open('/')).body).toContain('Welcome, Nina New')
    expect((await world.walk('/claims')).body).toContain('<dt>E-mail</dt><dd><bdi>nina@customer.example</bdi></dd>')
  })

  test('an edited profile shows at once, and the web API can still be called', async () => {
    const world = await startWorld()
    await world.walk('/claims')
    const edit = await world.browser.open('/edit-profile?returnTo=%2Fclaims', { site: 'same-origin' })
    expect(edit.location).toMatch(/\/b2c_1_edit\//i)
    const back = await world.goOn(edit.location, { profile: { displayName: 'Caroline Clark' } })
    expect(back).toMatchObject({ status: 303, location: '/claims' })
    expect((await world.browser.open('/claims')).body).toContain('<dt>Name</dt><dd><bdi>Caroline Clark</bdi></dd>')
    expect((await world.walk('/call_downstream_api')).body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
  })

  test('a forgotten password is reset from the sign-in page, and ends where the person was going', async () => {
    const world = await startWorld()
    const start = await world.browser.open('/claims')
    const forgotten = await world.goOn(start.location, { turn: 'forgot-password' })
    expect(forgotten.status).toBe(303)
    expect(forgotten.location).toMatch(/\/b2c_1_reset\//i)
    expect(await world.goOn(forgotten.location)).toMatchObject({ status: 303, location: '/claims' })
    expect((await world.browser.open('/claims')).body).toContain('<dd><bdi>Carol Clark</bdi></dd>')
  })

  test('a forgotten password without a user flow for it is explained', async () => {
    const world = await startWorld({ env: { RESETPASSWORD_USER_FLOW: '' } })
    const page = await world.goOn((await world.browser.open('/claims')).location, { turn: 'forgot-password' })
    expect(page.status).toBe(500)
    expect(page.body).toContain('userFlows.resetPassword')
    expect(page.body).toContain('AADB2C90118')
  })

  test('cancelling returns quietly: from an edit, from a reset, and from the sign-in', async () => {
    const world = await startWorld()
    const login = await world.browser.open('/login', { site: 'same-origin' })
    expect(await world.goOn(login.location, { turn: 'cancel' })).toMatchObject({ status: 303, location: '/' })
    expect((await world.browser.open('/')).body).toContain('Sign in as')

    await world.walk('/claims')
    for (const flow of ['/edit-profile', '/reset-password']) {
      const start = await world.browser.open(`${flow}?returnTo=%2Fclaims`, { site: 'same-origin' })
      expect(await world.goOn(start.location, { turn: 'cancel' })).toMatchObject({ status: 303, location: '/claims' })
      expect((await world.browser.open('/claims')).body).toContain('<dd><bdi>Carol Clark</bdi></dd>')
    }
  })

  test('links of flows that are not configured do not show, nor do their addresses answer', async () => {
    const env = { EDITPROFILE_USER_FLOW: '', RESETPASSWORD_USER_FLOW: '', ENDPOINT: '' }
    const world = await startWorld({ env })
    expect((await world.browser.open('/')).body).not.toContain('Forgot your password?')
    await world.walk('/claims')
    const { body } = await world.browser.open('/')
    for (const words of ['Edit your profile', 'Reset your password', 'Call a web API'])
      expect(body).not.toContain(words)
    for (const path of ['/edit-profile', '/reset-password', '/call_downstream_api'])
      expect((await world.browser.open(path)).status).toBe(404)
  })
})

describe('addresses', () => {
  test('REDIRECT_PATH moves the one where people come back to', async () => {
    const world = await startWorld({ env: { REDIRECT_PATH: '/auth/redirect' } })
    const start = await world.browser.open('/claims')
    const { searchParams } = new URL(start.location ?? '')
    expect(searchParams.get('redirect_uri')).toBe(`${world.origin}/auth/redirect`)
    expect(await world.goOn(start.location)).toMatchObject({ status: 303, location: '/claims' })
    expect((await world.browser.open('/getAToken')).status).toBe(404)
  })

  test('GET /logout signs nobody out, and shows a button that does', async () => {
    const world = await startWorld()
    await world.walk('/claims')
    const page = await world.browser.open('/logout')
    expect(page.status).toBe(405)
    expect(page.body).toContain('<form method="post" action="/logout">')
    expect((await world.browser.open('/claims')).status).toBe(200)
  })

  test('pages of who is signed in are kept by no cache, and allow nothing from elsewhere', async () => {
    const world = await startWorld()
    for (const path of ['/claims', '/call_downstream_api', '/call_api']) {
      const { headers } = await world.walk(path)
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['content-security-policy']).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
      )
    }
  })
})

describe('what goes wrong', () => {
  test('an answer that comes back a second time counts once', async () => {
    const world = await startWorld()
    const back = await world.comeBack((await world.browser.open('/login')).location)
    expect((await world.browser.open(back, { site: 'cross-site' })).status).toBe(303)
    const again = await world.browser.open(back, { site: 'cross-site' })
    expect(again.status).toBe(400)
    expect(again.body).toContain('<h1>This sign-in was finished already</h1>')
    expect((await world.browser.open('/')).body).toContain('Welcome, Carol Clark')
  })

  test('an answer of another sign-in signs nobody in', async () => {
    const world = await startWorld()
    const back = await world.comeBack((await world.browser.open('/login')).location)
    const foreign = back.replace(/state=[^&]+/, 'state=somebody-elses')
    const page = await world.browser.open(foreign, { site: 'cross-site' })
    expect(page.status).toBe(400)
    expect(page.body).toContain('<h1>This sign-in is not known here</h1>')
    expect((await world.browser.open('/')).body).toContain('Sign in as')
  })

  test('the code of one user flow is not taken for that of another', async () => {
    const world = await startWorld()
    await world.walk('/claims')
    const edit = await world.browser.open('/edit-profile', { site: 'same-origin' })
    const edited = new URL(await world.comeBack(edit.location, { profile: { displayName: 'Somebody' } }), world.origin)
    const login = await world.browser.open('/login', { site: 'same-origin' })
    const swapped = new URL(await world.comeBack(login.location), world.origin)
    swapped.searchParams.set('code', edited.searchParams.get('code') ?? '')

    const page = await world.browser.open(swapped.pathname + swapped.search, { site: 'cross-site' })

    expect(page.status).toBe(403)
    expect(page.body).toContain('The sign-in belongs to another user flow.')
    expect(page.body).toContain('AADB2C90088')
    expect((await world.browser.open('/')).body).toContain('Welcome, Carol Clark')
  })

  test('a browser that opened the site under another name is told which', async () => {
    const world = await startWorld()
    const back = await world.comeBack((await world.browser.open('/login')).location)
    world.browser.cookies.clear()
    const page = await world.browser.open(back, { site: 'cross-site' })
    expect(page.status).toBe(400)
    expect(page.body).toContain(`Open the application as ${world.origin}`)
  })

  test('a redirect URI that is not registered is named by the sign-in service; nothing comes back', async () => {
    const world = await startWorld()
    const start = new URL((await world.browser.open('/login')).location ?? '')
    start.searchParams.set('redirect_uri', `${world.origin}/somewhere-else`)
    await expect(world.comeBack(start.href)).rejects.toThrow(/AADB2C90006.*somewhere-else/s)
  })

  test.each([
    ['AADB2C90079', 'Give a client secret of the app registration.'],
    ['AADB2C90081', 'Give the value, not the id, of a secret that is valid'],
    ['AADB2C90084', 'Register redirectUri under Web'],
  ] as const)(
    'a secret that the service does not accept (%s) is explained once, with what to do',
    async (code, words) => {
      const world = await startWorld()
      world.emulator.identity.faults.add({ at: 'token', answer: { kind: 'error', code } })
      const page = await world.goOn((await world.browser.open('/claims')).location)
      expect(page.status).toBe(500)
      expect(page.body).toContain('<h1>This application is not set up correctly</h1>')
      expect(page.body).toContain(`Code: ${code}`)
      expect(page.body.split(words)).toHaveLength(2)
      expect(page.body).not.toContain(world.settings.auth.clientId)
    },
  )

  test('a secret that has run out since is the same page, and its value is nowhere', async () => {
    const world = await startWorld()
    world.emulator.identity.expireSecrets(world.settings.auth.clientId)
    const page = await world.goOn((await world.browser.open('/claims')).location)
    expect(page.status).toBe(500)
    expect(page.body).toContain('Code: AADB2C90081')
    expect(page.body + world.logged.join('\n')).not.toContain('emulator-only-secret')
  })

  test('people stay signed in when the site starts again', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'patkit-shop-test-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const storage = fileStorage({ directory })
    onTestFinished(() => storage.close())
    const world = await startWorld({ storage })
    await world.walk('/call_downstream_api')
    await world.restart()
    const { status, body } = await world.browser.open('/call_downstream_api')
    expect(status).toBe(200)
    expect(body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
  })
})
