import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Emulator } from '@patkit/emulator'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startWorld, type World } from './world.js'

type Fault = Parameters<Emulator['identity']['faults']['add']>[0]

/** A web API of the test's own, and its address. */
async function startApi(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}/orders`
}

/** A 401 that asks for claims, as base64 or anything else. */
const demandsClaims =
  (claims: string): RequestListener =>
  (_request, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"` })
    response.end('{}')
  }

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')

const signInsOf = ({ emulator }: World): number => emulator.identity.requests.list('authorize').length

describe('the page that calls a web API says so when it', () => {
  test.each<[string, Fault, string]>([
    ['is slow', { at: 'api', answer: { kind: 'silence' } }, 'The API did not answer within 0.3 seconds.'],
    ['stops in the middle', { at: 'api', answer: { kind: 'stall' } }, 'The API did not answer within 0.3 seconds.'],
    ['hangs up', { at: 'api', answer: { kind: 'hang-up' } }, 'The API cannot be reached (UND_ERR_SOCKET).'],
    [
      'is broken',
      { at: 'api', answer: { kind: 'status', status: 500, body: 'json' } },
      'The API refused the call with status 500.',
    ],
    [
      'is overloaded, in HTML',
      { at: 'api', answer: { kind: 'status', status: 503, retryAfterSeconds: 7 } },
      '<dt>retry-after</dt><dd>7</dd>',
    ],
    ['is no API', { at: 'api', answer: { kind: 'status', status: 200 } }, 'The answer is not JSON; this is its text.'],
    ['says nothing', { at: 'api', answer: { kind: 'status', status: 200, body: 'empty' } }, 'The answer has no body.'],
    [
      'refuses the token',
      { at: 'api', answer: { kind: 'status', status: 401 } },
      'The API does not accept the access token. Check that SCOPE is a scope of this API.',
    ],
    [
      'refuses the person',
      { at: 'api', answer: { kind: 'status', status: 403 } },
      'The API knows you, but you may not do this: a scope or a role is missing.',
    ],
  ])('%s', async (_, fault, words) => {
    const world = await startWorld({ apiTimeoutMs: 300 })
    await world.walk('/claims')
    world.emulator.identity.faults.add(fault)
    const page = await world.walk('/call_downstream_api')
    expect(page.body).toContain(words)
    // Each is a page to read and to try again from, whatever the API did.
    expect(page.status).toBe(200)
    expect(page.body).toContain('Call it again')
    expect(world.emulator.identity.requests.list('api')).toHaveLength(1)
  })

  test('is not there', async () => {
    const gone = await startApi(() => undefined)
    const world = await startWorld({ env: { ENDPOINT: gone.replace(/:\d+/, ':9') } })
    const { body } = await world.walk('/call_downstream_api')
    expect(body).toMatch(/The API cannot be reached \((ECONNREFUSED|no connection)\)\./)
  })

  test('leads elsewhere, and the token does not go there', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = await startApi((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const endpoint = await startApi((_request, response) => response.writeHead(302, { location: elsewhere }).end())
    const { body } = await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
    expect(body).toContain('The API leads to another address; an access token is not sent there.')
    expect(seen).toEqual([])
  })

  test('says more than fits', async () => {
    const endpoint = await startApi((_request, response) => response.end('x'.repeat(1_000_001)))
    const { body } = await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
    expect(body).toContain('longer than this page shows')
    expect(body.length).toBeLessThan(20_000)
  })
})

test('hostile JSON comes out intact, as text', async () => {
  const value = { name: '</code></pre><script>alert(1)</script>', direction: '\u202Etfel', line: 'a\nb', end: '"' }
  const endpoint = await startApi((_request, response) => response.end(JSON.stringify(value)))
  const { body } = await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
  expect(body).not.toContain('<script>alert')
  const shown = /<code>(\{[\s\S]*?)<\/code>/.exec(body)?.[1] ?? ''
  expect(JSON.parse(shown.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&'))).toEqual(value)
})

test('the API gets the token of the person, as a program asks for JSON', async () => {
  const seen: Record<string, unknown>[] = []
  const endpoint = await startApi((request, response) => {
    seen.push({ method: request.method, url: request.url, ...request.headers })
    response.end('{}')
  })
  await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
  expect(seen).toMatchObject([{ method: 'GET', url: '/orders', accept: 'application/json' }])
  expect(seen[0]?.['authorization']).toMatch(/^Bearer eyJ/)
})

test('an API that repeats the token does not bring it onto the page', async () => {
  const endpoint = await startApi(({ headers }, response) => {
    response.writeHead(200, { 'x-request-id': headers.authorization ?? '' })
    response.end(JSON.stringify(headers))
  })
  const { body } = await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
  expect(body).toContain('<dt>x-request-id</dt><dd>Bearer [access token]</dd>')
  expect(body).toContain('&quot;authorization&quot;: &quot;Bearer [access token]&quot;')
  expect(body).not.toMatch(/eyJ[\w-]{20,}/)
})

describe('consent', () => {
  test('is asked for by the page that needs it, and not at the sign-in', async () => {
    const world = await startWorld({ place: 'Microsoft Entra ID' })
    await world.walk('/claims')
    const asked = new URL((await world.browser.open('/call_downstream_api')).location ?? '')
    expect(asked.searchParams.get('scope')).toContain(world.settings.auth.scopes[0])
    expect(await world.goOn(asked.href)).toMatchObject({ status: 303, location: '/call_downstream_api' })
    expect((await world.browser.open('/call_downstream_api')).body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
  })

  test('that is declined leads to a page, not in a circle', async () => {
    const world = await startWorld({ place: 'Microsoft Entra ID' })
    await world.walk('/claims')
    const page = await world.walk('/call_downstream_api', { turn: 'decline-consent' })
    expect(page.status).toBe(403)
    expect(page.body).toContain('<h1>The sign-in was not finished</h1>')
    expect(world.emulator.identity.requests.list('api')).toEqual([])
    expect((await world.browser.open('/')).body).toContain('Welcome, ')
  })
})

test('a sign-in that has run out is made again, and comes back to the page', async () => {
  const world = await startWorld()
  world.emulator.identity.knobs.set({ accessTokenSeconds: 200 })
  await world.walk('/call_downstream_api')
  world.emulator.identity.revokeRefreshTokens({ person: world.person })
  const before = signInsOf(world)
  const page = await world.walk('/call_downstream_api')
  expect(page.body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
  expect(signInsOf(world)).toBe(before + 1)
})

describe('an API that wants further claims', () => {
  test('gets what the person gives: the sign-in comes back to the page', async () => {
    const world = await startWorld({ place: 'Microsoft Entra ID' })
    world.emulator.identity.knobs.set({ claimsChallenge: { authContext: 'c1', at: 'api' } })
    const page = await world.walk('/call_downstream_api')
    expect(page.body).toMatch(/<dt>Status<\/dt><dd>200<\/dd>/)
    expect(world.emulator.identity.requests.list('api').map(({ status }) => status)).toEqual([401, 200])
  })

  test('is called again with a token that has them, where nobody need be asked', async () => {
    const tokens: (string | undefined)[] = []
    const demand = demandsClaims(base64({ access_token: { nbf: { essential: true, value: '1795701600' } } }))
    const endpoint = await startApi((request, response) => {
      tokens.push(request.headers.authorization)
      if (tokens.length === 1) demand(request, response)
      else response.end('{"orders":[]}')
    })
    const world = await startWorld({ env: { ENDPOINT: endpoint } })
    await world.walk('/claims')
    const before = signInsOf(world)
    const { body } = await world.walk('/call_downstream_api')
    expect(body).toContain('&quot;orders&quot;: []')
    expect(signInsOf(world)).toBe(before)
    expect(new Set(tokens).size).toBe(2)
  })

  test('and always wants more is called twice, and then shown with its refusal', async () => {
    let calls = 0
    const demand = demandsClaims(base64({ access_token: { nbf: { essential: true, value: '1795701600' } } }))
    const endpoint = await startApi((request, response) => {
      calls += 1
      demand(request, response)
    })
    const { body } = await (await startWorld({ env: { ENDPOINT: endpoint } })).walk('/call_downstream_api')
    expect(body).toContain('The API does not accept the access token.')
    expect(calls).toBe(2)
  })

  test.each([['!!!!'], [Buffer.from('hello').toString('base64')], [base64(['a list'])], [base64(null)], ['']])(
    'but says it in a way that nobody can read (%s) sends nobody to sign in',
    async (claims) => {
      const endpoint = await startApi(demandsClaims(claims))
      const world = await startWorld({ place: 'Microsoft Entra ID', env: { ENDPOINT: endpoint } })
      const page = await world.walk('/call_downstream_api')
      expect(page.status).toBe(200)
      expect(page.body).toContain('The API does not accept the access token.')
      // The sign-in, and the consent to the API.
      expect(signInsOf(world)).toBeLessThanOrEqual(2)
    },
  )
})

describe('a scope that brings no access token for the API', () => {
  test.each([['openid'], ['openid profile']])('%s is explained: B2C gives none then', async (SCOPE) => {
    const world = await startWorld({ env: { SCOPE } })
    const page = await world.walk('/call_downstream_api')
    expect(page.status).toBe(502)
    expect(page.body).toContain('The sign-in service gave no access token')
    expect(page.body).toContain('Set SCOPE to a scope that the API exposes')
    expect(world.emulator.identity.requests.list('api')).toEqual([])
  })

  test('the id of the application brings a token for the application itself, which the page explains', async () => {
    const id = randomUUID()
    const page = await (await startWorld({ env: { CLIENT_ID: id, SCOPE: id } })).walk('/call_downstream_api')
    expect(page.body).toMatch(/<dt>Status<\/dt><dd>401<\/dd>/)
    expect(page.body).toContain(
      'The scope is the id of this application, so the token is good for this application alone.',
    )
  })

  test('one that the directory does not know is explained', async () => {
    const world = await startWorld({ env: { SCOPE: 'https://fabrikamb2c.onmicrosoft.com/api/nothing' } })
    const page = await world.walk('/call_downstream_api')
    expect(page.status).toBe(500)
    expect(page.body).toContain('AADB2C90117')
    expect(page.body).toContain('Check the scopes, and that the application has the permission.')
  })
})
