import { describe, expect, test } from 'vitest'
import { adminVersion, basic, graphVersion, type Reply, request, startWorld, tokensVersion } from '../../test/world.js'
import { createTestClock, startEmulator } from '../index.js'

const typeKeyOf = (reply: Reply): string => (reply.json as { typeKey: string }).typeKey

describe('a request without a credential', () => {
  test.each([
    ['none', null],
    ['a scheme that is not known', 'Digest abc'],
    ['a bearer without a token', 'Bearer'],
    ['a bearer that cannot be a token', 'Bearer abc'],
    ['a password that is not base64', 'Basic §'],
    ['a password without a colon', `Basic ${Buffer.from('abc').toString('base64')}`],
  ])('gets the sign-in page with status 203: %s', async (_what, authorization) => {
    const { send } = await startWorld()
    // Header values are bytes; the sign is one of them here.
    const reply = await send(`graph/users?${graphVersion}`, { authorization })
    expect(reply.status).toBe(203)
    expect(reply.headers.get('content-type')).toContain('text/html')
    expect(reply.text).toContain('Azure DevOps Services | Sign In')
    expect(reply.text.length).toBeGreaterThan(15_000)
    expect(reply.headers.get('x-vss-userdata')).toBeNull()
  })

  test('gets 401 where it says that it is no browser', async () => {
    const { send } = await startWorld()
    const headers = { 'x-tfs-fedauthredirect': 'Suppress' }
    const reply = await send(`graph/users?${graphVersion}`, { authorization: null, headers })
    expect([reply.status, typeKeyOf(reply)]).toEqual([401, 'InvalidIdentityException'])
  })
})

describe('tokenFor()', () => {
  test.each(['graph/users', 'tokens/pats'])('makes a token that opens %s', async (path) => {
    const { send, emulator } = await startWorld()
    const reply = await send(`${path}?${graphVersion}`)
    expect(reply.status).toBe(200)
    const administrator = emulator.data.find('administrator')
    expect(reply.headers.get('x-vss-userdata')).toBe(
      `${administrator?.storageKey ?? ''}:${encodeURIComponent(administrator?.principalName ?? '')}`,
    )
  })

  test.each([
    ['refused', { refused: true }, 0],
    ['expired', { expiresInSeconds: 3600 }, 3_600_000],
  ])('makes a token that is %s, with JSON behind a byte order mark', async (_what, options, waitMs) => {
    const { send, emulator, clock } = await startWorld()
    const authorization = `Bearer ${emulator.tokenFor('administrator', options)}`
    await clock.advance(waitMs)
    const response = await fetch(`${emulator.url}/fabrikam/_apis/graph/users?${graphVersion}`, {
      headers: { authorization },
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.status).toBe(401)
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer authorization_uri=/)
    expect(decodeURIComponent(response.headers.get('x-tfs-serviceerror') ?? '')).toMatch(/^TF400813: /)
    const reply = await send(`graph/users?${graphVersion}`, { authorization })
    expect(reply.json).toMatchObject({
      typeKey: 'InvalidIdentityException',
      eventId: 3000,
      $id: '1',
      innerException: null,
    })
  })

  test('makes a token that is good until its last second', async () => {
    const { send, emulator, clock } = await startWorld()
    const authorization = `Bearer ${emulator.tokenFor('administrator', { expiresInSeconds: 3600 })}`
    await clock.advance(3_599_999)
    expect((await send(`graph/users?${graphVersion}`, { authorization })).status).toBe(200)
  })

  test.each([
    ['graph/users', ['vso.graph'], 200],
    ['graph/users', ['vso.graph_manage'], 200],
    ['graph/users', ['vso.pats'], 401],
    ['tokens/pats', ['vso.pats'], 200],
    ['tokens/pats', ['vso.pats_manage'], 200],
    ['tokens/pats', ['vso.graph'], 401],
  ])('makes a token for %s with the scopes %s: %i', async (path, scopes, status) => {
    const { send, emulator } = await startWorld()
    const authorization = `Bearer ${emulator.tokenFor('administrator', { scopes })}`
    expect((await send(`${path}?${graphVersion}`, { authorization })).status).toBe(status)
  })

  test('takes a person by descriptor, principal name or display name, and refuses others', async () => {
    const { emulator, send } = await startWorld({
      people: [{ displayName: 'Åsa Ek', principalName: 'asa@fabrikam.example' }],
    })
    const [asa] = emulator.data.users()
    for (const name of [asa?.descriptor, 'asa@fabrikam.example', 'Åsa Ek']) {
      const reply = await send(`tokens/pats?${tokensVersion}`, { authorization: `Bearer ${emulator.tokenFor(name)}` })
      expect(reply.headers.get('x-vss-userdata')).toContain('asa%40fabrikam.example')
    }
    expect(() => emulator.tokenFor('nobody')).toThrow(new TypeError('the organization has nobody called "nobody"'))
  })

  test('has an administrator even where nobody listed is one', async () => {
    const { emulator, send } = await startWorld({ people: [{ displayName: 'Only One' }] })
    const [one] = emulator.data.users()
    expect((await send(`tokenadmin/personalaccesstokens/${one?.descriptor ?? ''}?${adminVersion}`)).status).toBe(200)
    expect(emulator.data.size).toBe(1)
  })
})

describe('somebody who is no administrator', () => {
  test('gets 403 from tokenadmin, with the header that says who was recognised', async () => {
    const { emulator, send } = await startWorld()
    const person = emulator.data.userAt(1)
    const reply = await send(`tokenadmin/personalaccesstokens/${person.descriptor}?${adminVersion}`, {
      authorization: `Bearer ${emulator.tokenFor(person.descriptor)}`,
    })
    expect([reply.status, typeKeyOf(reply)]).toEqual([403, 'AccessCheckException'])
    expect(reply.headers.get('x-vss-userdata')).toContain(person.storageKey)
  })
})

describe('patFor()', () => {
  test('makes a token that opens tokenadmin for an administrator', async () => {
    const { emulator, send } = await startWorld()
    const authorization = basic(emulator.patFor('administrator', { scope: 'vso.tokenadministration' }))
    const descriptor = emulator.data.userAt(1).descriptor
    expect(
      (await send(`tokenadmin/personalaccesstokens/${descriptor}?${adminVersion}`, { authorization })).status,
    ).toBe(200)
  })

  test('makes a token that tokens/pats does not take', async () => {
    const { emulator, send } = await startWorld()
    expect((await send(`tokens/pats?${tokensVersion}`, { authorization: basic(emulator.patFor()) })).status).toBe(203)
  })

  test('is refused in the same bytes when unknown, expired, revoked or without the scope', async () => {
    const { emulator, send, clock } = await startWorld()
    const [expired, revoked, scopeless] = [
      emulator.patFor('administrator', { expiresInSeconds: 60, displayName: 'expired' }),
      emulator.patFor('administrator', { displayName: 'to be revoked' }),
      emulator.patFor('administrator', { scope: 'vso.build' }),
    ]
    await clock.advance(60_000)
    const token = emulator.data.tokensOf('administrator').find(({ displayName }) => displayName === 'to be revoked')
    const body = [{ authorizationId: token?.authorizationId }]
    await send(`tokenadmin/revocations?${adminVersion}`, { method: 'POST', body })
    const replies = await Promise.all(
      ['unknown'.repeat(12), expired, revoked, scopeless].map((secret) =>
        send(`graph/users?${graphVersion}`, { authorization: basic(secret) }),
      ),
    )
    const seen = replies.map(({ status, text, headers }) => [
      status,
      text,
      headers.get('www-authenticate'),
      headers.get('content-type'),
    ])
    expect(seen).toEqual(
      Array.from({ length: 4 }, () => [401, '', 'Basic realm="https://tfsprodemulated1.visualstudio.com/"', null]),
    )
  })
})

describe('verifyAccessToken', () => {
  const jwt = 'aaaa.bbbb.cccc'

  test('lets the tokens of another issuer in, as the person they stand for', async () => {
    const clock = createTestClock()
    const { send } = await startWorld({
      clock,
      people: [{ principalName: 'Asa@fabrikam.example', isAdministrator: true }],
      verifyAccessToken: (token) =>
        Promise.resolve(
          token === jwt
            ? { principalName: 'asa@fabrikam.example', scopes: ['user_impersonation'], issuedAtMs: clock.now() }
            : undefined,
        ),
    })
    const reply = await send(`tokens/pats?${tokensVersion}`, { authorization: `Bearer ${jwt}` })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-vss-userdata')).toContain('Asa%40fabrikam.example')
    expect((await send(`tokens/pats?${tokensVersion}`, { authorization: 'Bearer x.y.z' })).status).toBe(401)
  })

  test('refuses a valid token of somebody who is not in the organization', async () => {
    const { send } = await startWorld({
      verifyAccessToken: () =>
        Promise.resolve({ principalName: 'stranger@elsewhere.example', scopes: [], issuedAtMs: 0 }),
    })
    expect((await send(`tokens/pats?${tokensVersion}`, { authorization: `Bearer ${jwt}` })).status).toBe(401)
  })

  test('is not needed: without it such tokens are refused', async () => {
    const { send } = await startWorld()
    expect((await send(`tokens/pats?${tokensVersion}`, { authorization: `Bearer ${jwt}` })).status).toBe(401)
  })
})

describe('api-version', () => {
  test.each([
    ['graph/users', '', 'VssVersionNotSpecifiedException'],
    ['graph/users', 'api-version=', 'VssVersionNotSpecifiedException'],
    ['graph/users', 'api-version=latest', 'VssVersionNotSpecifiedException'],
    ['graph/users', 'api-version=7.1', 'VssInvalidPreviewVersionException'],
    ['graph/users', 'api-version=8.0-preview.1', 'VssVersionOutOfRangeException'],
    ['graph/serviceprincipals', 'api-version=7.0-preview.1', 'VssVersionOutOfRangeException'],
    ['tokens/pats', 'api-version=7.1', 'VssInvalidPreviewVersionException'],
    ['tokens/pats', 'api-version=6.0-preview.1', 'VssVersionOutOfRangeException'],
    ['tokenadmin/personalaccesstokens/aad.x', 'api-version=7.2', 'VssInvalidPreviewVersionException'],
    ['tokenadmin/personalaccesstokens/aad.x', 'api-version=9.9', 'VssVersionOutOfRangeException'],
  ])('of %s is refused as "%s": %s', async (path, query, typeKey) => {
    const { send } = await startWorld()
    const reply = await send(`${path}?${query}`)
    expect([reply.status, typeKeyOf(reply)]).toEqual([400, typeKey])
  })

  test.each([
    ['graph/users', '7.2-preview.1'],
    ['graph/users', '7.1-preview'],
    ['tokens/pats', '6.1-preview.1'],
    ['tokenadmin/personalaccesstokens/{one}', '7.0'],
    ['tokenadmin/personalaccesstokens/{one}', '7.2-preview.1'],
  ])('of %s may be %s, and the answer repeats it', async (path, version) => {
    const { send, emulator } = await startWorld()
    const reply = await send(`${path.replace('{one}', emulator.data.userAt(1).descriptor)}?api-version=${version}`)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe(`application/json; charset=utf-8; api-version=${version}`)
  })

  test('may stand in Accept, and its name may be in any case', async () => {
    const { send } = await startWorld()
    const headers = { accept: 'application/json;api-version=7.1-preview.1' }
    expect((await send('graph/users', { headers })).status).toBe(200)
    expect((await send('graph/users?API-Version=7.1-preview.1')).status).toBe(200)
  })
})

describe('an address', () => {
  test('of another organization is not found, as a page', async () => {
    const { emulator } = await startWorld()
    const reply = await request(`${emulator.url}/contoso/_apis/graph/users?${graphVersion}`, {
      authorization: `Bearer ${emulator.tokenFor()}`,
    })
    expect(reply.status).toBe(404)
    expect(reply.headers.get('content-type')).toContain('text/html')
  })

  test('is read in any case', async () => {
    const { emulator } = await startWorld()
    const authorization = `Bearer ${emulator.tokenFor()}`
    expect(
      (await request(`${emulator.url}/FABRIKAM/_APIs/Graph/Users?${graphVersion}`, { authorization })).status,
    ).toBe(200)
  })

  test.each([
    ['graph/nothing', 404],
    ['graph/users/a/b', 404],
    ['graph/users/%E0%A4%A', 400],
    ['', 404],
  ])('%s is answered with %i', async (path, status) => {
    const { send } = await startWorld()
    expect((await send(`${path}?${graphVersion}`)).status).toBe(status)
  })

  test('takes only its methods', async () => {
    const { send } = await startWorld()
    const reply = await send(`tokens/pats?${tokensVersion}`, { method: 'PATCH', body: {} })
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')).toBe('GET, POST, PUT, DELETE')
  })

  test('takes a megabyte and no more', async () => {
    const { send } = await startWorld()
    const body = JSON.stringify({ displayName: 'x'.repeat(1024 * 1024) })
    const reply = await send(`tokens/pats?${tokensVersion}`, { method: 'POST', body }).catch((error: unknown) => error)
    // The answer may meet a client that is still sending.
    if (reply instanceof Error) expect(reply.message).toBe('fetch failed')
    else expect((reply as Reply).status).toBe(413)
    expect((await send(`graph/users?${graphVersion}`)).status).toBe(200)
  })
})

describe('every answer', () => {
  test.each([
    ['success', `graph/users?${graphVersion}`],
    ['failure', 'graph/users'],
  ])('of %s has the ids that the logs of the service would have', async (_what, path) => {
    const { send } = await startWorld()
    const { headers } = await send(path)
    const id = headers.get('activityid') ?? ''
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-vss-e2eid')).toBe(id)
    expect(headers.get('x-tfs-processid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-msedge-ref')).toMatch(/^Ref A: /)
    expect((await send(path)).headers.get('activityid')).not.toBe(id)
  })
})

describe('startEmulator()', () => {
  test('answers only the hosts of requireHost', async () => {
    const { send, emulator } = await startWorld({ requireHost: 'vssps.example' })
    expect((await send(`graph/users?${graphVersion}`)).status).toBe(421)
    const named = await startWorld({ requireHost: [new URL(emulator.url).host, 'vssps.example'] })
    expect((await named.send(`graph/users?${graphVersion}`)).status).toBe(421)
  })

  test('listens on 127.0.0.1, and no more after close()', async () => {
    const emulator = await startEmulator()
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await emulator.close()
    await emulator.close()
    await expect(fetch(`${emulator.url}/_emulator/health`)).rejects.toThrow('fetch failed')
  })

  test('ends with the block it was started in', async () => {
    let url: string
    {
      await using emulator = await startEmulator()
      url = emulator.url
      expect((await fetch(`${url}/_emulator/health`)).status).toBe(200)
    }
    await expect(fetch(`${url}/_emulator/health`)).rejects.toThrow('fetch failed')
  })

  test.each([
    [{ organization: '../x' }, 'organization must be 1 to 50 letters, digits and hyphens, not "../x"'],
    [{ organization: 'a'.repeat(51) }, 'organization must be'],
    [{ organization: '-a' }, 'organization must be'],
    [{ users: -1 }, 'users must be a whole number from 0 to 10000000, not -1'],
    [{ users: 1.5 }, 'users must be a whole number'],
    [{ port: 65_536 }, 'port must be a whole number from 0 to 65535, not 65536'],
    [{ pageSize: 0 }, 'pageSize must be a whole number from 1'],
    [{ rateLimit: { limitTstu: 0 } }, 'rateLimit.limitTstu must be a number greater than 0, not 0'],
    [{ rateLimit: { costTstu: { graph: -1 } } }, 'rateLimit.graph must be a number of at least 0, not -1'],
    [{ rateLimit: { showHeadersBelow: 2 } }, 'rateLimit.showHeadersBelow must be a number from 0 to 1, not 2'],
    [{ rateLimit: { costTstu: 1, requestsPerSecond: 1 } }, 'rateLimit has costTstu and requestsPerSecond'],
  ])('refuses %j', async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message)
  })

  test('says which port is taken', async () => {
    await using emulator = await startEmulator()
    const port = Number(new URL(emulator.url).port)
    await expect(startEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  })
})
