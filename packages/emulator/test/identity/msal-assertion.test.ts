import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfidentialClientApplication } from '@azure/msal-node'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { azureDevOpsResource, sampleIds } from '../../src/index.js'
import type { ClientSeed, IdentityServer } from '../../src/index.js'
import { claimsOf, emulatorNetwork, identityServer, post } from './helpers.js'

const scopes = [`${azureDevOpsResource}/.default`]
const authority = `https://login.microsoftonline.com/${sampleIds.contosoTenant}`
const tokenEndpoint = `${authority}/oauth2/v2.0/token`
const clientId = 'c0ffee00-0000-4000-8000-000000000001'

/** A self-signed certificate, as an administrator makes one. */
function certificate(): { pem: string; privateKey: string } {
  const folder = mkdtempSync(join(tmpdir(), 'patkit-certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=patkit test', '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  })
  const pair = { pem: readFileSync(cert, 'utf8'), privateKey: readFileSync(key, 'utf8') }
  rmSync(folder, { recursive: true })
  return pair
}

const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('SKIPPED: sign-in with a certificate, because the openssl command is missing.')
    return false
  }
})()

async function serverFor(seed: Partial<ClientSeed>): Promise<IdentityServer> {
  const server = await identityServer()
  server.identity.registerClient({ clientId, tenant: sampleIds.contosoTenant, displayName: 'Nightly report', ...seed })
  return server
}

const inTenMinutes = (): number => Math.floor(Date.now() / 1000) + 600

const redeem = (server: IdentityServer, assertion: string) =>
  post(server, tokenEndpoint, {
    client_id: clientId,
    grant_type: 'client_credentials',
    scope: scopes.join(' '),
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })

describe.skipIf(!hasOpenssl)('msal-node with a certificate', () => {
  const { pem, privateKey } = hasOpenssl ? certificate() : { pem: '', privateKey: '' }
  const thumbprint = (algorithm: string, text = pem): string =>
    createHash(algorithm).update(new X509Certificate(text).raw).digest('hex')

  it('gets a token for a PS256 assertion with x5t#S256', async () => {
    const server = await serverFor({ certificates: [pem] })
    const app = new ConfidentialClientApplication({
      auth: { clientId, authority, clientCertificate: { privateKey, thumbprintSha256: thumbprint('sha256') } },
      system: { networkClient: emulatorNetwork(server) },
    })
    const result = await app.acquireTokenByClientCredential({ scopes })
    expect(claimsOf(result?.accessToken ?? '')).toMatchObject({ appid: clientId, appidacr: '2', idtyp: 'app' })
  })

  it('gets a token while an old and a new certificate are both registered', async () => {
    const next = certificate()
    const server = await serverFor({ certificates: [pem, next.pem] })
    const clientCertificate = { privateKey: next.privateKey, thumbprintSha256: thumbprint('sha256', next.pem) }
    const app = new ConfidentialClientApplication({
      auth: { clientId, authority, clientCertificate },
      system: { networkClient: emulatorNetwork(server) },
    })
    expect(await app.acquireTokenByClientCredential({ scopes })).not.toBeNull()
  })

  it('is refused with a key that does not belong to the certificate', async () => {
    const server = await serverFor({ certificates: [pem] })
    const clientCertificate = { privateKey: certificate().privateKey, thumbprintSha256: thumbprint('sha256') }
    const app = new ConfidentialClientApplication({
      auth: { clientId, authority, clientCertificate },
      system: { networkClient: emulatorNetwork(server) },
    })
    await expect(app.acquireTokenByClientCredential({ scopes })).rejects.toMatchObject({
      errorCode: 'invalid_client',
      message: expect.stringContaining('AADSTS700027') as string,
    })
  })

  const own = { iss: clientId, sub: clientId, aud: tokenEndpoint, exp: inTenMinutes() }
  it.each([
    ['in order', own, 200, undefined],
    ['for the issuer instead of the endpoint', { ...own, aud: `${authority}/v2.0` }, 200, undefined],
    ['for another endpoint', { ...own, aud: 'https://elsewhere.example/token' }, 401, 700023],
    ['of another issuer', { ...own, iss: sampleIds.contosoApi }, 401, 700027],
    ['for another subject', { ...own, sub: sampleIds.contosoApi }, 401, 700027],
    ['without an audience', { ...own, aud: undefined }, 401, 700027],
    ['that is over', { ...own, exp: 1_000_000_000 }, 401, 700024],
    ['that begins tomorrow', { ...own, nbf: inTenMinutes() + 86_400 }, 401, 700024],
  ])('an assertion %s', async (_what, claims, status, code) => {
    const server = await serverFor({ certificates: [pem] })
    const x5t = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')
    const token = await new SignJWT(JSON.parse(JSON.stringify(claims)) as Record<string, string>)
      .setProtectedHeader({ alg: 'PS256', 'x5t#S256': x5t })
      .sign(createPrivateKey(privateKey))
    const answer = await redeem(server, token)
    expect(answer.status).toBe(status)
    expect(answer.body.error_codes).toEqual(code === undefined ? undefined : [code])
  })
})

describe('a workload identity', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const federatedCredentials = [
    { issuer: 'https://issuer.example', subject: 'repo:fabrikam/reports', keys: [publicKey.export({ format: 'jwk' })] },
  ]
  const assertion = (claims: { iss?: string; sub?: string; aud?: string; exp?: number } = {}): Promise<string> =>
    new SignJWT({
      iss: 'https://issuer.example',
      sub: 'repo:fabrikam/reports',
      aud: 'api://AzureADTokenExchange',
      exp: inTenMinutes(),
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(privateKey)

  it('gets a token through the assertion callback of msal-node', async () => {
    const server = await serverFor({ federatedCredentials })
    const app = new ConfidentialClientApplication({
      auth: { clientId, authority, clientAssertion: () => assertion() },
      system: { networkClient: emulatorNetwork(server) },
    })
    expect(claimsOf((await app.acquireTokenByClientCredential({ scopes }))?.accessToken ?? '')).toMatchObject({
      appidacr: '2',
    })
  })

  it.each([
    ['another issuer', { iss: 'https://other.example' }, 700213],
    ['another subject', { sub: 'repo:fabrikam/other' }, 700213],
    ['another audience', { aud: tokenEndpoint }, 700213],
    ['an expiry long ago', { exp: 1_000_000_000 }, 700024],
  ])('is refused with %s', async (_what, claims, code) => {
    const server = await serverFor({ federatedCredentials })
    expect(await redeem(server, await assertion(claims))).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_codes: [code] },
    })
  })

  it('is refused with something that is no token', async () => {
    const server = await serverFor({ federatedCredentials })
    expect((await redeem(server, 'nonsense')).body).toMatchObject({ error: 'invalid_client', error_codes: [700027] })
  })
})
