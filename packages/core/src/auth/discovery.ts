import * as z from 'zod'
import type { Clock } from '../clock.js'
import { authorityHost, authorityUrl, userFlowPolicy, type Authority, type UserFlowName } from '../config/authority.js'
import { ConfigurationError, isPatkitError, ProtocolError, type ConfigurationFault } from '../errors.js'
import type { Route } from './emulator-route.js'
import type { IdentityAnswer, IdentityNetwork } from './network.js'
import { codeIn } from './service-codes.js'
import { SingleFlight } from './single-flight.js'

/** What an authority says about itself. Addresses are the service's, also when an emulator answers. */
export interface AuthorityMetadata {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly endSessionEndpoint: string | undefined
  readonly jwksUri: string
  /** The answer's `Date` against our clock, in milliseconds: positive when our clock is behind. */
  readonly clockSkewMs: number | undefined
}

/** Kept for so long; endpoints change about never, keys are asked for apart. */
const keepMs = 12 * 60 * 60_000
/** When it cannot be asked again, what is known serves on for so long: a sign-in must not fail for a document that never changes. */
const keepWhenUnreachableMs = 7 * 24 * 60 * 60_000

interface Kept {
  readonly metadata: AuthorityMetadata
  readonly readAt: number
}

/** Asks authorities for their endpoints, once for everybody, and remembers the answers. */
export class Discovery {
  readonly #network: IdentityNetwork
  readonly #clock: Clock
  readonly #route: Route
  readonly #kept = new Map<string, Kept>()
  readonly #flights = new SingleFlight()

  constructor(network: IdentityNetwork, clock: Clock, route: Route) {
    this.#network = network
    this.#clock = clock
    this.#route = route
  }

  /**
   * The endpoints of an authority, or of one of its user flows.
   *
   * @throws {@link ConfigurationError} When the service knows no such tenant or user flow.
   */
  async get(authority: Authority, userFlow: UserFlowName, signal?: AbortSignal): Promise<AuthorityMetadata> {
    const url = authorityUrl(authority, userFlow)
    const kept = this.#kept.get(url)
    if (kept !== undefined && this.#age(kept) < keepMs) return kept.metadata
    try {
      return await this.fetch(authority, userFlow, signal)
    } catch (error) {
      const passing = isPatkitError(error) && error.code !== 'PATKIT_CONFIGURATION'
      if (passing && kept !== undefined && this.#age(kept) < keepWhenUnreachableMs) return kept.metadata
      throw error
    }
  }

  /** The same, asked for now. */
  async fetch(authority: Authority, userFlow: UserFlowName, signal?: AbortSignal): Promise<AuthorityMetadata> {
    const url = authorityUrl(authority, userFlow)
    return this.#flights.run(url, signal, async (ending) => {
      const metadata = this.#read(await this.#ask(url, authority, userFlow, ending), authority, userFlow)
      this.#kept.set(url, { metadata, readAt: this.#clock.now() })
      return metadata
    })
  }

  async #ask(url: string, authority: Authority, userFlow: UserFlowName, signal: AbortSignal): Promise<IdentityAnswer> {
    try {
      return await this.#network.send({
        method: 'GET',
        url: `${url}/v2.0/.well-known/openid-configuration`,
        purpose: 'discovery',
        repeat: 'repeatable',
        signal,
      })
    } catch (error) {
      // B2C shows a page, not JSON, for a user flow it does not know.
      if (isPatkitError(error) && error.status === 404) throw toUnknownAuthority(authority, userFlow, 404, {})
      throw error
    }
  }

  #age({ readAt }: Kept): number {
    return this.#clock.now() - readAt
  }

  #read({ status, headers, json }: IdentityAnswer, authority: Authority, userFlow: UserFlowName): AuthorityMetadata {
    if (status !== 200) throw toUnknownAuthority(authority, userFlow, status, json)
    const parsed = discoveryDocument.safeParse(json)
    if (!parsed.success) throw toMalformed(authority, parsed.error.issues[0]?.path.join('.'))
    const { issuer, authorization_endpoint, token_endpoint, end_session_endpoint, jwks_uri } = parsed.data
    const endpoint = (address: string): string => {
      const own = this.#route.toService(address)
      // Over plain http a code, a secret or the keys could be read and changed on the way.
      if (URL.canParse(own) && new URL(own).protocol === 'https:') return own
      throw toMalformed(authority, 'an endpoint that is not https')
    }
    const date = Date.parse(headers.get('date') ?? '')
    return {
      issuer,
      authorizationEndpoint: endpoint(authorization_endpoint),
      tokenEndpoint: endpoint(token_endpoint),
      endSessionEndpoint: end_session_endpoint === undefined ? undefined : endpoint(end_session_endpoint),
      jwksUri: endpoint(jwks_uri),
      clockSkewMs: Number.isNaN(date) ? undefined : date - this.#clock.now(),
    }
  }
}

const discoveryDocument = z.object({
  issuer: z.string().min(1),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  end_session_endpoint: z.string().optional(),
  jwks_uri: z.string(),
})

function toMalformed(authority: Authority, field: string | undefined): ProtocolError {
  return new ProtocolError(
    `${authorityHost(authority)} answered with a discovery document that cannot be used${field === undefined ? '' : `: ${field}`}.`,
    { field, hint: 'A proxy may be in between; check that the authority is a Microsoft sign-in host.' },
  )
}

/** The service answers for a tenant or a user flow that does not exist with 400 or 404. */
function toUnknownAuthority(
  authority: Authority,
  userFlow: UserFlowName,
  status: number,
  json: Readonly<Record<string, unknown>>,
): ConfigurationError {
  const code = codeIn(json.error_description)
  return new ConfigurationError([unknownAuthorityFault(authority, userFlow, code ?? `HTTP ${status}`)], { status })
}

/** Which part of the authority the service does not know. */
export function unknownAuthorityFault(authority: Authority, userFlow: UserFlowName, said: string): ConfigurationFault {
  const host = authorityHost(authority)
  switch (authority.kind) {
    case 'single-tenant':
      return {
        field: 'authority.tenant',
        problem: `${host} does not know the tenant ${JSON.stringify(authority.tenant)} (${said}).`,
        fix: 'Check the tenant id, and the cloud if it is a national one.',
      }
    case 'multi-tenant':
      return {
        field: 'authority.audience',
        problem: `${host} does not serve ${authority.audience} (${said}).`,
        fix: 'Use singleTenant() in this cloud.',
      }
    case 'b2c':
      return {
        field: `authority.userFlows.${userFlow}`,
        problem: `${host} knows no user flow ${JSON.stringify(userFlowPolicy(authority, userFlow))} of this tenant (${said}).`,
        fix: 'Compare tenantName (or domain) and the name of the user flow with the portal.',
      }
    case 'external-id':
      return {
        field: 'authority.tenantId',
        problem: `${host} does not know the tenant ${authority.tenantId} (${said}).`,
        fix: 'Compare tenantName (or domain) and tenantId with the overview page of the tenant.',
      }
    default: {
      const unreachable: never = authority
      return unreachable
    }
  }
}
