import type { Authority } from './authorities.js'
import type { Client } from './clients.js'
import { ExpiringMap } from './expiring-map.js'
import type { Ids } from './ids.js'
import type { ScopeRequest } from './resources.js'
import type { IdentityClock } from './time.js'

/** What somebody allowed an application, and how they proved who they are. Codes and refresh tokens stand for one. */
export interface Grant {
  /** Where the sign-in was; it decides the issuer and, in B2C, the user flow. */
  readonly authority: Authority
  readonly client: Client
  /** The person is looked up anew for every token: profiles change and accounts are deleted. */
  readonly tenantId: string
  readonly objectId: string
  readonly scope: ScopeRequest
  readonly nonce: string | null
  readonly sessionId: string
  /** Milliseconds since 1970. */
  readonly signedInAt: number
  /** Values of `acrs` the person has satisfied. */
  readonly authContexts: readonly string[]
  /** What the client says it can handle (`xms_cc`), such as `cp1`. */
  readonly capabilities: readonly string[]
  readonly isNewUser: boolean
}

export interface PkceChallenge {
  readonly value: string
  readonly method: 'S256' | 'plain'
}

export interface AuthorizationCode {
  readonly grant: Grant
  readonly redirectUri: string
  readonly challenge: PkceChallenge | undefined
  readonly expiresAt: number
  redeemed: boolean
}

export interface RefreshToken {
  readonly grant: Grant
  readonly issuedAt: number
  readonly expiresAt: number
  used: boolean
  revoked: boolean
}

export interface DeviceRequest {
  readonly userCode: string
  readonly client: Client
  readonly authority: Authority
  readonly scope: ScopeRequest
  readonly expiresAt: number
  state:
    { readonly kind: 'pending' } | { readonly kind: 'declined' } | { readonly kind: 'approved'; readonly grant: Grant }
}

/**
 * Codes, refresh tokens and device codes. Each is kept for twice its life, so that an expired one is told from one that never was:
 * the service answers them with different codes.
 */
export class GrantStore {
  readonly #codes: ExpiringMap<AuthorizationCode>
  readonly #refreshTokens: ExpiringMap<RefreshToken>
  readonly #devices: ExpiringMap<DeviceRequest>
  readonly #clock: IdentityClock
  readonly #ids: Ids

  constructor(clock: IdentityClock, ids: Ids) {
    this.#clock = clock
    this.#ids = ids
    this.#codes = new ExpiringMap(clock, 10_000)
    this.#refreshTokens = new ExpiringMap(clock, 100_000)
    this.#devices = new ExpiringMap(clock, 1_000)
  }

  addCode(code: Pick<AuthorizationCode, 'grant' | 'redirectUri' | 'challenge'>, lifeSeconds: number): string {
    const value = this.#ids.opaque('0.code.')
    const expiresAt = this.#clock.now() + lifeSeconds * 1000
    this.#codes.set(value, { ...code, expiresAt, redeemed: false }, keptFor(lifeSeconds))
    return value
  }

  code(value: string): AuthorizationCode | undefined {
    return this.#codes.get(value)
  }

  addRefreshToken(grant: Grant, lifeSeconds: number): string {
    const value = this.#ids.opaque('1.refresh.')
    const issuedAt = this.#clock.now()
    const token = { grant, issuedAt, expiresAt: issuedAt + lifeSeconds * 1000, used: false, revoked: false }
    this.#refreshTokens.set(value, token, keptFor(lifeSeconds))
    return value
  }

  refreshToken(value: string): RefreshToken | undefined {
    return this.#refreshTokens.get(value)
  }

  /** Revokes the refresh tokens that `which` picks and says how many there were. */
  revokeRefreshTokens(which: (grant: Grant) => boolean): number {
    const picked = [...this.#refreshTokens.values()].filter((token) => !token.revoked && which(token.grant))
    for (const token of picked) token.revoked = true
    return picked.length
  }

  addDevice(device: Pick<DeviceRequest, 'client' | 'authority' | 'scope'>, lifeSeconds: number): NewDevice {
    const deviceCode = this.#ids.opaque('D.')
    const expiresAt = this.#clock.now() + lifeSeconds * 1000
    const userCode = this.#ids.userCode(9)
    this.#devices.set(deviceCode, { ...device, userCode, expiresAt, state: { kind: 'pending' } }, keptFor(lifeSeconds))
    return { deviceCode, userCode }
  }

  device(deviceCode: string): DeviceRequest | undefined {
    return this.#devices.get(deviceCode)
  }

  /** The waiting device that shows this code. People type in small letters and with spaces. */
  deviceShowing(userCode: string): DeviceRequest | undefined {
    const wanted = userCode.replace(/[\s-]/g, '').toUpperCase()
    const now = this.#clock.now()
    for (const device of this.#devices.values())
      if (device.userCode === wanted && device.state.kind === 'pending' && device.expiresAt > now) return device
    return undefined
  }

  /** A device code is good for one set of tokens. */
  forgetDevice(deviceCode: string): void {
    this.#devices.delete(deviceCode)
  }
}

export interface NewDevice {
  readonly deviceCode: string
  readonly userCode: string
}

/** At least a minute: with a life of 0 seconds the code is expired at once, not unknown. */
const keptFor = (lifeSeconds: number): number => Math.max(2 * lifeSeconds, 60)
