import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, type AuthClientOptions, type ClientCredential } from '../../src/index.js'
import { failureOf } from '../world.js'
import { makeCertificate } from './support/certificate.js'
import { personIn, redirectUri, sampleIds, sampleSecret, startAuthWorld, type AuthWorld } from './support/world.js'

const minute = 60_000
const clientId = sampleIds.singleTenantClient

type ClientSeed = NonNullable<NonNullable<Parameters<typeof startAuthWorld>[2]>['clients']>[number]

/** A world with one application that proves itself as the test says. */
function startWith(credential: AuthClientOptions['credential'], registered: Partial<ClientSeed>): Promise<AuthWorld> {
  return startAuthWorld(
    'one tenant by id',
    { credential },
    {
      clients: [
        {
          clientId,
          tenant: 'contoso.onmicrosoft.com',
          displayName: 'Report',
          redirectUris: [redirectUri],
          consent: 'granted',
          ...registered,
        },
      ],
    },
  )
}

/** What the token endpoint answered so far. */
const answers = ({ identity }: AuthWorld): unknown[] =>
  identity.requests.list('token').map(({ status, code }) => code ?? status)

describe('a certificate', () => {
  test('signs in, by the SHA-256 thumbprint that we compute', async () => {
    const { certificate, privateKey } = makeCertificate()
    const world = await startWith({ certificate, privateKey }, { certificates: [certificate] })

    // Short-lived, so that it is renewed at once: MSAL dates its statements by the machine's clock, which no test moves.
    world.identity.knobs.set({ accessTokenSeconds: 200 })
    const { account } = await world.signIn()

    expect(personIn(await world.auth.credentialFor(account).getToken(world.place.scope))).toBe(account.objectId)
    expect(answers(world)).toEqual([200, 200])
  })

  test('may come in one text with its key', async () => {
    const { certificate, privateKey } = makeCertificate()
    const world = await startWith({ certificate: `${privateKey}${certificate}` }, { certificates: [certificate] })

    await world.signIn()
  })

  test('may have an encrypted key', async () => {
    const { certificate, key } = makeCertificate()
    const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
    const credential = { certificate, privateKey: encrypted.toString(), passphrase: 'open sesame' }
    const world = await startWith(credential, { certificates: [certificate] })

    await world.signIn()
  })

  test('that is not registered is a fault of the configuration (AADSTS700027)', async () => {
    const { certificate, privateKey } = makeCertificate()
    const world = await startWith({ certificate, privateKey }, { certificates: [makeCertificate().certificate] })

    expect(await world.finish()).toMatchObject({
      kind: 'failed',
      reason: 'configuration',
      code: 'AADSTS700027',
      faults: [{ field: 'credential' }],
    })
  })
})

describe('an assertion (workload identity)', () => {
  const issuer = 'https://ci.example'
  const subject = 'repo:fabrikam/report'

  /** A token of somebody else that stands for the application. */
  function workloadToken(key: KeyObject): string {
    const now = Math.floor(Date.now() / 1000)
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const payload = { iss: issuer, sub: subject, aud: 'api://AzureADTokenExchange', iat: now, nbf: now, exp: now + 600 }
    const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}`
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
  }

  test('is asked for anew for each request, with what it is for', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const asked: unknown[] = []
    const assertion = (context: object): Promise<string> => {
      asked.push(context)
      return Promise.resolve(workloadToken(privateKey))
    }
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }]
    const world = await startWith({ assertion }, { federatedCredentials: [{ issuer, subject, keys }] })

    const { account } = await world.signIn()
    await world.auth.credentialFor(account).getToken(world.place.scope)
    expect(asked).toHaveLength(1)
    const claims = '{"access_token":{}}'
    await world.auth.credentialFor(account).getToken(world.place.scope, { claims })

    expect(asked).toHaveLength(2)
    expect(asked[0]).toEqual({
      clientId,
      tokenEndpoint: expect.stringMatching(
        /^https:\/\/login\.microsoftonline\.com\/.*\/oauth2\/v2\.0\/token$/,
      ) as unknown,
    })
  })

  test('that cannot be had is a fault of the configuration, without what the error said in secret', async () => {
    const assertion = (): never => {
      throw new Error('cannot read token=abcdefghijkl from the agent')
    }
    const world = await startWith({ assertion }, { secrets: [{ value: sampleSecret }] })

    const result = await world.finish()

    expect(result).toMatchObject({
      kind: 'failed',
      reason: 'configuration',
      faults: [{ field: 'credential.assertion' }],
    })
    expect(JSON.stringify(result)).toContain('from the agent')
    expect(JSON.stringify(result)).not.toContain('abcdefghijkl')
    expect(answers(world)).toEqual([])
  })
})

describe('several credentials, for rotation', () => {
  const [oldSecret, newSecret] = ['the-old-secret-value', 'the-new-secret-value']

  test('the next is tried when one has expired, and used from then on', async () => {
    const world = await startWith([{ secret: oldSecret }, { secret: newSecret }], {
      secrets: [{ value: oldSecret }, { value: newSecret }],
    })
    const { account } = await world.signIn()
    expect(answers(world)).toEqual([200])

    world.identity.expireSecrets(clientId, oldSecret)
    await world.clock.advance(60 * minute)
    await world.auth.credentialFor(account).getToken(world.place.scope)
    await world.clock.advance(60 * minute)
    await world.auth.credentialFor(account).getToken(world.place.scope)

    expect(answers(world)).toEqual([200, 'AADSTS7000222', 200, 200])
    expect(world.logged.join('\n')).toContain('credential[1] is used from now on')
  })

  test('a sign-in goes through with the next one', async () => {
    const world = await startWith([{ secret: 'wrong-secret' }, { secret: newSecret }], {
      secrets: [{ value: newSecret }],
    })

    await world.signIn()

    expect(answers(world)).toEqual(['AADSTS7000215', 200])
  })

  test('a certificate may follow a secret', async () => {
    const { certificate, privateKey } = makeCertificate()
    const credential: ClientCredential[] = [{ secret: 'wrong-secret' }, { certificate, privateKey }]
    const world = await startWith(credential, { certificates: [certificate] })

    await world.signIn()
  })

  test.each([
    ['AADSTS7000222', true],
    ['AADSTS7000215', false],
  ])('the code %s is told when all of them are refused', async (code, expire) => {
    const world = await startWith({ secret: expire ? oldSecret : 'wrong-secret' }, { secrets: [{ value: oldSecret }] })
    if (expire) world.identity.expireSecrets(clientId)

    const result = await world.finish()

    expect(result).toMatchObject({
      kind: 'failed',
      reason: 'configuration',
      code,
      retryable: false,
      faults: [{ field: 'credential' }],
    })
  })

  test('fault 34: getToken() throws a ConfigurationError when all of them are refused', async () => {
    const world = await startWith({ secret: oldSecret }, { secrets: [{ value: oldSecret }] })
    const { account } = await world.signIn()
    world.identity.expireSecrets(clientId)
    await world.clock.advance(60 * minute)

    const error = await failureOf(world.auth.credentialFor(account).getToken(world.place.scope))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ status: 401, faults: [{ field: 'credential' }] })
    expect(error).toHaveProperty('message', expect.stringContaining('expired'))
  })

  test('another refusal is not a reason to try the next one', async () => {
    const world = await startWith([{ secret: oldSecret }, { secret: newSecret }], {
      secrets: [{ value: oldSecret }, { value: newSecret }],
    })
    world.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS70000' } })

    expect(await world.finish()).toMatchObject({ kind: 'failed', reason: 'refused', code: 'AADSTS70000' })
    expect(answers(world)).toEqual(['AADSTS70000'])
  })
})

describe('credentialForApplication()', () => {
  const scope = `${sampleIds.contosoApi}/.default`

  test('gives a token of the application, once for all who ask, until it is about to end', async () => {
    const world = await startAuthWorld()
    const credential = world.auth.credentialForApplication()

    const tokens = await Promise.all([credential.getToken(scope), credential.getToken(scope)])
    expect((await credential.getToken(scope))?.token).toBe(tokens[0]?.token)
    expect(answers(world)).toEqual([200])
    await world.clock.advance(56 * minute)
    await credential.getToken(scope)

    expect(tokens[0]).toEqual(tokens[1])
    expect(answers(world)).toEqual([200, 200])
    expect(world.identity.requests.list('token')[0]).toMatchObject({ grantType: 'client_credentials' })
  })

  test('refuses an authority of several tenants before anything is sent', async () => {
    const world = await startAuthWorld('any account')

    const error = await failureOf(world.auth.credentialForApplication().getToken(scope))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(answers(world)).toEqual([])
  })
})

describe('AuthClient refuses a credential', () => {
  const { certificate, privateKey } = makeCertificate()
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const locked = createPrivateKey(privateKey).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'right',
  })

  test.each([
    ['that is missing', undefined, 'credential', 'missing'],
    ['in an empty list', [], 'credential', 'empty'],
    ['that is empty', {}, 'credential', 'empty'],
    ['of two kinds at once', { secret: 'x', certificate }, 'credential', 'at once'],
    ['with an empty secret', { secret: '' }, 'credential.secret', 'empty'],
    ['with a secret that was copied with a line break', { secret: 'abc~\n' }, 'credential.secret', 'line break'],
    ['with the id of a secret', { secret: '0310a6b8-4bd1-4594-8c10-f33ab37e1fde' }, 'credential.secret', "secret's id"],
    ['with a secret that is no text', { secret: 7 }, 'credential.secret', 'missing'],
    ['with a certificate that is none', { certificate: 'MIIB' }, 'credential.certificate', 'PEM'],
    ['with a certificate without a key', { certificate }, 'credential.privateKey', 'no private key'],
    [
      'with the key of another certificate',
      { certificate, privateKey: makeCertificate().privateKey },
      'credential.privateKey',
      'does not belong',
    ],
    ['with a damaged key', { certificate, privateKey: privateKey.replace(/\w/g, 'A') }, 'credential.privateKey', ''],
    ['with a key that is not RSA', { certificate, privateKey: ec.toString() }, 'credential.privateKey', 'RSA'],
    [
      'with a wrong passphrase',
      { certificate, privateKey: locked.toString(), passphrase: 'wrong' },
      'credential.privateKey',
      'cannot be read',
    ],
    ['with an assertion that is no function', { assertion: 'eyJ' }, 'credential.assertion', 'not a function'],
    ['that is second in a list', [{ secret: 'good-secret' }, { secret: '' }], 'credential[1].secret', 'empty'],
  ])('%s', async (_, credential, field, words) => {
    const error = await failureOf(startAuthWorld('one tenant by id', { credential: credential as ClientCredential }))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ faults: [{ field, problem: expect.stringContaining(words) as unknown }] })
    expect(String(error)).not.toContain('PRIVATE KEY-----\nM')
  })
})
