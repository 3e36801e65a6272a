import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  InteractionRequiredError,
  PermissionError,
  ProtocolError,
  SignInRequiredError,
  type DevOpsClientOptions,
  type ScanOutcome,
} from '../../src/index.js'
import { collect, containing, failureOf, firstUsers, readUsers, startWorld, type World } from '../world.js'
import { startHttpServer } from './support/servers.js'

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

  it('fault 31, R10: renews a refused token once, for all who were refused with it, and goes on', async () => {
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

  it('fault 32, R10: asks for a sign-in when the renewed token is refused too; never a loop', async () => {
    const world = await startWorld()
    const devops = world.client({ credential: () => world.emulator.tokenFor('administrator', { refused: true }) })
    expect(await failureOf(collect(devops.users.list()))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it('fault 32, R10: does not send the same refused token again', async () => {
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

  it('fault 33, R10: passes a claims challenge on to the credential, once', async () => {
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

  it('fault 33, R10: answers the claims of calls that were challenged together once', async () => {
    const world = await startWorld({ people: Array.from({ length: 6 }, () => ({ tokens: 1 })) })
    const { emulator, clock } = world
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
    // The challenges come one after the other: the last when the first has long been answered.
    for (let nth = 1; nth <= 6; nth++) {
      emulator.faults.add({
        match: { path: '/tokenadmin', nth },
        answer: { delayMs: nth * 1000, ...challenge(toBase64(claims)) },
      })
    }
    const seen: (string | undefined)[] = []
    const devops = world.client({
      credential: (request) => {
        seen.push(request.claims)
        return emulator.tokenFor('administrator')
      },
    })
    const lists = [...emulator.data.users()].map(({ descriptor }) => collect(devops.tokenAdmin.list(descriptor)))
    expect((await clock.runUntil(Promise.all(lists))).flat()).toHaveLength(6)
    expect(seen).toEqual([undefined, claims])
    expect(emulator.journal.requests).toHaveLength(12)
  })

  it('fault 33, R10: is not content with a renewal under way that lacks the claims', async () => {
    const world = await startWorld({ people: Array.from({ length: 2 }, () => ({ tokens: 1 })) })
    const { emulator, clock } = world
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    emulator.faults.add({ match: { path: '/tokenadmin', nth: 1 }, answer: { status: 401 } })
    emulator.faults.add({ match: { path: '/tokenadmin', nth: 2 }, answer: challenge(toBase64(claims)) })
    const asked: { claims: string | undefined; give: (token: string) => void }[] = []
    const devops = world.client({
      credential: (request) =>
        asked.length === 0 && !request.forceRefresh
          ? emulator.tokenFor('administrator')
          : new Promise((give) => asked.push({ claims: request.claims, give })),
    })
    await collect(devops.users.list())
    const lists = [...emulator.data.users()].map(({ descriptor }) => collect(devops.tokenAdmin.list(descriptor)))
    await clock.advance(1000)
    asked[0]?.give(emulator.tokenFor('administrator'))
    await clock.advance(1000)
    asked[1]?.give(emulator.tokenFor('administrator'))
    expect((await clock.runUntil(Promise.all(lists))).flat()).toHaveLength(2)
    expect(asked.map((each) => each.claims)).toEqual([undefined, claims])
  })

  it('fault 33, R10: carries the claims when the credential cannot answer them', async () => {
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
  ])('faults 23, 24, R11: %s is a sign-in error, and is not followed', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    const token = world.emulator.tokenFor('administrator')
    const devops = world.client({ credential: () => token })
    expect(await failureOf(readUsers({ devops, clock: world.clock }))).toBeInstanceOf(SignInRequiredError)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 23, R10: the sign-in page is how an expired token is answered: asks once with a new one', async () => {
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
  ])('fault 25, R11: %s is a protocol error, never an empty list', async (_, answer) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer })
    expect(await failureOf(readUsers(world))).toBeInstanceOf(ProtocolError)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 24, R11: a redirect takes the credential to no other host', async () => {
    const seen: string[] = []
    const other = await startHttpServer((request, response) => {
      seen.push(String(request.headers.authorization))
      response.end('{}')
    })
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 302, headers: { location: other } } })
    await failureOf(readUsers(world))
    expect(seen).toEqual([])
  })
})

const people = (count: number) => Array.from({ length: count }, () => ({ tokens: 1 }))
const scanAll = ({ devops, clock }: World): Promise<ScanOutcome[]> => clock.runUntil(collect(devops.scanTokens()))
const tokensIn = (outcomes: readonly ScanOutcome[]): string[] =>
  outcomes.flatMap((outcome) =>
    outcome.status === 'read' ? outcome.tokens.map(({ authorizationId }) => authorizationId) : [],
  )
const tokenReads = ({ emulator }: World) => emulator.journal.requests.filter(({ path }) => path.includes('tokenadmin'))
const accepted = { 'x-vss-userdata': 'id:account' }

describe('a scan', () => {
  it('fault 32: stops when the credential is no longer accepted, asking for another once', async () => {
    const world = await startWorld({ people: people(50) })
    const answer = { status: 203, body: '<html>Sign In</html>' }
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 20 }, answer })
    expect(await failureOf(scanAll(world))).toBeInstanceOf(SignInRequiredError)
    expect(tokenReads(world).length).toBeLessThanOrEqual(20 + 2 * 16)
  })

  it('fault 32: stops when only the person can help the credential', async () => {
    const world = await startWorld({ people: people(50) })
    let asked = 0
    const credential = (): string => {
      if (++asked > 1) throw new InteractionRequiredError('The sign-in has ended.', { reason: 'refused', scopes: [] })
      return world.emulator.tokenFor('administrator')
    }
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 10 }, answer: { status: 401 } })
    const error = await failureOf(world.clock.runUntil(collect(world.client({ credential }).scanTokens())))
    expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED' })
    expect(tokenReads(world).length).toBeLessThanOrEqual(10 + 16)
  })

  it('fault 31: goes on over a token that ends in mid-run, reading nobody twice', async () => {
    const world = await startWorld({ people: people(40) })
    let asked = 0
    const credential = (): string => {
      asked++
      return world.emulator.tokenFor('administrator')
    }
    world.emulator.faults.add({ match: { path: '/tokenadmin', after: 15, times: 1 }, answer: { status: 401 } })
    const outcomes = await world.clock.runUntil(collect(world.client({ credential }).scanTokens()))
    expect(outcomes.filter(({ status }) => status === 'read')).toHaveLength(40)
    expect(new Set(tokensIn(outcomes)).size).toBe(40)
    expect(asked).toBe(2)
    expect(tokenReads(world)).toHaveLength(40 + 1)
  })

  it('fault 37: stops with the missing role when the first users are all refused', async () => {
    const world = await startWorld({ people: people(200) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { status: 403, headers: accepted } })
    const error = await failureOf(scanAll(world))
    expect(error).toBeInstanceOf(PermissionError)
    const hint = expect.stringContaining('Project Collection Administrators') as string
    expect(error).toMatchObject({ hint })
    expect(tokenReads(world).length).toBeLessThanOrEqual(16)
  })

  it('fault 37: stops with the missing role also in an organization of two', async () => {
    const world = await startWorld({ people: people(2) })
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { status: 401, headers: accepted } })
    expect(await failureOf(scanAll(world))).toBeInstanceOf(PermissionError)
  })

  it('fault 37: passes on what the service says, once per user, when a policy forbids it', async () => {
    const world = await startWorld({ people: people(2) })
    const body = { message: 'TF400813: The user is not authorized to access this resource.' }
    world.emulator.faults.add({ match: { path: '/tokenadmin' }, answer: { status: 403, body } })
    expect(await failureOf(scanAll(world))).toMatchObject({ code: 'PATKIT_PERMISSION', status: 403 })
    expect(tokenReads(world)).toHaveLength(2)
    const reading = collect(world.devops.tokenAdmin.list(world.emulator.data.userAt(0).descriptor))
    expect(await failureOf(reading)).toMatchObject({ message: containing('TF400813') })
  })
})

describe('an organization that does not exist', () => {
  it('fault 38: is named as not found, or hidden', async () => {
    const world = await startWorld()
    const error = await failureOf(readUsers({ ...world, devops: world.client({ organization: 'fabrikan' }) }))
    expect(error).toMatchObject({ code: 'PATKIT_NOT_FOUND', hint: containing('organization name') })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 38: is thought of when the sign-in page comes instead', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 203, body: '<html>Sign In</html>' } })
    const error = await failureOf(readUsers(world))
    expect(error).toMatchObject({ code: 'PATKIT_SIGN_IN_REQUIRED', hint: containing('name of the organization') })
  })
})
