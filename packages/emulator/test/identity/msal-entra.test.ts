import { ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node'
import type { AccountInfo, AuthenticationResult } from '@azure/msal-node'
import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityServer, SignInChoices } from '../../src/index.js'
import { browserOf, claimsOf, emulatorNetwork, identityServer } from './helpers.js'
import type { EmulatorNetwork } from './helpers.js'

const redirectUri = 'http://localhost:5000/getAToken'
const devOpsScope = `${azureDevOpsResource}/.default`
const cloud = 'https://login.microsoftonline.com'

function application(network: EmulatorNetwork, authority: string, clientId: string, clientSecret = sampleSecret) {
  return new ConfidentialClientApplication({
    auth: { clientId, authority, clientSecret },
    system: { networkClient: network },
  })
}

/** The whole code flow as a web application does it: PKCE, state, nonce. */
async function signIn(
  server: IdentityServer,
  app: ConfidentialClientApplication,
  choices: SignInChoices,
  extra: { claims?: string; scopes?: string[] } = {},
): Promise<AuthenticationResult> {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes()
  const request = { scopes: [devOpsScope], redirectUri, nonce: 'nonce-1', state: 'state-1', ...extra }
  const url = await app.getAuthCodeUrl({ ...request, codeChallenge: challenge, codeChallengeMethod: 'S256' })
  const end = await browserOf(server).signIn(url, choices)
  expect(end.parameters.get('error_description')).toBeNull()
  expect(end.parameters.get('state')).toBe('state-1')
  const code = end.parameters.get('code') ?? ''
  return app.acquireTokenByCode(
    { ...request, code, codeVerifier: verifier },
    Object.fromEntries(end.parameters) as { code: string },
  )
}

function accountOf(result: AuthenticationResult): AccountInfo {
  if (result.account === null) throw new Error('MSAL has no account.')
  return result.account
}

describe('msal-node at one tenant of Entra ID', () => {
  const authority = `${cloud}/${sampleIds.contosoTenant}`

  it('signs a person in and gets a token that Azure DevOps accepts', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)

    const result = await signIn(server, app, { person: 'alice@contoso.onmicrosoft.com' })

    expect(result.account).toMatchObject({
      username: 'alice@contoso.onmicrosoft.com',
      tenantId: sampleIds.contosoTenant,
      name: 'Alice Adams',
      environment: 'login.windows.net',
    })
    expect(result.idTokenClaims).toMatchObject({
      iss: `${cloud}/${sampleIds.contosoTenant}/v2.0`,
      aud: sampleIds.singleTenantClient,
      nonce: 'nonce-1',
      ver: '2.0',
      roles: ['Reports.Admin'],
    })
    expect(await server.identity.verifyAccessToken(result.accessToken)).toMatchObject({
      kind: 'accepted',
      identity: {
        kind: 'person',
        userPrincipalName: 'alice@contoso.onmicrosoft.com',
        tenantId: sampleIds.contosoTenant,
      },
    })
  })

  it('names the account by the uid and utid of client_info', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const { account, uniqueId } = await signIn(server, app, { person: 'bob@' })
    expect(account?.homeAccountId).toBe(`${uniqueId}.${sampleIds.contosoTenant}`)
  })

  it('finds a token in the cache without a request, also when the scope was /.default', async () => {
    const server = await identityServer()
    const network = emulatorNetwork(server)
    const app = application(network, authority, sampleIds.singleTenantClient)
    const account = accountOf(await signIn(server, app, { person: 'alice@' }))
    const before = network.sent.length

    const silent = await app.acquireTokenSilent({ account, scopes: [devOpsScope] })

    expect(silent.fromCache).toBe(true)
    expect(network.sent).toHaveLength(before)
  })

  it('refreshes a token that is nearly over, and sends the mailbox hint with it', async () => {
    const server = await identityServer({ knobs: { accessTokenSeconds: 200 } })
    const network = emulatorNetwork(server)
    const app = application(network, authority, sampleIds.singleTenantClient)
    const first = await signIn(server, app, { person: 'alice@' })

    const second = await app.acquireTokenSilent({ account: accountOf(first), scopes: [devOpsScope] })

    expect(second.fromCache).toBe(false)
    expect(second.accessToken).not.toBe(first.accessToken)
    expect(server.identity.requests.list('token').map(({ grantType }) => grantType)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect(network.sent.at(-1)?.headers['X-AnchorMailbox']).toBe(`Oid:${first.uniqueId}@${sampleIds.contosoTenant}`)
  })

  it('gets a token for another API that the person has not seen before only after consent', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const account = accountOf(await signIn(server, app, { person: 'alice@' }))
    const scopes = [`api://${sampleIds.contosoApi}/demo.read`]

    await expect(app.acquireTokenSilent({ account, scopes })).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      subError: 'consent_required',
    })
    await signIn(server, app, { person: 'alice@' }, { scopes })
    const result = await app.acquireTokenSilent({ account, scopes, forceRefresh: true })

    expect(claimsOf(result.accessToken)).toMatchObject({ aud: sampleIds.contosoApi, scp: 'demo.read' })
  })

  it('refuses a code that comes without its verifier, or with a wrong one', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const { challenge } = await new CryptoProvider().generatePkceCodes()
    const request = { scopes: [devOpsScope], redirectUri }
    for (const codeVerifier of [undefined, 'x'.repeat(43)]) {
      const url = await app.getAuthCodeUrl({ ...request, codeChallenge: challenge, codeChallengeMethod: 'S256' })
      const end = await browserOf(server).signIn(url, { person: 'alice@' })
      const code = end.parameters.get('code') ?? ''
      const redeeming = app.acquireTokenByCode({
        ...request,
        code,
        ...(codeVerifier === undefined ? {} : { codeVerifier }),
      })
      await expect(redeeming).rejects.toThrow(/AADSTS501481/)
    }
  })

  it('refuses a code the second time', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const url = await app.getAuthCodeUrl({ scopes: [devOpsScope], redirectUri })
    const end = await browserOf(server).signIn(url, { person: 'alice@' })
    const redemption = { scopes: [devOpsScope], redirectUri, code: end.parameters.get('code') ?? '' }
    await app.acquireTokenByCode(redemption)
    await expect(app.acquireTokenByCode(redemption)).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      message: expect.stringContaining('AADSTS54005:') as string,
    })
  })

  it('is told by MSAL that a nonce is wrong when the knob makes it so', async () => {
    const server = await identityServer({ knobs: { idTokenFlaws: { nonce: 'another' } } })
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    await expect(signIn(server, app, { person: 'alice@' })).rejects.toMatchObject({ errorCode: 'nonce_mismatch' })
  })

  it('answers an expired and a revoked refresh token as the service does', async () => {
    const server = await identityServer({ knobs: { accessTokenSeconds: 200, refreshTokenSeconds: 0 } })
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const account = accountOf(await signIn(server, app, { person: 'alice@' }))
    const expired = app.acquireTokenSilent({ account, scopes: [devOpsScope] })
    await expect(expired).rejects.toMatchObject({
      name: 'ServerError',
      errorCode: 'invalid_grant',
      message: expect.stringContaining('AADSTS700082:') as string,
    })

    server.identity.knobs.set({ refreshTokenSeconds: null })
    const again = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const later = accountOf(await signIn(server, again, { person: 'alice@' }))
    expect(server.identity.revokeRefreshTokens({ person: 'alice@contoso.onmicrosoft.com' })).toBe(2)
    await expect(again.acquireTokenSilent({ account: later, scopes: [devOpsScope] })).rejects.toMatchObject({
      message: expect.stringContaining('AADSTS50173:') as string,
    })
  })

  it('answers a claims challenge until the person has signed in with the claims', async () => {
    const server = await identityServer({ knobs: { accessTokenSeconds: 200 } })
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const account = accountOf(await signIn(server, app, { person: 'alice@' }))
    server.identity.knobs.set({ claimsChallenge: { authContext: 'c1', at: 'token' } })

    const refused: unknown = await app
      .acquireTokenSilent({ account, scopes: [devOpsScope] })
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'InteractionRequiredAuthError', errorCode: 'interaction_required' })
    const { claims } = refused as { claims: string }
    expect(JSON.parse(claims)).toEqual({ access_token: { acrs: { essential: true, value: 'c1' } } })

    const stronger = await signIn(server, app, { person: 'alice@' }, { claims })
    expect(claimsOf(stronger.accessToken)).toMatchObject({ acrs: ['c1'] })
    const silent = await app.acquireTokenSilent({ account: accountOf(stronger), scopes: [devOpsScope] })
    expect(claimsOf(silent.accessToken)).toMatchObject({ acrs: ['c1'] })
  })

  it('puts the capabilities of the client into the token', async () => {
    const server = await identityServer()
    const app = new ConfidentialClientApplication({
      auth: {
        clientId: sampleIds.singleTenantClient,
        authority,
        clientSecret: sampleSecret,
        clientCapabilities: ['cp1'],
      },
      system: { networkClient: emulatorNetwork(server) },
    })
    const { accessToken } = await signIn(server, app, { person: 'alice@' })
    expect(claimsOf(accessToken)).toMatchObject({ xms_cc: ['cp1'] })
  })

  it('tells a wrong secret from an expired one, and takes the new one during a rotation', async () => {
    const server = await identityServer()
    const id = sampleIds.singleTenantClient
    const token = async (secret: string) =>
      application(emulatorNetwork(server), authority, id, secret).acquireTokenByClientCredential({
        scopes: [devOpsScope],
      })
    server.identity.addSecret(id, { value: 'the-next-secret' })
    expect(await token(sampleSecret)).not.toBeNull()
    expect(await token('the-next-secret')).not.toBeNull()
    server.identity.expireSecrets(id, sampleSecret)

    await expect(token('nonsense')).rejects.toMatchObject({
      errorCode: 'invalid_client',
      message: expect.stringContaining('AADSTS7000215:') as string,
    })
    await expect(token(sampleSecret)).rejects.toMatchObject({
      errorCode: 'invalid_client',
      message: expect.stringContaining('AADSTS7000222:') as string,
    })
    expect(await token('the-next-secret')).not.toBeNull()
  })

  it('gives an application a token of its own, with its roles and without a person', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const result = await app.acquireTokenByClientCredential({ scopes: [`api://${sampleIds.contosoApi}/.default`] })
    const claims = claimsOf(result?.accessToken ?? '')
    expect(claims).toMatchObject({
      idtyp: 'app',
      roles: ['Reports.Read.All'],
      tid: sampleIds.contosoTenant,
      azpacr: '1',
    })
    expect(claims).not.toHaveProperty('scp')
    expect(result?.account).toBeNull()
  })

  it('trades a token on behalf of its person', async () => {
    const server = await identityServer()
    const web = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const scopes = [`api://${sampleIds.contosoApi}/demo.read`]
    const { accessToken } = await signIn(server, web, { person: 'bob@' }, { scopes })
    const api = application(emulatorNetwork(server), authority, sampleIds.contosoApi)

    const result = await api.acquireTokenOnBehalfOf({ oboAssertion: accessToken, scopes: [devOpsScope] })

    expect(await server.identity.verifyAccessToken(result?.accessToken ?? '')).toMatchObject({
      identity: { userPrincipalName: 'bob@contoso.onmicrosoft.com', clientId: sampleIds.contosoApi },
    })
    const misused = web.acquireTokenOnBehalfOf({ oboAssertion: accessToken, scopes: [devOpsScope] })
    await expect(misused).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      message: expect.stringContaining('AADSTS500131:') as string,
    })
  })

  it('sends answers whole failures of a proxy through to the client', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS90033' } })
    const app = application(emulatorNetwork(server), authority, sampleIds.singleTenantClient)
    const failing = app.acquireTokenByClientCredential({ scopes: [devOpsScope] })
    await expect(failing).rejects.toMatchObject({ errorCode: 'temporarily_unavailable', status: 503 })
  })
})

describe('msal-node at the shared addresses of Entra ID', () => {
  it.each([
    ['common', 'alice@contoso.onmicrosoft.com', sampleIds.contosoTenant],
    ['common', 'dana@outlook.example', '9188040d-6c67-4c5b-b112-36a304b66dad'],
    ['organizations', 'erin@fabrikam.onmicrosoft.com', sampleIds.fabrikamTenant],
    ['consumers', 'dana@outlook.example', '9188040d-6c67-4c5b-b112-36a304b66dad'],
  ])('at /%s %s gets a token of their own tenant', async (audience, person, tenantId) => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), `${cloud}/${audience}`, sampleIds.multiTenantClient)

    const result = await signIn(server, app, { person })

    expect(result.idTokenClaims).toMatchObject({ iss: `${cloud}/${tenantId}/v2.0`, tid: tenantId })
    expect(result.account?.tenantId).toBe(tenantId)
    const silent = await app.acquireTokenSilent({
      account: accountOf(result),
      scopes: [devOpsScope],
      forceRefresh: true,
    })
    expect(claimsOf(silent.accessToken)).toMatchObject({ tid: tenantId })
  })

  it('does not offer personal accounts at /organizations, nor work accounts at /consumers', async () => {
    const server = await identityServer()
    for (const [audience, person] of [
      ['organizations', 'dana@outlook.example'],
      ['consumers', 'alice@contoso.onmicrosoft.com'],
    ] as const) {
      const app = application(emulatorNetwork(server), `${cloud}/${audience}`, sampleIds.multiTenantClient)
      await expect(signIn(server, app, { person })).rejects.toThrow(/0 people/)
    }
  })

  it('keeps out an application of a single tenant', async () => {
    const server = await identityServer()
    const app = application(emulatorNetwork(server), `${cloud}/common`, sampleIds.singleTenantClient)
    await expect(signIn(server, app, { person: 'alice@' })).rejects.toThrow(/AADSTS50194/)
  })
})

describe('msal-node in a national cloud', () => {
  it('signs in at the host and with the issuer of that cloud', async () => {
    const tenant = 'agency.onmicrosoft.us'
    const server = await identityServer({
      tenants: [{ kind: 'entra', domain: tenant, cloud: 'us-government' }],
      people: [{ tenant, userPrincipalName: `hal@${tenant}`, displayName: 'Hal' }],
      clients: [
        {
          clientId: sampleIds.singleTenantClient,
          tenant,
          displayName: 'Agency',
          redirectUris: [redirectUri],
          secrets: [{ value: sampleSecret }],
        },
      ],
      resources: [{ id: azureDevOpsResource, displayName: 'Azure DevOps', scopes: ['user_impersonation'] }],
    })
    const network = emulatorNetwork(server)
    const app = application(network, `https://login.microsoftonline.us/${tenant}`, sampleIds.singleTenantClient)
    const { idToken } = await signIn(server, app, { person: 'hal@' })
    expect(claimsOf(idToken).iss).toMatch(/^https:\/\/login\.microsoftonline\.us\/[0-9a-f-]{36}\/v2\.0$/)
  })
})
