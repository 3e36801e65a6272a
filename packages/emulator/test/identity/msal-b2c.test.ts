import { ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node'
import type { AuthenticationResult } from '@azure/msal-node'
import { describe, expect, it } from 'vitest'
import { sampleDirectory, sampleIds, sampleScopes, sampleSecret } from '../../src/index.js'
import type { IdentityServer, SignInChoices, SignInEnd, TenantSeed } from '../../src/index.js'
import { browserOf, claimsOf, emulatorNetwork, get, identityServer } from './helpers.js'
import type { EmulatorNetwork } from './helpers.js'

const redirectUri = 'http://localhost:5001/getAToken'
const host = 'fabrikamb2c.b2clogin.com'
const authorityOf = (userFlow: string, at = host): string => `https://${at}/fabrikamb2c.onmicrosoft.com/${userFlow}`

function application(network: EmulatorNetwork, userFlow = 'B2C_1_susi', at = host) {
  return new ConfidentialClientApplication({
    auth: {
      clientId: sampleIds.b2cClient,
      authority: authorityOf(userFlow, at),
      knownAuthorities: [at],
      clientSecret: sampleSecret,
    },
    system: { networkClient: network },
  })
}

async function start(
  server: IdentityServer,
  app: ConfidentialClientApplication,
  choices: SignInChoices,
  authority?: string,
) {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes()
  const request = {
    scopes: [sampleScopes.b2c],
    redirectUri,
    nonce: 'n',
    ...(authority === undefined ? {} : { authority }),
  }
  const url = await app.getAuthCodeUrl({
    ...request,
    state: 's',
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
  })
  const end = await browserOf(server).signIn(url, choices)
  const redeem = (): Promise<AuthenticationResult> =>
    app.acquireTokenByCode(
      { ...request, code: end.parameters.get('code') ?? '', codeVerifier: verifier },
      { nonce: 'n', code: '' },
    )
  return { end, redeem }
}

async function signIn(
  server: IdentityServer,
  app: ConfidentialClientApplication,
  choices: SignInChoices,
  authority?: string,
) {
  const { redeem } = await start(server, app, choices, authority)
  return redeem()
}

const refusalOf = ({ parameters }: SignInEnd): unknown => ({
  error: parameters.get('error'),
  code: parameters.get('error_description')?.split(':')[0],
  state: parameters.get('state'),
})

describe('msal-node at Azure AD B2C', () => {
  it('signs a person in with the claims of a user flow', async () => {
    const server = await identityServer()
    const result = await signIn(server, application(emulatorNetwork(server)), { person: 'carol@' })

    const claims = claimsOf(result.idToken)
    expect(claims).toMatchObject({
      iss: `https://${host}/${sampleIds.b2cTenant}/v2.0/`,
      tfp: 'B2C_1_susi',
      emails: ['carol@customer.example'],
      ver: '1.0',
      nonce: 'n',
    })
    for (const absent of ['preferred_username', 'tid', 'idp', 'newUser']) expect(claims).not.toHaveProperty(absent)
    expect(result.account?.username).toBe('')
    expect(result.account?.homeAccountId).toBe(`${String(claims.oid)}-b2c_1_susi.${sampleIds.b2cTenant}`)
    expect(claimsOf(result.accessToken)).toMatchObject({ aud: sampleIds.b2cApi, scp: 'demo.read', tfp: 'B2C_1_susi' })
  })

  it('finds its token in the cache and refreshes it', async () => {
    const server = await identityServer({ knobs: { accessTokenSeconds: 200 } })
    const app = application(emulatorNetwork(server))
    const first = await signIn(server, app, { person: 'carol@' })
    const account = first.account ?? undefined
    const again = await app.acquireTokenSilent({ ...(account && { account }), scopes: [sampleScopes.b2c] } as never)
    expect(again.fromCache).toBe(false)
    expect(again.accessToken).not.toBe(first.accessToken)
  })

  it('edits a profile through another user flow, resolved from one discovery', async () => {
    const server = await identityServer()
    const network = emulatorNetwork(server)
    const app = application(network)
    const before = await signIn(server, app, { person: 'carol@' })

    const choices = { person: 'carol@', profile: { displayName: 'Carol Cooper', familyName: 'Cooper' } }
    const edited = await signIn(server, app, choices, authorityOf('B2C_1_edit'))

    expect(claimsOf(edited.idToken)).toMatchObject({ tfp: 'B2C_1_edit', name: 'Carol Cooper', family_name: 'Cooper' })
    expect(claimsOf(edited.idToken).oid).toBe(claimsOf(before.idToken).oid)
    expect(await app.getTokenCache().getAllAccounts()).toHaveLength(2)
    expect(server.identity.requests.list('token').map(({ status }) => status)).toEqual([200, 200])
  })

  it('resets a password through its user flow', async () => {
    const server = await identityServer()
    const result = await signIn(server, application(emulatorNetwork(server), 'B2C_1_reset'), { person: 'gina@' })
    expect(claimsOf(result.idToken)).toMatchObject({ tfp: 'B2C_1_reset', idp: 'google.com' })
  })

  it('sends AADB2C90118 when the password was forgotten, with the state', async () => {
    const server = await identityServer()
    const { end } = await start(server, application(emulatorNetwork(server)), { turn: 'forgot-password' })
    expect(refusalOf(end)).toEqual({ error: 'access_denied', code: 'AADB2C90118', state: 's' })
    expect(end.parameters.get('error_description')).toMatch(/\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: .*Z$/)
  })

  it.each(['B2C_1_susi', 'B2C_1_edit', 'B2C_1_reset'])('sends AADB2C90091 when %s is cancelled', async (userFlow) => {
    const server = await identityServer()
    const { end } = await start(server, application(emulatorNetwork(server), userFlow), { turn: 'cancel' })
    expect(refusalOf(end)).toEqual({ error: 'access_denied', code: 'AADB2C90091', state: 's' })
  })

  it('cancels the form of edit profile, after the person was picked', async () => {
    const server = await identityServer()
    const browser = browserOf(server)
    await browser.signIn(await application(emulatorNetwork(server)).getAuthCodeUrl({ scopes: [], redirectUri }), {
      person: 'carol@',
    })
    const url = await application(emulatorNetwork(server), 'B2C_1_edit').getAuthCodeUrl({
      scopes: [],
      redirectUri,
      state: 's',
    })
    expect(refusalOf(await browser.signIn(url, { turn: 'cancel' }))).toMatchObject({ code: 'AADB2C90091' })
  })

  it('resets the password inside the sign-in where the tenant is set so', async () => {
    const server = await identityServer({ tenants: tenantsWith({ forgotPassword: 'within-sign-in' }) })
    const { redeem } = await start(server, application(emulatorNetwork(server)), {
      turn: 'forgot-password',
      person: 'carol@',
    })
    expect(claimsOf((await redeem()).idToken)).toMatchObject({ tfp: 'B2C_1_susi' })
  })

  it('signs a newcomer up, once', async () => {
    const server = await identityServer()
    const newcomer = { address: 'nick@customer.example', displayName: 'Nick New' }
    const first = await signIn(server, application(emulatorNetwork(server)), { turn: 'sign-up', newcomer })
    expect(claimsOf(first.idToken)).toMatchObject({
      newUser: true,
      name: 'Nick New',
      emails: ['nick@customer.example'],
    })
    const second = await signIn(server, application(emulatorNetwork(server)), { person: 'nick@' })
    expect(claimsOf(second.idToken)).not.toHaveProperty('newUser')
    const third = signIn(server, application(emulatorNetwork(server)), { turn: 'sign-up', newcomer })
    await expect(third).rejects.toThrow(/does not end: "Sign up"/)
  })

  it('redeems a code only at the user flow that issued it', async () => {
    const server = await identityServer()
    const { end } = await start(server, application(emulatorNetwork(server)), { person: 'carol@' })
    const other = application(emulatorNetwork(server), 'B2C_1_edit')
    const redeeming = other.acquireTokenByCode({
      code: end.parameters.get('code') ?? '',
      scopes: [sampleScopes.b2c],
      redirectUri,
    })
    await expect(redeeming).rejects.toThrow(/AADB2C90088/)
  })

  it('answers an expired grant with AADB2C90080 and no Entra fields', async () => {
    const server = await identityServer({ knobs: { codeSeconds: 0 } })
    const { redeem } = await start(server, application(emulatorNetwork(server)), { person: 'carol@' })
    await expect(redeem()).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      message: expect.stringContaining('AADB2C90080') as string,
      errorNo: undefined,
    })
  })

  it('gives only an ID token to those who ask for no API', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server))
    const request = { scopes: [], redirectUri }
    const end = await browserOf(server).signIn(await app.getAuthCodeUrl(request), { person: 'carol@' })
    const result = await app.acquireTokenByCode({ ...request, code: end.parameters.get('code') ?? '' })
    expect(result.accessToken).toBe('')
    expect(result.idToken).not.toBe('')
  })

  it('answers the bare client id as a scope in a way that no cache finds again', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server))
    const request = { scopes: [sampleIds.b2cClient], redirectUri }
    const end = await browserOf(server).signIn(await app.getAuthCodeUrl(request), { person: 'carol@' })
    const result = await app.acquireTokenByCode({ ...request, code: end.parameters.get('code') ?? '' })
    expect(claimsOf(result.accessToken)).toMatchObject({ aud: sampleIds.b2cClient })
    expect(result.scopes).not.toContain(sampleIds.b2cClient)
  })

  it('signs in at the custom domain, with its issuer', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), 'B2C_1_susi', 'login.fabrikam.example')
    const { idToken } = await signIn(server, app, { person: 'carol@' })
    expect(claimsOf(idToken).iss).toBe(`https://login.fabrikam.example/${sampleIds.b2cTenant}/v2.0/`)
  })

  it('can write issuer and user flow in the old way', async () => {
    const server = await identityServer({ tenants: tenantsWith({ issuerFormat: 'user-flow', userFlowClaim: 'acr' }) })
    const { idToken } = await signIn(server, application(emulatorNetwork(server)), { person: 'carol@' })
    const issuer = `https://${host}/tfp/${sampleIds.b2cTenant}/b2c_1_susi/v2.0/`
    expect(claimsOf(idToken)).toMatchObject({ iss: issuer, acr: 'B2C_1_susi' })
    const discovery = await get(server, `${authorityOf('B2C_1_SUSI')}/v2.0/.well-known/openid-configuration`)
    expect(discovery.body.issuer).toBe(issuer)
  })

  it('is found whatever the case of tenant and user flow, by tenant id, by /tfp/ and by ?p=', async () => {
    const server = await identityServer()
    const wanted = `${server.url}/${host}/fabrikamb2c.onmicrosoft.com/b2c_1_susi/oauth2/v2.0/token`
    const discovery = 'v2.0/.well-known/openid-configuration'
    for (const path of [
      `FabrikamB2C.onmicrosoft.com/b2C_1_SUSI/${discovery}`,
      `${sampleIds.b2cTenant}/B2C_1_susi/${discovery}`,
      `tfp/fabrikamb2c.onmicrosoft.com/B2C_1_susi/${discovery}`,
      `fabrikamb2c.onmicrosoft.com/${discovery}?p=B2C_1_susi`,
    ])
      expect((await get(server, `https://${host}/${path}`)).body.token_endpoint, path).toBe(wanted)
  })
})

function tenantsWith(change: Partial<Extract<TenantSeed, { kind: 'b2c' }>>): readonly TenantSeed[] {
  return sampleDirectory().tenants.map((tenant) => (tenant.kind === 'b2c' ? { ...tenant, ...change } : tenant))
}
