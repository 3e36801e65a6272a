import { ConfidentialClientApplication } from '@azure/msal-node'
import { describe, expect, it } from 'vitest'
import { sampleIds, sampleScopes, sampleSecret } from '../../src/index.js'
import type { IdentityServer, SignInChoices } from '../../src/index.js'
import { browserOf, claimsOf, emulatorNetwork, identityServer } from './helpers.js'

const redirectUri = 'http://localhost:5001/getAToken'
const tenantId = sampleIds.externalTenant
const issuerHost = `${tenantId}.ciamlogin.com`

async function signIn(
  server: IdentityServer,
  authority: string,
  knownAuthorities: string[],
  choices: SignInChoices,
  network = emulatorNetwork(server),
) {
  const app = new ConfidentialClientApplication({
    auth: { clientId: sampleIds.externalClient, authority, knownAuthorities, clientSecret: sampleSecret },
    system: { networkClient: network },
  })
  const request = { scopes: [sampleScopes.external], redirectUri, nonce: 'n' }
  const end = await browserOf(server).signIn(await app.getAuthCodeUrl(request), choices)
  const result = await app.acquireTokenByCode(
    { ...request, code: end.parameters.get('code') ?? '' },
    { nonce: 'n', code: '' },
  )
  return { app, result }
}

describe('msal-node at External ID', () => {
  it.each([
    ['https://woodgrove.ciamlogin.com/', [issuerHost]],
    [`https://woodgrove.ciamlogin.com/${tenantId}`, []],
    ['https://woodgrove.ciamlogin.com/woodgrove.onmicrosoft.com', [issuerHost]],
  ])('signs a person in at %s, with the issuer whose host is the tenant id', async (authority, known) => {
    const server = await identityServer()
    const { app, result } = await signIn(server, authority, known, { person: 'wendy@' })
    expect(claimsOf(result.idToken)).toMatchObject({
      iss: `https://${issuerHost}/${tenantId}/v2.0`,
      tid: tenantId,
      preferred_username: 'wendy@customer.example',
    })
    expect(claimsOf(result.accessToken)).toMatchObject({ aud: sampleIds.externalApi, scp: 'demo.read' })
    const [account] = await app.getTokenCache().getAllAccounts()
    if (account === undefined) throw new Error('MSAL has no account.')
    const silent = await app.acquireTokenSilent({ account, scopes: [sampleScopes.external], forceRefresh: true })
    expect(silent.fromCache).toBe(false)
  })

  it('fails as the service does when nobody vouches for the issuer host', async () => {
    const server = await identityServer()
    const failing = signIn(server, 'https://woodgrove.ciamlogin.com/', [], { person: 'wendy@' })
    await expect(failing).rejects.toMatchObject({ errorCode: 'endpoints_resolution_error' })
  })

  it('signs a person in at the custom domain', async () => {
    const server = await identityServer()
    const host = 'login.woodgrove.example'
    // MSAL takes the first segment of an endpoint's path for the tenant here, so it must not be the host.
    const network = emulatorNetwork(server, 'of-the-service')
    const { result } = await signIn(server, `https://${host}/${tenantId}`, [host], { person: 'wendy@' }, network)
    expect(claimsOf(result.idToken).iss).toBe(`https://${host}/${tenantId}/v2.0`)
  })

  it('signs a newcomer up', async () => {
    const server = await identityServer()
    const newcomer = { address: 'new@customer.example', displayName: 'Newt' }
    const { result } = await signIn(server, `https://woodgrove.ciamlogin.com/${tenantId}`, [], {
      turn: 'sign-up',
      newcomer,
    })
    expect(result.account?.username).toBe('new@customer.example')
  })
})
