import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  DevOpsClient,
  isPatkitError,
  NetworkError,
  ProtocolError,
  ServiceError,
  SignInRequiredError,
  ThrottledError,
  TimeoutError,
  type DevOpsClientOptions,
} from '../../src/index.js'
import { collect, failureOf, startWorld, type World } from '../world.js'

const readUsers = ({ devops, clock }: Pick<World, 'devops' | 'clock'>) => clock.runUntil(collect(devops.users.list()))
const firstUsers = { path: '/graph/users', nth: 1 } as const
const containing = (text: string): string => expect.stringContaining(text) as string

describe('a read that breaks', () => {
  it.each([
    ['a reset before the answer', { reset: 'before' }],
    ['a reset in mid-body', { reset: { afterBytes: 300 } }],
    ['an end before Content-Length', { truncate: { afterBytes: 300 } }],
    ['chunks without the final one', { dropFinalChunk: true }],
    ['HTTP 408', { status: 408 }],
    ['HTTP 500', { status: 500 }],
    ['HTTP 502', { status: 502 }],
    ['HTTP 503', { status: 503 }],
    ['HTTP 504', { status: 504 }],
    ['JSON cut in the middle, with status 200', { status: 200, body: '{"value":[{"descr' }],
  ] as const)(
    'faults 4, 5, 6, 7, 21, 22, 27: R1: is sent again after %s, and gives every user once',
    async (_, answer) => {
      const world = await startWorld({ users: 12 })
      world.emulator.faults.add({ match: firstUsers, answer })
      expect(await readUsers(world)).toHaveLength(12)
      expect(world.emulator.journal.requests).toHaveLength(2)
      // R4: half a second, with the jitter of this test at its most.
      expect(world.clock.pauses).toEqual([500])
    },
  )

  it.each([400, 409, 413, 414, 501, 505])('faults 22, 30: R1: is not sent again after HTTP %i', async (status) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status, body: { message: 'no', typeKey: 'SomeException' } } })
    const error = await failureOf(readUsers(world))
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({ status, typeKey: 'SomeException', retryable: false })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R1: is not sent again to an organization that is offline', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 503, headers: { 'X-VSS-HostOfflineError': 'true' } } })
    expect(await failureOf(readUsers(world))).toMatchObject({ status: 503, hint: containing('maintenance') })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 21: R4, R7: is tried 4 times with growing pauses, and the error tells of each', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 503 } })
    const error = await failureOf(readUsers(world))
    expect(error).toMatchObject({ code: 'PATKIT_SERVICE', status: 503, retryable: true })
    const tries = (error as ServiceError).attempts.map(({ number, failure }) => `${number}: ${failure}`)
    expect(tries).toEqual(['1: HTTP 503', '2: HTTP 503', '3: HTTP 503', '4: HTTP 503'])
    expect(world.clock.pauses).toEqual([500, 1000, 2000])
  })

  it('R4: spreads pauses at random between nothing and the bound', async () => {
    const world = await startWorld({}, { random: () => 0.25 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 500 } })
    await readUsers(world)
    expect(world.clock.pauses).toEqual([125])
  })

  it('fault 8: R7: gives up a stalled answer after 30 s and asks again', async () => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { hang: 'before-headers' } })
    const users = collect(world.devops.users.list())
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(29_999)
    expect(world.emulator.journal.requests).toHaveLength(1)
    await world.clock.advance(1)
    expect(await world.clock.runUntil(users)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it('fault 9: R7: the limit of a try also covers the body', async () => {
    const world = await startWorld({ users: 5 }, { timeouts: { tryMs: 7000 } })
    world.emulator.faults.add({ match: firstUsers, answer: { hang: { afterBytes: 200 } } })
    const users = collect(world.devops.users.list())
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(7000)
    expect(await world.clock.runUntil(users)).toHaveLength(5)
  })

  it('faults 8, 9: R7: all tries together end after the limit of the call', async () => {
    const world = await startWorld({}, { timeouts: { tryMs: 30_000, callMs: 45_000 } })
    world.emulator.faults.add({ answer: { hang: 'before-headers' } })
    const failing = failureOf(collect(world.devops.users.list()))
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(30_000)
    await world.clock.advance(500)
    await world.emulator.journal.waitFor(2)
    await world.clock.advance(14_500)
    const error = await failing
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as TimeoutError).attempts.map(({ durationMs }) => durationMs)).toEqual([30_000, 14_500])
  })

  it('fault 2: names a host that cannot be reached, and what to check', async () => {
    const world = await startWorld()
    const host = `127.0.0.1:${await closedPort()}`
    const error = await failureOf(
      readUsers({ devops: world.client({ baseUrl: `http://${host}` }), clock: world.clock }),
    )
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ host, retryable: true, hint: containing('proxy') })
    expect((error as NetworkError).attempts.map(({ failure }) => failure)).toEqual(Array(4).fill('ECONNREFUSED'))
  })

  it('fault 3: does not repeat a request whose certificate was refused', async () => {
    const world = await startWorld()
    const refuse = () =>
      Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } }))
    const error = await failureOf(readUsers({ devops: world.client({ fetch: refuse }), clock: world.clock }))
    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false, hint: containing('NODE_EXTRA_CA_CERTS') })
    expect((error as NetworkError).attempts).toHaveLength(1)
  })
})

describe('limits of the service', () => {
  it.each([
    ['seconds', '2', 2000],
    ['decimals', '1.5', 1500],
    ['an HTTP date', 'Mon, 02 Mar 2026 09:00:03 GMT', 3000],
  ])('faults 15, 16, 18: R5: waits out a 429 in %s', async (_, value, pause) => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers: { 'retry-after': value } } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.clock.pauses).toEqual([pause])
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it.each(['0', '-5'])('fault 18: R5: sends at once after a 429 with Retry-After %s', async (value) => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers: { 'retry-after': value } } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.clock.pauses).toEqual([])
  })

  it.each([
    ['nothing', null],
    ['abc', 'abc'],
  ])('faults 17, 18: R4: waits its own second after a 429 with %s in Retry-After', async (_, value) => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers: { 'retry-after': value } } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.clock.pauses).toEqual([1000])
  })

  it('fault 18: R5: fails at once when a longer pause is asked for than maxPauseSeconds', async () => {
    const world = await startWorld()
    const headers = { 'retry-after': '1e9', 'x-ratelimit-resource': 'Concurrency' }
    world.emulator.faults.add({ answer: { status: 429, headers } })
    const error = await failureOf(readUsers(world))
    expect(error).toBeInstanceOf(ThrottledError)
    expect(error).toMatchObject({ retryAfterSeconds: 1e9, resource: 'Concurrency' })
    expect(world.clock.pauses).toEqual([])
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 20: R6: a 200 with Retry-After is a success that holds the next call', async () => {
    const world = await startWorld({ users: 5 })
    const headers = { 'retry-after': '7', 'x-ratelimit-delay': '0.4' }
    world.emulator.faults.add({ match: firstUsers, answer: { headers } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(1)
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.clock.pauses).toEqual([7000])
    const [first, second] = world.emulator.journal.requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(7000)
  })

  it('fault 19: R6: a 429 holds everyone: nothing is sent while it lasts, and one request probes afterwards', async () => {
    const world = await startWorld({ people: Array.from({ length: 12 }, () => ({ tokens: 1 })) })
    const { emulator, devops, clock } = world
    emulator.faults.add({
      match: { path: '/tokenadmin', times: 8 },
      answer: { status: 429, headers: { 'retry-after': '20' } },
    })
    const lists = [...emulator.data.users()].map(({ descriptor }) => collect(devops.tokenAdmin.list(descriptor)))
    expect((await clock.runUntil(Promise.all(lists))).flat()).toHaveLength(12)
    const start = emulator.journal.requests[0]?.at ?? 0
    const times = emulator.journal.requests.map(({ at }) => at - start)
    expect(times.filter((at) => at === 0)).toHaveLength(8)
    expect(times.filter((at) => at > 0 && at < 20_000)).toEqual([])
    expect(emulator.journal.requests[8]?.concurrentAtArrival).toBe(1)
    expect(emulator.journal.requests).toHaveLength(8 + 12)
    expect(clock.pauses).toEqual([20_000])
  })

  it('onHold, onRetry and the logger tell of pauses, without secrets', async () => {
    const events: unknown[] = []
    const log = (event: unknown): void => void events.push(event)
    const world = await startWorld(
      { users: 5 },
      { logger: { debug: log, warn: log }, hooks: { onHold: log, onRetry: log, onRequest: log, onResponse: log } },
    )
    const token = world.emulator.tokenFor('administrator')
    world.emulator.faults.add({ match: firstUsers, answer: { status: 429, headers: { 'retry-after': '12' } } })
    await readUsers({ devops: world.client({ credential: () => token }), clock: world.clock })
    const text = inspect(events, { depth: 10 })
    expect(text).toContain('Azure DevOps asks for a pause of 12 s.')
    expect(text).toContain('waitMs: 12000')
    expect(text).not.toContain(token)
  })
})

describe('who asks', () => {
  it('R10: asks the credential once for calls that start together', async () => {
    const world = await startWorld({ users: 5 })
    let asked = 0
    const token = world.emulator.tokenFor('administrator')
    const getToken = () => {
      asked++
      return Promise.resolve({ token, expiresOnTimestamp: Infinity })
    }
    const devops = world.client({ credential: { getToken } })
    await Promise.all([1, 2, 3, 4].map(() => collect(devops.users.list())))
    expect(asked).toBe(1)
  })

  it('R10: renews a token two minutes before it ends', async () => {
    const world = await startWorld({ users: 5 })
    let asked = 0
    const getToken = () => {
      asked++
      const token = world.emulator.tokenFor('administrator', { expiresInSeconds: 600 })
      return Promise.resolve({ token, expiresOnTimestamp: world.clock.now() + 600_000 })
    }
    const devops = world.client({ credential: { getToken } })
    await collect(devops.users.list())
    await world.clock.advance(479_000)
    await collect(devops.users.list())
    expect(asked).toBe(1)
    await world.clock.advance(2_000)
    await collect(devops.users.list())
    expect(asked).toBe(2)
  })

  it('fault 31: R10: renews a refused token once, for all who were refused with it, and goes on', async () => {
    const world = await startWorld({ people: Array.from({ length: 6 }, () => ({ tokens: 1 })) })
    const { emulator, clock } = world
    const asked: boolean[] = []
    const good = emulator.tokenFor('administrator')
    const bad = emulator.tokenFor('administrator', { refused: true })
    const devops = world.client({
      credential: ({ forceRefresh }) => {
        asked.push(forceRefresh)
        return forceRefresh ? good : bad
      },
    })
    const lists = [...emulator.data.users()].map(({ descriptor }) => collect(devops.tokenAdmin.list(descriptor)))
    expect((await clock.runUntil(Promise.all(lists))).flat()).toHaveLength(6)
    expect(asked).toEqual([false, true])
  })

  it('fault 32: R10: asks for a sign-in when the renewed token is refused too; never a loop', async () => {
    const world = await startWorld()
    const devops = world.client({ credential: () => world.emulator.tokenFor('administrator', { refused: true }) })
    expect(await failureOf(collect(devops.users.list()))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it('R10: does not send the same refused token again', async () => {
    const world = await startWorld()
    const token = world.emulator.tokenFor('administrator', { refused: true })
    const devops = world.client({ credential: () => token })
    expect(await failureOf(collect(devops.users.list()))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  const challenge = (claims: string) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="", error="insufficient_claims", claims="${claims}"` },
  })
  const toBase64 = (text: string): string => Buffer.from(text).toString('base64')

  it('fault 33: R10: passes a claims challenge on to the credential, once', async () => {
    const world = await startWorld({ users: 5 })
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
    world.emulator.faults.add({ match: firstUsers, answer: challenge(toBase64(claims)) })
    const seen: (string | undefined)[] = []
    const getToken: Extract<DevOpsClientOptions['credential'], { getToken: unknown }>['getToken'] = (_, options) => {
      seen.push(options?.claims)
      return Promise.resolve({ token: world.emulator.tokenFor('administrator'), expiresOnTimestamp: Infinity })
    }
    expect(await collect(world.client({ credential: { getToken } }).users.list())).toHaveLength(5)
    expect(seen).toEqual([undefined, claims])
  })

  it('R10: carries the claims when the credential cannot answer them', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: challenge(toBase64('{"access_token":{}}')) })
    const token = world.emulator.tokenFor('administrator')
    const error = await failureOf(collect(world.client({ credential: () => token }).users.list()))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED', claims: '{"access_token":{}}' })
  })

  it('fault 33: a claims challenge that cannot be read is an error, not a crash', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: challenge('%%%') })
    const error = await failureOf(collect(world.devops.users.list()))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED', claims: undefined })
  })

  it.each([
    ['nothing', ''],
    ['two lines', 'canary\ncanary'],
    ['words', 'canary token'],
  ])('explains a credential that gives %s, without quoting it', async (_, given) => {
    const world = await startWorld()
    const error = await failureOf(collect(world.client({ credential: () => given }).users.list()))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED' })
    expect(String(error)).not.toContain('canary')
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it('explains a credential that throws, without the secret in its message', async () => {
    const world = await startWorld()
    const secret = `eyJ${'x'.repeat(30)}.${'y'.repeat(30)}.zzzz`
    const devops = world.client({ credential: () => Promise.reject(new Error(`cannot use ${secret}`)) })
    const error = await failureOf(collect(devops.users.list()))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED', message: containing('cannot use [redacted]') })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret)
  })

  it('sends a personal access token as Basic and says what may be wrong with it', async () => {
    const world = await startWorld()
    const error = await failureOf(collect(world.client({ credential: { pat: 'b'.repeat(52) } }).users.list()))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED', hint: containing('expired') })
    expect(world.emulator.journal.requests).toHaveLength(1)
    expect(world.emulator.journal.requests[0]?.headers['authorization']).toMatch(/^Basic/)
  })
})

describe('what is no data', () => {
  const html = { 'content-type': 'text/html' }

  it.each([
    ['203 with the sign-in page', { status: 203, headers: html, body: '<html>Sign In</html>' }],
    ['a redirect to the sign-in page', { status: 302, headers: { location: '/_signin?realm=x' } }],
    ['a redirect to another host', { status: 302, headers: { location: 'https://spsprodweu1.vssps.example/' } }],
  ])('faults 23, 24: R11: %s is a sign-in error, and is not followed', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    const token = world.emulator.tokenFor('administrator')
    const devops = world.client({ credential: () => token })
    expect(await failureOf(readUsers({ devops, clock: world.clock }))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R10: the sign-in page is how an expired token is answered: asks once with a new one', async () => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 203, headers: html, body: '<html></html>' } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(2)
    world.emulator.faults.add({ answer: { status: 203, headers: html, body: '<html></html>' } })
    expect(await failureOf(readUsers(world))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(4)
  })

  it.each([
    ['200 with a web page', { status: 200, headers: html, body: '<html>Hotel WiFi</html>' }],
    ['200 with a web page that claims to be JSON', { status: 200, body: '<!doctype html>' }],
    ['200 with plain words', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'fine' }],
    ['200 with nothing', { status: 200, body: '' }],
    ['a redirect within the host', { status: 307, headers: { location: '/elsewhere' } }],
  ])('faults 25, 26, 27: R11: %s is a protocol error, never an empty list', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    expect(await failureOf(readUsers(world))).toBeInstanceOf(ProtocolError)
  })

  it.each([
    ['a byte order mark', '\ufeff', 'application/json'],
    ['a type that says text', '', 'text/plain'],
  ])('fault 26: takes JSON with %s', async (_, prefix, type) => {
    const world = await startWorld()
    const body = `${prefix}${JSON.stringify({ value: [{ descriptor: 'aad.x' }] })}`
    world.emulator.faults.add({ answer: { status: 200, headers: { 'content-type': type }, body } })
    expect(await readUsers(world)).toHaveLength(1)
  })

  it('fault 24: R11: sends the credential to no other host', async () => {
    const seen: string[] = []
    const other = await listen((request, response) => {
      seen.push(String(request.headers.authorization))
      response.end('{}')
    })
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 302, headers: { location: other } } })
    await failureOf(readUsers(world))
    expect(seen).toEqual([])
  })
})

describe('an error', () => {
  it('R14: carries code, status, activity id, tries and hint, and survives a second copy of the package', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 404 } })
    const error = await failureOf(readUsers(world))
    if (!isPatkitError(error)) throw new Error('not ours')
    expect(error.code).toBe('PATKIT_NOT_FOUND')
    expect(error.activityId).toMatch(/^[0-9a-f-]{36}$/)
    expect(error.path).toBe('/fabrikam/_apis/graph/users')
    expect(error.hint).toContain('organization name')
    expect(error.attempts).toHaveLength(1)
    expect(isPatkitError({ [Symbol.for('patkit.error')]: true })).toBe(true)
    expect(isPatkitError(new Error('other'))).toBe(false)
  })

  it.each([400, 401, 403, 404, 407, 429, 500, 503])(
    'R14: of HTTP %i never shows the access token, whatever the service echoes',
    async (status) => {
      const world = await startWorld()
      const token = world.emulator.tokenFor('administrator')
      const body = { message: `Bad header: Bearer ${token}`, typeKey: 'X' }
      world.emulator.faults.add({ answer: { status, headers: { 'x-vss-userdata': 'id:account' }, body } })
      const devops = world.client({ credential: () => token })
      const error = await failureOf(readUsers({ devops, clock: world.clock }))
      if (!(error instanceof Error)) throw new Error('no error')
      expect(isPatkitError(error)).toBe(true)
      const shown = [String(error), inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), error.stack]
      for (const text of shown) expect(text).not.toContain(token)
    },
  )
})

describe('an abort signal', () => {
  const reason = new Error('enough')

  it('fault 58: R9: stops before anything is sent', async () => {
    const world = await startWorld()
    const list = world.devops.users.list({ signal: AbortSignal.abort(reason) })
    expect(await failureOf(collect(list))).toBe(reason)
    expect(world.emulator.journal.requests).toHaveLength(0)
  })

  it.each([
    ['while the service is silent', { hang: 'before-headers' }],
    ['in mid-body', { hang: { afterBytes: 100 } }],
  ] as const)('R9: stops %s', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
  })

  it('fault 58: R9: stops in a pause between tries, and sends nothing more', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 500 } })
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.emulator.journal.waitFor(({ status }) => status === 500)
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    await world.clock.advance(60_000)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 58: R9: stops in the queue of the gate', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ match: firstUsers, answer: { headers: { 'retry-after': '100' } } })
    await readUsers(world)
    const stop = new AbortController()
    const failing = failureOf(collect(world.devops.users.list({ signal: stop.signal })))
    await world.clock.advance(1000)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    await world.clock.advance(200_000)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 58: R9: stops while the credential is being asked, and tells it so', async () => {
    const world = await startWorld()
    const stop = new AbortController()
    let told = false
    const devops = world.client({
      credential: ({ signal }) =>
        new Promise<string>(() => {
          signal.addEventListener('abort', () => (told = true))
        }),
    })
    const failing = failureOf(collect(devops.users.list({ signal: stop.signal })))
    await world.clock.advance(10)
    stop.abort(reason)
    expect(await failing).toBe(reason)
    expect(told).toBe(true)
  })

  it('R9: gathers no listeners over many calls, and Node warns of none', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    onTestFinished(() => void process.off('warning', warn))
    const world = await startWorld({ users: 2 })
    const { signal } = new AbortController()
    const forty = () => Promise.all(Array.from({ length: 40 }, () => collect(world.devops.users.list({ signal }))))
    for (let n = 0; n < 5; n++) await forty()
    await world.clock.advance(0)
    expect(warnings).toEqual([])
  })
})

describe('DevOpsClient', () => {
  const credential = { pat: 'x'.repeat(52) }

  it.each([
    [{ organization: '../x', credential }, TypeError],
    [{ organization: 'fabrikam', credential, baseUrl: 'http://example.com' }, TypeError],
    [{ organization: 'fabrikam', credential: {} }, TypeError],
    [{ organization: 'fabrikam', credential: { pat: '' } }, TypeError],
    [{ organization: 'fabrikam', credential, userAgent: 'a\r\nX-Evil: 1' }, TypeError],
    [{ organization: 'fabrikam', credential, limits: { maxConcurrency: 0 } }, RangeError],
    [{ organization: 'fabrikam', credential, timeouts: { tryMs: Number.NaN } }, RangeError],
  ])('refuses %j with a sentence', (options, kind) => {
    expect(() => new DevOpsClient(options as DevOpsClientOptions)).toThrow(kind)
  })

  it('shows no secret when it is inspected', () => {
    const devops = new DevOpsClient({ organization: 'fabrikam', credential: { pat: 'canary'.repeat(9) } })
    expect(inspect(devops, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('names itself and the program around it to the service', async () => {
    const world = await startWorld({ users: 2 })
    await collect(world.client({ userAgent: 'contoso-audit/2' }).users.list())
    expect(world.emulator.journal.requests[0]?.headers['user-agent']).toMatch(/^contoso-audit\/2 patkit\/\d/)
  })

  it('uses other API versions when told to', async () => {
    const world = await startWorld({ users: 2 })
    await collect(world.client({ apiVersions: { graph: '7.2-preview.1' } }).users.list())
    expect(world.emulator.journal.requests[0]?.query['api-version']).toBe('7.2-preview.1')
  })
})

/** A server that ends with the test. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
