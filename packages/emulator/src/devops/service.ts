import type { Caller, Verdict } from '../access-tokens.js'
import { type Answer, type AnswerHeaders, headerText } from '../answer.js'
import type { RateLimitedArea, RateLimiter } from '../rate-limit.js'
import { negotiateVersion, type SupportedVersions } from './api-version.js'
import type { AreaAnswer, DevOpsContext, DevOpsRequest } from './context.js'
import { errorAnswer, ServiceError } from './errors.js'
import { Graph } from './graph.js'
import { PersonalTokens } from './personal-tokens.js'
import { allows } from './scopes.js'
import { refusedBearer, refusedPat, signInPage } from './sign-in.js'
import { TokenAdmin } from './token-admin.js'

/** A request for the service, taken apart. */
export interface ServiceRequest {
  readonly method: string
  /** Percent-decoded, from the organization on. */
  readonly segments: readonly string[]
  readonly query: Readonly<Record<string, string>>
  readonly header: (name: string) => string | undefined
  readonly body: string
}

interface Operation {
  readonly scope: string
  readonly act: (request: DevOpsRequest) => AreaAnswer
}

interface Resource {
  readonly area: RateLimitedArea
  /** In lower case; `{}` stands for one part that names something. */
  readonly path: readonly string[]
  readonly name: string
  readonly versions: SupportedVersions
  readonly operations: Readonly<Partial<Record<string, Operation>>>
}

const previewsOnly = (since: number): SupportedVersions => ({ since, released: [] })

/** The identity host of one organization. */
export class DevOpsService {
  readonly #context: DevOpsContext
  readonly #rateLimiter: RateLimiter | undefined
  readonly #resources: readonly Resource[]

  constructor(context: DevOpsContext, rateLimiter: RateLimiter | undefined) {
    this.#context = context
    this.#rateLimiter = rateLimiter
    this.#resources = resourcesOf(context)
  }

  /** The descriptor in a path, for those that have one. */
  subjectOf(segments: readonly string[]): string | undefined {
    const resource = this.#resourceAt(segments)
    return resource?.path.at(-1) === '{}' ? segments.at(-1) : undefined
  }

  #resourceAt(segments: readonly string[]): Resource | undefined {
    const [, apis, ...rest] = segments
    if (apis?.toLowerCase() !== '_apis') return undefined
    return this.#resources.find(
      ({ path }) =>
        path.length === rest.length && path.every((part, at) => part === '{}' || part === rest[at]?.toLowerCase()),
    )
  }

  /**
   * Answers a request in the service's own order: organization, resource, identity, version, rate limit, permission, and only then
   * what was asked for. `hold` makes the request wait as the rate limit wants it.
   */
  async answer(request: ServiceRequest, verdict: Verdict, hold: (ms: number) => Promise<void>): Promise<Answer> {
    try {
      return await this.#answer(request, verdict, hold)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      const answer = errorAnswer(error)
      return verdict.kind === 'accepted'
        ? { ...answer, headers: { ...answer.headers, ...userData(verdict.caller) } }
        : answer
    }
  }

  async #answer(request: ServiceRequest, verdict: Verdict, hold: (ms: number) => Promise<void>): Promise<Answer> {
    const [organization = ''] = request.segments
    if (organization.toLowerCase() !== this.#context.organization.organization.toLowerCase())
      return noSuchOrganization(organization)
    const resource = this.#resourceAt(request.segments)
    if (resource === undefined) throw noSuchResource(request.segments)
    if (verdict.kind !== 'accepted') return notSignedIn(verdict, request)
    const { caller } = verdict
    // Tokens manage no tokens: this part wants the person.
    if (caller.scheme === 'pat' && resource.area === 'tokens') return notSignedIn({ kind: 'missing' }, request)
    const parameter = parametersOf(request.query)
    const version = negotiateVersion(
      parameter('api-version'),
      request.header('accept'),
      resource.name,
      resource.versions,
    )
    const operation = resource.operations[request.method]
    if (operation === undefined) throw wrongMethod(request.method, resource)
    const limit = this.#rateLimiter?.decide(caller.user.descriptor, resource.area, this.#context.clock.now())
    if (limit?.refused === true) throw blocked(limit.headers)
    if (limit !== undefined && limit.holdMs > 0) await hold(limit.holdMs)
    if (!allows(caller.scopes, operation.scope)) return caller.scheme === 'pat' ? refusedPat : refusedBearer
    if (resource.area === 'tokenadmin' && !caller.user.isAdministrator) throw notAdministrator(caller)
    const answer = operation.act({
      parameter,
      id: request.segments.at(-1) ?? '',
      body: request.body,
      contentType: request.header('content-type'),
      caller,
      apiVersion: version,
    })
    return finished(answer, version, { ...userData(caller), ...limit?.headers })
  }
}

function resourcesOf(context: DevOpsContext): readonly Resource[] {
  const graph = new Graph(context)
  const tokens = new PersonalTokens(context)
  const admin = new TokenAdmin(context)
  const graphVersions = previewsOnly(4)
  const adminVersions: SupportedVersions = { since: 5, released: [5, 5.1, 6, 7, 7.1] }
  const administer = (act: Operation['act']): Operation => ({ scope: 'vso.tokenadministration', act })
  return [
    {
      area: 'tokenadmin',
      path: ['tokenadmin', 'personalaccesstokens', '{}'],
      name: 'personalAccessTokens',
      versions: adminVersions,
      operations: { GET: administer(admin.list) },
    },
    {
      area: 'tokenadmin',
      path: ['tokenadmin', 'revocations'],
      name: 'revocations',
      versions: adminVersions,
      operations: { POST: administer(admin.revoke) },
    },
    {
      area: 'tokenadmin',
      path: ['tokenadmin', 'revocationrules'],
      name: 'revocationRules',
      versions: adminVersions,
      operations: { POST: administer(admin.createRule) },
    },
    {
      area: 'graph',
      path: ['graph', 'users'],
      name: 'users',
      versions: graphVersions,
      operations: { GET: { scope: 'vso.graph', act: graph.listUsers } },
    },
    {
      area: 'graph',
      path: ['graph', 'users', '{}'],
      name: 'users',
      versions: graphVersions,
      operations: { GET: { scope: 'vso.graph', act: graph.getUser } },
    },
    {
      area: 'graph',
      path: ['graph', 'serviceprincipals'],
      name: 'servicePrincipals',
      versions: previewsOnly(7.1),
      operations: { GET: { scope: 'vso.graph', act: graph.listServicePrincipals } },
    },
    {
      area: 'graph',
      path: ['graph', 'serviceprincipals', '{}'],
      name: 'servicePrincipals',
      versions: previewsOnly(7.1),
      operations: { GET: { scope: 'vso.graph', act: graph.getServicePrincipal } },
    },
    {
      area: 'tokens',
      path: ['tokens', 'pats'],
      name: 'pats',
      versions: previewsOnly(6.1),
      operations: {
        GET: { scope: 'vso.pats', act: tokens.getOrList },
        POST: { scope: 'vso.pats_manage', act: tokens.create },
        PUT: { scope: 'vso.pats_manage', act: tokens.update },
        DELETE: { scope: 'vso.pats_manage', act: tokens.revoke },
      },
    },
  ]
}

function parametersOf(query: Readonly<Record<string, string>>): (name: string) => string | undefined {
  return (name) => {
    const wanted = name.toLowerCase()
    for (const given in query) {
      if (given.toLowerCase() === wanted && query[given] !== '') return query[given]
    }
    return undefined
  }
}

/** The header that says the identity was accepted, whatever the answer. */
const userData = ({ user }: Caller): AnswerHeaders => ({
  'X-VSS-UserData': `${user.storageKey}:${headerText(user.principalName ?? '')}`,
})

function finished({ status, body, headers }: AreaAnswer, version: string, common: AnswerHeaders): Answer {
  const type = body === undefined ? {} : { 'Content-Type': `application/json; charset=utf-8; api-version=${version}` }
  return { status, body: body ?? '', headers: { ...type, ...common, ...headers } }
}

function notSignedIn(verdict: Exclude<Verdict, { kind: 'accepted' }>, request: ServiceRequest): Answer {
  if (verdict.kind === 'refused') return verdict.scheme === 'pat' ? refusedPat : refusedBearer
  // Some clients say that they are no browser and cannot follow to a sign-in page.
  const isNoBrowser = request.header('x-tfs-fedauthredirect')?.toLowerCase() === 'suppress'
  return isNoBrowser ? refusedBearer : signInPage
}

const noSuchOrganization = (organization: string): Answer => ({
  status: 404,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'X-TFS-ServiceError': headerText(`VS800018: The organization '${organization}' was not found.`),
  },
  body: '<!DOCTYPE html><html lang="en-US"><head><title>404 - Page not found</title></head><body><h1>404 - Page not found</h1></body></html>',
})

const noSuchResource = (segments: readonly string[]): ServiceError =>
  new ServiceError(
    404,
    'VssResourceNotFoundException',
    `The controller for path '/${segments.slice(1).join('/')}' was not found or does not implement IController.`,
  )

const wrongMethod = (method: string, resource: Resource): ServiceError =>
  new ServiceError(405, 'VssServiceException', `The requested resource does not support http method '${method}'.`, {
    headers: { Allow: Object.keys(resource.operations).join(', ') },
  })

const blocked = (headers: AnswerHeaders): ServiceError =>
  new ServiceError(
    429,
    'VssRequestBlockedException',
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'ATCPU' in namespace 'Identity'.",
    { headers },
  )

const notAdministrator = ({ user }: Caller): ServiceError =>
  new ServiceError(
    403,
    'AccessCheckException',
    `Access Denied: ${user.principalName ?? user.descriptor} needs the following permission(s) to perform this action: Administer personal access tokens`,
  )
