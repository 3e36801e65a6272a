import { describe, expect, test } from 'vitest'
import { freePort } from '../free-port.js'
import { failureOf } from '../world.js'
import { startAuthWorld, type AuthWorld } from './support/world.js'

const minute = 60_000

/** Somebody who signed in an hour ago, so that the next token has to be renewed. */
async function anHourLater(name: Parameters<typeof startAuthWorld>[0] = 'one tenant by id', options = {}) {
  const world = await startAuthWorld(name, options)
  const { account } = await world.signIn()
  await world.clock.advance(60 * minute)
  world.identity.requests.clear()
  const renew = () => world.clock.runUntil(world.auth.credentialFor(account).getToken(world.place.scope))
  return { world, account, renew }
}

const statuses = ({ identity }: AuthWorld): number[] => identity.requests.list('token').map(({ status }) => status)

describe('renewing a token, which is safe to repeat', () => {
  test.each([500, 502, 503, 504, 408])('fault 34: tries again after HTTP %i', async (status) => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status } })

    expect(await renew()).toHaveProperty('token')
    expect(statuses(world)).toEqual([status, 200])
  })

  test('fault 34: waits as long as the service asks for', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status: 429, retryAfterSeconds: 7 } })

    expect(await renew()).toHaveProperty('token')
    expect(world.clock.pauses).toEqual([7000])
    expect(statuses(world)).toEqual([429, 200])
  })

  test('does not wait longer than a call may take, but says how long the service wants', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status: 429, retryAfterSeconds: 3600 } })

    expect(await failureOf(renew())).toMatchObject({
      code: 'PATKIT_THROTTLED',
      retryAfterSeconds: 3600,
      retryable: true,
    })
    expect(statuses(world)).toEqual([429])
  })

  test('fault 34: works at once when the service is well again: one failure locks nothing', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', times: 3, answer: { kind: 'status', status: 503, body: 'json' } })

    expect(await failureOf(renew())).toMatchObject({ code: 'PATKIT_SERVICE', status: 503, retryable: true })
    expect(await renew()).toHaveProperty('token')
    expect(statuses(world)).toEqual([503, 503, 503, 200])
  })

  test('fault 34: tries again after a lost connection', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'hang-up' } })

    expect(await renew()).toHaveProperty('token')
  })

  test.each(['stall', 'silence'] as const)(
    'fault 34: tries again when no whole answer comes in time: %s',
    async (kind) => {
      const { fetch, untilBegun } = watchedFetch()
      const { world, account } = await anHourLater('one tenant by id', { fetch })
      world.identity.faults.add({ at: 'token', answer: { kind } })

      const renewal = world.auth.credentialFor(account).getToken(world.place.scope)
      await untilBegun(2)
      await world.clock.advance(10_000)

      expect(await world.clock.runUntil(renewal)).toHaveProperty('token')
    },
  )

  test('gives up after three tries that get no whole answer, and names the time', async () => {
    const { fetch, untilBegun } = watchedFetch()
    const { world, account } = await anHourLater('one tenant by id', { fetch, timeouts: { tryMs: 4000 } })
    world.identity.faults.add({ at: 'token', times: 'always', answer: { kind: 'stall' } })

    const failure = failureOf(world.auth.credentialFor(account).getToken(world.place.scope))
    for (let tries = 1; tries <= 3; tries++) {
      await untilBegun(1 + tries)
      await world.clock.advance(5000)
    }

    expect(await failure).toMatchObject({
      code: 'PATKIT_TIMEOUT',
      retryable: true,
      attempts: [{ number: 1 }, { number: 2 }, { number: 3 }],
      message: expect.stringMatching(/login\.microsoftonline\.com \(.*\) within 4 s .*refresh_token/) as unknown,
    })
  })

  test('fault 34: names the web page of something in between', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status: 200, body: 'html' } })

    expect(await failureOf(renew())).toMatchObject({
      code: 'PATKIT_PROTOCOL',
      message: expect.stringContaining('a web page') as unknown,
    })
  })

  test('fault 34: tries again after an answer that was cut', async () => {
    const { world, renew } = await anHourLater()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status: 200, body: 'empty' } })

    expect(await renew()).toHaveProperty('token')
  })

  test('says that nobody answers', async () => {
    const world = await startAuthWorld()
    const { account } = await world.signIn()
    const port = await freePort()

    const elsewhere = world.client({ emulator: { origin: `http://localhost:${port}` } })
    const failure = failureOf(elsewhere.startSignIn({ account }))

    expect(await world.clock.runUntil(failure)).toMatchObject({
      code: 'PATKIT_NETWORK',
      message: expect.stringContaining(
        `login.microsoftonline.com (emulated at localhost:${port}) could not be reached (ECONNREFUSED`,
      ) as unknown,
    })
  })
})

describe('redeeming a code, which is good for one use', () => {
  test.each([503, 429])('is not repeated after HTTP %i; the end is a value', async (status) => {
    const world = await startAuthWorld()
    world.identity.faults.add({ at: 'token', answer: { kind: 'status', status, retryAfterSeconds: 1 } })

    const result = await world.finish({ returnTo: '/reports' })

    expect(result).toMatchObject({ kind: 'failed', reason: 'service', retryable: true, returnTo: '/reports' })
    expect(statuses(world)).toEqual([status])
  })

  test('is not repeated after a lost connection', async () => {
    const world = await startAuthWorld()
    world.identity.faults.add({ at: 'token', answer: { kind: 'hang-up' } })

    expect(await world.finish()).toMatchObject({ kind: 'failed', reason: 'network', retryable: true })
    expect(statuses(world)).toHaveLength(1)
  })

  test('ends when no whole answer comes in time', async () => {
    const { fetch, untilBegun } = watchedFetch()
    const world = await startAuthWorld('one tenant by id', { fetch })
    const { url, transaction } = await world.auth.startSignIn({ scopes: [world.place.scope] })
    const end = await world.browser.signIn(url, { person: world.place.person })
    world.identity.faults.add({ at: 'token', answer: { kind: 'stall' } })

    const finished = world.auth.finishSignIn(end.url, transaction)
    await untilBegun(1)
    await world.clock.advance(10_000)

    expect(await finished).toMatchObject({ kind: 'failed', reason: 'network', retryable: true })
  })

  test('gives the code and the ids of the service with a refusal', async () => {
    const world = await startAuthWorld()
    world.identity.faults.add({ at: 'token', answer: { kind: 'error', code: 'AADSTS54005' } })

    expect(await world.finish()).toMatchObject({
      kind: 'failed',
      reason: 'refused',
      code: 'AADSTS54005',
      correlationId: expect.stringMatching(/^[\da-f-]{36}$/) as unknown,
      traceId: expect.stringMatching(/^[\da-f-]{36}$/) as unknown,
    })
  })
})

describe('the description of an authority', () => {
  test('is asked for once for everybody, and again after 12 hours', async () => {
    const world = await startAuthWorld('B2C')

    await Promise.all(Array.from({ length: 10 }, () => world.auth.startSignIn()))
    expect(world.identity.requests.list('discovery')).toHaveLength(1)
    await world.clock.advance(12 * 60 * minute)
    await world.auth.startSignIn()

    expect(world.identity.requests.list('discovery')).toHaveLength(2)
  })

  test('serves on when it cannot be asked for again', async () => {
    const world = await startAuthWorld()
    await world.auth.startSignIn()
    await world.clock.advance(24 * 60 * minute)
    world.identity.faults.add({ at: 'discovery', times: 'always', answer: { kind: 'status', status: 503 } })

    expect(await world.clock.runUntil(world.auth.startSignIn())).toHaveProperty('url')
  })

  test('is tried again after a passing failure', async () => {
    const world = await startAuthWorld()
    world.identity.faults.add({ at: 'discovery', answer: { kind: 'status', status: 503 } })

    expect(await world.clock.runUntil(world.auth.startSignIn())).toHaveProperty('url')
    expect(world.identity.requests.list('discovery')).toHaveLength(2)
  })

  test.each([
    ['sends people to plain http', { authorization_endpoint: 'http://login.microsoftonline.com/authorize' }],
    ['has no token endpoint', { token_endpoint: undefined }],
    ['has no issuer', { issuer: '' }],
  ])('is refused when it %s', async (_, change) => {
    const world = await startAuthWorld()
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init)
      return Response.json({ ...((await response.json()) as object), ...change })
    }

    expect(await failureOf(world.client({ fetch }).startSignIn())).toMatchObject({ code: 'PATKIT_PROTOCOL' })
  })

  test('is not followed to wherever a redirect points', async () => {
    const world = await startAuthWorld()
    let asked = 0
    const fetch: typeof globalThis.fetch = (_, init) => {
      asked++
      expect(init?.redirect).toBe('manual')
      return Promise.resolve(new Response(null, { status: 302, headers: { location: 'https://evil.example/' } }))
    }

    expect(await failureOf(world.client({ fetch }).startSignIn())).toMatchObject({
      code: 'PATKIT_PROTOCOL',
      status: 302,
    })
    expect(asked).toBe(1)
  })

  test('is not read when it is larger than any description', async () => {
    const world = await startAuthWorld()
    const fetch: typeof globalThis.fetch = () => Promise.resolve(new Response(`"${'x'.repeat(2 * 1024 * 1024)}"`))

    expect(await failureOf(world.client({ fetch }).startSignIn())).toMatchObject({
      code: 'PATKIT_PROTOCOL',
      message: expect.stringContaining('more than 1024 KiB') as unknown,
    })
  })
})

describe('the keys of an authority', () => {
  test('are asked for again when a new key signs', async () => {
    const world = await startAuthWorld()
    await world.signIn()
    await world.identity.rotateKeys()
    await world.clock.advance(2 * minute)

    await world.signIn({ prompt: 'login' })

    expect(world.identity.requests.list('keys')).toHaveLength(2)
  })

  test('are not asked for again and again by tokens with made-up keys', async () => {
    const world = await startAuthWorld()
    await world.signIn()
    world.identity.knobs.set({ idTokenFlaws: { signature: 'unpublished-key' } })

    for (let round = 0; round < 5; round++) expect(await world.finish()).toMatchObject({ reason: 'signature' })

    expect(world.identity.requests.list('keys')).toHaveLength(1)
  })
})

/** A `fetch` that says when a request to the token endpoint has begun. */
function watchedFetch() {
  let begun = 0
  let tell: () => void = () => undefined
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (String(input instanceof Request ? input.url : input).includes('/token')) {
      begun++
      tell()
    }
    return globalThis.fetch(input, init)
  }
  const untilBegun = (count: number): Promise<void> =>
    new Promise((resolve) => {
      tell = () => begun >= count && resolve()
      tell()
    })
  return { fetch, untilBegun }
}
