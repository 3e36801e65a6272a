import { isRecord } from './is-record.js'

/** Settings that change how the identity half behaves, while it runs. */
export interface IdentityKnobs {
  /**
   * `login-hint` (default) signs a known person in without a page when the request carries `login_hint`, and consents for them;
   * `off` always shows the page, with the hint filled in. Any `prompt` but `none` shows the page as well.
   */
  readonly autoSignIn: 'login-hint' | 'off'
  /** Life of access tokens. Default: 3599. MSAL renews those with under 300 seconds left. */
  readonly accessTokenSeconds: number
  /** Life of ID tokens. Default: 3600. */
  readonly idTokenSeconds: number
  /** Life of an authorization code. Default: 600. */
  readonly codeSeconds: number
  /** Life of a refresh token. Default: null, 90 days at Entra ID and External ID, 14 days at B2C. */
  readonly refreshTokenSeconds: number | null
  /** `rotate` (default) gives a new refresh token with every answer, `keep` gives none. */
  readonly refreshTokenRotation: 'rotate' | 'keep'
  /** Whether a refresh token works again after it was used. Default: `accept`, as at the service. */
  readonly usedRefreshTokens: 'accept' | 'refuse'
  /** Life of a device code. Default: 900. */
  readonly deviceCodeSeconds: number
  /** How long a device is told to wait between two questions. Default: 5. */
  readonly devicePollSeconds: number
  /** Whether redirects carry `session_state`. Default: `present`. */
  readonly sessionState: 'present' | 'absent'
  /** Whether answers carry `client_info`. Default: `present`. */
  readonly clientInfo: 'present' | 'absent'
  /**
   * Authentication context, such as `c1`, that access tokens must have. Default: null. With it, refreshing (`at: 'token'`), the
   * protected API (`'api'`) or both answer with a claims challenge until the person has signed in with those `claims`.
   */
  readonly claimsChallenge: { readonly authContext: string; readonly at: 'token' | 'api' | 'both' } | null
  /** How long Graph does not know everywhere of an application that was just created. Default: 0. */
  readonly graphReplicationSeconds: number
  /** What is wrong with ID tokens. Default: `{}`, nothing. */
  readonly idTokenFlaws: IdTokenFlaws
  /** What is wrong with access tokens. Default: `{}`, nothing. */
  readonly accessTokenFlaws: TokenFlaws
}

/** Ways to be a bad token, to see that a relying party refuses it. */
export interface TokenFlaws {
  readonly issuer?: string
  readonly audience?: string
  /** Counted from now; negative: expired already. */
  readonly expiresInSeconds?: number
  /** `unpublished-key`: signed by a key that the keys endpoint does not show. */
  readonly signature?: 'unpublished-key'
  /** Another tenant's id, in `tid` and (unless `issuer` is given) in `iss`. */
  readonly tenantId?: string
  /** Claims to leave out, such as `['sid']`. */
  readonly omit?: readonly string[]
}

export interface IdTokenFlaws extends TokenFlaws {
  readonly nonce?: string
}

export const defaultKnobs: IdentityKnobs = {
  autoSignIn: 'login-hint',
  accessTokenSeconds: 3599,
  idTokenSeconds: 3600,
  codeSeconds: 600,
  refreshTokenSeconds: null,
  refreshTokenRotation: 'rotate',
  usedRefreshTokens: 'accept',
  deviceCodeSeconds: 900,
  devicePollSeconds: 5,
  sessionState: 'present',
  clientInfo: 'present',
  claimsChallenge: null,
  graphReplicationSeconds: 0,
  idTokenFlaws: {},
  accessTokenFlaws: {},
}

/** The settings in force. */
export class Knobs {
  readonly #initial: IdentityKnobs
  #current: IdentityKnobs

  constructor(initial: Partial<IdentityKnobs> = {}) {
    this.#initial = { ...defaultKnobs, ...checkedKnobs(initial) }
    this.#current = this.#initial
  }

  get current(): IdentityKnobs {
    return this.#current
  }

  /**
   * Changes the given settings and leaves the others.
   *
   * @throws TypeError if a name is unknown or a value is not one the setting takes; nothing is changed then.
   */
  set(change: Partial<IdentityKnobs>): void {
    this.#current = { ...this.#current, ...checkedKnobs(change) }
  }

  /** Back to what the emulator was started with. */
  reset(): void {
    this.#current = this.#initial
  }
}

/** Says what a value should have been, or nothing if it is right. */
type Check = (value: unknown) => string | undefined

const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && allowed.includes(value) ? undefined : `one of ${allowed.join(', ')}`

const seconds: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'a number of seconds, 0 or more'

const flawChecks: Readonly<Record<keyof IdTokenFlaws, Check>> = {
  issuer: isText,
  audience: isText,
  tenantId: isText,
  nonce: isText,
  signature: oneOf('unpublished-key'),
  expiresInSeconds: (value) =>
    typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number of seconds',
  omit: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string') ? undefined : 'a list of names of claims',
}

function isText(value: unknown): string | undefined {
  return typeof value === 'string' ? undefined : 'a text'
}

const flaws =
  (...names: readonly (keyof IdTokenFlaws)[]): Check =>
  (value) => {
    if (!isRecord(value)) return `an object with any of ${names.join(', ')}`
    for (const [given, flaw] of Object.entries(value)) {
      const name = names.find((known) => known === given)
      if (name === undefined) return `an object with any of ${names.join(', ')}`
      const wanted = flawChecks[name](flaw)
      if (wanted !== undefined) return `an object whose ${name} is ${wanted}`
    }
    return undefined
  }

const flawNames = ['issuer', 'audience', 'expiresInSeconds', 'signature', 'tenantId', 'omit'] as const

const checks: Readonly<Record<keyof IdentityKnobs, Check>> = {
  autoSignIn: oneOf('login-hint', 'off'),
  accessTokenSeconds: seconds,
  idTokenSeconds: seconds,
  codeSeconds: seconds,
  refreshTokenSeconds: (value) => (value === null ? undefined : seconds(value)),
  refreshTokenRotation: oneOf('rotate', 'keep'),
  usedRefreshTokens: oneOf('accept', 'refuse'),
  deviceCodeSeconds: seconds,
  devicePollSeconds: seconds,
  sessionState: oneOf('present', 'absent'),
  clientInfo: oneOf('present', 'absent'),
  claimsChallenge: (value) => {
    const isRight = isRecord(value) && typeof value.authContext === 'string' && isChallengePlace(value.at)
    return value === null || isRight ? undefined : 'null or { authContext, at: token | api | both }'
  },
  graphReplicationSeconds: seconds,
  idTokenFlaws: flaws(...flawNames, 'nonce'),
  accessTokenFlaws: flaws(...flawNames),
}

const isChallengePlace = (value: unknown): boolean => oneOf('token', 'api', 'both')(value) === undefined

const isKnob = (name: string): name is keyof IdentityKnobs => Object.hasOwn(checks, name)

function checkedKnobs(change: Partial<IdentityKnobs>): Partial<IdentityKnobs> {
  for (const [name, value] of Object.entries(change)) {
    if (!isKnob(name))
      throw new TypeError(`There is no knob ${JSON.stringify(name)}. Knobs: ${Object.keys(checks).join(', ')}.`)
    const wanted = checks[name](value)
    if (wanted !== undefined) throw new TypeError(`The knob ${name} must be ${wanted}, not ${JSON.stringify(value)}.`)
  }
  return change
}
