import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createServerIdentity } from '../../src/identity/certificates.js'
import { sampleIds, sampleScopes, sampleSecret, startIdentityServer } from '../../src/index.js'
import type { HttpsAddress, IdentityServer } from '../../src/index.js'
import { browserOf, identityServer } from './helpers.js'

const discoveryPath = 'v2.0/.well-known/openid-configuration'

function httpsOf(server: IdentityServer): HttpsAddress {
  if (server.https === undefined) throw new Error('The server does not speak https.')
  return server.https
}

/** A GET over TLS that trusts only the emulator's authority, to a host that is looked for on this machine. */
function getOverTls(https: HttpsAddress, servername: string, path: string): Promise<{ status: number; body: string }> {
  const { port, host: ownHost } = new URL(https.url)
  const host = servername === 'localhost' ? ownHost : servername
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      { host: '127.0.0.1', port, path, servername, headers: { host }, ca: https.caPem, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      },
    )
    sent.on('error', reject).end()
  })
}

describe('startIdentityServer with https', () => {
  it('answers under the names of the services, to whoever trusts its authority', async () => {
    const https = httpsOf(await identityServer({ https: {} }))
    for (const [host, path, issuer] of [
      ['login.microsoftonline.com', '/common', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
      [
        'fabrikamb2c.b2clogin.com',
        '/fabrikamb2c.onmicrosoft.com/B2C_1_susi',
        `https://fabrikamb2c.b2clogin.com/${sampleIds.b2cTenant}/v2.0/`,
      ],
      [
        'login.fabrikam.example',
        '/fabrikamb2c.onmicrosoft.com/B2C_1_susi',
        `https://login.fabrikam.example/${sampleIds.b2cTenant}/v2.0/`,
      ],
      [
        'woodgrove.ciamlogin.com',
        `/${sampleIds.externalTenant}`,
        `https://${sampleIds.externalTenant}.ciamlogin.com/${sampleIds.externalTenant}/v2.0`,
      ],
    ] as const) {
      const { status, body } = await getOverTls(https, host, `${path}/${discoveryPath}`)
      expect(status).toBe(200)
      const document = JSON.parse(body) as { issuer: string; token_endpoint: string }
      expect(document.issuer).toBe(issuer)
      expect(document.token_endpoint.startsWith(`https://${host}/`), document.token_endpoint).toBe(true)
    }
  })

  it('answers at https://localhost with the host in the path, too', async () => {
    const https = httpsOf(await identityServer({ https: {} }))
    const { body } = await getOverTls(https, 'localhost', `/login.microsoftonline.com/common/${discoveryPath}`)
    expect(JSON.parse(body)).toMatchObject({
      token_endpoint: `${https.url}/login.microsoftonline.com/common/oauth2/v2.0/token`,
    })
  })

  it('is not believed without the authority', async () => {
    const { url } = httpsOf(await identityServer({ https: {} }))
    await expect(fetch(`${url}/login.microsoftonline.com/common/${discoveryPath}`)).rejects.toThrow(/fetch failed/)
  })

  it('writes the certificate of the authority, and removes its own file at the end', async () => {
    const server = await startIdentityServer({ https: {} })
    const { caFile, caPem } = httpsOf(server)
    expect(readFileSync(caFile, 'utf8')).toBe(caPem)
    await server.close()
    expect(existsSync(dirname(caFile))).toBe(false)
  })

  it('writes the certificate where it is told, and leaves it there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patkit-ca-'))
    const caFile = join(folder, 'ca.pem')
    const server = await startIdentityServer({ https: { caFile } })
    await server.close()
    expect(new X509Certificate(readFileSync(caFile)).ca).toBe(true)
    rmSync(folder, { recursive: true })
  })

  it('rejects a port that is taken, and leaves nothing running', async () => {
    const taken = await identityServer({ https: {} })
    const port = Number(new URL(httpsOf(taken).url).port)
    await expect(startIdentityServer({ https: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(startIdentityServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('marks its cookie as secure', async () => {
    const server = await identityServer({ https: {} })
    const query = new URLSearchParams({
      client_id: sampleIds.singleTenantClient,
      response_type: 'code',
      redirect_uri: 'http://localhost:5000/getAToken',
      scope: 'openid',
      login_hint: 'alice@contoso.onmicrosoft.com',
    }).toString()
    const { port } = new URL(httpsOf(server).url)
    const cookie = await new Promise<string>((resolve, reject) => {
      const host = 'login.microsoftonline.com'
      const path = `/${sampleIds.contosoTenant}/oauth2/v2.0/authorize?${query}`
      const options = { host: '127.0.0.1', port, path, servername: host, headers: { host }, ca: httpsOf(server).caPem }
      httpsRequest({ ...options, agent: false }, (response) => {
        response.resume()
        resolve(String(response.headers['set-cookie']))
      })
        .on('error', reject)
        .end()
    })
    expect(cookie).toMatch(/^patkit_emulator_session=.+; HttpOnly; SameSite=Lax; .*Secure$/)
  })
})

describe('the proxy', () => {
  const tunnel = (https: HttpsAddress, target: string): Promise<{ status: number; socket: Socket }> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(https.proxyUrl)
      httpRequest({ host: hostname, port, method: 'CONNECT', path: target, agent: false })
        .on('connect', ({ statusCode = 0 }, socket: Socket) => resolve({ status: statusCode, socket }))
        .on('error', reject)
        .end()
    })

  it('leads the hosts of the services to the emulator', async () => {
    const https = httpsOf(await identityServer({ https: {} }))
    const { status, socket } = await tunnel(https, 'login.microsoftonline.com:443')
    expect(status).toBe(200)
    const secure = connectTls({ socket, servername: 'login.microsoftonline.com', ca: https.caPem })
    await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
    expect(secure.authorized).toBe(true)
    secure.destroy()
  })

  it.each(['example.com:443', 'login.microsoftonline.com:80', '127.0.0.1:22', 'nonsense'])(
    'refuses %s',
    async (target) => {
      const { status, socket } = await tunnel(httpsOf(await identityServer({ https: {} })), target)
      expect(status).toBe(403)
      socket.destroy()
    },
  )
})

const succeeds = (command: string, args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const hasOpenssl = succeeds('openssl', ['version'])
if (!hasOpenssl) console.warn('SKIPPED: certificates in the eyes of OpenSSL, because the openssl command is missing.')

describe.skipIf(!hasOpenssl)('createServerIdentity, in the eyes of OpenSSL', () => {
  const verify = (ca: string, chain: string, host: string[]): boolean => {
    const folder = mkdtempSync(join(tmpdir(), 'patkit-verify-'))
    const files = { ca: join(folder, 'ca.pem'), chain: join(folder, 'chain.pem') }
    writeFileSync(files.ca, ca)
    writeFileSync(files.chain, chain)
    const isGood = succeeds('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      files.ca,
      ...host,
      files.chain,
    ])
    rmSync(folder, { recursive: true })
    return isGood
  }

  it('is a strict chain for its hosts, and for no others', async () => {
    const { caPem, chainPem } = await createServerIdentity(['login.microsoftonline.com', '*.b2clogin.com'])
    for (const host of ['localhost', 'login.microsoftonline.com', 'anything.b2clogin.com'])
      expect(verify(caPem, chainPem, ['-verify_hostname', host]), host).toBe(true)
    expect(verify(caPem, chainPem, ['-verify_ip', '127.0.0.1'])).toBe(true)
    expect(verify(caPem, chainPem, ['-verify_hostname', 'www.example.com'])).toBe(false)
    const other = await createServerIdentity(['login.microsoftonline.com'])
    expect(verify(other.caPem, chainPem, [])).toBe(false)
  })

  it('gives its authority no power over other hosts', async () => {
    const { caPem } = await createServerIdentity(['login.microsoftonline.com'])
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: caPem }).toString()
    expect(text).toMatch(
      /X509v3 Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+DNS:login\.microsoftonline\.com\s+IP:127\.0\.0\.1/,
    )
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  })
})

const python = ['/usr/bin/python3', 'python3'].find((command) => succeeds(command, ['-c', 'import msal']))
if (python === undefined)
  console.warn(
    'SKIPPED: MSAL for Python against the emulator, because python3-msal is not installed (apt-get install python3-msal).',
  )

describe.skipIf(python === undefined)('MSAL for Python, given the authority and the proxy and nothing else', () => {
  const redirectUri = 'http://localhost:5000/getAToken'
  const cloud = 'https://login.microsoftonline.com'
  const devOps = ['499b84ac-1321-427f-aa17-267ca6975798/.default']

  async function signIn(order: Record<string, unknown>, person: string) {
    const server = await identityServer({ https: {} })
    const { caFile, proxyUrl } = httpsOf(server)
    const script = join(import.meta.dirname, 'msal_sign_in.py')
    const env = { PATH: process.env.PATH, HTTPS_PROXY: proxyUrl, REQUESTS_CA_BUNDLE: caFile }
    const child = spawn(python ?? '', [script], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<Record<string, unknown>> => {
      const { value, done } = (await lines.next()) as IteratorResult<string, undefined>
      if (done === true) throw new Error(`The program ended early.\n${complaint}`)
      return JSON.parse(value) as Record<string, unknown>
    }
    child.stdin.write(`${JSON.stringify({ secret: sampleSecret, redirect_uri: redirectUri, ...order })}\n`)
    const { auth_uri: address } = await next()
    const end = await browserOf(server).signIn(String(address), { person })
    child.stdin.end(`${JSON.stringify(Object.fromEntries(end.parameters))}\n`)
    return { server, result: await next() }
  }

  const shop = { client_id: sampleIds.b2cClient, scopes: [sampleScopes.b2c] }
  const ciam = { client_id: sampleIds.externalClient, scopes: [sampleScopes.external] }
  it.each([
    [
      'one tenant',
      { client_id: sampleIds.singleTenantClient, authority: `${cloud}/${sampleIds.contosoTenant}`, scopes: devOps },
      'alice@',
      `${cloud}/${sampleIds.contosoTenant}/v2.0`,
    ],
    [
      '/common',
      { client_id: sampleIds.multiTenantClient, authority: `${cloud}/common`, scopes: devOps },
      'erin@',
      `${cloud}/${sampleIds.fabrikamTenant}/v2.0`,
    ],
    [
      'B2C',
      { ...shop, authority: 'https://fabrikamb2c.b2clogin.com/fabrikamb2c.onmicrosoft.com/B2C_1_susi' },
      'carol@',
      `https://fabrikamb2c.b2clogin.com/${sampleIds.b2cTenant}/v2.0/`,
    ],
    // This version does not know External ID by its name, so it is told not to ask Entra ID about the host.
    [
      'External ID',
      {
        ...ciam,
        authority: `https://woodgrove.ciamlogin.com/${sampleIds.externalTenant}`,
        options: { validate_authority: false },
      },
      'wendy@',
      `https://${sampleIds.externalTenant}.ciamlogin.com/${sampleIds.externalTenant}/v2.0`,
    ],
  ])('signs in at %s, finds its token and refreshes it', async (_kind, order, person, issuer) => {
    const { result } = await signIn(order, person)
    expect(result).toMatchObject({ claims: { iss: issuer, aud: order.client_id }, cached: true, refreshed: true })
  })

  it('gets a token that Azure DevOps accepts', async () => {
    const order = {
      client_id: sampleIds.singleTenantClient,
      authority: `${cloud}/${sampleIds.contosoTenant}`,
      scopes: devOps,
    }
    const { server, result } = await signIn(order, 'bob@')
    expect(await server.identity.verifyAccessToken(String(result.access_token))).toMatchObject({
      identity: { userPrincipalName: 'bob@contoso.onmicrosoft.com' },
    })
  })
})
