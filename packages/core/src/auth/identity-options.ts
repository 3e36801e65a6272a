import { systemClock, type Clock } from '../clock.js'
import type { Authority } from '../config/authority.js'
import type { UsableCredential } from '../config/authority-credential.js'
import { checkRange } from '../config/range.js'
import type { ConfigurationFault } from '../errors.js'
import type { RetryOptions, TimeoutOptions } from '../http/retry.js'
import type { Logger } from '../http/transport.js'
import { Application } from './application.js'
import { Discovery } from './discovery.js'
import { emulatorFaults, routeTo, type EmulatorOption } from './emulator-route.js'
import { SigningKeys } from './id-token-signature.js'
import { IdentityNetwork } from './network.js'
import { environmentFetch } from '../http/proxy.js'
import type { TokenCacheStore } from './token-cache.js'

/** What every kind of sign-in can be told about its surroundings; every field has a default. */
export interface IdentityOptions {
  /** Where tokens are kept. Default: {@link memoryTokenCache}, which a restart empties and other servers do not see. */
  readonly tokenCache?: TokenCacheStore | undefined
  /** Milliseconds after which kept tokens that nobody used are forgotten. Default 14 days, the life of a sign-in at B2C. */
  readonly tokenCacheTtlMs?: number | undefined
  /**
   * Sends everything to an emulator on this machine. Loopback only, and refused when `NODE_ENV` is `production`: whoever can reach the
   * emulator can sign in as anybody.
   */
  readonly emulator?: EmulatorOption | undefined
  /** How long is waited for the sign-in service. Default 10,000 ms per try and 30,000 ms in all, bodies and pauses included. */
  readonly timeouts?: TimeoutOptions | undefined
  /** How often a request is tried that can be repeated. Default 3. A code is redeemed once, unless it provably never arrived. */
  readonly retry?: RetryOptions | undefined
  /** Sends the requests. Default: {@link environmentFetch}, which knows `HTTPS_PROXY` and `NO_PROXY`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Receives what was sent and how it went, without secrets and personal data: method, host, path, grant, status, time. */
  readonly logger?: Logger | undefined
  /** Source of time. Only what the application signs with a certificate is dated by the machine's clock all the same: MSAL does it. */
  readonly clock?: Clock | undefined
  /** Source of chance for the pauses between tries: from 0 up to 1. */
  readonly random?: (() => number) | undefined
}

export const identityDefaults = {
  tokenCacheTtlMs: 14 * 24 * 60 * 60_000,
} as const satisfies Partial<IdentityOptions>

/** Longest that a number of milliseconds may say, about a year: more is a mistake in the unit. */
const longestMs = 366 * 24 * 60 * 60_000

/** What is wrong with the surroundings. */
export function identityFaults(options: IdentityOptions): ConfigurationFault[] {
  return emulatorFaults(options.emulator, process.env)
}

/** Refuses numbers that cannot be meant; these are mistakes of the program, not of its configuration. */
export function checkIdentityRanges({ tokenCacheTtlMs, timeouts, retry }: IdentityOptions): void {
  checkRange('tokenCacheTtlMs', tokenCacheTtlMs, 1, longestMs)
  checkRange('timeouts.tryMs', timeouts?.tryMs, 1, longestMs)
  checkRange('timeouts.callMs', timeouts?.callMs, 1, longestMs)
  checkRange('retry.tries', retry?.tries, 1, 20)
}

/** Puts an application together with the network it talks over. */
export function toApplication(
  options: IdentityOptions,
  authority: Authority,
  clientId: string,
  credentials: readonly UsableCredential[],
): Application {
  const { clock = systemClock, fetch = environmentFetch(), timeouts, retry, random, logger } = options
  const route = routeTo(options.emulator)
  if (options.emulator !== undefined) {
    logger?.warn?.(`Sign-in goes to the emulator at ${options.emulator.origin}, where anybody can sign in as anybody.`)
  }
  const network = new IdentityNetwork({
    clock,
    fetch,
    rewrite: (url) => route.toReal(url),
    timeouts,
    retry,
    random,
    logger,
  })
  return new Application({
    authority,
    clientId,
    credentials,
    network,
    discovery: new Discovery(network, clock, route),
    signingKeys: new SigningKeys(network, clock),
    route,
    clock,
    logger,
  })
}
