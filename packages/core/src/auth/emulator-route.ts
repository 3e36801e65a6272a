import { isLoopbackHost } from '../config/authority-config.js'
import type { ConfigurationFault } from '../errors.js'

/** Sends everything meant for the sign-in service to an emulator on this machine instead. For development and tests only. */
export interface EmulatorOption {
  /** Where the emulator listens, such as `'http://localhost:8123'`. Loopback only. */
  readonly origin: string
}

/** What is wrong with the emulator option; in production it is always wrong. */
export function emulatorFaults(
  emulator: unknown,
  env: Readonly<Record<string, string | undefined>>,
): ConfigurationFault[] {
  if (emulator === undefined) return []
  if (env.NODE_ENV === 'production') {
    return [
      {
        field: 'emulator',
        problem: 'It is set while NODE_ENV is production: anybody could sign in as anybody.',
        fix: 'Leave the option out in production.',
      },
    ]
  }
  const origin = typeof emulator === 'object' && emulator !== null && 'origin' in emulator ? emulator.origin : undefined
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined
  const isOrigin = url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/'
  if (isOrigin && url.search === '' && url.hash === '' && isLoopbackHost(url.hostname)) return []
  return [
    {
      field: 'emulator.origin',
      problem: 'It is not the origin of a server on this machine.',
      fix: 'Give scheme, host and port alone, such as http://localhost:8123; the host must be localhost, 127.0.0.1 or [::1].',
    },
  ]
}

/** The way from addresses of the sign-in service to where they are really sent, and back. */
export interface Route {
  /** `https://<host>/<path>` becomes `<origin>/<host>/<path>` with an emulator, and stays itself without. */
  toReal(url: string): string
  /** The other way round: what the emulator calls its own addresses becomes the service's. */
  toService(url: string): string
}

/** The route to the real service, or to an emulator. */
export function routeTo(emulator: EmulatorOption | undefined): Route {
  if (emulator === undefined) return { toReal: (url) => url, toService: (url) => url }
  const { origin, port, protocol } = new URL(emulator.origin)
  // The emulator may call itself by another name of this machine than the one it was given to us by.
  const isEmulator = (url: URL): boolean =>
    url.protocol === protocol && url.port === port && isLoopbackHost(url.hostname)
  return {
    toReal: (url) => (url.startsWith('https://') ? `${origin}/${url.slice('https://'.length)}` : url),
    // MSAL compares paths of addresses with the authority's, so it must see none with an extra segment in front.
    toService: (address) => {
      const url = URL.canParse(address) ? new URL(address) : undefined
      return url !== undefined && isEmulator(url) ? `https://${address.slice(url.origin.length + 1)}` : address
    },
  }
}
