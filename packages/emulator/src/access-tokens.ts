import { createHash, randomBytes } from 'node:crypto'
import type { EmulatorClock } from './clock.js'
import type { Organization } from './organization.js'
import type { EmulatedUser } from './people.js'

/** Who makes a request, once the credential has been accepted. */
export interface Caller {
  readonly user: EmulatedUser
  /** How the credential came: an access token of the directory, or a personal access token as a password. */
  readonly scheme: 'bearer' | 'pat'
  readonly scopes: readonly string[]
}

/** What an `Authorization` header is worth. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly caller: Caller }
  /** Nothing, or nothing that could be a credential. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly scheme: 'bearer' | 'pat' }

/** Whom a token of another issuer stands for: any of these names is looked up in the organization. */
export interface VerifiedIdentity {
  /** Object id in the directory, matched with `originId`. */
  readonly originId?: string
  readonly principalName?: string
  readonly scopes: readonly string[]
  readonly issuedAtMs: number
}

/** Checks an access token of another issuer; `undefined` when it is not valid here. */
export type AccessTokenVerifier = (token: string) => Promise<VerifiedIdentity | undefined>

/** How `tokenFor` makes an access token. */
export interface TokenForOptions {
  /** Seconds of the emulator's clock until it is refused; without it, it lasts for ever. */
  readonly expiresInSeconds?: number
  /** Scopes such as `vso.graph`; `user_impersonation`, which allows everything, unless given. */
  readonly scopes?: readonly string[]
  /** Makes a well-formed token that the service refuses: revoked, or of another directory. */
  readonly refused?: boolean
}

interface Issued {
  readonly user: EmulatedUser
  readonly scopes: readonly string[]
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly refused: boolean
}

const missing: Verdict = { kind: 'missing' }
const refusedBearer: Verdict = { kind: 'refused', scheme: 'bearer' }
const refusedPat: Verdict = { kind: 'refused', scheme: 'pat' }

/** The one place that decides whose request it is. */
export class AccessTokens {
  readonly #organization: Organization
  readonly #clock: EmulatorClock
  readonly #verifier: AccessTokenVerifier | undefined
  readonly #issued = new Map<string, Issued>()
  readonly #foreign = new Map<string, EmulatedUser>()

  constructor(organization: Organization, clock: EmulatorClock, verifier?: AccessTokenVerifier) {
    this.#organization = organization
    this.#clock = clock
    this.#verifier = verifier
  }

  issue(user: EmulatedUser, { expiresInSeconds, scopes, refused }: TokenForOptions): string {
    const token = `emulated-${randomBytes(32).toString('base64url')}`
    const now = this.#clock.now()
    this.#issued.set(token, {
      user,
      scopes: scopes ?? ['user_impersonation'],
      issuedAtMs: now,
      expiresAtMs: expiresInSeconds === undefined ? Infinity : now + expiresInSeconds * 1000,
      refused: refused ?? false,
    })
    return token
  }

  verify(header: string | undefined): Verdict | Promise<Verdict> {
    const [, scheme = '', value = ''] = /^(\S+) +(\S+)\s*$/.exec(header ?? '') ?? []
    switch (scheme.toLowerCase()) {
      case 'bearer':
        return this.#verifyBearer(value)
      case 'basic':
        return this.#verifyBasic(value)
      default:
        return missing
    }
  }

  #verifyBearer(token: string): Verdict | Promise<Verdict> {
    const issued = this.#issued.get(token)
    if (issued !== undefined) return this.#judge(issued)
    const looksLikeJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
    if (!looksLikeJwt) return token.startsWith('emulated-') ? refusedBearer : missing
    return this.#verifier === undefined ? refusedBearer : this.#verifyForeign(token, this.#verifier)
  }

  #judge({ user, scopes, issuedAtMs, expiresAtMs, refused }: Issued): Verdict {
    if (refused || this.#clock.now() >= expiresAtMs) return refusedBearer
    if (this.#organization.isRuledOut(scopes, issuedAtMs)) return refusedBearer
    return { kind: 'accepted', caller: { user, scheme: 'bearer', scopes } }
  }

  async #verifyForeign(token: string, verifier: AccessTokenVerifier): Promise<Verdict> {
    const identity = await verifier(token)
    if (identity === undefined) return refusedBearer
    const user = this.#userOf(identity)
    if (user === undefined || this.#organization.isRuledOut(identity.scopes, identity.issuedAtMs)) return refusedBearer
    return { kind: 'accepted', caller: { user, scheme: 'bearer', scopes: identity.scopes } }
  }

  #userOf(identity: VerifiedIdentity): EmulatedUser | undefined {
    const key = `${identity.originId ?? ''} ${identity.principalName ?? ''}`
    const known = this.#foreign.get(key)
    if (known !== undefined) return known
    const found = this.#search(identity)
    if (found !== undefined) this.#foreign.set(key, found)
    return found
  }

  #search({ originId, principalName }: VerifiedIdentity): EmulatedUser | undefined {
    const organization = this.#organization
    for (const user of [...organization.servicePrincipals, ...organization.users()]) {
      if (originId !== undefined && user.originId === originId) return user
      if (principalName !== undefined && user.principalName?.toLowerCase() === principalName.toLowerCase()) return user
    }
    return undefined
  }

  #verifyBasic(value: string): Verdict {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return missing
    const text = Buffer.from(value, 'base64').toString()
    const colon = text.indexOf(':')
    if (colon === -1) return missing
    const found = this.#organization.tokenBySecret(text.slice(colon + 1))
    // Unknown, expired and revoked look the same from outside.
    if (found?.token.status !== 'active') return refusedPat
    const scopes = found.token.scope?.split(' ') ?? []
    return { kind: 'accepted', caller: { user: found.owner, scheme: 'pat', scopes } }
  }
}

/** What stands for a credential where people may read it: the scheme, and enough of a digest to tell two apart. */
export function fingerprint(header: string): string {
  const [, scheme = 'unknown', value = header] = /^(\S+)\s+(.+)$/.exec(header) ?? []
  const known = /^(?:bearer|basic)$/i.test(scheme) ? scheme : 'unknown'
  return `${known} sha256:${createHash('sha256').update(value).digest('hex').slice(0, 12)}`
}
