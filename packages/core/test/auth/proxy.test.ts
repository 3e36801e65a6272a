import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthClient, environmentFetch, isPatkitError } from '../../src/index.js'
import { failureOf } from '../world.js'
import { places, redirectUri, sampleSecret, startAuthWorld, type AuthWorld } from './support/world.js'

/** A world whose service speaks https behind a proxy, as in a company: nothing reaches it but through CONNECT. */
async function startBehindProxy(refuse?: { readonly status: number }) {
  const world = await startAuthWorld('one tenant by id', {}, { https: {} })
  const { https } = world
  if (https === undefined) throw new Error('the emulator speaks no https')
  const proxy = await startProxy(https.proxyUrl, refuse)
  return { world, https, ...proxy }
}

/** A proxy in front of the emulator's that notes who asks for what, and may refuse. */
async function startProxy(next: string, refuse?: { readonly status: number }) {
  const asked: { target: string | undefined; authorization: string | undefined }[] = []
  const server = createServer()
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] })
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse.status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(next)
    const onward = connect(Number(port), hostname, () => {
      onward.write(`CONNECT ${request.url ?? ''} HTTP/1.1\r\nHost: ${request.url ?? ''}\r\n\r\n`)
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => end.destroy())
    onTestFinished(() => {
      onward.destroy()
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, proxyUrl: `http://127.0.0.1:${port}` }
}

const place = places['one tenant by id']

/** A client of the real service as far as it can tell: no emulator option, only the proxy leads elsewhere. */
function clientThrough(world: AuthWorld, env: Record<string, string>, ca: string): AuthClient {
  return new AuthClient({
    authority: place.authority,
    clientId: place.clientId,
    credential: { secret: sampleSecret },
    redirectUri,
    clock: world.clock,
    random: () => 1,
    fetch: environmentFetch(env, { ca }),
  })
}

describe('environmentFetch()', () => {
  test('fault 13: signs somebody in through the proxy of the environment, by CONNECT', async () => {
    const { world, https, asked, proxyUrl } = await startBehindProxy()
    const auth = clientThrough(world, { HTTPS_PROXY: proxyUrl }, https.caPem)

    const { url, transaction } = await auth.startSignIn({ scopes: [place.scope] })
    const end = await world.browser.signIn(url, { person: place.person })
    const result = await auth.finishSignIn(end.url, transaction)

    expect(result).toMatchObject({ kind: 'signed-in' })
    expect(world.identity.requests.list().length).toBeGreaterThanOrEqual(3)
    // The way that was opened for the first request is kept for the others.
    expect(asked.map(({ target }) => target)).toEqual(['login.microsoftonline.com:443'])
    expect(asked[0]?.authorization).toBeUndefined()
  })

  test('gives the proxy its user name and password, and nobody else', async () => {
    const { world, https, asked, proxyUrl } = await startBehindProxy()
    const withUser = proxyUrl.replace('http://', 'http://al%40ice:pa%3Ass@')
    const auth = clientThrough(world, { https_proxy: withUser }, https.caPem)

    await auth.startSignIn()

    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('al@ice:pa:ss').toString('base64')}`)
    expect(JSON.stringify(world.identity.requests.list())).not.toContain('pa:ss')
  })

  test.each([407, 403])('says what the proxy says with HTTP %i, without its password', async (status) => {
    const { world, https, proxyUrl } = await startBehindProxy({ status })
    const auth = clientThrough(world, { HTTPS_PROXY: proxyUrl.replace('http://', 'http://me:canary@') }, https.caPem)

    const error = await failureOf(auth.startSignIn())

    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false })
    if (!isPatkitError(error)) return
    expect(error.message).toContain(`The proxy lets nothing through to login.microsoftonline.com (HTTP ${status}).`)
    expect(error.hint).toContain(status === 407 ? 'HTTPS_PROXY' : 'NO_PROXY')
    expect(`${error.message}${error.hint ?? ''}${error.stack ?? ''}`).not.toContain('canary')
  })

  test('trusts no certificate that the machine does not trust', async () => {
    const { world, proxyUrl } = await startBehindProxy()
    const auth = clientThrough(world, { HTTPS_PROXY: proxyUrl }, '')

    const error = await failureOf(auth.startSignIn())

    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false })
    expect(error).toHaveProperty('hint', expect.stringContaining('NODE_EXTRA_CA_CERTS'))
  })

  test('tries again when the proxy cannot be reached, then names the cause', async () => {
    const world = await startAuthWorld()
    const auth = clientThrough(world, { HTTPS_PROXY: 'http://127.0.0.1:1' }, '')

    const error = await failureOf(world.clock.runUntil(auth.startSignIn()))

    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', attempts: [{}, {}, {}] })
    expect(error).toHaveProperty('message', expect.stringContaining('ECONNREFUSED'))
  })

  test('stops when the signal aborts', async () => {
    const { proxyUrl, https, asked } = await startBehindProxy()
    const fetch = environmentFetch({ HTTPS_PROXY: proxyUrl }, { ca: https.caPem })

    const error = await failureOf(
      fetch('https://login.microsoftonline.com/', { signal: AbortSignal.abort(new Error('left')) }),
    )

    expect(error).toHaveProperty('message', 'left')
    expect(asked).toEqual([])
  })

  test('gives the answer as fetch does: status, headers, body, also without one', async () => {
    const { proxyUrl, https } = await startBehindProxy()
    const fetch = environmentFetch({ ALL_PROXY: proxyUrl }, { ca: https.caPem })

    const found = await fetch('https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration')
    const missing = await fetch(new URL('https://login.microsoftonline.com/common/nothing'), {
      method: 'POST',
      body: 'x',
    })

    expect(found.headers.get('content-type')).toContain('application/json')
    // It was asked for by its own name, without a port.
    const document = (await found.json()) as { token_endpoint?: string }
    expect(document.token_endpoint).toMatch(/^https:\/\/login\.microsoftonline\.com\/common\//)
    expect(missing.status).toBe(404)
    // As ky calls it, and with it DevOpsClient.
    const form = new URLSearchParams({ grant_type: 'none' })
    const refused = await fetch(
      new Request('https://login.microsoftonline.com/common/oauth2/v2.0/token', { method: 'POST', body: form }),
    )
    expect(await refused.json()).toMatchObject({ error: expect.any(String) as unknown })
  })

  test.each([
    ['login.microsoftonline.com', true],
    ['.microsoftonline.com', true],
    ['*.microsoftonline.com', true],
    ['microsoftonline.com', true],
    ['LOGIN.microsoftonline.com:443', true],
    ['*', true],
    ['other.example, login.microsoftonline.com', true],
    ['login.microsoftonline.com:8443', false],
    ['online.com', false],
    ['login.microsoftonline.com.evil.example', false],
    ['', false],
  ])('with NO_PROXY=%s goes straight: %s', async (noProxy, straight) => {
    const { asked, proxyUrl } = await startProxy('http://127.0.0.1:1', { status: 403 })
    const went: unknown[] = []
    // The straight way would lead out of this machine.
    vi.stubGlobal('fetch', (input: unknown) => {
      went.push(input)
      return Promise.resolve(new Response('straight'))
    })
    onTestFinished(() => void vi.unstubAllGlobals())

    await environmentFetch({ HTTPS_PROXY: proxyUrl, NO_PROXY: noProxy })('https://login.microsoftonline.com/').catch(
      () => undefined,
    )

    expect([went.length, asked.length]).toEqual(straight ? [1, 0] : [0, 1])
  })

  test('never sends what is meant for this machine through a proxy', async () => {
    const { asked, proxyUrl } = await startProxy('http://127.0.0.1:1', { status: 403 })
    const world = await startAuthWorld('one tenant by id', { fetch: environmentFetch({ HTTPS_PROXY: proxyUrl }) })

    await world.signIn()

    expect(asked).toEqual([])
  })

  test.each(['socks5://127.0.0.1:1', 'http://', 'not a proxy:canary'])('refuses %s', (proxy) => {
    const make = () => environmentFetch({ HTTPS_PROXY: proxy })
    expect(make).toThrow(TypeError)
    expect(make).not.toThrow(/canary/)
  })

  test('takes a proxy without a scheme', async () => {
    const { asked, proxyUrl } = await startProxy('http://127.0.0.1:1', { status: 403 })

    await failureOf(
      environmentFetch({ HTTPS_PROXY: proxyUrl.replace('http://', '') })('https://login.microsoftonline.com/'),
    )

    expect(asked).toHaveLength(1)
  })
})
