import { AccessTokens, type AccessTokenVerifier, type TokenForOptions } from './access-tokens.js'
import { type EmulatorClock, systemClock } from './clock.js'
import type { LastPageToken } from './devops/context.js'
import { defaultPolicies, type PatPolicies } from './devops/pat-policies.js'
import { DevOpsService } from './devops/service.js'
import { type Faults, FaultRules } from './faults.js'
import type { HttpsAddress, HttpsOptions } from './identity/https.js'
import { createIdentityHalf, type IdentityHalf, type IdentityOptions } from './identity/identity-half.js'
import { type Journal, RequestJournal } from './journal.js'
import { letPeopleSignIn, toVerifier } from './people-who-sign-in.js'
import { Organization, type OrganizationData } from './organization.js'
import type { EmulatedUser, PersonSpec } from './people.js'
import { type RateLimit, RateLimiter } from './rate-limit.js'
import { EmulatorServer } from './server.js'
import { serviceTime } from './service-time.js'

/** How an emulator is set up. Everything has a default. */
export interface EmulatorOptions {
  /** Name of the organization: letters, digits and hyphens, up to 50; `fabrikam` unless given. */
  readonly organization?: string
  /** Identities in graph/users, service identities included; 60 unless given, or as many as `people`. */
  readonly users?: number
  /** Whole number; the same seed makes the same organization. 1 unless given. */
  readonly seed?: number
  /** Identities given by hand, at the first places of the listing; with `users` greater than their number, made-up ones follow. */
  readonly people?: readonly PersonSpec[]
  /** Whether a handful of made-up people and tokens have names that break naive code; `include` unless given. */
  readonly awkwardNames?: 'include' | 'leave-out'
  /** Port on 127.0.0.1; any free one (0) unless given. */
  readonly port?: number
  /** Source of time; the machine's clock unless given. See {@link createTestClock}. */
  readonly clock?: EmulatorClock
  /** Milliseconds of real time added to each answer, for benchmarks; 0 unless given. */
  readonly latencyMs?: number
  /** Limits each identity as the service does; no limit unless given. */
  readonly rateLimit?: RateLimit
  /** Identities in a page of graph/users; 500 unless given. */
  readonly pageSize?: number
  /** Entries at the end of a page that come again at the beginning of the next; 0 unless given. */
  readonly pageOverlap?: number
  /** Tokens in a page when the request does not say; 100 unless given. */
  readonly tokenPageSize?: number
  /** Largest `pageSize` of tokenadmin; 400 beyond. 200 unless given. */
  readonly maxTokenPageSize?: number
  /** Most revocations in one request; 400 beyond. 1000 unless given. */
  readonly maxRevocations?: number
  /** What stands for the token of the next page on the last one; `usual` (header missing, `""`, `null`) unless given. */
  readonly lastPageToken?: LastPageToken
  /** What the organization allows when tokens are made or changed. */
  readonly policies?: Partial<PatPolicies>
  /** Requests the journal keeps, the newest up to twice as many; 50,000 unless given. With 0 it only counts. */
  readonly journalSize?: number
  /** Answers only requests with one of these `Host` headers, port included; 421 for others. */
  readonly requireHost?: string | readonly string[]
  /** How the sign-in services are set up; the sample directory unless given. A few people of the organization can sign in as well. */
  readonly identity?: Omit<IdentityOptions, 'origin' | 'clock'>
  /** Also speaks https, with a certificate of an authority made for this run, so that other programs can use it unchanged. */
  readonly https?: HttpsOptions
  /** Accepts access tokens of another issuer; those of the emulated sign-in services unless given. Asked for tokens that are JWTs. */
  readonly verifyAccessToken?: AccessTokenVerifier
}

/** How `patFor` makes a personal access token. */
export interface PatForOptions {
  readonly displayName?: string
  /** Space-separated scopes; full access unless given. */
  readonly scope?: string
  /** Seconds of the emulator's clock until it expires; 30 days unless given. */
  readonly expiresInSeconds?: number
}

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:` and the port. A client sends its requests to `${url}/${organization}/_apis/…`. */
  readonly url: string
  readonly organization: string
  readonly clock: EmulatorClock
  readonly journal: Journal
  readonly faults: Faults
  /** What the organization holds now. */
  readonly data: OrganizationData
  /** The sign-in services: Entra ID, Azure AD B2C, External ID. They are at `http://localhost:` and the port, host first in the path. */
  readonly identity: IdentityHalf
  /**
   * An access token of a user, for `Authorization: Bearer`.
   *
   * @param user - Descriptor, principal name or display name; `administrator`, the default, is one who may use tokenadmin.
   * @throws TypeError when there is no such user.
   */
  tokenFor(user?: string, options?: TokenForOptions): string
  /** A new personal access token of a user, for `Authorization: Basic` as the password. It appears in the user's list. */
  patFor(user?: string, options?: PatForOptions): string
  /** TSTU that an identity has used, where there is a rate limit. */
  usedTstu(user?: string): number
  /** Only with the option `https`: where, and the authority's certificate. */
  readonly https: HttpsAddress | undefined
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

const defaults = {
  organization: 'fabrikam',
  users: 60,
  seed: 1,
  awkwardNames: 'include',
  port: 0,
  latencyMs: 0,
  pageSize: 500,
  pageOverlap: 0,
  tokenPageSize: 100,
  maxTokenPageSize: 200,
  maxRevocations: 1000,
  lastPageToken: 'usual',
  journalSize: 50_000,
} as const satisfies EmulatorOptions

/**
 * Starts a local stand-in for the Azure DevOps identity host, on 127.0.0.1 only.
 *
 * @throws RangeError or TypeError that names the option which is wrong; the system's error when the port is taken.
 * @example
 * ```ts
 * await using emulator = await startEmulator({ users: 200 })
 * const answer = await fetch(`${emulator.url}/${emulator.organization}/_apis/graph/users?api-version=7.1-preview.1`, {
 *   headers: { authorization: `Bearer ${emulator.tokenFor()}` },
 * })
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  checkOptions(options)
  const settings = { ...defaults, ...options }
  const { clock = systemClock, people = [], rateLimit, requireHost } = settings
  const users = options.users ?? (options.people === undefined ? defaults.users : 0)
  const organization = new Organization({ ...settings, users, people, clock })
  const identity = createIdentityHalf({ ...settings.identity, clock, origin: () => server.signInOrigin })
  // A directory given by hand holds whom it says, and nobody else.
  if (settings.identity?.tenants === undefined && settings.identity?.people === undefined)
    letPeopleSignIn(organization, identity)
  const accessTokens = new AccessTokens(organization, clock, settings.verifyAccessToken ?? toVerifier(identity, clock))
  const rateLimiter = rateLimit === undefined ? undefined : new RateLimiter(rateLimit)
  const policies = { ...defaultPolicies, ...settings.policies }
  const faults = new FaultRules()
  const journal = new RequestJournal(settings.journalSize)
  const service: DevOpsService = new DevOpsService(
    { ...settings, organization, clock, policies, origin: () => server.url },
    rateLimiter,
  )
  const hosts = requireHost === undefined ? undefined : [requireHost].flat().map((host) => host.toLowerCase())
  const server: EmulatorServer = new EmulatorServer({
    ...settings,
    organization,
    accessTokens,
    service,
    faults,
    journal,
    clock,
    hosts,
    identity,
  })
  await server.listen(settings.port, settings.https)
  return new RunningEmulator({ organization, accessTokens, rateLimiter, faults, journal, clock, identity, server })
}

interface RunningParts {
  readonly organization: Organization
  readonly accessTokens: AccessTokens
  readonly rateLimiter: RateLimiter | undefined
  readonly faults: FaultRules
  readonly journal: RequestJournal
  readonly clock: EmulatorClock
  readonly identity: IdentityHalf
  readonly server: EmulatorServer
}

class RunningEmulator implements Emulator {
  readonly url: string
  readonly organization: string
  readonly clock: EmulatorClock
  readonly journal: Journal
  readonly faults: Faults
  readonly data: OrganizationData
  readonly identity: IdentityHalf
  readonly https: HttpsAddress | undefined
  readonly #parts: RunningParts

  constructor(parts: RunningParts) {
    this.#parts = parts
    this.url = parts.server.url
    this.organization = parts.organization.organization
    this.clock = parts.clock
    this.journal = parts.journal
    this.faults = parts.faults
    this.data = parts.organization
    this.identity = parts.identity
    this.https = parts.server.https
  }

  tokenFor(user = 'administrator', options: TokenForOptions = {}): string {
    return this.#parts.accessTokens.issue(this.#find(user), options)
  }

  patFor(user = 'administrator', { displayName, scope, expiresInSeconds }: PatForOptions = {}): string {
    const now = this.clock.now()
    const { secret } = this.#parts.organization.create(this.#find(user), {
      displayName: displayName ?? 'made by a test',
      scope: scope ?? 'app_token',
      targetAccounts: [this.data.organizationId],
      validFrom: serviceTime(now),
      validTo: serviceTime(now + (expiresInSeconds ?? 30 * 86_400) * 1000),
    })
    return secret
  }

  usedTstu(user = 'administrator'): number {
    return this.#parts.rateLimiter?.usedTstu(this.#find(user).descriptor, this.clock.now()) ?? 0
  }

  #find(user: string): EmulatedUser {
    const found = this.data.find(user)
    if (found === undefined) throw new TypeError(`the organization has nobody called ${JSON.stringify(user)}`)
    return found
  }

  close(): Promise<void> {
    return this.#parts.server.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const bounds: Readonly<Partial<Record<keyof EmulatorOptions, readonly [least: number, most: number]>>> = {
  users: [0, 10_000_000],
  seed: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  port: [0, 65_535],
  latencyMs: [0, 600_000],
  pageSize: [1, 100_000],
  pageOverlap: [0, 100_000],
  tokenPageSize: [1, 100_000],
  maxTokenPageSize: [1, 100_000],
  maxRevocations: [1, 1_000_000],
  journalSize: [0, 10_000_000],
}

/** A setting that is silently something else makes a test pass for the wrong reason. */
function checkOptions(options: EmulatorOptions): void {
  const { organization, people } = options
  if (organization !== undefined && !/^(?!-)[A-Za-z0-9-]{1,50}(?<!-)$/.test(organization)) {
    throw new TypeError(`organization must be 1 to 50 letters, digits and hyphens, not ${JSON.stringify(organization)}`)
  }
  for (const name of Object.keys(bounds) as (keyof typeof bounds)[]) {
    const [least, most] = bounds[name] ?? [0, 0]
    const value = options[name]
    if (value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)) continue
    throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
  }
  if (people !== undefined && !Array.isArray(people)) throw new TypeError('people must be an array of persons')
}
