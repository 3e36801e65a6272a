import { inspect } from 'node:util'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { sampleIds, sampleSecret } from '../../src/index.js'
import type { TokenFlaws } from '../../src/index.js'
import { browserOf, claimsOf, identityServer, post, withQuery } from './helpers.js'

const alice = { person: 'alice@contoso.onmicrosoft.com' }

describe('verifyAccessToken', () => {
  it('accepts what was issued for Azure DevOps and names the person', async () => {
    const server = await identityServer()
    const [person] = server.identity.findPeople(alice.person)
    const check = await server.identity.verifyAccessToken(await server.identity.issueFor(alice))
    expect(check).toMatchObject({
      kind: 'accepted',
      identity: {
        kind: 'person',
        objectId: person?.objectId,
        tenantId: sampleIds.contosoTenant,
        userPrincipalName: alice.person,
        displayName: 'Alice Adams',
        scopes: ['user_impersonation'],
      },
    })
  })

  it('takes the person by object id, and another life and other scopes', async () => {
    const server = await identityServer()
    const [person] = server.identity.findPeople(alice.person)
    const order = { person: person?.objectId ?? '', scopes: ['vso.tokens'], expiresInSeconds: 60 }
    const claims = claimsOf(await server.identity.issueFor(order))
    expect(claims).toMatchObject({ upn: alice.person, scp: 'vso.tokens' })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60)
  })

  it('knows an application by its token', async () => {
    const server = await identityServer()
    const answer = await post(
      server,
      `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/token`,
      {
        grant_type: 'client_credentials',
        client_id: sampleIds.singleTenantClient,
        client_secret: sampleSecret,
        scope: 'https://app.vssps.visualstudio.com//.default',
      },
    )
    expect(await server.identity.verifyAccessToken(String(answer.body.access_token))).toMatchObject({
      kind: 'accepted',
      identity: {
        kind: 'application',
        clientId: sampleIds.singleTenantClient,
        userPrincipalName: undefined,
        scopes: [],
      },
    })
  })

  it.each<[string, TokenFlaws, string]>([
    ['for another audience', { audience: sampleIds.contosoApi }, 'audience'],
    ['of another issuer', { issuer: 'https://sts.windows.net/elsewhere/' }, 'issuer'],
    ['of a tenant it does not know', { tenantId: 'c0ffee00-0000-4000-8000-000000000000' }, 'issuer'],
    [
      'whose tenant and issuer differ',
      { tenantId: sampleIds.fabrikamTenant, issuer: `https://sts.windows.net/${sampleIds.contosoTenant}/` },
      'issuer',
    ],
    ['that is over', { expiresInSeconds: -1 }, 'expired'],
    ['with a forged signature', { signature: 'unpublished-key' }, 'signature'],
    ['without an expiry', { omit: ['exp'] }, 'malformed'],
  ])('refuses a token %s', async (_what, accessTokenFlaws, reason) => {
    const server = await identityServer({ knobs: { accessTokenFlaws } })
    expect(await server.identity.verifyAccessToken(await server.identity.issueFor(alice))).toEqual({
      kind: 'refused',
      reason,
    })
  })

  it('refuses tokens for other APIs, ID tokens, and what is no token', async () => {
    const server = await identityServer()
    const graph = await server.identity.issueFor({ ...alice, resource: 'https://graph.microsoft.com' })
    expect(await server.identity.verifyAccessToken(graph)).toEqual({ kind: 'refused', reason: 'audience' })
    for (const text of ['', 'nonsense', 'a.b.c', `${graph}x`])
      expect((await server.identity.verifyAccessToken(text)).kind, text).toBe('refused')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${graph.split('.')[1] ?? ''}.`
    expect((await server.identity.verifyAccessToken(unsigned)).kind).toBe('refused')
    const symmetric = await new SignJWT({ aud: 'x' }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32))
    expect((await server.identity.verifyAccessToken(symmetric)).kind).toBe('refused')
  })
})

describe('issueFor', () => {
  it('says what it does not find', async () => {
    const server = await identityServer()
    await expect(server.identity.issueFor({ person: 'nobody@x' })).rejects.toThrow(/no person "nobody@x"/)
    await expect(server.identity.issueFor({ ...alice, resource: 'api://nothing' })).rejects.toThrow(
      /no API "api:\/\/nothing"/,
    )
    await expect(server.identity.issueFor({ ...alice, clientId: 'x' })).rejects.toThrow(/"x" is not registered/)
    await expect(server.identity.issueFor({ person: 'carol@customer.example' })).rejects.toThrow(/no API/)
  })
})

describe('flaws of ID tokens', () => {
  it('change what the application gets, and nothing else', async () => {
    const server = await identityServer()
    const tenantId = 'c0ffee00-0000-4000-8000-000000000000'
    server.identity.knobs.set({
      idTokenFlaws: { tenantId, audience: 'someone-else', omit: ['sid'], expiresInSeconds: -600 },
    })
    const home = `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0`
    const request = { client_id: sampleIds.singleTenantClient, redirect_uri: 'http://localhost:5000/getAToken' }
    const parameters = { ...request, response_type: 'code', scope: 'openid', login_hint: alice.person }
    const end = await browserOf(server).signIn(withQuery(`${home}/authorize`, parameters))
    const form = {
      ...request,
      client_secret: sampleSecret,
      grant_type: 'authorization_code',
      code: end.parameters.get('code') ?? '',
    }
    const { body } = await post(server, `${home}/token`, form)
    const claims = claimsOf(String(body.id_token))
    expect(claims).toMatchObject({
      tid: tenantId,
      iss: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      aud: 'someone-else',
    })
    expect(claims).not.toHaveProperty('sid')
    expect(Number(claims.exp)).toBeLessThan(Number(claims.iat))
    expect(claimsOf(String(body.access_token)).tid).toBe(sampleIds.contosoTenant)
  })
})

describe('what the identity half shows of itself', () => {
  it('holds no secret, code or token', async () => {
    const server = await identityServer()
    const home = `https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0`
    const request = { client_id: sampleIds.singleTenantClient, redirect_uri: 'http://localhost:5000/getAToken' }
    const parameters = { ...request, response_type: 'code', scope: 'openid offline_access', login_hint: alice.person }
    const end = await browserOf(server).signIn(withQuery(`${home}/authorize`, parameters))
    const code = end.parameters.get('code') ?? ''
    const { body } = await post(server, `${home}/token`, {
      ...request,
      client_secret: sampleSecret,
      grant_type: 'authorization_code',
      code,
    })

    const seen = inspect(server, { depth: 10, showHidden: true }) + JSON.stringify(server.identity.requests.list())

    expect(seen).toContain('authorization_code')
    for (const secret of [
      sampleSecret,
      code,
      String(body.access_token),
      String(body.refresh_token),
      String(body.id_token),
    ])
      expect(seen).not.toContain(secret)
  })
})
