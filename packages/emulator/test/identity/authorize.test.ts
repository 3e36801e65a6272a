import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, sampleIds, sampleScopes } from '../../src/index.js'
import type { IdentityServer, SignInEnd, SignInPage } from '../../src/index.js'
import { browserOf, createPkce, identityServer, local, shiftedClock, withQuery } from './helpers.js'

const redirectUri = 'http://localhost:5000/getAToken'
const contoso = `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/authorize`
const susi = 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi/oauth2/v2.0/authorize'

const valid = {
  client_id: sampleIds.singleTenantClient,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: `openid profile offline_access ${azureDevOpsResource}/.default`,
  state: 'a state & "more"',
}
const without = (name: keyof typeof valid) => Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name))
const request = (change: Record<string, string> = {}, endpoint = contoso): string =>
  withQuery(endpoint, { ...valid, ...change })

const open = (server: IdentityServer, address: string) => browserOf(server).open(address)
const codeIn = ({ parameters }: SignInEnd) => parameters.get('error_description')?.split(':')[0]

describe('authorize: who must not be answered by a redirect', () => {
  it.each([
    ['an unknown application', { client_id: 'c0ffee00-0000-4000-8000-00000000dead' }, 'AADSTS700016'],
    ['a redirect address with another path', { redirect_uri: 'http://localhost:5000/getatoken' }, 'AADSTS50011'],
    ['a redirect address with another port', { redirect_uri: 'http://localhost:5999/getAToken' }, 'AADSTS50011'],
    ['a redirect address with a slash more', { redirect_uri: `${redirectUri}/` }, 'AADSTS50011'],
    ['a redirect address elsewhere', { redirect_uri: 'https://evil.example/getAToken' }, 'AADSTS50011'],
    ['no redirect address', { redirect_uri: '' }, 'AADSTS900144'],
    ['no application', { client_id: '' }, 'AADSTS900144'],
  ])('%s gets a page', async (_what, change, code) => {
    const server = await identityServer()
    const page = (await open(server, request(change))) as SignInPage
    expect(page.status).toBe(400)
    expect(page.html).toContain(code)
  })

  it.each(['redirect_uri=https://evil.example', `client_id=${sampleIds.multiTenantClient}`])(
    'a second %s gets a page',
    async (second) => {
      const server = await identityServer()
      const page = (await open(server, `${request()}&${second}`)) as SignInPage
      expect(page.html).toContain('AADSTS90100')
    },
  )

  it('any other parameter given twice is told to the application', async () => {
    const server = await identityServer()
    expect(codeIn((await open(server, `${request()}&nonce=1&nonce=2`)) as SignInEnd)).toBe('AADSTS90100')
  })

  it('B2C says the same with its own codes', async () => {
    const server = await identityServer()
    const change = { client_id: sampleIds.b2cClient, scope: sampleScopes.b2c, redirect_uri: 'https://evil.example' }
    const page = (await open(server, request(change, susi))) as SignInPage
    expect(page.html).toContain('AADB2C90006')
    const stranger = (await open(server, request({}, susi))) as SignInPage
    expect(stranger.html).toContain('AADB2C90018')
  })

  it('an unknown tenant and an unknown user flow get a page', async () => {
    const server = await identityServer()
    const tenant = (await open(
      server,
      request({}, contoso.replace(sampleIds.contosoTenant, 'nowhere.example')),
    )) as SignInPage
    expect(tenant).toMatchObject({ status: 400, html: expect.stringContaining('AADSTS90002') as string })
    const userFlow = (await open(server, request({}, susi.replace('B2C_1_susi', 'B2C_1_gone')))) as SignInPage
    expect(userFlow.status).toBe(404)
  })
})

describe('authorize: what the application is told', () => {
  it.each([
    ['a response type but code', { response_type: 'id_token' }, 'AADSTS700054', 'unsupported_response_type'],
    ['an unknown response mode', { response_mode: 'web_message' }, 'AADSTS70007', 'unsupported_response_mode'],
    ['an empty scope', { scope: ' ' }, 'AADSTS900144', 'invalid_request'],
    ['an unknown prompt', { prompt: 'maybe' }, 'AADSTS90023', 'invalid_request'],
    ['an unknown API', { scope: 'api://nobody/read' }, 'AADSTS500011', 'invalid_resource'],
    [
      'a scope the API does not have',
      { scope: `${azureDevOpsResource}/vso.everything` },
      'AADSTS650053',
      'invalid_client',
    ],
    [
      '/.default beside others',
      { scope: `${azureDevOpsResource}/.default ${azureDevOpsResource}/vso.code` },
      'AADSTS70011',
      'invalid_scope',
    ],
    [
      'an unknown challenge method',
      { code_challenge: 'x'.repeat(43), code_challenge_method: 'S512' },
      'AADSTS90023',
      'invalid_request',
    ],
    [
      'a short challenge',
      { code_challenge: 'short', code_challenge_method: 'S256' },
      'AADSTS501491',
      'invalid_request',
    ],
    ['claims that are no JSON', { claims: '{' }, 'AADSTS9002313', 'invalid_request'],
    ['prompt=none without a session', { prompt: 'none' }, 'AADSTS50058', 'login_required'],
  ])('%s', async (_what, change, code, error) => {
    const server = await identityServer()
    const end = (await open(server, request(change))) as SignInEnd
    expect(end.url.href.startsWith(`${redirectUri}?`)).toBe(true)
    expect(codeIn(end)).toBe(code)
    expect(end.parameters.get('error')).toBe(error)
    expect(end.parameters.get('state')).toBe(valid.state)
    expect(end.parameters.get('error_uri')).toContain(code.replace('AADSTS', ''))
  })

  it('a missing response type', async () => {
    const server = await identityServer()
    const end = (await open(server, withQuery(contoso, without('response_type')))) as SignInEnd
    expect(codeIn(end)).toBe('AADSTS900144')
  })

  it('two APIs at once in B2C', async () => {
    const server = await identityServer()
    const scope = `openid ${sampleScopes.b2c} ${sampleIds.b2cClient}`
    const end = (await open(server, request({ client_id: sampleIds.b2cClient, scope }, susi))) as SignInEnd
    expect(codeIn(end)).toBe('AADB2C90146')
  })

  it('that the person cancelled, or declined', async () => {
    const server = await identityServer()
    for (const choices of [{ turn: 'cancel' }, { turn: 'decline-consent', person: 'alice@' }] as const) {
      const end = await browserOf(server).signIn(request(), choices)
      expect(Object.fromEntries(end.parameters)).toMatchObject({
        error: 'access_denied',
        error_subcode: 'cancel',
        state: valid.state,
      })
    }
  })

  it('through the fragment, or a form, when it asks for that', async () => {
    const server = await identityServer()
    const fragment = await browserOf(server).signIn(request({ response_mode: 'fragment' }), { person: 'alice@' })
    expect(fragment.url.search).toBe('')
    expect(fragment.parameters.get('code')).toMatch(/^0\.code\./)
    const form = await browserOf(server).signIn(request({ response_mode: 'form_post' }), { person: 'alice@' })
    expect(form).toMatchObject({ method: 'POST', url: new URL(redirectUri) })
    expect(form.parameters.get('state')).toBe(valid.state)
  })

  it('code, state, session_state and client_info; B2C has no session_state', async () => {
    const server = await identityServer()
    const entra = await browserOf(server).signIn(request({ client_info: '1' }), { person: 'alice@' })
    expect([...entra.parameters.keys()].sort()).toEqual(['client_info', 'code', 'session_state', 'state'])
    const change = { client_id: sampleIds.b2cClient, scope: 'openid' }
    const b2c = await browserOf(server).signIn(request(change, susi), { person: 'carol@' })
    expect([...b2c.parameters.keys()].sort()).toEqual(['code', 'state'])
    server.identity.knobs.set({ sessionState: 'absent', clientInfo: 'absent' })
    const bare = await browserOf(server).signIn(request({ client_info: '1' }), { person: 'alice@' })
    expect([...bare.parameters.keys()].sort()).toEqual(['code', 'state'])
  })
})

describe('authorize: who comes in without a page', () => {
  const hint = { login_hint: 'Alice@contoso.onmicrosoft.com' }

  it('the person of login_hint, consent included, unless the knob is off', async () => {
    const server = await identityServer()
    expect(((await open(server, request(hint))) as SignInEnd).parameters.get('code')).not.toBeNull()
    server.identity.knobs.set({ autoSignIn: 'off' })
    const page = (await open(server, request(hint))) as SignInPage
    expect(page.title).toBe('Sign in')
    expect(page.html).toContain('value="Alice@contoso.onmicrosoft.com"')
  })

  it.each(['login', 'select_account'])('nobody when prompt=%s', async (prompt) => {
    const server = await identityServer()
    expect(await open(server, request({ ...hint, prompt }))).toMatchObject({ title: 'Sign in' })
  })

  it('nobody from another tenant', async () => {
    const server = await identityServer()
    const page = (await open(server, request({ login_hint: 'erin@fabrikam.onmicrosoft.com' }))) as SignInPage
    expect(page.html).toContain('AADSTS50020')
  })

  it('whoever is signed in with this browser already, in another application as well', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    await browser.signIn(request(), { person: 'alice@' })
    const again = (await browser.open(request({ prompt: 'none' }))) as SignInEnd
    expect(again.parameters.get('code')).not.toBeNull()
    const common = 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize'
    const other = request({ client_id: sampleIds.multiTenantClient }, common)
    expect(await browser.open(other)).toMatchObject({ title: 'Permissions requested' })
    const end = (await browser.open(
      request({ client_id: sampleIds.multiTenantClient, prompt: 'none' }, common),
    )) as SignInEnd
    expect(codeIn(end)).toBe('AADSTS65001')
    expect(end.parameters.get('error')).toBe('consent_required')
  })

  it('nobody in another browser, and nobody when two are signed in and none is named', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    await browser.signIn(request(), { person: 'alice@' })
    expect(codeIn((await open(server, request({ prompt: 'none' }))) as SignInEnd)).toBe('AADSTS50058')
    await browser.signIn(request({ prompt: 'select_account' }), { person: 'bob@' })
    expect(await browser.open(request())).toMatchObject({ title: 'Sign in' })
    const named = (await browser.open(
      request({ prompt: 'none', login_hint: 'bob@contoso.onmicrosoft.com' }),
    )) as SignInEnd
    expect(named.parameters.get('code')).not.toBeNull()
  })

  it('nobody whose session lacks the authentication context that is asked for', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    await browser.signIn(request(), { person: 'alice@' })
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
    expect(codeIn((await browser.open(request({ prompt: 'none', claims }))) as SignInEnd)).toBe('AADSTS50076')
    await browser.signIn(request({ claims }), { person: 'alice@' })
    const end = (await browser.open(request({ prompt: 'none', claims }))) as SignInEnd
    expect(end.parameters.get('code')).not.toBeNull()
  })

  it('asks for consent again when prompt=consent', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    await browser.signIn(request(), { person: 'alice@' })
    expect(await browser.open(request({ prompt: 'consent' }))).toMatchObject({ title: 'Permissions requested' })
  })
})

describe('the forms of the pages', () => {
  it('can be sent once', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    const page = (await browser.open(request())) as SignInPage
    await browser.submit(page, { action: 'cancel' })
    expect(await browser.submit(page, { action: 'cancel' })).toMatchObject({ status: 400, title: 'This page is over' })
  })

  it('are over after ten minutes', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    const browser = browserOf(server)
    const page = (await browser.open(request())) as SignInPage
    clock.advance(601)
    expect(await browser.submit(page, { action: 'cancel' })).toMatchObject({ status: 400 })
  })

  it.each([
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])('are refused with %s: %s, and stay usable', async (header, value) => {
    const server = await identityServer()
    const browser = browserOf(server)
    const page = (await browser.open(request())) as SignInPage
    const form = /name="form" value="([^"]*)"/.exec(page.html)?.[1] ?? ''
    const action = local(server, contoso.replace('/oauth2/v2.0/authorize', '/interaction'))
    const body = new URLSearchParams({ form, action: 'cancel' })
    const refused = await fetch(action, { method: 'POST', headers: { [header]: value }, body })
    expect(refused.status).toBe(403)
    expect(await browser.submit(page, { action: 'cancel' })).toMatchObject({ method: 'GET' })
  })

  it('let nobody in whom the page does not offer', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    const page = (await browser.open(request())) as SignInPage
    const [erin] = server.identity.findPeople('erin@fabrikam.onmicrosoft.com')
    const person = `${erin?.tenantId ?? ''}/${erin?.objectId ?? ''}`
    expect(await browser.submit(page, { person })).toMatchObject({ title: 'Sign in' })
  })

  it('do nothing on GET', async () => {
    const server = await identityServer()
    expect((await open(server, contoso.replace('/oauth2/v2.0/authorize', '/interaction'))) as SignInPage).toMatchObject(
      { status: 400 },
    )
  })

  it('find a person by part of a name, and say when there is nobody', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    const page = (await browser.open(request())) as SignInPage
    const found = (await browser.submit(page, { action: 'find', find: 'ZOË' })) as SignInPage
    expect(found.html).toContain('zoe@contoso.onmicrosoft.com')
    expect(found.html).not.toContain('alice@')
    expect(((await browser.submit(found, { action: 'find', find: 'xyz' })) as SignInPage).html).toContain(
      'Nobody of that name.',
    )
  })

  it('offer the first twelve of many people', async () => {
    const people = Array.from({ length: 40 }, (_, n) => ({
      tenant: sampleIds.contosoTenant,
      userPrincipalName: `p${n}@contoso.onmicrosoft.com`,
      displayName: `Person ${n}`,
    }))
    const server = await identityServer({ people })
    const page = (await open(server, request())) as SignInPage
    expect(page.html.match(/name="person"/g)).toHaveLength(12)
    const end = await browserOf(server).signIn(request(), { person: 'p39@contoso.onmicrosoft.com' })
    expect(end.parameters.get('code')).not.toBeNull()
  })
})

describe('the same seed', () => {
  it('gives the same codes for the same requests, and another seed others', async () => {
    const codes: (string | null)[] = []
    for (const seed of ['a', 'a', 'b']) {
      const server = await identityServer({ seed })
      const { challenge } = createPkce()
      const end = await browserOf(server).signIn(
        request({ code_challenge: challenge, code_challenge_method: 'S256' }),
        { person: 'alice@' },
      )
      codes.push(end.parameters.get('code'))
    }
    expect(codes[0]).toBe(codes[1])
    expect(codes[0]).not.toBe(codes[2])
  })
})
