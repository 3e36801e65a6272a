import { describe, expect, it } from 'vitest'
import { errorCodes, sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityFault, IdentityServer, SignInEnd, SignInPage } from '../../src/index.js'
import { browserOf, get, identityServer, local, post, shiftedClock, withQuery } from './helpers.js'

const contoso = `https://login.microsoftonline.com/${sampleIds.contosoTenant}`
const token = `${contoso}/oauth2/v2.0/token`
const form = {
  grant_type: 'client_credentials',
  client_id: sampleIds.singleTenantClient,
  client_secret: sampleSecret,
  scope: 'https://graph.microsoft.com/.default',
}
const ask = (server: IdentityServer) => post(server, token, form)
const authorize = withQuery(`${contoso}/oauth2/v2.0/authorize`, {
  client_id: sampleIds.singleTenantClient,
  response_type: 'code',
  redirect_uri: 'http://localhost:5000/getAToken',
  scope: 'openid',
  state: 's',
})

describe('faults.add', () => {
  it('makes the token endpoint answer every code of the catalogue, once', async () => {
    const server = await identityServer()
    for (const code of errorCodes) {
      server.identity.faults.add({ at: 'token', answer: { kind: 'error', code } })
      const refused = await ask(server)
      expect(refused.status, code).toBeGreaterThanOrEqual(400)
      expect(String(refused.body.error_description).split(':')[0]).toBe(code)
      expect(refused.body.error, code).toMatch(/^[a-z_]+$/)
    }
    expect((await ask(server)).status).toBe(200)
  })

  it("carries suberror, claims, and an error of one's own", async () => {
    const server = await identityServer()
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    server.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS50076', claims } })
    expect((await ask(server)).body).toMatchObject({ error: 'interaction_required', suberror: 'basic_action', claims })
    const own = {
      kind: 'error',
      code: 'AADSTS99999',
      error: 'invalid_grant',
      suberror: 'bad_token',
      status: 418,
    } as const
    server.identity.faults.add({ at: 'token', answer: own })
    expect(await ask(server)).toMatchObject({ status: 418, body: { error: 'invalid_grant', suberror: 'bad_token' } })
  })

  it('makes authorize answer by redirect, or by page where the application must not be told', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'authorize', answer: { kind: 'error', code: 'AADSTS53003' } })
    const end = (await browserOf(server).open(authorize)) as SignInEnd
    expect(Object.fromEntries(end.parameters)).toMatchObject({ error: 'interaction_required', state: 's' })
    server.identity.faults.add({ at: 'authorize', answer: { kind: 'error', code: 'AADSTS50105' } })
    const page = (await browserOf(server).open(authorize)) as SignInPage
    expect(page).toMatchObject({ status: 400, html: expect.stringContaining('AADSTS50105') as string })
  })

  it('answers as a proxy or an overloaded service does', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'token', answer: { kind: 'status', status: 502 } })
    const html = await fetch(local(server, token), { method: 'POST', body: new URLSearchParams(form) })
    expect(html.status).toBe(502)
    expect(html.headers.get('content-type')).toContain('text/html')
    server.identity.faults.add({
      at: 'token',
      answer: { kind: 'status', status: 429, retryAfterSeconds: 7, body: 'json' },
    })
    const throttled = await ask(server)
    expect(throttled.status).toBe(429)
    expect(throttled.headers.get('retry-after')).toBe('7')
    server.identity.faults.add({ at: 'discovery', answer: { kind: 'status', status: 503, body: 'empty' } })
    const empty = await fetch(local(server, `${contoso}/v2.0/.well-known/openid-configuration`))
    expect([empty.status, await empty.text()]).toEqual([503, ''])
  })

  it('delays by the clock, without waiting for it', async () => {
    const clock = shiftedClock()
    const server = await identityServer({ clock })
    server.identity.faults.add({ at: 'keys', answer: { kind: 'delay', seconds: 3600 } })
    expect((await get(server, `${contoso}/discovery/v2.0/keys`)).status).toBe(200)
    expect(clock.sleptSeconds).toEqual([3600])
  })

  it('meets only the requests it is for, after those it lets pass, as often as it says', async () => {
    const server = await identityServer()
    const fault = { at: 'token', after: 1, times: 2, answer: { kind: 'error', code: 'AADSTS90033' } } as const
    server.identity.faults.add({ ...fault, grantType: 'refresh_token' })
    server.identity.faults.add({ ...fault, clientId: sampleIds.multiTenantClient })
    server.identity.faults.add({ ...fault, clientId: sampleIds.singleTenantClient.toUpperCase() })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) statuses.push((await ask(server)).status)
    expect(statuses).toEqual([200, 503, 503, 200])
    expect(server.identity.faults.pending).toHaveLength(2)
    server.identity.faults.clear()
    expect(server.identity.faults.pending).toEqual([])
  })

  it('goes on for ever with always, until it is cleared', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'status', status: 500, body: 'json' } })
    for (let n = 0; n < 3; n += 1) expect((await ask(server)).status).toBe(500)
    server.identity.faults.clear()
    expect((await ask(server)).status).toBe(200)
  })

  it('hangs up, sends half a body, or nothing at all', async () => {
    const server = await identityServer()
    server.identity.faults.add({ at: 'token', answer: { kind: 'hang-up' } })
    await expect(ask(server)).rejects.toThrow(/fetch failed/)

    server.identity.faults.add({ at: 'token', answer: { kind: 'stall' } })
    const stalled = await fetch(local(server, token), { method: 'POST', body: new URLSearchParams(form) })
    expect(stalled.status).toBe(200)
    const reader = stalled.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined
    const first = await reader?.read()
    const length = Number(stalled.headers.get('content-length'))
    expect(first?.value?.length).toBe(Math.floor(length / 2))

    server.identity.faults.add({ at: 'token', answer: { kind: 'silence' } })
    const silent = fetch(local(server, token), { method: 'POST', body: new URLSearchParams(form) })
    // The server has taken the fault once it has noted the request, and then says nothing until it is closed.
    await expect.poll(() => server.identity.requests.list('token').length, { timeout: 20_000 }).toBe(3)
    const refused = expect(silent).rejects.toThrow(/fetch failed/)
    await server.close()
    await refused
    await expect(reader?.read()).rejects.toThrow()
  })

  it.each([
    [{ at: 'nowhere', answer: { kind: 'silence' } }, /at of a fault/],
    [{ at: 'token' }, /A fault is/],
    [{ at: 'token', answer: { kind: 'explode' } }, /answer\.kind/],
    [{ at: 'token', times: 0, answer: { kind: 'silence' } }, /times/],
    [{ at: 'token', after: 1.5, answer: { kind: 'silence' } }, /after/],
    [{ at: 'token', clientId: 5, answer: { kind: 'silence' } }, /clientId/],
    [{ at: 'token', answer: { kind: 'error', code: 'AADSTS1' } }, /in the catalogue/],
    [{ at: 'token', answer: { kind: 'status' } }, /status/],
    [{ at: 'token', answer: { kind: 'status', status: 99 } }, /status/],
    [{ at: 'token', answer: { kind: 'status', status: 500, body: 'xml' } }, /body/],
    [{ at: 'token', answer: { kind: 'delay' } }, /seconds/],
    [{ at: 'api', answer: { kind: 'error', code: 'AADSTS90033' } }, /for the protected web API/],
  ])('refuses %o', async (fault, message) => {
    const server = await identityServer()
    expect(() => server.identity.faults.add(fault as unknown as IdentityFault)).toThrow(message)
    expect(server.identity.faults.pending).toEqual([])
  })
})
