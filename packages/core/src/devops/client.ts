import { systemClock, type Clock } from '../clock.js'
import { AZURE_DEVOPS_IDENTITY_URL, checkBaseUrl, checkOrganization } from '../config/organization.js'
import type { Credential } from '../http/credential.js'
import type { Limits } from '../http/gate.js'
import { environmentFetch } from '../http/proxy.js'
import type { RetryOptions, TimeoutOptions } from '../http/retry.js'
import { Transport, type Hooks, type Logger } from '../http/transport.js'
import { version } from '../version.js'
import { createPersonalTokens, type PersonalTokens } from './personal-tokens.js'
import { checkRange } from '../config/range.js'
import type { TokenScan } from './scan-outcome.js'
import { mostConcurrency, scanTokens, type ScanOptions } from './scan.js'
import { apiVersionDefaults, type ApiVersions, type Service } from './service.js'
import { createTokenAdmin, type TokenAdmin } from './token-admin.js'
import { createServicePrincipals, createUsers, type ServicePrincipals, type Users } from './users.js'

/** Which organization, as whom, and how patiently. */
export interface DevOpsClientOptions {
  /** Name of the organization: the part after `dev.azure.com/`. */
  readonly organization: string
  /** Who asks: any `TokenCredential`, a personal access token, or a function that gives an access token. */
  readonly credential: Credential
  /** Address of the identity service. Default `https://vssps.dev.azure.com`. Plain http is accepted for loopback hosts only. */
  readonly baseUrl?: string | URL
  /** Put before our own in the `User-Agent`, so that your program can be told apart on the organization's usage page. */
  readonly userAgent?: string
  /** Time limits. */
  readonly timeouts?: TimeoutOptions
  /** Tries. */
  readonly retry?: RetryOptions
  /** Concurrency and pauses; shared by every call of this client. */
  readonly limits?: Limits
  /** API versions, for a server that lags behind. */
  readonly apiVersions?: ApiVersions
  /** Receives a line per request and retry, without secrets. */
  readonly logger?: Logger
  /** Called as requests come and go. */
  readonly hooks?: Hooks
  /** Used instead of {@link environmentFetch}, which goes through the proxy that `HTTPS_PROXY` and `NO_PROXY` name. */
  readonly fetch?: typeof globalThis.fetch
  /** The only source of time; for tests. */
  readonly clock?: Clock
  /** Numbers from 0 to 1 for the jitter between tries; for tests. */
  readonly random?: () => number
}

/**
 * Reads and manages users and personal access tokens of one Azure DevOps organization.
 *
 * Nothing is sent when it is made. All its calls share one gate: the service limits an identity, not a connection, so use one client
 * per organization and identity.
 *
 * @example
 * ```ts
 * import { DevOpsClient } from '@patkit/core'
 *
 * const devops = new DevOpsClient({ organization: 'fabrikam', credential: { pat: process.env['AZURE_DEVOPS_EXT_PAT'] ?? '' } })
 * for await (const outcome of devops.scanTokens()) {
 *   if (outcome.status === 'read') console.log(outcome.user.displayName, outcome.tokens.length)
 *   else console.log(outcome.user.displayName, outcome.status, outcome.reason)
 * }
 * ```
 */
export class DevOpsClient {
  /** Name of the organization. */
  readonly organization: string
  /** The users of the organization. */
  readonly users: Users
  /** The service principals and managed identities of the organization. */
  readonly servicePrincipals: ServicePrincipals
  /** One's own personal access tokens. */
  readonly pats: PersonalTokens
  /** Everybody's tokens, for administrators. */
  readonly tokenAdmin: TokenAdmin
  readonly #service: Service

  /** @throws TypeError when an option cannot be used, with the reason. Nothing is sent. */
  constructor(options: DevOpsClientOptions) {
    const clock = options.clock ?? systemClock
    checkNumbers(options)
    this.organization = checkOrganization(options.organization)
    this.#service = {
      organization: this.organization,
      apiVersions: { ...apiVersionDefaults, ...options.apiVersions },
      transport: new Transport({
        ...options,
        fetch: options.fetch ?? environmentFetch(),
        baseUrl: checkBaseUrl(options.baseUrl ?? AZURE_DEVOPS_IDENTITY_URL),
        credential: checkCredential(options.credential),
        userAgent: toUserAgent(options.userAgent),
        clock,
      }),
    }
    this.users = createUsers(this.#service)
    this.servicePrincipals = createServicePrincipals(this.#service)
    this.pats = createPersonalTokens(this.#service, clock)
    this.tokenAdmin = createTokenAdmin(this.#service)
  }

  /**
   * Reads the tokens of every user of the organization: one outcome per user, so that a user who could not be read is seen, not lost.
   *
   * Users are listed while tokens are read, several users at a time; a slow consumer holds the scan back, and leaving the loop stops
   * it. Service identities, groups and users who are gone meanwhile are `skipped`; a user who cannot be read is `failed`, with the
   * error. What concerns everybody ends the scan instead.
   *
   * @remarks Needs an organization administrator's access token with `vso.graph` and `vso.tokenadministration`. Reads only.
   * @throws {@link PermissionError} When the first users are all refused, with the role that is missing.
   * @throws {@link SignInRequiredError} When the credential is not, or no longer, accepted.
   * @throws {@link ThrottledError} When the service asks for a longer pause than `limits.maxPauseSeconds`.
   * @throws {@link NetworkError}, {@link TimeoutError} or {@link ServiceError} when 50 users in a row failed by it: the service is down.
   */
  scanTokens(options: ScanOptions = {}): TokenScan {
    return scanTokens({ service: this.#service, users: this.users, tokenAdmin: this.tokenAdmin }, options)
  }
}

function checkCredential(credential: unknown): Credential {
  if (typeof credential === 'function') return credential as Credential
  if (typeof credential === 'object' && credential !== null) {
    if ('getToken' in credential && typeof credential.getToken === 'function') return credential as Credential
    if ('pat' in credential && typeof credential.pat === 'string') {
      if (/^[\x21-\x7e]+$/.test(credential.pat)) return { pat: credential.pat }
      throw new TypeError('credential.pat must be the text of a personal access token: not empty, without spaces.')
    }
  }
  throw new TypeError('credential must be a TokenCredential (an object with getToken), { pat: string }, or a function.')
}

/** Bounds of every number among the options. */
function checkNumbers({ timeouts, retry, limits }: DevOpsClientOptions): void {
  checkRange('timeouts.tryMs', timeouts?.tryMs, 1, 3_600_000)
  checkRange('timeouts.callMs', timeouts?.callMs, 1, 86_400_000)
  checkRange('retry.tries', retry?.tries, 1, 20)
  checkRange('limits.startConcurrency', limits?.startConcurrency, 1, mostConcurrency)
  checkRange('limits.maxConcurrency', limits?.maxConcurrency, 1, mostConcurrency)
  checkRange('limits.maxPauseSeconds', limits?.maxPauseSeconds, 0, 86_400)
}

/** Header text: the caller's name first, ours behind it. */
function toUserAgent(own: string | undefined): string {
  const ours = `patkit/${version} (node ${process.versions.node})`
  if (own === undefined) return ours
  if (!/^[\x20-\x7e]{1,200}$/.test(own)) {
    throw new TypeError('userAgent must be 1 to 200 printable ASCII characters.')
  }
  return `${own} ${ours}`
}
