import { describe, expect, it } from 'vitest'
import { sampleIds } from '../../src/index.js'
import type { IdentityServer } from '../../src/index.js'
import { identityServer, shiftedClock } from './helpers.js'

const carol = 'carol@customer.example'
const order = { person: carol, resource: sampleIds.b2cApi }

async function call(server: IdentityServer, token?: string, method = 'GET') {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${server.url}/api/me`, { method, headers })
  const challenge = response.headers.get('www-authenticate')
  return { status: response.status, challenge, body: (await response.json()) as Record<string, unknown> }
}

describe('/api/me', () => {
  it('tells who calls, through which user flow and with which scopes', async () => {
    const server = await identityServer()
    const { status, body } = await call(server, await server.identity.issueFor(order))
    expect(status).toBe(200)
    expect(body).toMatchObject({
      displayName: 'Carol Clark',
      mail: carol,
      tenantId: sampleIds.b2cTenant,
      scopes: ['demo.read', 'demo.write'],
      userFlow: 'B2C_1_susi',
    })
  })

  it.each([
    ['alice@contoso.onmicrosoft.com', sampleIds.contosoApi],
    ['wendy@customer.example', sampleIds.externalApi],
  ])('serves %s of another kind of tenant as well', async (person, resource) => {
    const server = await identityServer()
    expect(await call(server, await server.identity.issueFor({ person, resource }))).toMatchObject({
      status: 200,
      body: { mail: person },
    })
  })

  it('asks for a token, without calling the lack of one an error', async () => {
    const server = await identityServer()
    const answer = await call(server)
    expect(answer.status).toBe(401)
    expect(answer.challenge).toMatch(/^Bearer realm="", authorization_uri="https:/)
    expect(answer.challenge).not.toContain('error')
  })

  it.each([
    ['malformed', () => Promise.resolve('nonsense')],
    [
      'for another API',
      (server: IdentityServer) => server.identity.issueFor({ person: 'alice@contoso.onmicrosoft.com' }),
    ],
    ['expired', (server: IdentityServer) => server.identity.issueFor({ ...order, expiresInSeconds: 0 })],
  ])('refuses a token that is %s', async (_what, make) => {
    const server = await identityServer()
    const answer = await call(server, await make(server))
    expect(answer.status).toBe(401)
    expect(answer.challenge).toContain('error="invalid_token"')
  })

  it('forgets a good token when it expires', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    const token = await server.identity.issueFor(order)
    expect((await call(server, token)).status).toBe(200)
    clock.advance(3600)
    expect((await call(server, token)).status).toBe(401)
  })

  it('refuses a token without its scope, naming the scope', async () => {
    const server = await identityServer()
    const answer = await call(server, await server.identity.issueFor({ ...order, scopes: ['demo.write'] }))
    expect(answer.status).toBe(403)
    expect(answer.challenge).toContain('error="insufficient_scope", scope="demo.read"')
  })

  it('asks for an authentication context when the knob demands one', async () => {
    const server = await identityServer({ knobs: { claimsChallenge: { authContext: 'c1', at: 'api' } } })
    const answer = await call(server, await server.identity.issueFor(order))
    expect(answer.status).toBe(401)
    const claims = /error="insufficient_claims", claims="([^"]+)"/.exec(answer.challenge ?? '')?.[1] ?? ''
    expect(JSON.parse(Buffer.from(claims, 'base64').toString())).toEqual({
      access_token: { acrs: { essential: true, value: 'c1' } },
    })
  })

  it('can be made to fail, and takes no other method', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'api', answer: { kind: 'status', status: 503, body: 'json' } })
    expect((await call(server)).status).toBe(503)
    expect((await call(server, undefined, 'POST')).status).toBe(405)
  })
})
