import { authorityPath, knownHosts, lookUpAuthority } from './authorities.js'
import type { Authority, AuthorityLookup } from './authorities.js'
import type { Directory } from './directory.js'

/** What a request is for. The words are those of faults and of the request log. */
export type Endpoint =
  | 'authorize'
  | 'interaction'
  | 'token'
  | 'device-code'
  | 'device-page'
  | 'logout'
  | 'discovery'
  | 'instance-discovery'
  | 'keys'

/** A request that was understood: who is asked, for what, and under which address the caller sees us. */
export interface Route {
  readonly authority: Authority
  readonly endpoint: Endpoint
  /** The host that was named, which may be an alias of the authority's. */
  readonly host: string
  /** Where the authority is for this caller, such as `http://localhost:5100/login.microsoftonline.com/common`. */
  readonly address: string
}

export type Routing =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'refused'; readonly lookup: Exclude<AuthorityLookup, { kind: 'found' }> }
  | { readonly kind: 'unknown-endpoint'; readonly path: string }
  | { readonly kind: 'not-ours' }

const paths: Readonly<Record<Endpoint, string>> = {
  authorize: '/oauth2/v2.0/authorize',
  interaction: '/interaction',
  token: '/oauth2/v2.0/token',
  'device-code': '/oauth2/v2.0/devicecode',
  'device-page': '/oauth2/deviceauth',
  logout: '/oauth2/v2.0/logout',
  discovery: '/v2.0/.well-known/openid-configuration',
  'instance-discovery': '/discovery/instance',
  keys: '/discovery/v2.0/keys',
}

const endpointsByPath: ReadonlyMap<string, Endpoint> = new Map(
  Object.entries(paths).map(([endpoint, path]) => [path, endpoint as Endpoint]),
)

export const endpointUrl = (route: Route, endpoint: Endpoint): string => `${route.address}${paths[endpoint]}`

/** The address of the endpoint at the real service: what a client that knows nothing of the emulator writes into an assertion. */
export const productionUrl = (authority: Authority, endpoint: Endpoint): string =>
  `https://${authority.host}${authorityPath(authority)}${paths[endpoint]}`

/** How a request reached us. */
export interface Arrival {
  readonly url: URL
  /** The `Host` header. */
  readonly host: string
  readonly transport: 'http' | 'https'
}

/**
 * Finds out which host of the real services is meant: the `Host` header where a client was sent here under its production name,
 * else the first segment of the path, where one origin stands for all of them.
 */
export function createRouter(directory: Directory, origin: () => string): (arrival: Arrival) => Routing {
  const hosts = knownHosts(directory)
  return ({ url, host, transport }) => {
    const name = hostName(host)
    const segments = url.pathname.split('/').slice(1).map(decodeSegment)
    if (hosts.has(name)) return resolve(directory, url, name, segments, `${transport}://${host.toLowerCase()}`)
    const [first = '', ...rest] = segments
    const wanted = first.toLowerCase()
    if (!hosts.has(wanted) || !isLoopbackName(name)) return { kind: 'not-ours' }
    const ownOrigin = transport === 'https' ? `https://${host}` : origin()
    return resolve(directory, url, wanted, rest, `${ownOrigin}/${wanted}`)
  }
}

export const hostName = (hostHeader: string): string => hostHeader.replace(/:\d+$/, '').toLowerCase()

/** Names under which this machine reaches itself. Any other name in `Host` is a page of another site that was rebound to us. */
export const isLoopbackName = (name: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(name)

function resolve(
  directory: Directory,
  url: URL,
  host: string,
  segments: readonly string[],
  hostAddress: string,
): Routing {
  const lookup = lookUpAuthority(directory, host, segments, url.searchParams.get('p'))
  if (lookup.kind !== 'found') return { kind: 'refused', lookup }
  const endpoint = endpointsByPath.get(`/${lookup.rest.join('/').toLowerCase()}`)
  if (endpoint === undefined) return { kind: 'unknown-endpoint', path: url.pathname }
  const address = `${hostAddress}${authorityPath(lookup.authority)}`
  return { kind: 'route', route: { authority: lookup.authority, endpoint, host, address } }
}

/** A segment that cannot be decoded names nothing; it must not bring the server down. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
