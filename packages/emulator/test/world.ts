import { onTestFinished } from 'vitest'
import { createTestClock, type Emulator, type EmulatorOptions, startEmulator, type TestClock } from '../src/index.js'

/** An answer with its body read. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, without a byte order mark. */
  readonly json: unknown
}

/** An emulator on a clock that only the test moves, and a small client of it. */
export interface World {
  readonly emulator: Emulator
  readonly clock: TestClock
  /** Sends a request as an administrator; the path begins after `_apis/`. */
  readonly send: (path: string, options?: SendOptions) => Promise<Reply>
}

export interface SendOptions {
  readonly method?: string
  /** Replaces the administrator's access token; `null` sends none. */
  readonly authorization?: string | null
  /** Sent as JSON, text as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export async function startWorld(options: EmulatorOptions = {}): Promise<World> {
  const clock = createTestClock()
  const emulator = await startEmulator({ clock, ...options })
  onTestFinished(() => emulator.close())
  const bearer = `Bearer ${emulator.tokenFor()}`
  return {
    emulator,
    clock,
    send: (path, { authorization = bearer, ...rest } = {}) =>
      request(`${emulator.url}/${emulator.organization}/_apis/${path}`, { authorization, ...rest }),
  }
}

/** One HTTP request, redirects not followed. */
export async function request(url: string, options: SendOptions = {}): Promise<Reply> {
  const { method, authorization, body, headers, signal } = options
  const response = await fetch(url, {
    redirect: 'manual',
    ...(method === undefined ? {} : { method }),
    ...(signal === undefined ? {} : { signal }),
    headers: {
      ...(authorization === undefined || authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
    },
  }
}

/** A personal access token as a header. */
export const basic = (secret: string): string => `Basic ${Buffer.from(`:${secret}`).toString('base64')}`

/** The api-version that each area is asked with unless a test is about versions. */
export const graphVersion = 'api-version=7.1-preview.1'
export const tokensVersion = 'api-version=7.1-preview.1'
export const adminVersion = 'api-version=7.1'
