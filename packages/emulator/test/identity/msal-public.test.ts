import { PublicClientApplication } from '@azure/msal-node'
import type { AuthenticationResult } from '@azure/msal-node'
import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, sampleIds } from '../../src/index.js'
import type { IdentityServer, SignInPage } from '../../src/index.js'
import { browserOf, emulatorNetwork, identityServer, local, post } from './helpers.js'

const scopes = [`${azureDevOpsResource}/.default`]
const authority = `https://login.microsoftonline.com/${sampleIds.contosoTenant}`

const application = (server: IdentityServer) =>
  new PublicClientApplication({
    auth: { clientId: sampleIds.publicClient, authority },
    system: { networkClient: emulatorNetwork(server) },
  })

interface Shown {
  readonly userCode: string
  readonly page: string
}

/** Starts a device sign-in; `shown` resolves when the device has its code. */
function startDevice(server: IdentityServer): { shown: Promise<Shown>; result: Promise<AuthenticationResult | null> } {
  let show: (shown: Shown) => void = () => undefined
  const shown = new Promise<Shown>((resolve) => (show = resolve))
  const result = application(server).acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ userCode, verificationUri }) => show({ userCode, page: verificationUri }),
  })
  // Looked at later: a refusal that comes early must not count as unhandled.
  result.catch(() => undefined)
  return { shown, result }
}

/** Types the code on the page and picks a person; the consent page is what comes back. */
async function enterCode(server: IdentityServer, { userCode, page }: Shown, person: string) {
  const browser = browserOf(server)
  const entry = (await browser.open(local(server, page))) as SignInPage
  const people = (await browser.submit(entry, { user_code: userCode.toLowerCase(), action: 'next' })) as SignInPage
  const found = (await browser.submit(people, { action: 'find', find: person })) as SignInPage
  const key = /name="person" value="([^"]*)"/.exec(found.html)?.[1] ?? ''
  const consent = (await browser.submit(found, { person: key })) as SignInPage
  return { browser, consent }
}

describe('msal-node as a public client', () => {
  it('signs in with a device code that somebody enters on the page', async () => {
    const server = await identityServer({ knobs: { devicePollSeconds: 0 } })
    const { shown, result } = startDevice(server)

    const { browser, consent } = await enterCode(server, await shown, 'bob@')
    expect(consent.title).toBe('Is this your device?')
    const done = (await browser.submit(consent, { action: 'accept' })) as SignInPage
    expect(done.title).toBe('You are signed in')

    const token = (await result)?.accessToken ?? ''
    expect(await server.identity.verifyAccessToken(token)).toMatchObject({
      identity: { userPrincipalName: 'bob@contoso.onmicrosoft.com' },
    })
  })

  it('is told when the person declines', async () => {
    const server = await identityServer({ knobs: { devicePollSeconds: 0 } })
    const { shown, result } = startDevice(server)
    const { browser, consent } = await enterCode(server, await shown, 'bob@')
    await browser.submit(consent, { action: 'decline' })
    await expect(result).rejects.toThrow(/authorization_declined/)
  })

  it('signs in when a test approves the code', async () => {
    const server = await identityServer({ knobs: { devicePollSeconds: 0 } })
    const { shown, result } = startDevice(server)
    server.identity.approveDevice((await shown).userCode, 'alice@contoso.onmicrosoft.com')
    expect((await result)?.account?.username).toBe('alice@contoso.onmicrosoft.com')
  })

  it('signs in with a browser and a loopback address of any port', async () => {
    const server = await identityServer()
    const redirectUri = 'http://localhost:49152'
    const app = application(server)
    const request = { scopes, redirectUri }
    const end = await browserOf(server).signIn(await app.getAuthCodeUrl(request), { person: 'alice@' })
    expect(end.url.port).toBe('49152')
    const result = await app.acquireTokenByCode({ ...request, code: end.parameters.get('code') ?? '' })
    expect(result.account?.name).toBe('Alice Adams')
  })
})

describe('the device code flow', () => {
  const endpoint = (name: string): string => `${authority}/oauth2/v2.0/${name}`
  const client = { client_id: sampleIds.publicClient }
  const begin = (server: IdentityServer) => post(server, endpoint('devicecode'), { ...client, scope: scopes.join(' ') })

  it.each(['device_code', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'polls with grant_type %s',
    async (grantType) => {
      const server = await identityServer()
      const { body } = await begin(server)
      const poll = () =>
        post(server, endpoint('token'), { ...client, grant_type: grantType, device_code: String(body.device_code) })

      expect(body).toMatchObject({ expires_in: 900, interval: 5 })
      expect(await poll()).toMatchObject({
        status: 400,
        body: { error: 'authorization_pending', error_codes: [70016] },
      })
      server.identity.approveDevice(String(body.user_code), 'alice@contoso.onmicrosoft.com')
      expect((await poll()).status).toBe(200)
      expect(await poll(), 'a code is good once').toMatchObject({
        status: 400,
        body: { error: 'bad_verification_code' },
      })
    },
  )

  it('says when the code has expired', async () => {
    const server = await identityServer({ knobs: { deviceCodeSeconds: 0 } })
    const { body } = await begin(server)
    const polled = await post(server, endpoint('token'), {
      ...client,
      grant_type: 'device_code',
      device_code: String(body.device_code),
    })
    expect(polled.body).toMatchObject({ error: 'expired_token' })
  })

  it('lets nobody in whose tenant or application the code is not for', async () => {
    const server = await identityServer()
    const { body } = await begin(server)
    const approve = () => server.identity.approveDevice(String(body.user_code), 'erin@fabrikam.onmicrosoft.com')
    expect(approve).toThrow(/may not use/)
    expect(() => server.identity.approveDevice('NOTACODE1', 'alice@contoso.onmicrosoft.com')).toThrow(/No device waits/)
  })

  it('tells a person who mistypes the code', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    const entry = (await browser.open(`${authority}/oauth2/deviceauth`)) as SignInPage
    const again = (await browser.submit(entry, { user_code: 'WRONGCODE', action: 'next' })) as SignInPage
    expect(again.html).toContain('No device shows this code')
  })

  it('does not exist in B2C', async () => {
    const server = await identityServer()
    const address = 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi/oauth2/v2.0/devicecode'
    expect((await post(server, address, { client_id: sampleIds.b2cClient, scope: 'openid' })).status).toBe(400)
  })
})
