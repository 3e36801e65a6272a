import { authConfigFromEnv, ConfigurationError, type AuthConfigFromEnv, type EmulatorOption } from '@patkit/core'
import { listenAddress, type Environment } from '@patkit/example-kit'

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
  const auth = authConfigFromEnv({ ...env, PORT: env['PORT'] ?? String(usualPort) })
  if (auth.endpoint !== undefined && auth.scopes.length === 0) {
    throw new ConfigurationError([
      {
        field: 'SCOPE',
        problem: 'ENDPOINT is set, and no scope.',
        fix: 'Set it to a scope of the API, such as https://fabrikamb2c.onmicrosoft.com/api/demo.read, or unset ENDPOINT.',
      },
    ])
  }
  return {
    auth,
    emulator: undefined,
    demoPerson: undefined,
    apiTimeoutMs: 10_000,
    ...listenAddress(env, usualPort, auth.redirectUri),
    trustProxy: auth.redirectUri.startsWith('https:'),
  }
}
