import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DevOpsClient, environmentFetch, NetworkError, type DevOpsClientOptions } from '../../src/index.js'
import { makeCertificate } from '../auth/support/certificate.js'
import { containing, failureOf, failuresIn, firstUsers, readUsers, startWorld } from '../world.js'
import { freePort } from '../free-port.js'
import { jsonAnswer, resolveName, startBareServer, startHttpsServer, startProxy } from './support/servers.js'

const day = 86_400_000

/** Somewhere that is not this machine, so that proxies and certificates matter. */
const elsewhere = 'https://devops.example'

describe('a host that cannot be reached', () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN'])(
    'fault 1, R1: a name that gives %s is asked for four times, then named',
    async (code) => {
      const world = await startWorld()
      const asked = resolveName('devops.example', { code })
      const error = await failureOf(readUsers({ ...world, devops: world.client({ baseUrl: elsewhere }) }))
      expect(error).toBeInstanceOf(NetworkError)
      expect(error).toMatchObject({ host: 'devops.example', retryable: true, hint: containing('organization URL') })
      expect(failuresIn(error)).toEqual(Array(4).fill(code))
      expect(asked).toEqual(Array(4).fill('devops.example'))
      expect(world.clock.pauses).toEqual([500, 1000, 2000])
    },
  )

  it('fault 2, R1: a refused connection is tried four times, then named with what to check', async () => {
    const world = await startWorld()
    const host = `127.0.0.1:${await freePort()}`
    const error = await failureOf(readUsers({ ...world, devops: world.client({ baseUrl: `http://${host}` }) }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ host, retryable: true, hint: containing('proxy') })
    expect(failuresIn(error)).toEqual(Array(4).fill('ECONNREFUSED'))
  })

  it('fault 4, R1: a reset before the answer is read again', async () => {
    const world = await startWorld({ users: 12 })
    world.emulator.faults.add({ match: firstUsers, answer: { reset: 'before' } })
    expect(await readUsers(world)).toHaveLength(12)
    expect(world.emulator.journal.requests.map(({ outcome }) => outcome)).toEqual(['cut', 'answered'])
    expect(world.clock.pauses).toEqual([500])
  })

  it('fault 14: localhost connects also when the port is closed on IPv6, which is tried first', async () => {
    const world = await startWorld({ users: 5 })
    resolveName('localhost', [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ])
    const baseUrl = world.emulator.url.replace('127.0.0.1', 'localhost')
    expect(await readUsers({ ...world, devops: world.client({ baseUrl }) })).toHaveLength(5)
    expect(world.emulator.journal.requests).toHaveLength(1)
  })
})

describe('a certificate that is not accepted', () => {
  const now = Date.now()

  it('fault 3: self-signed, is not tried again; the error names cause and remedy', async () => {
    const world = await startWorld()
    const { port, seen } = await startHttpsServer(makeCertificate(), world.emulator.url)
    const devops = world.client({ baseUrl: `https://127.0.0.1:${port}` })
    const error = await failureOf(readUsers({ ...world, devops }))
    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false, hint: containing('NODE_EXTRA_CA_CERTS') })
    expect(failuresIn(error)).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT'])
    expect(seen).toEqual([])
  })

  it.each([
    ['expired', makeCertificate(new Date(now - day), new Date(now - 30 * day)), 'CERT_HAS_EXPIRED'],
    ['for another name', makeCertificate(), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('fault 3: %s, is not tried again although its issuer is trusted', async (_, certificate, cause) => {
    const world = await startWorld()
    const { port, seen } = await startHttpsServer(certificate, world.emulator.url)
    const proxy = await startProxy({ port })
    const fetch = environmentFetch({ HTTPS_PROXY: proxy.url }, { ca: certificate.certificate })
    const error = await failureOf(readUsers({ ...world, devops: world.client({ baseUrl: elsewhere, fetch }) }))
    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false, message: containing(cause) })
    expect(failuresIn(error)).toEqual([cause])
    expect(proxy.asked).toHaveLength(1)
    expect(seen).toEqual([])
  })

  it('R19: plain http is refused before anything is sent, except for this machine', () => {
    const options: DevOpsClientOptions = { organization: 'fabrikam', credential: () => 'token' }
    expect(() => new DevOpsClient({ ...options, baseUrl: 'http://devops.example' })).toThrow(TypeError)
    for (const host of ['127.0.0.1', 'localhost', '[::1]'])
      expect(() => new DevOpsClient({ ...options, baseUrl: `http://${host}:1` })).not.toThrow()
  })
})

describe('a kept connection that the server closed', () => {
  /** Answers on a new connection, and closes it when a second request comes on it. */
  const closesWhenReused = () =>
    startBareServer(({ socket, numberOnConnection }) => {
      if (numberOnConnection === 1) socket.write(jsonAnswer({ value: [{ descriptor: 'aad.x' }] }))
      else socket.end()
    })

  it('fault 10, R18: is replaced unseen by a read: no pause, no retry is told', async () => {
    const server = await closesWhenReused()
    const retries: unknown[] = []
    const world = await startWorld({}, { baseUrl: server.url, hooks: { onRetry: (event) => retries.push(event) } })
    expect(await readUsers(world)).toHaveLength(1)
    expect(await readUsers(world)).toHaveLength(1)
    expect(server.requests).toHaveLength(3)
    expect(server.connections()).toBe(2)
    expect(world.clock.pauses).toEqual([])
    expect(retries).toEqual([])
  })

  it('fault 10, R3: leaves the outcome of a creation unknown, and sends it once', async () => {
    const server = await closesWhenReused()
    const world = await startWorld({}, { baseUrl: server.url })
    await readUsers(world)
    const creating = world.devops.pats.create({ displayName: 'ci', scope: 'vso.code', validTo: '2026-04-01' })
    expect(await failureOf(world.clock.runUntil(creating))).toMatchObject({ code: 'PATKIT_OUTCOME_UNKNOWN' })
    expect(server.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1)
  })
})

describe('a proxy', () => {
  it('fault 13: of the environment is asked without being told to, and its refusal is explained', async () => {
    const world = await startWorld()
    const proxy = await startProxy({ refuse: 407 })
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('http://', 'http://me:canary@'))
    onTestFinished(() => void vi.unstubAllEnvs())
    const error = await failureOf(readUsers({ ...world, devops: world.client({ baseUrl: elsewhere }) }))
    expect(error).toMatchObject({ code: 'PATKIT_NETWORK', retryable: false, hint: containing('HTTPS_PROXY') })
    expect(String(error)).toContain('lets nothing through to devops.example (HTTP 407)')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary')
    expect(proxy.asked).toEqual(['devops.example:443'])
  })

  it('fault 13: is left out for hosts of NO_PROXY', async () => {
    const world = await startWorld()
    const proxy = await startProxy({ refuse: 407 })
    const asked = resolveName('devops.example', { code: 'ENOTFOUND' })
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', '.example')
    onTestFinished(() => void vi.unstubAllEnvs())
    const error = await failureOf(readUsers({ ...world, devops: world.client({ baseUrl: elsewhere }) }))
    expect(failuresIn(error)).toEqual(Array(4).fill('ENOTFOUND'))
    expect(asked).toContain('devops.example')
    expect(proxy.asked).toEqual([])
  })

  it('fault 13: leads many requests through one tunnel, packed on the way', async () => {
    const world = await startWorld({ users: 30, pageSize: 10 })
    const packed = gzipSync(JSON.stringify({ value: [{ descriptor: 'aad.packed' }] })).toString('base64')
    world.emulator.faults.add({
      match: { path: '/graph/users', nth: 3 },
      answer: { headers: { 'content-encoding': 'gzip' }, bodyBase64: packed },
    })
    const certificate = makeCertificate(undefined, undefined, 'devops.example')
    const { port, seen } = await startHttpsServer(certificate, world.emulator.url)
    const proxy = await startProxy({ port })
    const fetch = environmentFetch({ HTTPS_PROXY: proxy.url }, { ca: certificate.certificate })
    const users = await readUsers({ ...world, devops: world.client({ baseUrl: elsewhere, fetch }) })
    expect(users.map(({ descriptor }) => descriptor)).toContain('aad.packed')
    expect(users).toHaveLength(21)
    expect(proxy.asked).toEqual(['devops.example:443'])
    expect(seen).toHaveLength(3)
    expect(world.emulator.journal.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br')
  })
})
