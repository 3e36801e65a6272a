import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { sampleIds, sampleSecret } from '../../src/index.js'
import type { IdentityKnobs, IdentityServer } from '../../src/index.js'
import { identityServer } from './helpers.js'

const path = '/_emulator/identity/knobs'

async function turn(server: IdentityServer, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('knobs.set', () => {
  it.each([
    [{ accessTokenSecond: 5 }, /There is no knob "accessTokenSecond"/],
    [{ constructor: 5 }, /There is no knob "constructor"/],
    [{ accessTokenSeconds: -1 }, /accessTokenSeconds must be a number of seconds/],
    [{ accessTokenSeconds: '5' }, /accessTokenSeconds must be a number of seconds/],
    [{ accessTokenSeconds: Infinity }, /accessTokenSeconds must be a number of seconds/],
    [{ autoSignIn: 'always' }, /autoSignIn must be one of login-hint, off/],
    [{ claimsChallenge: { authContext: 'c1' } }, /claimsChallenge must be null or/],
    [{ idTokenFlaws: { isuer: 'x' } }, /idTokenFlaws must be an object with any of issuer/],
    [{ idTokenFlaws: { omit: 'sid' } }, /omit is a list of names of claims/],
    [{ accessTokenFlaws: { nonce: 'x' } }, /accessTokenFlaws must be an object/],
    [{ accessTokenFlaws: { signature: 'none' } }, /signature is one of unpublished-key/],
  ])('refuses %o and changes nothing', async (change, message) => {
    const server = await identityServer()
    const before = server.identity.knobs.current
    expect(() => server.identity.knobs.set({ idTokenSeconds: 1, ...(change as Partial<IdentityKnobs>) })).toThrow(
      message,
    )
    expect(server.identity.knobs.current).toEqual(before)
  })

  it('comes back to what the emulator was started with', async () => {
    const server = await identityServer({ knobs: { accessTokenSeconds: 60 } })
    server.identity.knobs.set({ accessTokenSeconds: 5, clientInfo: 'absent' })
    server.identity.knobs.reset()
    expect(server.identity.knobs.current).toMatchObject({ accessTokenSeconds: 60, clientInfo: 'present' })
  })

  it('refuses wrong knobs at the start as well', async () => {
    await expect(identityServer({ knobs: { codeSeconds: NaN } })).rejects.toThrow(/codeSeconds must be/)
  })
})

describe('POST /_emulator/identity/knobs', () => {
  it('sets knobs, adds faults, and shows both', async () => {
    const server = await identityServer()
    const fault = { at: 'token', answer: { kind: 'status', status: 502 } }
    const { status, body } = await turn(server, { set: { accessTokenSeconds: 60 }, faults: [fault] })
    expect(status).toBe(200)
    expect(body).toMatchObject({ knobs: { accessTokenSeconds: 60 }, faults: [fault] })
    const shown = await fetch(`${server.url}${path}`)
    expect(await shown.json()).toEqual(body)
    const reset = await turn(server, { reset: true })
    expect(reset.body).toMatchObject({ knobs: { accessTokenSeconds: 3599 }, faults: [] })
  })

  it('runs actions', async () => {
    const server = await identityServer()
    const before = await server.identity.issueFor({ person: 'alice@contoso.onmicrosoft.com' })
    const clientId = sampleIds.singleTenantClient
    const { status } = await turn(server, {
      actions: [
        { kind: 'rotate-keys', oldKeys: 'withdrawn' },
        { kind: 'expire-secrets', clientId, secret: sampleSecret },
        { kind: 'revoke-refresh-tokens', person: 'alice@contoso.onmicrosoft.com' },
      ],
    })
    expect(status).toBe(200)
    expect(await server.identity.verifyAccessToken(before)).toEqual({ kind: 'refused', reason: 'signature' })
  })

  it.each([
    ['not json', /not JSON/],
    [[], /JSON object/],
    [{ sett: {} }, /There is no "sett"/],
    [{ set: { nothing: 1 } }, /There is no knob "nothing"/],
    [{ set: 1 }, /"set" must be an object/],
    [{ faults: {} }, /"faults" must be a list/],
    [{ faults: [{ at: 'nowhere', answer: { kind: 'silence' } }] }, /at of a fault must be one of/],
    [{ actions: [{ kind: 'explode' }] }, /kind of an action/],
    [{ actions: [{ kind: 'expire-secrets' }] }, /needs clientId/],
    [{ actions: [{ kind: 'expire-secrets', clientId: 5 }] }, /clientId of an action must be a text/],
    [{ actions: [{ kind: 'expire-secrets', clientId: 'x' }] }, /not registered/],
    [{ actions: [{ kind: 'revoke-refresh-tokens', person: 'nobody@x' }] }, /no person "nobody@x"/],
    [{ actions: [{ kind: 'approve-device', userCode: 'ABC', person: 'x' }] }, /No device waits/],
  ])('answers %o with what is wrong', async (body, message) => {
    const server = await identityServer()
    const answer = await turn(server, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatch(message)
  })

  it('is closed to pages of other sites', async () => {
    const server = await identityServer()
    expect((await turn(server, {}, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await turn(server, {}, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await turn(server, {}, { origin: server.url })).status).toBe(200)
    expect((await fetch(`${server.url}${path}`, { method: 'DELETE' })).status).toBe(405)
  })

  it('is closed to a name that was rebound to this machine', async () => {
    const server = await identityServer()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(server.url)
      const sent = httpRequest({ host: '127.0.0.1', port, path, headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })
    expect(status).toBe(403)
  })
})
