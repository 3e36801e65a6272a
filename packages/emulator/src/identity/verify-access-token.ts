import { errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { issuersOf } from './authorities.js'
import type { IdentityContext } from './context.js'
import type { Resource } from './resources.js'

/** Who an access token speaks for. */
export interface TokenIdentity {
  /** `application`: got by client credentials, there is no person. */
  readonly kind: 'person' | 'application'
  /** Object id of the person, or of the application's service principal. */
  readonly objectId: string
  readonly tenantId: string
  /** API the token is for. */
  readonly resourceId: string
  /** Application that got the token. */
  readonly clientId: string
  /** Sign-in name, where the token carries one: tokens of B2C and of applications do not. */
  readonly userPrincipalName: string | undefined
  readonly displayName: string | undefined
  /** B2C: the first of `emails`. */
  readonly mail: string | undefined
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Authentication contexts (`acrs`) the person has satisfied. */
  readonly authContexts: readonly string[]
  /** B2C: the user flow the person came through. */
  readonly userFlow: string | undefined
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export type TokenRefusal = 'malformed' | 'signature' | 'issuer' | 'audience' | 'expired' | 'not-yet-valid'

export type TokenCheck =
  | { readonly kind: 'accepted'; readonly identity: TokenIdentity }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal }

/** Checks access tokens for some APIs. A token that passed is remembered: a benchmark sends the same one ten thousand times. */
export class AccessTokenVerifier {
  readonly #context: IdentityContext
  readonly #resources: readonly Resource[]
  readonly #tenantsByIssuer: ReadonlyMap<string, string>
  #accepted = new Map<string, TokenIdentity>()

  constructor(context: IdentityContext, resources: readonly Resource[]) {
    this.#context = context
    this.#resources = resources
    this.#tenantsByIssuer = new Map(
      context.directory.tenants.flatMap((tenant) => issuersOf(tenant).map((issuer) => [issuer, tenant.id] as const)),
    )
  }

  /** Takes the bare token. Accepted are those this emulator issued for these APIs, in their time, whose key is published. */
  async verify(token: string): Promise<TokenCheck> {
    const known = this.#accepted.get(token)
    if (known !== undefined && known.expiresAt.getTime() > this.#context.clock.now())
      return { kind: 'accepted', identity: known }
    const check = await this.#check(token)
    if (check.kind === 'accepted') this.#remember(token, check.identity)
    return check
  }

  /** Forgets which tokens were good: keys have changed. */
  forget(): void {
    this.#accepted = new Map()
  }

  #remember(token: string, identity: TokenIdentity): void {
    if (this.#accepted.size >= 1000) this.forget()
    this.#accepted.set(token, identity)
  }

  async #check(token: string): Promise<TokenCheck> {
    const verified = await this.#verifySignature(token)
    if (typeof verified === 'string') return { kind: 'refused', reason: verified }
    const tenantId = this.#tenantsByIssuer.get(verified.iss ?? '')
    if (tenantId === undefined || (verified.tid !== undefined && verified.tid !== tenantId))
      return { kind: 'refused', reason: 'issuer' }
    const resource = this.#resources.find(({ names }) => names.includes(String(verified.aud).toLowerCase()))
    if (resource === undefined) return { kind: 'refused', reason: 'audience' }
    return { kind: 'accepted', identity: readIdentity(verified, tenantId, resource) }
  }

  async #verifySignature(token: string): Promise<JWTPayload | TokenRefusal> {
    const { clock, keys } = this.#context
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = await keys.find(kid)
          if (key === undefined) throw new errors.JWKSNoMatchingKey()
          return key
        },
        { algorithms: ['RS256'], currentDate: new Date(clock.now()), requiredClaims: ['iss', 'aud', 'exp'] },
      )
      return payload
    } catch (error) {
      return refusalFor(error)
    }
  }
}

function refusalFor(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'nbf' ? 'not-yet-valid' : 'malformed'
  const isForged =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed
  if (isForged) return 'signature'
  if (error instanceof errors.JOSEError || error instanceof TypeError) return 'malformed'
  throw error
}

function readIdentity(payload: JWTPayload, tenantId: string, resource: Resource): TokenIdentity {
  return {
    kind: payload.idtyp === 'app' ? 'application' : 'person',
    objectId: text(payload.oid) ?? '',
    tenantId,
    resourceId: resource.id,
    clientId: text(payload.azp) ?? text(payload.appid) ?? '',
    userPrincipalName: text(payload.upn) ?? text(payload.preferred_username),
    displayName: text(payload.name),
    mail: texts(payload.emails)[0],
    scopes: text(payload.scp)?.split(' ') ?? [],
    roles: texts(payload.roles),
    authContexts: texts(payload.acrs),
    userFlow: text(payload.tfp) ?? text(payload.acr),
    issuedAt: new Date((payload.iat ?? 0) * 1000),
    expiresAt: new Date((payload.exp ?? 0) * 1000),
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
