import { createHash, randomBytes } from 'node:crypto'
import type { EmulatorClock } from './clock.js'
import { type EmulatedToken, type EmulatedUser, kinds, type PersonSpec } from './people.js'
import { numberOf } from './random.js'
import {
  countedTokens,
  type MadeToken,
  organizationIdOf,
  ownerOfAuthorization,
  placeOfDescriptor,
  type Seed,
  seededServicePrincipal,
  seededTokens,
  seededUser,
  specifiedToken,
  specifiedUser,
} from './seed.js'
import { parseServiceTime } from './service-time.js'

/** A rule that rejects every token with one of its scopes that was made before a time. */
export interface RevocationRule {
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdBeforeMs: number
}

/** What the organization holds, for assertions: read it instead of counting on what a seed gives. */
export interface OrganizationData {
  readonly organization: string
  /** The organization's id, as it stands in `targetAccounts`. */
  readonly organizationId: string
  /** Identities in graph/users. */
  readonly size: number
  readonly servicePrincipals: readonly EmulatedUser[]
  readonly revocationRules: readonly RevocationRule[]
  /** The identity at a place of graph/users. */
  userAt(index: number): EmulatedUser
  /** All identities of graph/users, in the order of the listing. */
  users(): Generator<EmulatedUser, void, void>
  /** The identities of graph/users that may own tokens: all but service identities. */
  people(): Generator<EmulatedUser, void, void>
  /** The identity with this descriptor, principal name or display name. `administrator` is one who may use tokenadmin. */
  find(user: string): EmulatedUser | undefined
  /** The tokens of an identity as they are now, without SSH keys, in the order of the listing. */
  tokensOf(user: EmulatedUser | string): EmulatedToken[]
  /** The SSH keys of an identity. */
  sshKeysOf(user: EmulatedUser | string): EmulatedToken[]
  /** One token as it is now. */
  token(authorizationId: string): EmulatedToken | undefined
}

export interface OrganizationOptions {
  readonly organization: string
  readonly seed: number
  readonly users: number
  readonly people: readonly PersonSpec[]
  readonly awkwardNames: Seed['awkwardNames']
  readonly clock: EmulatorClock
}

/** Fields a token is created or updated with. */
export type TokenChange = Pick<MadeToken, 'displayName' | 'scope' | 'targetAccounts' | 'validFrom' | 'validTo'>

const seededServicePrincipals = 4

/** The organization while it runs: what the seed made, and what has happened to it since. */
export class Organization implements OrganizationData {
  readonly organization: string
  readonly organizationId: string
  readonly size: number
  readonly servicePrincipals: readonly EmulatedUser[]
  readonly revocationRules: RevocationRule[] = []
  readonly #seed: Seed
  readonly #clock: EmulatorClock
  readonly #given: readonly EmulatedUser[]
  readonly #givenByDescriptor = new Map<string, EmulatedUser>()
  readonly #givenTokens = new Map<string, readonly MadeToken[]>()
  readonly #created = new Map<string, MadeToken[]>()
  readonly #changes = new Map<string, Partial<MadeToken>>()
  /** Owners of the tokens that the seed cannot find by their id. */
  readonly #owners = new Map<string, EmulatedUser>()
  readonly #secrets = new Map<string, string>()

  constructor({ organization, seed, users, people, awkwardNames, clock }: OrganizationOptions) {
    this.organization = organization
    this.#clock = clock
    this.#seed = { organization, number: numberOf(String(seed)), startMs: clock.now(), awkwardNames }
    this.organizationId = organizationIdOf(this.#seed)
    const listed = people.filter(({ kind }) => kind !== 'service-principal')
    const principals = people.filter(({ kind }) => kind === 'service-principal')
    this.#given = listed.map((spec, index) => this.#admit(spec, index))
    this.servicePrincipals =
      people.length > 0
        ? principals.map((spec, index) => this.#admit(spec, index))
        : Array.from({ length: seededServicePrincipals }, (_, index) => seededServicePrincipal(this.#seed, index))
    this.size = Math.max(users, this.#given.length)
  }

  #admit(spec: PersonSpec, index: number): EmulatedUser {
    const user = specifiedUser(this.#seed, spec, index)
    this.#givenByDescriptor.set(user.descriptor, user)
    const { tokens } = spec
    if (tokens === undefined) return user
    const made =
      typeof tokens === 'number'
        ? countedTokens(this.#seed, index, tokens)
        : tokens.map((token, ordinal) => specifiedToken(this.#seed, token, index, ordinal))
    this.#givenTokens.set(user.descriptor, made)
    for (const { authorizationId } of made) this.#owners.set(authorizationId, user)
    return user
  }

  userAt(index: number): EmulatedUser {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`the organization has the places 0 to ${this.size - 1}, not ${index}`)
    }
    return this.#given[index] ?? seededUser(this.#seed, index)
  }

  *users(): Generator<EmulatedUser, void, void> {
    for (let index = 0; index < this.size; index++) yield this.userAt(index)
  }

  *people(): Generator<EmulatedUser, void, void> {
    for (const user of this.users()) if (kinds[user.kind].ownsTokens) yield user
  }

  find(user: string): EmulatedUser | undefined {
    if (user === 'administrator') return this.#administrator()
    const known = this.byDescriptor(user)
    if (known !== undefined) return known
    const isNamed = (one: EmulatedUser): boolean => one.principalName === user || one.displayName === user
    for (const one of this.users()) if (isNamed(one)) return one
    return this.servicePrincipals.find(isNamed)
  }

  /** An administrator, listed if there is one: an organization given by hand need not have any. */
  #administrator(): EmulatedUser {
    const listed = this.#given.find(({ isAdministrator }) => isAdministrator)
    if (listed !== undefined) return listed
    if (this.#given.length === 0 && this.size > 0) return this.userAt(0)
    // Outside every listing: the highest place, which no organization reaches.
    const spec: PersonSpec = { displayName: 'Organization Administrator', isAdministrator: true, tokens: [] }
    const administrator = specifiedUser(this.#seed, spec, 0xffffffff)
    if (!this.#givenByDescriptor.has(administrator.descriptor)) this.#admit(spec, 0xffffffff)
    return administrator
  }

  byDescriptor(descriptor: string): EmulatedUser | undefined {
    const given = this.#givenByDescriptor.get(descriptor)
    if (given !== undefined) return given
    const place = placeOfDescriptor(this.#seed, descriptor)
    if (place === undefined) return undefined
    const user = place.isServicePrincipal
      ? this.servicePrincipals[place.index]
      : place.index < this.size
        ? this.userAt(place.index)
        : undefined
    return user?.descriptor === descriptor ? user : undefined
  }

  tokensOf(user: EmulatedUser | string): EmulatedToken[] {
    return this.listTokens(this.#resolve(user), false)
  }

  sshKeysOf(user: EmulatedUser | string): EmulatedToken[] {
    return this.listTokens(this.#resolve(user), true)
  }

  #resolve(user: EmulatedUser | string): EmulatedUser {
    if (typeof user !== 'string') return user
    const found = this.find(user)
    if (found === undefined) throw new TypeError(`the organization has nobody called ${JSON.stringify(user)}`)
    return found
  }

  listTokens(owner: EmulatedUser, isPublic: boolean): EmulatedToken[] {
    const tokens: EmulatedToken[] = []
    for (const made of this.#madeTokens(owner)) if (made.isPublic === isPublic) tokens.push(this.#present(made, owner))
    return tokens
  }

  #madeTokens(owner: EmulatedUser): readonly MadeToken[] {
    const given = this.#givenTokens.get(owner.descriptor)
    const made = given ?? (kinds[owner.kind].ownsTokens ? seededTokens(this.#seed, owner.index) : [])
    const created = this.#created.get(owner.descriptor)
    return created === undefined ? made : [...made, ...created]
  }

  token(authorizationId: string): EmulatedToken | undefined {
    const owner = this.#ownerOf(authorizationId)
    if (owner === undefined) return undefined
    const made = this.#madeTokens(owner).find((token) => token.authorizationId === authorizationId)
    return made === undefined ? undefined : this.#present(made, owner)
  }

  #ownerOf(authorizationId: string): EmulatedUser | undefined {
    const known = this.#owners.get(authorizationId)
    if (known !== undefined) return known
    const index = ownerOfAuthorization(this.#seed, authorizationId)
    return index === undefined || index >= this.size ? undefined : this.userAt(index)
  }

  #present(made: MadeToken, owner: EmulatedUser): EmulatedToken {
    const change = this.#changes.get(made.authorizationId)
    const token = change === undefined ? made : { ...made, ...change }
    const status = this.#statusOf(token)
    return {
      authorizationId: token.authorizationId,
      owner: owner.descriptor,
      displayName: token.displayName,
      scope: token.scope,
      targetAccounts: token.targetAccounts,
      validFrom: token.validFrom,
      validTo: token.validTo,
      status,
      isPublic: token.isPublic,
      isValid: status === 'revoked' ? false : (token.isValid ?? status === 'active'),
      ...(token.extra === undefined ? {} : { extra: token.extra }),
    }
  }

  #statusOf(token: MadeToken): EmulatedToken['status'] {
    const scopes = token.scope?.split(' ') ?? []
    if (token.revoked || this.isRuledOut(scopes, parseServiceTime(token.validFrom) ?? 0)) return 'revoked'
    return (parseServiceTime(token.validTo) ?? Infinity) <= this.#clock.now() ? 'expired' : 'active'
  }

  /** Whether a revocation rule rejects what has these scopes and was made at this time. */
  isRuledOut(scopes: readonly string[], madeMs: number): boolean {
    return this.revocationRules.some(
      (rule) => madeMs < rule.createdBeforeMs && rule.scopes.some((scope) => scopes.includes(scope)),
    )
  }

  /** Makes a token and its secret. The secret is given once and kept as a digest. */
  create(owner: EmulatedUser, fields: TokenChange): { token: EmulatedToken; secret: string } {
    const made: MadeToken = { ...fields, authorizationId: crypto.randomUUID(), revoked: false, isPublic: false }
    const tokens = this.#created.get(owner.descriptor) ?? []
    this.#created.set(owner.descriptor, [...tokens, made])
    this.#owners.set(made.authorizationId, owner)
    const secret = makeSecret()
    this.#secrets.set(digest(secret), made.authorizationId)
    return { token: this.#present(made, owner), secret }
  }

  update(authorizationId: string, change: Partial<TokenChange>): EmulatedToken | undefined {
    this.#changes.set(authorizationId, { ...this.#changes.get(authorizationId), ...change })
    return this.token(authorizationId)
  }

  revoke(authorizationId: string): void {
    this.#changes.set(authorizationId, { ...this.#changes.get(authorizationId), revoked: true })
  }

  /** The token that a secret opens, with its owner. */
  tokenBySecret(secret: string): { token: EmulatedToken; owner: EmulatedUser } | undefined {
    const authorizationId = this.#secrets.get(digest(secret))
    if (authorizationId === undefined) return undefined
    const token = this.token(authorizationId)
    const owner = this.#owners.get(authorizationId)
    return token === undefined || owner === undefined ? undefined : { token, owner }
  }
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64')

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 84 characters with the mark of the issuer at 76 to 80, which scanners of leaked secrets look for. */
function makeSecret(): string {
  const letters = [...randomBytes(80)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')
  return `${letters.slice(0, 76)}AZDO${letters.slice(76)}`
}
