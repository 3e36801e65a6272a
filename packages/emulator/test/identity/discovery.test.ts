import { compactVerify, createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { sampleIds } from '../../src/index.js'
import { get, identityServer } from './helpers.js'

const cloud = 'https://login.microsoftonline.com'
const path = 'v2.0/.well-known/openid-configuration'
const alice = { person: 'alice@contoso.onmicrosoft.com' }

describe('discovery', () => {
  it.each([
    ['common', '{tenantid}', 'common'],
    ['organizations', '{tenantid}', 'organizations'],
    ['consumers', '9188040d-6c67-4c5b-b112-36a304b66dad', 'consumers'],
    ['Contoso.onmicrosoft.com', sampleIds.contosoTenant, sampleIds.contosoTenant],
    [sampleIds.fabrikamTenant.toUpperCase(), sampleIds.fabrikamTenant, sampleIds.fabrikamTenant],
  ])('at /%s names the issuer of %s and endpoints here', async (segment, issuerTenant, endpointTenant) => {
    const server = await identityServer()
    const { body } = await get(server, `${cloud}/${segment}/${path}`)
    const here = `${server.url}/login.microsoftonline.com/${endpointTenant}`
    expect(body).toMatchObject({
      issuer: `${cloud}/${issuerTenant}/v2.0`,
      authorization_endpoint: `${here}/oauth2/v2.0/authorize`,
      token_endpoint: `${here}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${here}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${here}/oauth2/v2.0/logout`,
      jwks_uri: `${here}/discovery/v2.0/keys`,
    })
  })

  it('answers for every alias of a cloud with the name of the cloud', async () => {
    const server = await identityServer()
    const { body } = await get(server, `https://login.windows.net/common/${path}`)
    expect(body.issuer).toBe(`${cloud}/{tenantid}/v2.0`)
  })

  it.each([
    ['nowhere.example', 400],
    ['%E0%A4%A', 400],
    ['constructor', 400],
  ])('refuses the tenant %s', async (tenant, status) => {
    const server = await identityServer()
    expect((await get(server, `${cloud}/${tenant}/${path}`)).status).toBe(status)
  })

  it('knows nothing at other paths and hosts', async () => {
    const server = await identityServer()
    expect((await get(server, `${cloud}/common/constructor`)).status).toBe(404)
    expect((await get(server, `https://login.example/common/${path}`)).status).toBe(404)
  })
})

describe('instance discovery', () => {
  const instance = (endpoint: string) =>
    `${cloud}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`

  it('lists the clouds and points to the tenant that was asked for', async () => {
    const server = await identityServer()
    const { body } = await get(server, instance('https://login.microsoftonline.us/contoso/oauth2/v2.0/authorize'))
    expect(body.tenant_discovery_endpoint).toBe(`${server.url}/login.microsoftonline.us/contoso/${path}`)
    expect(body.metadata).toContainEqual({
      preferred_network: 'login.microsoftonline.com',
      preferred_cache: 'login.windows.net',
      aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
    })
  })

  it("refuses a host that is nobody's", async () => {
    const server = await identityServer()
    for (const endpoint of ['https://evil.example/common/oauth2/v2.0/authorize', 'nonsense'])
      expect(await get(server, instance(endpoint))).toMatchObject({ status: 400, body: { error: 'invalid_instance' } })
  })
})

describe('keys', () => {
  const keysOf = async (server: Awaited<ReturnType<typeof identityServer>>) =>
    (await get(server, `${cloud}/common/discovery/v2.0/keys`)).body.keys as { kid: string }[]

  it('verify the tokens, and hold nothing private', async () => {
    const server = await identityServer()
    const token = await server.identity.issueFor(alice)
    const jwks = createRemoteJWKSet(new URL(`${server.url}/login.microsoftonline.com/common/discovery/v2.0/keys`))
    expect((await jwtVerify(token, jwks)).payload.upn).toBe(alice.person)
    const [key] = await keysOf(server)
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'e', 'issuer', 'kid', 'kty', 'n', 'use'])
  })

  it('keep the old one after a rotation, or withdraw it', async () => {
    const server = await identityServer()
    const before = await server.identity.issueFor(alice)
    const [first] = await keysOf(server)
    await server.identity.rotateKeys()
    const after = await keysOf(server)
    expect(after.map(({ kid }) => kid)).toEqual([expect.any(String), first?.kid])
    expect(await server.identity.verifyAccessToken(before)).toMatchObject({ kind: 'accepted' })

    await server.identity.rotateKeys('withdrawn')
    expect(await keysOf(server)).toHaveLength(1)
    expect(await server.identity.verifyAccessToken(before)).toEqual({ kind: 'refused', reason: 'signature' })
  })

  it('are three at most', async () => {
    const server = await identityServer()
    await keysOf(server)
    for (let n = 0; n < 4; n += 1) await server.identity.rotateKeys()
    expect(await keysOf(server)).toHaveLength(3)
  })

  it('are others in another emulator', async () => {
    const [one, two] = [await identityServer(), await identityServer()]
    expect(await two.identity.verifyAccessToken(await one.identity.issueFor(alice))).toEqual({
      kind: 'refused',
      reason: 'signature',
    })
  })

  it('do not show the key of a token that is forged by the knob', async () => {
    const server = await identityServer({ knobs: { accessTokenFlaws: { signature: 'unpublished-key' } } })
    const jwks = createRemoteJWKSet(new URL(`${server.url}/login.microsoftonline.com/common/discovery/v2.0/keys`))
    await expect(compactVerify(await server.identity.issueFor(alice), jwks)).rejects.toThrow(/no applicable key/)
  })
})
