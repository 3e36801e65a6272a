import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ProtocolError, ServiceError, TimeoutError } from '../../src/index.js'
import { collect, containing, failureOf, failuresIn, firstUsers, readUsers, startWorld } from '../world.js'
import { startHttpServer } from './support/servers.js'

const people = (count: number) => Array.from({ length: count }, () => ({ tokens: 2 }))

describe('an answer that breaks off', () => {
  it.each([
    ['a reset in mid-body', { reset: { afterBytes: 300 } }],
    ['an end before Content-Length', { truncate: { afterBytes: 300 } }],
    ['chunks without the final one', { dropFinalChunk: true }],
    ['JSON cut in the middle, with status 200', { status: 200, body: '{"value":[{"descr' }],
  ] as const)('faults 5, 6, 7, 27, R1: is read again as a whole after %s', async (_, answer) => {
    const world = await startWorld({ users: 12 })
    world.emulator.faults.add({ match: firstUsers, answer })
    expect(await readUsers(world)).toHaveLength(12)
    expect(world.emulator.journal.requests).toHaveLength(2)
    // R4: half a second, with the jitter of this test at its most.
    expect(world.clock.pauses).toEqual([500])
  })

  it.each([
    ['reset', { reset: { afterBytes: 40 } }],
    ['ended early', { truncate: { afterBytes: 40 } }],
    ['without the final chunk', { dropFinalChunk: true }],
  ] as const)(
    'faults 5, 6, 7: a scan in which every fifth is %s gives the rows of one without faults',
    async (_, answer) => {
      const world = await startWorld({ people: people(25), tokenPageSize: 1 })
      const whole = await world.clock.runUntil(collect(world.devops.scanTokens()))
      const without = world.emulator.journal.requests.length
      world.emulator.journal.clear()
      for (let nth = 5; nth <= without; nth += 5) world.emulator.faults.add({ match: { path: '/_apis/', nth }, answer })
      expect(await world.clock.runUntil(collect(world.client().scanTokens()))).toEqual(whole)
      const broken = world.emulator.journal.requests.filter(({ outcome }) => outcome === 'cut').length
      expect(broken).toBe(Math.floor(without / 5))
      expect(world.emulator.journal.requests).toHaveLength(without + broken)
    },
  )

  it('fault 8, R7: a silence before the headers is given up after 30 s and asked again', async () => {
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

  it('fault 8, R7: all tries together end after the limit of the call', async () => {
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

  it.each([
    ['falls silent in the body', { hang: { afterBytes: 200 } }],
    ['drips a byte a second', { drip: { bytes: 1, everyMs: 1000 } }],
  ] as const)('fault 9, R7: one that %s is given up at the limit of a try and asked again', async (_, answer) => {
    const world = await startWorld({ users: 5 }, { timeouts: { tryMs: 7000 } })
    world.emulator.faults.add({ match: firstUsers, answer })
    const users = collect(world.devops.users.list())
    await world.emulator.journal.waitFor(1)
    await world.clock.advance(6999)
    expect(world.emulator.journal.requests).toHaveLength(1)
    await world.clock.advance(1)
    expect(await world.clock.runUntil(users)).toHaveLength(5)
    expect(world.emulator.journal.requests.map(({ outcome }) => outcome)).toEqual(['abandoned', 'answered'])
  })

  it('fault 9, R7: a slow body that ends within the limit is taken', async () => {
    const world = await startWorld({ users: 5 })
    world.emulator.faults.add({ match: firstUsers, answer: { drip: { bytes: 400, everyMs: 1000 } } })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })
})

describe('a packed answer', () => {
  const page = JSON.stringify({ value: Array.from({ length: 50 }, (_, n) => ({ descriptor: `aad.${n * 7919}` })) })

  it.each([
    ['gzip', gzipSync(page)],
    ['br', brotliCompressSync(page)],
  ])('fault 11: is unpacked (%s)', async (encoding, packed) => {
    const world = await startWorld()
    const answer = { headers: { 'content-encoding': encoding }, bodyBase64: packed.toString('base64') }
    world.emulator.faults.add({ match: firstUsers, answer: { status: 200, ...answer } })
    expect(await readUsers(world)).toHaveLength(50)
  })

  it('fault 11, R1: that was cut before it was sent is read again', async () => {
    const world = await startWorld({ users: 5 })
    const bodyBase64 = gzipSync(page).subarray(0, 120).toString('base64')
    world.emulator.faults.add({
      match: firstUsers,
      answer: { status: 200, headers: { 'content-encoding': 'gzip' }, bodyBase64 },
    })
    expect(await readUsers(world)).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(2)
  })

  it.each(['gzip', 'br'])('fault 11: that is not what its header says is a protocol error (%s)', async (encoding) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 200, headers: { 'content-encoding': encoding }, body: page } })
    const error = await failureOf(readUsers(world))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ message: containing('could not be unpacked'), hint: containing('proxy') })
    expect(world.emulator.journal.requests).toHaveLength(4)
  })
})

describe('a very large answer', () => {
  it('fault 12: of 200,000 users in one page is read', async () => {
    const world = await startWorld()
    const value = Array.from({ length: 200_000 }, (_, n) => ({ descriptor: `aad.${n}` }))
    world.emulator.faults.add({ match: firstUsers, answer: { status: 200, body: { value } } })
    expect(await readUsers(world)).toHaveLength(200_000)
  })

  it('fault 12: of 100 MB is refused before its body is read, when it says its length', async () => {
    let written = 0
    const baseUrl = await startHttpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(100 * 1024 ** 2) })
      const piece = Buffer.alloc(64 * 1024, ' ')
      const write = (): void => {
        while (!response.destroyed && response.write(piece)) written += piece.length
      }
      response.on('drain', write)
      write()
    })
    const world = await startWorld({}, { baseUrl })
    const error = await failureOf(readUsers(world))
    expect(error).toMatchObject({ code: 'PATKIT_PROTOCOL', message: containing('more than 64 MiB') })
    expect(written).toBeLessThan(16 * 1024 ** 2)
  })

  it('fault 12: is refused while it is unpacked, however small it was on the way', async () => {
    const world = await startWorld()
    const bomb = gzipSync(Buffer.alloc(100 * 1024 ** 2, ' ')).toString('base64')
    world.emulator.faults.add({
      answer: { status: 200, headers: { 'content-encoding': 'gzip' }, bodyBase64: bomb },
    })
    const error = await failureOf(readUsers(world))
    expect(error).toMatchObject({ code: 'PATKIT_PROTOCOL', message: containing('more than 64 MiB') })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })
})

describe('a failure of the service', () => {
  it.each([408, 500, 502, 503, 504])('faults 21, 22, R1: HTTP %i once is read again', async (status) => {
    const world = await startWorld({ users: 12 })
    world.emulator.faults.add({ match: firstUsers, answer: { status } })
    expect(await readUsers(world)).toHaveLength(12)
    expect(world.emulator.journal.requests.map((request) => request.status)).toEqual([status, 200])
    expect(world.clock.pauses).toEqual([500])
  })

  it('fault 21, R5: 503 with Retry-After waits as long as asked', async () => {
    const world = await startWorld({ users: 12 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 503, headers: { 'retry-after': '9' } } })
    expect(await readUsers(world)).toHaveLength(12)
    expect(world.clock.pauses).toEqual([9000])
  })

  it('fault 21, R4, R7: 503 for ever is tried 4 times with growing pauses, and the error tells of each', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 503 } })
    const error = await failureOf(readUsers(world))
    expect(error).toMatchObject({ code: 'PATKIT_SERVICE', status: 503, retryable: true })
    const tries = (error as ServiceError).attempts.map(({ number, failure }) => `${number}: ${failure}`)
    expect(tries).toEqual(['1: HTTP 503', '2: HTTP 503', '3: HTTP 503', '4: HTTP 503'])
    expect(world.clock.pauses).toEqual([500, 1000, 2000])
    expect(world.emulator.journal.requests).toHaveLength(4)
  })

  it('R4: spreads pauses at random between nothing and the bound', async () => {
    const world = await startWorld({}, { random: () => 0.25 })
    world.emulator.faults.add({ match: firstUsers, answer: { status: 500 } })
    await readUsers(world)
    expect(world.clock.pauses).toEqual([125])
  })

  it.each([501, 505])('fault 22, R1: HTTP %i is not read again', async (status) => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status } })
    expect(await failureOf(readUsers(world))).toMatchObject({ code: 'PATKIT_SERVICE', status, retryable: false })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('R1: an organization that is offline is not asked again', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 503, headers: { 'X-VSS-HostOfflineError': 'true' } } })
    expect(await failureOf(readUsers(world))).toMatchObject({ status: 503, hint: containing('maintenance') })
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it.each([400, 409, 413, 414])(
    'fault 30, R1: a refusal with HTTP %i is passed on in its words, not repeated',
    async (status) => {
      const world = await startWorld()
      const body = { $id: '1', message: 'VS860004: no.\u0000', typeKey: 'GraphBadRequestException', errorCode: 0 }
      world.emulator.faults.add({ answer: { status, body } })
      const error = await failureOf(readUsers(world))
      expect(error).toBeInstanceOf(ServiceError)
      expect(error).toMatchObject({ status, typeKey: 'GraphBadRequestException', retryable: false })
      expect(error).toMatchObject({ message: containing('VS860004: no.') })
      expect(failuresIn(error)).toEqual([`HTTP ${status}`])
      expect(world.emulator.journal.requests).toHaveLength(1)
    },
  )

  it('fault 30: a version that the server does not know is explained', async () => {
    const world = await startWorld()
    const body = { message: 'REST API version of 7.1 is out of range.', typeKey: 'VssVersionOutOfRangeException' }
    world.emulator.faults.add({ answer: { status: 400, body } })
    expect(await failureOf(readUsers(world))).toMatchObject({ hint: containing('apiVersions') })
  })
})

describe('an answer in an unusual form', () => {
  it.each([
    ['a byte order mark', '\ufeff', 'application/json'],
    ['a type that says text', '', 'text/plain'],
  ])('fault 26: is taken when it is JSON with %s', async (_, prefix, type) => {
    const world = await startWorld()
    const body = `${prefix}${JSON.stringify({ value: [{ descriptor: 'aad.x' }] })}`
    world.emulator.faults.add({ answer: { status: 200, headers: { 'content-type': type }, body } })
    expect(await readUsers(world)).toHaveLength(1)
  })

  it.each([
    ['without value', {}],
    ['with a null value', { value: null }],
    ['that is a list', []],
    ['that is null', null],
    ['that is a number', 7],
  ])('fault 27, R11: is a typed error when it is a page %s', async (_, body) => {
    const { emulator, devops } = await startWorld()
    emulator.faults.add({ match: { path: '/graph/users' }, answer: { status: 200, body } })
    expect(await failureOf(collect(devops.users.list()))).toBeInstanceOf(ProtocolError)
    expect(emulator.journal.requests).toHaveLength(1)
  })

  it('fault 28: is read whatever the case of its headers, and though a proxy repeats them', async () => {
    const world = await startWorld({ users: 25, pageSize: 10 })
    const { faults, journal } = world.emulator
    await readUsers(world)
    const [, second] = journal.requests
    const token = second?.query['continuationToken'] ?? ''
    journal.clear()
    const headers = { 'X-MS-CONTINUATIONTOKEN': [token, token], 'RETRY-AFTER': ['3', '3'] }
    faults.add({ match: firstUsers, answer: { headers } })
    expect(await readUsers(world)).toHaveLength(25)
    expect(journal.requests[1]?.query['continuationToken']).toBe(token)
    expect(world.clock.pauses).toEqual([3000])
  })
})
