import { createHash, randomBytes } from 'node:crypto'
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node'
import { afterEach } from 'vitest'
import { SignInBrowser, startIdentityServer } from '../../src/index.js'
import type { IdentityClock, IdentityServer, IdentityServerOptions } from '../../src/index.js'

const open: IdentityServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

/** An identity server that ends with the test. */
export async function identityServer(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  const server = await startIdentityServer(options)
  open.push(server)
  return server
}

export const browserOf = (server: IdentityServer): SignInBrowser => new SignInBrowser(server.url)

/** The machine's time, set forward by a test. Sleeps are noted and over at once. */
export interface ShiftedClock extends IdentityClock {
  advance(seconds: number): void
  readonly sleptSeconds: number[]
}

export function shiftedClock(): ShiftedClock {
  let shiftMs = 0
  const sleptSeconds: number[] = []
  return {
    sleptSeconds,
    now: () => Date.now() + shiftMs,
    sleep: (ms) => {
      sleptSeconds.push(ms / 1000)
      return Promise.resolve()
    },
    advance: (seconds) => {
      shiftMs += seconds * 1000
    },
  }
}

/** The address of the emulator that stands for an address of a real service. */
export function local(server: IdentityServer, address: string): string {
  return address.startsWith('https://') ? address.replace('https://', `${server.url}/`) : address
}

/**
 * A network module for MSAL that leads every https host to the emulator, and notes what was sent.
 *
 * @param endpoints - How MSAL sees the endpoints that discovery names: as they are (`local`), or under the names of the service.
 */
export interface EmulatorNetwork extends INetworkModule {
  readonly sent: { readonly method: 'GET' | 'POST'; readonly url: string; readonly headers: Record<string, string> }[]
}

export function emulatorNetwork(
  server: IdentityServer,
  endpoints: 'local' | 'of-the-service' = 'local',
): EmulatorNetwork {
  const sent: EmulatorNetwork['sent'] = []
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions | undefined,
  ): Promise<NetworkResponse<never>> => {
    const headers = options?.headers ?? {}
    sent.push({ method, url, headers })
    const body = method === 'POST' ? { body: options?.body ?? '' } : {}
    const response = await fetch(local(server, url), { method, headers, ...body })
    const text = await response.text()
    const seen = endpoints === 'local' ? text : text.replaceAll(`${server.url}/`, 'https://')
    return { headers: Object.fromEntries(response.headers), body: JSON.parse(seen) as never, status: response.status }
  }
  return {
    sent,
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
}

/** The claims of a token, unverified: tests of what is in it. */
export function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

export interface Pkce {
  readonly verifier: string
  readonly challenge: string
}

export function createPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export type Json = Record<string, unknown>

export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** Sends a form to an endpoint of a real service, which is the emulator's. */
export async function post(
  server: IdentityServer,
  address: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const response = await fetch(local(server, address), { method: 'POST', headers, body: new URLSearchParams(form) })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json }
}

export async function get(
  server: IdentityServer,
  address: string,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const response = await fetch(local(server, address), { headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json }
}

/** An address with a query. */
export const withQuery = (address: string, parameters: Record<string, string>): string =>
  `${address}?${new URLSearchParams(parameters).toString()}`
