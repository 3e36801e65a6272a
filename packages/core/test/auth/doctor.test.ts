import { describe, expect, test } from 'vitest'
import {
  b2c,
  externalId,
  memoryTokenCache,
  singleTenant,
  type AuthClientOptions,
  type DoctorFinding,
  type DoctorReport,
} from '../../src/index.js'
import { makeCertificate } from './support/certificate.js'
import {
  redirectUri,
  sampleIds,
  sampleSecret,
  startAuthWorld,
  type AuthWorld,
  type PlaceName,
} from './support/world.js'

const minute = 60_000

/** What was found in one place. */
function findings(report: DoctorReport, check: DoctorFinding['check']): readonly DoctorFinding[] {
  return report.findings.filter((finding) => finding.check === check)
}

async function examine(
  name: PlaceName,
  options: Partial<AuthClientOptions> = {},
  prepare?: (world: AuthWorld) => void,
) {
  const world = await startAuthWorld(name, options)
  prepare?.(world)
  return { world, report: await world.clock.runUntil(world.auth.doctor()) }
}

describe('doctor() of a configuration that works', () => {
  test.each([
    ['one tenant by domain', 'ok'],
    ['any account', 'unknown'],
    ['B2C', 'unknown'],
    ['External ID', 'ok'],
  ] as const)('finds nothing wrong with %s', async (name, credential) => {
    const { world, report } = await examine(name)

    expect(report.healthy).toBe(true)
    expect(findings(report, 'issuer').every(({ status }) => status === 'ok')).toBe(true)
    expect(findings(report, 'redirect-uri')).toMatchObject([{ status: 'ok', subject: redirectUri }])
    expect(findings(report, 'client-credential')).toMatchObject([{ status: credential }])
    expect(findings(report, 'token-cache')).toMatchObject([{ status: 'ok' }])
    expect(world.identity.requests.list('discovery')).toHaveLength(name === 'B2C' ? 3 : 1)
  })

  test('leaves nothing behind in the token cache', async () => {
    const sizes: string[] = []
    const store = memoryTokenCache()
    const { report } = await examine('one tenant by id', {
      tokenCache: {
        ...store,
        set: (key, value, options) => {
          sizes.push(key)
          return store.set(key, value, options)
        },
      },
    })

    expect(report.healthy).toBe(true)
    for (const key of sizes) expect(await store.get(key)).toBeUndefined()
    expect(sizes).toHaveLength(1)
  })
})

describe('doctor() explains', () => {
  test('a tenant that does not exist', async () => {
    const { report } = await examine('one tenant by id', {
      authority: singleTenant({ tenant: 'nowhere.onmicrosoft.com' }),
    })

    expect(report.healthy).toBe(false)
    expect(findings(report, 'discovery')).toMatchObject([
      {
        status: 'failed',
        subject: 'https://login.microsoftonline.com/nowhere.onmicrosoft.com',
        message: expect.stringContaining('does not know the tenant "nowhere.onmicrosoft.com" (AADSTS90002)') as unknown,
        remedy: expect.any(String) as unknown,
      },
    ])
    expect(findings(report, 'issuer')).toEqual([])
    expect(findings(report, 'client-credential')).toMatchObject([{ status: 'unknown' }])
  })

  test('which of the user flows does not exist', async () => {
    const { report } = await examine('B2C', {
      authority: b2c({
        tenantName: 'fabrikamb2c',
        userFlows: { signUpSignIn: 'B2C_1_susi', editProfile: 'B2C_1_typo' },
      }),
    })

    expect(findings(report, 'discovery')).toMatchObject([
      { status: 'ok' },
      { status: 'failed', message: expect.stringContaining('"B2C_1_typo"') as unknown },
    ])
  })

  test('that the service cannot be reached, and why', async () => {
    const { report } = await examine('one tenant by id', {
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })),
    })

    expect(report.healthy).toBe(false)
    expect(findings(report, 'discovery')).toMatchObject([
      {
        status: 'failed',
        message: expect.stringMatching(
          /^login\.microsoftonline\.com \(.*\) could not be reached \(ENOTFOUND/,
        ) as unknown,
        remedy: expect.stringContaining('HTTPS_PROXY') as unknown,
      },
    ])
  })

  test('a certificate authority of a proxy that is not trusted', async () => {
    const { report } = await examine('one tenant by id', {
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } })),
    })

    expect(findings(report, 'discovery')[0]?.remedy).toContain('NODE_EXTRA_CA_CERTS')
  })

  test('an issuer that is not the authority’s, by the wrong tenant id', async () => {
    const { report } = await examine('External ID', {
      fetch: changingDiscovery({
        issuer: `https://${sampleIds.fabrikamTenant}.ciamlogin.com/${sampleIds.fabrikamTenant}/v2.0`,
      }),
    })

    expect(report.healthy).toBe(false)
    const [issuer] = findings(report, 'issuer')
    expect(issuer).toMatchObject({ status: 'failed', remedy: expect.stringContaining('tenantId') as unknown })
    expect(issuer?.message).toContain(`The issuer is https://${sampleIds.fabrikamTenant}.ciamlogin.com`)
    expect(issuer?.message).toContain(
      `https://${sampleIds.externalTenant}.ciamlogin.com/${sampleIds.externalTenant}/v2.0`,
    )
  })

  test('an issuer with a custom domain that was not configured', async () => {
    const { report } = await examine('B2C', {
      fetch: changingDiscovery({ issuer: `https://login.elsewhere.example/${sampleIds.b2cTenant}/v2.0/` }),
    })

    expect(findings(report, 'issuer')[0]?.remedy).toContain('custom domain, set domain')
  })

  test.each([
    ['one tenant by id', 'AADSTS50011'],
    ['B2C', 'AADB2C90006'],
  ] as const)('a redirect URI that is not registered: %s, %s', async (name, code) => {
    const { report } = await examine(name, { redirectUri: 'http://localhost:5999/elsewhere' })

    expect(report.healthy).toBe(false)
    expect(findings(report, 'redirect-uri')).toMatchObject([
      {
        status: 'failed',
        subject: 'http://localhost:5999/elsewhere',
        message: expect.stringContaining(code) as unknown,
        remedy: expect.stringContaining('redirectUri') as unknown,
      },
    ])
  })

  test('an application that does not exist', async () => {
    const { report } = await examine('one tenant by id', { clientId: '11111111-1111-4111-8111-111111111111' })

    expect(report.healthy).toBe(false)
    expect(findings(report, 'redirect-uri')[0]?.message).toContain('AADSTS700016')
    expect(findings(report, 'client-credential')[0]?.message).toContain('AADSTS700016')
  })

  test('which secret has expired and which is wrong', async () => {
    const { report } = await examine(
      'one tenant by id',
      { credential: [{ secret: sampleSecret }, { secret: 'wrong-secret-value' }] },
      ({ identity }) => identity.expireSecrets(sampleIds.singleTenantClient),
    )

    expect(findings(report, 'client-credential')).toMatchObject([
      { subject: 'credential[0]', status: 'failed', message: expect.stringContaining('AADSTS7000222') as unknown },
      { subject: 'credential[1]', status: 'failed', message: expect.stringContaining('AADSTS7000215') as unknown },
    ])
  })

  test.each([
    [-1, 'failed', 'expired on'],
    [10, 'warning', 'ends on'],
  ])('a certificate that ends in %i days', async (days, status, words) => {
    const { certificate, privateKey } = makeCertificate(new Date(Date.now() + days * 86_400_000), new Date(0))
    const { report } = await examine('one tenant by id', { credential: { certificate, privateKey } })

    expect(findings(report, 'client-credential')[0]).toMatchObject({
      status,
      message: expect.stringContaining(words) as unknown,
    })
  })

  test('fault 36: a clock that is wrong', async () => {
    const world = await startAuthWorld()
    const clock = { ...world.clock, now: () => world.clock.now() - 10 * minute }
    const auth = world.client({
      clock: {
        now: clock.now,
        sleep: (ms, signal) => world.clock.sleep(ms, signal),
        timer: (ms, fire) => world.clock.timer(ms, fire),
      },
    })

    const report = await auth.doctor()

    expect(report.healthy).toBe(false)
    expect(findings(report, 'clock')).toMatchObject([
      { status: 'failed', message: expect.stringContaining('10 minutes behind') as unknown },
    ])
  })

  test('a token cache that keeps nothing', async () => {
    const { report } = await examine('one tenant by id', {
      tokenCache: {
        get: () => Promise.resolve(undefined),
        set: () => Promise.resolve(),
        delete: () => Promise.resolve(),
      },
    })
    expect(findings(report, 'token-cache')).toMatchObject([{ status: 'failed' }])
  })

  test('a token cache that fails', async () => {
    const { report } = await examine('one tenant by id', {
      tokenCache: { ...memoryTokenCache(), set: () => Promise.reject(new Error('NOAUTH Authentication required.')) },
    })
    expect(findings(report, 'token-cache')[0]?.message).toContain('NOAUTH')
  })

  test('nothing once the signal has aborted', async () => {
    const { auth } = await startAuthWorld()
    const reason = new Error('enough')
    await expect(auth.doctor({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

test('doctor() takes a tenant id that is the tenant’s own', async () => {
  const { report } = await examine('External ID', {
    authority: externalId({ tenantName: 'woodgrove', tenantId: sampleIds.externalTenant.toUpperCase() }),
  })
  expect(report.healthy).toBe(true)
})

/** The service with another description of its authorities. */
function changingDiscovery(change: object): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await globalThis.fetch(input, init)
    if (!String(input instanceof Request ? input.url : input).includes('openid-configuration')) return response
    return Response.json({ ...((await response.json()) as object), ...change })
  }
}
