import {
  authConfigFromEnv,
  ConfigurationError,
  type AuthConfigFromEnv,
  type ConfigurationFault,
  type EmulatorOption,
} from '@patkit/core'
import { listenAddress, tried, valueOf, type Environment } from '@patkit/example-kit'

/** Everything the site is told from outside. */
export interface Settings {
  /** Who may sign in, as which application, where people come back to; the API to call and its scopes. */
  readonly auth: AuthConfigFromEnv
  /** Sends sign-ins to an emulator on this machine. */
  readonly emulator: EmulatorOption | undefined
  /** Whom the start page offers to sign in as with one click; only with an emulator. */
  readonly demoPerson: string | undefined
  /** Milliseconds the API has for its answer. */
  readonly apiTimeoutMs: number
  /** Where the site listens. */
  readonly port: number
  readonly host: string
  /** Whether a proxy in front ends https. */
  readonly trustProxy: boolean
}

/** The port of this site, beside the other example's. */
export const usualPort = 5001

/**
 * Reads the settings, by the names of the Flask sample.
 *
 * @throws {@link ConfigurationError} Naming every variable that is missing or wrong.
 */
export function settingsFromEnv(env: Environment): Settings {
  const read = tried(() => authConfigFromEnv({ ...env, PORT: valueOf(env, 'PORT') ?? String(usualPort) }))
  const faults = [...read.faults, ...apiFaults(env)]
  if (faults.length > 0 || read.value === undefined) throw new ConfigurationError(faults)
  const auth = read.value
  return {
    auth,
    emulator: undefined,
    demoPerson: undefined,
    apiTimeoutMs: 10_000,
    ...listenAddress(env, usualPort, auth.redirectUri),
    trustProxy: auth.redirectUri.startsWith('https:'),
  }
}

function apiFaults(env: Environment): readonly ConfigurationFault[] {
  if (valueOf(env, 'ENDPOINT') === undefined || valueOf(env, 'SCOPE') !== undefined) return []
  return [
    {
      field: 'SCOPE',
      problem: 'ENDPOINT is set, and no scope.',
      fix: 'Set it to a scope of the API, such as https://fabrikamb2c.onmicrosoft.com/api/demo.read, or unset ENDPOINT.',
    },
  ]
}
