import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createIdentityHalf, sampleIds, SignInBrowser } from '../../src/index.js'
import type { IdentityHalf, SignInPage } from '../../src/index.js'
import { withQuery } from './helpers.js'

const running: Server[] = []
afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server of somebody else's that lets the identity half answer first. */
async function mounted(): Promise<{ origin: string; identity: IdentityHalf }> {
  let origin = ''
  const identity = createIdentityHalf({ origin: () => origin })
  const server = createServer((request, response) => {
    void identity.handle(request, response, new URL(request.url ?? '/', 'http://localhost')).then((answered) => {
      if (!answered) response.end('the other half')
    })
  })
  running.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
  return { origin, identity }
}

const textAt = async (address: string): Promise<string> => (await fetch(address)).text()

describe('handle', () => {
  it('answers what is its own and leaves the rest, body unread', async () => {
    const { origin } = await mounted()
    expect(await textAt(`${origin}/login.microsoftonline.com/common/discovery/v2.0/keys`)).toContain('"kty":"RSA"')
    for (const path of ['/', '/fabrikam/_apis/graph/users', '/_emulator/faults', '/api/them', '//evil.example/x', '/%'])
      expect(await textAt(`${origin}${path}`), path).toBe('the other half')
    const posted = await fetch(`${origin}/fabrikam/_apis/tokens/pats`, { method: 'POST', body: 'x'.repeat(200_000) })
    expect(await posted.text()).toBe('the other half')
  })

  it('names endpoints by the origin it is told, whatever name the caller used', async () => {
    const { origin } = await mounted()
    const address = `${origin.replace('localhost', '127.0.0.1')}/login.microsoftonline.com/common/v2.0/.well-known/openid-configuration`
    expect(JSON.parse(await textAt(address))).toMatchObject({
      token_endpoint: `${origin}/login.microsoftonline.com/common/oauth2/v2.0/token`,
    })
  })

  it('notes what was asked, oldest first', async () => {
    const { origin, identity } = await mounted()
    const browser = new SignInBrowser(origin)
    const address = withQuery(`https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/authorize`, {
      client_id: sampleIds.singleTenantClient,
      redirect_uri: 'https://evil.example',
    })
    expect(((await browser.open(address)) as SignInPage).status).toBe(400)
    await textAt(`${origin}/login.microsoftonline.com/common/discovery/v2.0/keys`)
    expect(identity.requests.list()).toMatchObject([
      { endpoint: 'authorize', code: 'AADSTS50011', status: 400, parameters: ['client_id', 'redirect_uri'] },
      { endpoint: 'keys', code: undefined, status: 200 },
    ])
    expect(identity.requests.list('keys')).toHaveLength(1)
    identity.requests.clear()
    expect(identity.requests.list()).toEqual([])
  })
})

describe('SignInBrowser', () => {
  it('never leaves the machine: addresses of services lead to the emulator, others are refused', async () => {
    const { origin } = await mounted()
    const browser = new SignInBrowser(origin)
    expect(await browser.open('https://login.microsoftonline.com/common/nothing')).toMatchObject({ status: 404 })
    await expect(browser.open('http://example.com/')).rejects.toThrow(/neither the emulator .* nor a real service/)
  })

  it('says what it could not do', async () => {
    const { origin } = await mounted()
    const address = withQuery(`https://login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/authorize`, {
      client_id: sampleIds.singleTenantClient,
      redirect_uri: 'http://localhost:5000/getAToken',
      response_type: 'code',
      scope: 'openid',
    })
    const signIn = (choices: Parameters<SignInBrowser['signIn']>[1], at = address) =>
      new SignInBrowser(origin).signIn(at, choices)
    await expect(signIn({ person: 'nobody' })).rejects.toThrow(/0 people are called "nobody"/)
    await expect(signIn({})).rejects.toThrow(/4 people are called ""/)
    await expect(signIn({}, `${address}x&client_id=y`)).rejects.toThrow(/answered 400: .*AADSTS/)
    const shop = withQuery(
      'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/b2c_1_susi/oauth2/v2.0/authorize',
      {
        client_id: sampleIds.b2cClient,
        redirect_uri: 'http://localhost:5001/getAToken',
        response_type: 'code',
        scope: 'openid',
      },
    )
    await expect(signIn({ turn: 'sign-up' }, shop)).rejects.toThrow(/give `newcomer`/)
  })
})
