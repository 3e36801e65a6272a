import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityServer } from '../../src/index.js'
import {
  browserOf,
  claimsOf,
  createPkce,
  get,
  identityServer,
  local,
  post,
  shiftedClock,
  withQuery,
} from './helpers.js'

const redirectUri = 'http://localhost:5000/getAToken'
const contoso = `https://login.microsoftonline.com/${sampleIds.contosoTenant}`
const token = `${contoso}/oauth2/v2.0/token`
const client = { client_id: sampleIds.singleTenantClient, client_secret: sampleSecret }
const scope = `openid profile offline_access ${azureDevOpsResource}/.default`
const day = 24 * 60 * 60

async function codeFor(server: IdentityServer, change: Record<string, string> = {}): Promise<string> {
  const request = { client_id: client.client_id, response_type: 'code', redirect_uri: redirectUri, scope, ...change }
  const end = await browserOf(server).signIn(withQuery(`${contoso}/oauth2/v2.0/authorize`, request), {
    person: 'alice@',
  })
  return end.parameters.get('code') ?? ''
}

const redeem = (server: IdentityServer, code: string, change: Record<string, string> = {}, address = token) =>
  post(server, address, { grant_type: 'authorization_code', ...client, code, redirect_uri: redirectUri, ...change })

const refresh = (server: IdentityServer, refreshToken: unknown, change: Record<string, string> = {}) =>
  post(server, token, { grant_type: 'refresh_token', ...client, refresh_token: String(refreshToken), ...change })

describe('token: the shape of answers', () => {
  it('answers a code with tokens, their lives, and nothing that may be stored', async () => {
    const server = await identityServer()
    const answer = await redeem(server, await codeFor(server), { client_info: '1' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-ms-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
    expect(String(answer.body.scope).split(' ')).toEqual([
      'openid',
      'profile',
      `${azureDevOpsResource}/user_impersonation`,
      `${azureDevOpsResource}/.default`,
    ])
    const uid = JSON.parse(Buffer.from(String(answer.body.client_info), 'base64url').toString()) as unknown
    expect(uid).toEqual({ uid: claimsOf(String(answer.body.id_token)).oid, utid: sampleIds.contosoTenant })
  })

  it('answers a refusal with every field of the service', async () => {
    const server = await identityServer()
    const correlationId = 'c0ffee00-0000-4000-8000-00000000cafe'
    const answer = await redeem(server, 'nonsense', {}, `${token}?client-request-id=${correlationId}`)
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      error: 'invalid_grant',
      error_description: expect.stringMatching(
        /^AADSTS70000: .+\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
      ) as string,
      error_codes: [70000],
      timestamp: expect.stringMatching(/Z$/) as string,
      trace_id: answer.headers.get('x-ms-request-id'),
      correlation_id: correlationId,
      error_uri: 'https://login.microsoftonline.com/error?code=70000',
    })
  })

  it('gives an ID token only with openid, a refresh token only with offline_access, a name only with profile', async () => {
    const server = await identityServer()
    const bare = await redeem(server, await codeFor(server, { scope: `${azureDevOpsResource}/vso.code` }))
    expect(Object.keys(bare.body).sort()).toEqual([
      'access_token',
      'expires_in',
      'ext_expires_in',
      'scope',
      'token_type',
    ])
    const open = await redeem(server, await codeFor(server, { scope: 'openid' }))
    expect(open.body).not.toHaveProperty('refresh_token')
    expect(claimsOf(String(open.body.id_token))).not.toHaveProperty('name')
  })

  it('makes two tokens of one second differ', async () => {
    const clock = { ...shiftedClock(), now: () => 1_795_000_000_000 }
    const server = await identityServer({ clock })
    const tokens = await Promise.all(
      [1, 2].map(() => server.identity.issueFor({ person: 'alice@contoso.onmicrosoft.com' })),
    )
    expect(tokens[0]).not.toBe(tokens[1])
  })
})

describe('token: what a code is bound to', () => {
  it('its redirect address', async () => {
    const server = await identityServer()
    const answer = await redeem(server, await codeFor(server), { redirect_uri: 'http://localhost:5000/auth/redirect' })
    expect(answer.body).toMatchObject({ error: 'invalid_client', error_codes: [500112] })
  })

  it('its application', async () => {
    const server = await identityServer()
    const answer = await redeem(server, await codeFor(server), { client_id: sampleIds.multiTenantClient })
    expect(answer.body).toMatchObject({ error: 'invalid_grant', error_codes: [70000] })
  })

  it('its scopes', async () => {
    const server = await identityServer()
    const answer = await redeem(server, await codeFor(server), {
      scope: 'openid https://graph.microsoft.com/User.Read',
    })
    expect(answer.body).toMatchObject({ error: 'invalid_grant', error_codes: [70000] })
  })

  it('one API at a time', async () => {
    const server = await identityServer()
    const both = `openid ${azureDevOpsResource}/vso.code User.Read`
    const code = await codeFor(server, { scope: both })
    expect((await redeem(server, code, { scope: both })).body).toMatchObject({ error_codes: [28000] })
    const graph = await redeem(server, code, { scope: 'User.Read' })
    expect(claimsOf(String(graph.body.access_token))).toMatchObject({ scp: 'User.Read', ver: '2.0' })
  })

  it('ten minutes', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    const code = await codeFor(server)
    clock.advance(601)
    expect((await redeem(server, code)).body).toMatchObject({ error: 'invalid_grant', error_codes: [70008] })
  })

  it('one redemption, also of two at the same time', async () => {
    const server = await identityServer()
    const code = await codeFor(server)
    const answers = await Promise.all([redeem(server, code), redeem(server, code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    expect((await redeem(server, code)).body).toMatchObject({ error_codes: [54005] })
  })

  it('its PKCE challenge, and no verifier where there was none', async () => {
    const server = await identityServer()
    const { verifier, challenge } = createPkce()
    const guarded = await codeFor(server, { code_challenge: challenge, code_challenge_method: 'S256' })
    expect((await redeem(server, guarded, { code_verifier: challenge })).body).toMatchObject({ error_codes: [501481] })
    expect((await redeem(server, guarded, { code_verifier: verifier })).status).toBe(200)
    const plain = await codeFor(server, { code_challenge: verifier })
    expect((await redeem(server, plain, { code_verifier: verifier })).status).toBe(200)
    const unguarded = await codeFor(server)
    expect((await redeem(server, unguarded, { code_verifier: verifier })).body).toMatchObject({ error_codes: [501481] })
  })
})

describe('token: refresh tokens', () => {
  const first = async (server: IdentityServer) => (await redeem(server, await codeFor(server))).body.refresh_token

  it('are rotated, and the old one goes on working', async () => {
    const server = await identityServer()
    const old = await first(server)
    const answer = await refresh(server, old)
    expect(answer.status).toBe(200)
    expect(answer.body.refresh_token).not.toBe(old)
    expect((await refresh(server, old)).status).toBe(200)
  })

  it('work once, or are not rotated, when the knobs say so', async () => {
    const server = await identityServer({ knobs: { usedRefreshTokens: 'refuse' } })
    const once = await first(server)
    await refresh(server, once)
    expect((await refresh(server, once)).body).toMatchObject({ error: 'invalid_grant', error_codes: [70000] })
    server.identity.knobs.set({ refreshTokenRotation: 'keep' })
    expect((await refresh(server, await first(server))).body).not.toHaveProperty('refresh_token')
  })

  it('expire after ninety days', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    const old = await first(server)
    clock.advance(90 * day - 60)
    expect((await refresh(server, old)).status).toBe(200)
    clock.advance(120)
    expect((await refresh(server, old)).body).toMatchObject({ error: 'invalid_grant', error_codes: [700082] })
  })

  it('die with the account', async () => {
    const server = await identityServer()
    const old = await first(server)
    server.identity.removePeople('alice@contoso.onmicrosoft.com')
    expect((await refresh(server, old)).body).toMatchObject({ error: 'invalid_grant', error_codes: [50034] })
  })

  it('are of one application, revoked alone', async () => {
    const server = await identityServer()
    const old = await first(server)
    expect(server.identity.revokeRefreshTokens({ clientId: sampleIds.multiTenantClient })).toBe(0)
    expect((await refresh(server, old)).status).toBe(200)
    expect(server.identity.revokeRefreshTokens({ clientId: client.client_id.toUpperCase() })).toBe(2)
    expect((await refresh(server, old)).body).toMatchObject({ error_codes: [50173] })
  })
})

describe('token: requests that are refused', () => {
  it.each([
    ['no grant type', {}, 400, 'invalid_request', 900144],
    ['an unknown grant type', { grant_type: 'password', ...client }, 400, 'unsupported_grant_type', 70003],
    ['no application', { grant_type: 'client_credentials' }, 400, 'invalid_request', 900144],
    [
      'an unknown application',
      { grant_type: 'client_credentials', client_id: 'x' },
      400,
      'unauthorized_client',
      700016,
    ],
    ['no proof', { grant_type: 'client_credentials', client_id: client.client_id }, 401, 'invalid_client', 7000218],
    [
      'a wrong secret',
      { grant_type: 'client_credentials', ...client, client_secret: 'no' },
      401,
      'invalid_client',
      7000215,
    ],
    [
      'a secret of a public client',
      { grant_type: 'device_code', client_id: sampleIds.publicClient, client_secret: 'x' },
      401,
      'invalid_client',
      700025,
    ],
    [
      'client credentials without a scope',
      { grant_type: 'client_credentials', ...client },
      400,
      'invalid_request',
      900144,
    ],
    [
      'client credentials for one scope',
      { grant_type: 'client_credentials', ...client, scope: `${azureDevOpsResource}/vso.code` },
      400,
      'invalid_scope',
      1002012,
    ],
    ['a code grant without a code', { grant_type: 'authorization_code', ...client }, 400, 'invalid_request', 900144],
    ['a refresh without a token', { grant_type: 'refresh_token', ...client }, 400, 'invalid_request', 900144],
    [
      'an assertion of an unknown type',
      { grant_type: 'client_credentials', client_id: client.client_id, client_assertion: 'x' },
      400,
      'invalid_request',
      90014,
    ],
  ])('%s', async (_what, form, status, error, code) => {
    const server = await identityServer()
    expect(await post(server, token, form as Record<string, string>)).toMatchObject({
      status,
      body: { error, error_codes: [code] },
    })
  })

  it('client credentials at a shared address', async () => {
    const server = await identityServer()
    const form = {
      grant_type: 'client_credentials',
      client_id: sampleIds.multiTenantClient,
      client_secret: sampleSecret,
    }
    const answer = await post(server, 'https://login.microsoftonline.com/common/oauth2/v2.0/token', {
      ...form,
      scope: `${azureDevOpsResource}/.default`,
    })
    expect(answer.body).toMatchObject({ error_codes: [50059] })
  })

  it('a GET, a body of JSON, and a body that is too large', async () => {
    const server = await identityServer()
    expect((await get(server, token)).body).toMatchObject({ error_codes: [900561] })
    const json = await fetch(local(server, token), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(await json.json()).toMatchObject({ error_codes: [900144] })
    const large = await fetch(local(server, token), {
      method: 'POST',
      body: new URLSearchParams({ code: 'x'.repeat(70_000) }),
    })
    expect(large.status).toBe(413)
    const other = await fetch(local(server, token), { method: 'DELETE' })
    expect(other.status).toBe(405)
  })

  it('a parameter given twice', async () => {
    const server = await identityServer()
    const body = `${new URLSearchParams({ grant_type: 'client_credentials', ...client }).toString()}&client_id=other`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(local(server, token), { method: 'POST', headers, body })
    expect(await answer.json()).toMatchObject({ error: 'invalid_request', error_codes: [90100] })
  })

  it('a tenant that does not exist', async () => {
    const server = await identityServer()
    const answer = await post(server, 'https://login.microsoftonline.com/nowhere.example/oauth2/v2.0/token', {})
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_tenant', error_codes: [90002] } })
  })
})

describe('token: proofs', () => {
  it('takes the secret in a Basic header, form-encoded', async () => {
    const secret = 'p%a+s:s/ö&='
    const server = await identityServer()
    server.identity.addSecret(client.client_id, { value: secret })
    const encoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2)
    const credentials = Buffer.from(`${encoded(client.client_id)}:${encoded(secret)}`).toString('base64')
    const form = { grant_type: 'client_credentials', scope: `${azureDevOpsResource}/.default` }
    expect((await post(server, token, form, { authorization: `Basic ${credentials}` })).status).toBe(200)
  })

  it('stops taking a secret on the day it expires', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    server.identity.addSecret(client.client_id, { value: 'short-lived', expiresAt: new Date(clock.now() + day * 1000) })
    const form = {
      grant_type: 'client_credentials',
      ...client,
      client_secret: 'short-lived',
      scope: `${azureDevOpsResource}/.default`,
    }
    expect((await post(server, token, form)).status).toBe(200)
    clock.advance(day)
    expect((await post(server, token, form)).body).toMatchObject({ error_codes: [7000222] })
  })
})
