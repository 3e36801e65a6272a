import { ConfigurationError, type ConfigurationFault } from '@patkit/core'
import type { ServeOptions } from './serve.js'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables of where a site listens. */
export interface ListenVariables {
  /** Default: the port of the redirect URI, otherwise the usual one of the site (5000 or 5001). Platforms set it by themselves. */
  readonly PORT?: string
  /** Default: this machine alone (`127.0.0.1`) where the redirect URI is on it, otherwise every address (`0.0.0.0`). */
  readonly HOST?: string
}

/** A variable that is set to something; an empty one counts as not set. */
export function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

/** A setting, or everything that is wrong with it: so that a site can name the faults of all its settings at once. */
export function tried<T>(read: () => T): { readonly value?: T; readonly faults: readonly ConfigurationFault[] } {
  try {
    return { value: read(), faults: [] }
  } catch (error) {
    if (error instanceof ConfigurationError) return { faults: error.faults }
    throw error
  }
}

/**
 * Where a site listens: `PORT`, otherwise the port of the redirect URI, otherwise its usual one; `HOST`, otherwise this machine alone where
 * the redirect URI is on it, and every address where a platform decides who can reach it.
 */
export function listenAddress(env: Environment, usualPort: number, redirectUri?: string): ServeOptions {
  const read = (name: keyof ListenVariables): string | undefined => valueOf(env, name)
  const redirect = redirectUri === undefined ? undefined : new URL(redirectUri)
  const isLocal = redirect === undefined || ['localhost', '127.0.0.1', '[::1]'].includes(redirect.hostname)
  const redirectPort = redirect?.port === undefined || redirect.port === '' ? usualPort : Number(redirect.port)
  const port = Number(read('PORT') ?? redirectPort)
  return {
    port: Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : usualPort,
    host: read('HOST') ?? (isLocal ? '127.0.0.1' : '0.0.0.0'),
  }
}
