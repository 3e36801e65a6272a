import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  authConfigFromEnv,
  AuthClient,
  deviceCodeCredential,
  memoryTokenCache,
  singleTenant,
  type TokenCacheStore,
} from '../../src/index.js'
import { failureOf } from '../world.js'
import { makeCertificate } from './support/certificate.js'
import { redirectUri, sampleIds, sampleSecret, startAuthWorld, type AuthWorld } from './support/world.js'

const minute = 60_000

/** Everything a careless program would print of a value. */
function printed(value: unknown): string {
  const parts = [inspect(value, { depth: 10, showHidden: true }), String(value)]
  if (value instanceof Error)
    parts.push(value.stack ?? '', inspect(Object.entries(value), { depth: 10, showHidden: true }))
  try {
    const json: unknown = JSON.stringify(value)
    if (typeof json === 'string') parts.push(json)
  } catch {
    // What JSON cannot say it cannot tell.
  }
  return parts.join('\n')
}

/** A world whose every secret is known, so that each can be looked for. */
async function startWatched() {
  const secrets = new Set<string>([sampleSecret])
  const note = (value: unknown): void => {
    if (typeof value === 'string' && value.length > 8) secrets.add(value)
  }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (typeof init?.body === 'string') {
      const form = new URLSearchParams(init.body)
      for (const name of ['code', 'code_verifier', 'refresh_token', 'client_secret', 'client_assertion'])
        note(form.get(name))
    }
    const response = await globalThis.fetch(input, init)
    const body = (await response
      .clone()
      .json()
      .catch(() => ({}))) as Record<string, unknown>
    for (const name of ['access_token', 'refresh_token', 'id_token', 'device_code']) note(body[name])
    return response
  }
  const world = await startAuthWorld('one tenant by id', { fetch })
  return { world, secrets }
}

function expectClean(text: string, secrets: Iterable<string>): void {
  const found = [...secrets].filter((secret) => text.includes(secret))
  expect(found).toEqual([])
}

/** A whole life: sign-in, token, renewal, refusal; gives all that came out of it. */
async function live({ auth, clock, identity, logged, place, finish, signIn }: AuthWorld): Promise<unknown[]> {
  const signedIn = await signIn()
  const credential = auth.credentialFor(signedIn.account)
  await credential.getToken(place.scope)
  await clock.advance(60 * minute)
  await credential.getToken(place.scope)
  identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS700082' } })
  await clock.advance(60 * minute)
  const refused = await failureOf(credential.getToken(place.scope))
  identity.faults.add({ at: 'token', answer: { kind: 'status', status: 200, body: 'html' } })
  const broken = await failureOf(clock.runUntil(credential.getToken(place.scope)))
  identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS7000215' } })
  const failed = await finish({ prompt: 'login' })
  const application = auth.credentialForApplication()
  await application.getToken(`${sampleIds.contosoApi}/.default`)
  const report = await auth.doctor()
  return [auth, credential, application, signedIn, refused, broken, failed, report, logged, auth.sessionIndex()]
}

describe('no secret', () => {
  test('shows in anything that comes out of a sign-in: objects, errors, results, logs', async () => {
    const { world, secrets } = await startWatched()

    const outcomes = await live(world)

    expect(secrets.size).toBeGreaterThan(10)
    for (const outcome of outcomes) expectClean(printed(outcome), secrets)
    expect(world.logged.length).toBeGreaterThan(10)
  })

  test('of a transaction shows in the result, the log or the emulator’s records; the transaction itself has to hold them', async () => {
    const world = await startAuthWorld()
    const { url, transaction } = await world.auth.startSignIn({ scopes: [world.place.scope] })
    const end = await world.browser.signIn(url, { person: world.place.person })
    const result = await world.auth.finishSignIn(end.url, transaction)

    const secrets = [
      transaction.state,
      transaction.nonce,
      transaction.codeVerifier,
      end.parameters.get('code') ?? 'none',
    ]

    for (const value of [result, world.logged, world.auth]) expectClean(printed(value), secrets)
    expect(printed(transaction)).toContain(transaction.codeVerifier)
  })

  test('is in an address of the log: only host, path, grant, status and time', async () => {
    const { world } = await startWatched()
    await live(world)

    for (const line of world.logged) {
      expect(line).not.toContain('?')
      expect(line).toMatch(
        /^(?:GET|POST) login\.microsoftonline\.com\/\S+ \([\w .-]+\): .+ in \d+ ms$|^A (?:sign-in failed|credential was refused)|^Sign-in goes to the emulator/,
      )
    }
  })

  test('of a certificate or an assertion shows in the client', () => {
    const { certificate, privateKey } = makeCertificate()
    const base = {
      authority: singleTenant({ tenant: sampleIds.contosoTenant }),
      clientId: sampleIds.singleTenantClient,
      redirectUri,
    }
    const keyLine = privateKey.split('\n')[1] ?? ''

    const auth = new AuthClient({ ...base, credential: { certificate, privateKey, passphrase: undefined } })

    expect(keyLine.length).toBeGreaterThan(30)
    expect(printed(auth)).not.toContain(keyLine)
  })

  test('of the environment shows in what was read from it', () => {
    const config = authConfigFromEnv({
      CLIENT_ID: sampleIds.singleTenantClient,
      CLIENT_SECRET: 'canary-secret-value',
      TENANT_ID: sampleIds.contosoTenant,
    })

    expect(printed(config)).not.toContain('canary')
  })

  test('shows in the error of a configuration', async () => {
    const error = await failureOf(
      Promise.resolve().then(
        () =>
          new AuthClient({
            authority: singleTenant({ tenant: '' }),
            clientId: '',
            credential: { secret: ' canary-secret-value ' },
            redirectUri: 'http://user:canary-secret-value@evil.example/',
          }),
      ),
    )

    expect(printed(error)).not.toContain('canary')
  })

  test('shows in the credential of a person', async () => {
    const kept: string[] = []
    const store = memoryTokenCache()
    const tokenCache: TokenCacheStore = {
      ...store,
      set: (key, value, options) => {
        kept.push(value)
        return store.set(key, value, options)
      },
    }
    const world = await startAuthWorld()
    const credential = deviceCodeCredential({
      authority: world.place.authority,
      clientId: sampleIds.publicClient,
      emulator: { origin: world.url },
      clock: world.clock,
      tokenCache,
      show: ({ userCode }) => world.identity.approveDevice(userCode, world.place.person),
    })
    const token = await world.clock.runUntil(credential.getToken(world.place.scope))

    expect(kept.length).toBeGreaterThan(0)
    expectClean(printed(credential), [token?.token ?? 'none', ...kept])
  })
})

describe('@azure/msal-node', () => {
  const folder = fileURLToPath(new URL('../../src/', import.meta.url))
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )

  test('is imported in one file', () => {
    const importing = sources.filter((name) =>
      /from '@azure\/msal|import\('@azure\/msal/.test(readFileSync(folder + name, 'utf8')),
    )
    expect(importing).toEqual(['auth/msal.ts'])
  })

  test('is loaded only when somebody signs in', () => {
    const text = readFileSync(`${folder}auth/msal.ts`, 'utf8')
    expect(text).toContain("await import('@azure/msal-node')")
    expect(text).not.toMatch(/^import (?!type)[^']*'@azure\/msal-node'/m)
  })
})
