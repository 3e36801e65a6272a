import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, graphResource, sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityServer } from '../../src/index.js'
import { browserOf, identityServer, shiftedClock } from './helpers.js'

const alice = 'alice@contoso.onmicrosoft.com'
const writer = { person: alice, resource: graphResource, scopes: ['Application.ReadWrite.All'] }

/** Microsoft Graph, called by somebody. */
interface Graph {
  call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>
}

async function graphOf(
  server: IdentityServer,
  order: Parameters<IdentityServer['identity']['issueFor']>[0] | string = writer,
): Promise<Graph> {
  const token = typeof order === 'string' ? order : await server.identity.issueFor(order)
  return {
    call: async (method, path, body) => {
      const response = await fetch(`${server.url}/graph.microsoft.com/v1.0/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const content = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      return { status: response.status, headers: response.headers, body: content }
    },
  }
}

const impersonation = [
  {
    resourceAppId: azureDevOpsResource,
    resourceAccess: [{ id: 'ee69721e-6c3a-468f-a9ec-302d16a4c599', type: 'Scope' }],
  },
]
const web = {
  displayName: "Ada's report",
  signInAudience: 'AzureADMyOrg',
  web: { redirectUris: ['http://localhost:5000/getAToken'] },
  requiredResourceAccess: impersonation,
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

describe('Microsoft Graph', () => {
  it('registers an application, which people can sign in to until it is deleted', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    const created = await graph.call('POST', 'applications', web)
    expect(created).toMatchObject({
      status: 201,
      body: { ...web, publisherDomain: 'contoso.onmicrosoft.com', passwordCredentials: [] },
    })
    const [id, appId] = [text(created.body['id']), text(created.body['appId'])]
    expect(id).not.toBe(appId)

    const principal = await graph.call('POST', 'servicePrincipals', { appId })
    expect(principal).toMatchObject({ status: 201, body: { appId, appOwnerOrganizationId: sampleIds.contosoTenant } })

    const password = await graph.call('POST', `applications/${id}/addPassword`, {
      passwordCredential: { displayName: 'patkit' },
    })
    expect(password).toMatchObject({
      status: 200,
      body: { displayName: 'patkit', hint: text(password.body['secretText']).slice(0, 3) },
    })

    const authority = `${server.url}/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0`
    const parameters = {
      client_id: appId,
      redirect_uri: 'http://localhost:5000/getAToken',
      response_type: 'code',
      scope: 'openid',
    }
    const browser = browserOf(server)
    const end = await browser.signIn(`${authority}/authorize?${new URLSearchParams(parameters).toString()}`, {
      person: alice,
    })
    const code = end.parameters.get('code') ?? ''
    const redeem = (secret: string): Promise<Response> =>
      fetch(`${authority}/token`, {
        method: 'POST',
        body: new URLSearchParams({ ...parameters, grant_type: 'authorization_code', code, client_secret: secret }),
      })
    expect((await redeem('wrong')).status).toBe(401)
    expect((await redeem(text(password.body['secretText']))).status).toBe(200)

    expect((await graph.call('DELETE', `applications/${id}`)).status).toBe(204)
    expect((await graph.call('GET', `applications/${id}`)).status).toBe(404)
    expect((await graph.call('GET', `servicePrincipals(appId='${appId}')`)).status).toBe(404)
    const page = await browser.open(`${authority}/authorize?${new URLSearchParams(parameters).toString()}`)
    expect('html' in page && page.html).toContain('AADSTS700016')
    const deleted = await graph.call('GET', 'directory/deletedItems/microsoft.graph.application')
    expect(deleted.body).toEqual({ value: [{ id }] })
    expect((await graph.call('DELETE', `directory/deletedItems/${id}`)).status).toBe(204)
    expect((await graph.call('DELETE', `directory/deletedItems/${id}`)).status).toBe(404)
  })

  it('never tells a secret again', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    const { body } = await graph.call('POST', 'applications', web)
    const password = await graph.call('POST', `applications/${text(body['id'])}/addPassword`, {})
    const read = await graph.call('GET', `applications/${text(body['id'])}`)
    expect(read.body).toMatchObject({ passwordCredentials: [{ keyId: password.body['keyId'], secretText: null }] })
    expect(JSON.stringify([read.body, server.identity.requests.list('graph')])).not.toContain(
      text(password.body['secretText']),
    )
  })

  it('finds applications by name and by client id, those of the own tenant only', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    const { body } = await graph.call('POST', 'applications', web)
    const filter = encodeURIComponent("displayName eq 'ada''s REPORT'")
    const found = await graph.call('GET', `applications?$filter=${filter}&$select=appId,displayName`)
    expect(found.body).toEqual({ value: [{ appId: body['appId'], displayName: "Ada's report" }] })
    const sample = await graph.call('GET', `applications(appId='${sampleIds.singleTenantClient}')`)
    expect(sample).toMatchObject({ status: 200, body: { displayName: 'Contoso token report' } })
    const other = await graphOf(server, { ...writer, person: 'erin@fabrikam.onmicrosoft.com' })
    expect((await other.call('GET', `applications(appId='${sampleIds.singleTenantClient}')`)).status).toBe(404)
    expect((await other.call('GET', 'applications')).body).toEqual({ value: [] })
  })

  it('registers a command line as a public client', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    const { body } = await graph.call('POST', 'applications', {
      displayName: 'patkit',
      signInAudience: 'AzureADMultipleOrgs',
      isFallbackPublicClient: true,
      publicClient: { redirectUris: ['http://localhost'] },
    })
    expect(body).toMatchObject({
      isFallbackPublicClient: true,
      publicClient: { redirectUris: ['http://localhost'] },
      web: { redirectUris: [] },
    })
    const answer = await fetch(`${server.url}/login.microsoftonline.com/organizations/oauth2/v2.0/devicecode`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: text(body['appId']), scope: 'openid' }),
    })
    expect(answer.status).toBe(200)
  })

  it('lets nobody in without a token for Graph, and nobody write without the permission', async () => {
    const server = await identityServer()
    const forDevOps = await server.identity.issueFor({ person: alice })
    for (const token of ['', 'no-token', forDevOps]) {
      const answer = await (await graphOf(server, token)).call('GET', 'applications')
      expect([answer.status, answer.body]).toMatchObject([401, { error: { code: 'InvalidAuthenticationToken' } }])
    }
    const expired = await (await graphOf(server, { ...writer, expiresInSeconds: -10 })).call('GET', 'applications')
    expect(expired.body).toMatchObject({ error: { message: expect.stringContaining('expired') as string } })
    const user = await (await graphOf(server, { ...writer, scopes: ['User.Read'] })).call('GET', 'applications')
    expect([user.status, user.body]).toMatchObject([403, { error: { code: 'Authorization_RequestDenied' } }])
    const reader = await graphOf(server, { ...writer, scopes: ['Application.Read.All'] })
    expect((await reader.call('GET', 'applications')).status).toBe(200)
    expect((await reader.call('POST', 'applications', web)).status).toBe(403)
    expect((await reader.call('DELETE', `applications(appId='${sampleIds.singleTenantClient}')`)).status).toBe(403)
  })

  it('lets an application in by its roles', async () => {
    const clientId = '11111111-2222-4333-8444-555555555555'
    const server = await identityServer()
    server.identity.registerClient({
      clientId,
      tenant: 'contoso.onmicrosoft.com',
      displayName: 'Registrar',
      secrets: [{ value: sampleSecret }],
      applicationRoles: { [graphResource]: ['Application.ReadWrite.All'] },
    })
    const answer = await fetch(`${server.url}/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: sampleSecret,
        grant_type: 'client_credentials',
        scope: 'https://graph.microsoft.com/.default',
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect((await (await graphOf(server, token)).call('POST', 'applications', web)).status).toBe(201)
  })

  it.each([
    [{}, "'displayName'"],
    [{ ...web, signInAudience: 'Everybody' }, "'signInAudience'"],
    [{ ...web, web: { redirectUris: ['http://example.com/back'] } }, "'web.redirectUris'"],
    [{ ...web, web: { redirectUris: 'https://example.com' } }, "'web.redirectUris'"],
    [{ ...web, requiredResourceAccess: [{ resourceAppId: 'devops', resourceAccess: [] }] }, "'requiredResourceAccess'"],
    [{ ...web, signInAudience: 'PersonalMicrosoftAccount' }, "'api.requestedAccessTokenVersion'"],
  ])('refuses to register %j', async (body, complaint) => {
    const server = await identityServer()
    const answer = await (await graphOf(server)).call('POST', 'applications', body)
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'Request_BadRequest' } } })
    expect(JSON.stringify(answer.body)).toContain(complaint)
    expect((await (await graphOf(server)).call('GET', 'applications')).body['value']).toHaveLength(4)
  })

  it('refuses what it does not know', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    expect((await graph.call('GET', 'users')).status).toBe(400)
    expect(
      (await graph.call('GET', `applications?$filter=${encodeURIComponent("startswith(displayName,'A')")}`)).status,
    ).toBe(400)
    expect((await graph.call('POST', 'servicePrincipals', { appId: 'x' })).status).toBe(400)
    const beta = await fetch(`${server.url}/graph.microsoft.com/beta/applications`)
    expect(beta.status).toBe(400)
  })

  it('has a service principal once', async () => {
    const server = await identityServer()
    const graph = await graphOf(server)
    const { body } = await graph.call('POST', 'applications', web)
    await graph.call('POST', 'servicePrincipals', { appId: body['appId'] })
    expect(await graph.call('POST', 'servicePrincipals', { appId: body['appId'] })).toMatchObject({
      status: 409,
      body: { error: { code: 'Request_MultipleObjectsWithSameKeyValue' } },
    })
  })

  it('knows of a new application everywhere only after a while, if told so', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock, knobs: { graphReplicationSeconds: 20 } })
    const graph = await graphOf(server)
    const { body } = await graph.call('POST', 'applications', web)
    expect(await graph.call('POST', 'servicePrincipals', { appId: body['appId'] })).toMatchObject({
      status: 400,
      body: { error: { details: [{ code: 'NoBackingApplicationObject' }] } },
    })
    expect((await graph.call('POST', `applications/${text(body['id'])}/addPassword`, {})).status).toBe(404)
    clock.advance(20)
    expect((await graph.call('POST', 'servicePrincipals', { appId: body['appId'] })).status).toBe(201)
    expect((await graph.call('POST', `applications/${text(body['id'])}/addPassword`, {})).status).toBe(200)
  })

  it('throttles to order, in its own shape', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'graph', answer: { kind: 'status', status: 429, retryAfterSeconds: 7 } })
    const graph = await graphOf(server)
    const throttled = await graph.call('GET', 'applications')
    expect([throttled.status, throttled.headers.get('retry-after'), throttled.body]).toMatchObject([
      429,
      '7',
      { error: { code: 'TooManyRequests', innerError: { 'request-id': throttled.headers.get('request-id') } } },
    ])
    expect((await graph.call('GET', 'applications')).status).toBe(200)
    expect(server.identity.requests.list('graph')).toMatchObject([
      { method: 'GET', path: '/v1.0/applications', status: 429 },
      { status: 200 },
    ])
    expect(() => server.identity.faults.add({ at: 'graph', answer: { kind: 'error', code: 'AADSTS50076' } })).toThrow(
      'answer.kind',
    )
  })

  it('is reached under its own name over https', async () => {
    const server = await identityServer({ https: {} })
    const { request } = await import('node:https')
    const port = new URL(server.https?.url ?? '').port
    const status = await new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        servername: 'graph.microsoft.com',
        ca: server.https?.caPem,
        path: '/v1.0/applications',
      }
      const sent = request({ ...options, headers: { host: 'graph.microsoft.com' } }, (answer) =>
        resolve(answer.resume().statusCode),
      )
      sent.on('error', reject).end()
    })
    expect(status).toBe(401)
  })
})
