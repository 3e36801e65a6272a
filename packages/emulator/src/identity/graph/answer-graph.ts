import type { IncomingMessage } from 'node:http'
import { json } from '../answers.js'
import type { Answer } from '../answers.js'
import type { Trace } from '../errors.js'
import { isRecord } from '../is-record.js'
import { readBody } from '../read-parameters.js'
import type { AccessTokenVerifier, TokenIdentity } from '../verify-access-token.js'
import type { GraphApplications } from './applications.js'
import { badRequest, failureAnswer, GraphFailure } from './errors.js'

/** Host of Microsoft Graph. */
export const graphHost = 'graph.microsoft.com'

/** What the part of Microsoft Graph needs that is there: applications, service principals, what was deleted. */
export interface GraphParts {
  readonly applications: GraphApplications
  readonly verifier: AccessTokenVerifier
}

interface GraphRequest {
  readonly method: string
  /** Below the version, percent-decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly tenantId: string
}

/** Answers a call of Microsoft Graph v1.0; anything else is 404 or 400 as at the service. */
export async function answerGraph(
  parts: GraphParts,
  request: IncomingMessage,
  url: URL,
  trace: Trace,
): Promise<Answer> {
  try {
    const [, version = '', path = ''] = /^\/([^/]+)\/(.*)$/.exec(decoded(url.pathname)) ?? []
    if (version !== 'v1.0') throw badRequest(`The version '${version}' is not served; use v1.0.`)
    const method = request.method ?? 'GET'
    const identity = await authenticate(parts.verifier, request)
    authorize(identity, method)
    const body = method === 'POST' ? readJson(await readBody(request)) : {}
    return dispatch(parts.applications, { method, path, query: url.searchParams, body, tenantId: identity.tenantId })
  } catch (error) {
    if (!(error instanceof GraphFailure)) throw error
    return failureAnswer(error, trace)
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw badRequest('The address cannot be decoded.')
  }
}

async function authenticate(verifier: AccessTokenVerifier, request: IncomingMessage): Promise<TokenIdentity> {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new GraphFailure(401, 'InvalidAuthenticationToken', 'Access token is empty.')
  const check = await verifier.verify(token)
  if (check.kind === 'accepted') return check.identity
  const expired = check.reason === 'expired'
  throw new GraphFailure(
    401,
    'InvalidAuthenticationToken',
    expired
      ? 'Lifetime validation failed, the token is expired.'
      : `Access token validation failure (${check.reason}).`,
  )
}

const writePermission = 'Application.ReadWrite.All'
const readPermissions: readonly string[] = [writePermission, 'Application.Read.All', 'Directory.Read.All']

/** A person's token carries permissions in `scp`, an application's in `roles`. */
function authorize({ scopes, roles }: TokenIdentity, method: string): void {
  const held = [...scopes, ...roles]
  const enough = method === 'GET' ? readPermissions : [writePermission]
  if (enough.some((permission) => held.includes(permission))) return
  throw new GraphFailure(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (isRecord(body)) return body
  } catch {
    // Said below.
  }
  throw badRequest('The body is not a JSON object.')
}

const noContent: Answer = { status: 204, headers: {}, body: '' }

function dispatch(applications: GraphApplications, request: GraphRequest): Answer {
  const { method, path, query, body, tenantId } = request
  const [collection = '', ...rest] = path.split('/')
  const key = /^(applications|servicePrincipals)\(appId='([^']*)'\)$/.exec(collection)
  switch (`${method} ${key?.[1] ?? collection}`) {
    case 'GET applications':
      return getApplications(applications, tenantId, key?.[2], rest, query)
    case 'POST applications': {
      if (rest.length === 0) return json(201, applications.create(tenantId, body))
      const [id = '', action] = rest
      if (action !== 'addPassword') break
      return json(200, applications.addPassword(tenantId, id, body))
    }
    case 'DELETE applications': {
      const application =
        key === null
          ? applications.byObjectId(tenantId, rest[0] ?? '')
          : applications.byClientId(tenantId, key[2] ?? '')
      applications.delete(tenantId, application)
      return noContent
    }
    case 'POST servicePrincipals':
      return json(201, applications.createServicePrincipal(tenantId, body))
    case 'GET servicePrincipals':
      return json(200, applications.servicePrincipal(tenantId, key?.[2] ?? ''))
    case 'DELETE directory': {
      const [area, id = ''] = rest
      if (area !== 'deletedItems') break
      applications.deleteForGood(tenantId, id)
      return noContent
    }
    case 'GET directory':
      if (rest.join('/') !== 'deletedItems/microsoft.graph.application') break
      return json(200, { value: applications.deletedIn(tenantId).map(({ id }) => ({ id })) })
  }
  throw badRequest(`Resource not found for the segment '${collection}'.`)
}

function getApplications(
  applications: GraphApplications,
  tenantId: string,
  clientId: string | undefined,
  rest: readonly string[],
  query: URLSearchParams,
): Answer {
  const select = query.get('$select')?.split(',')
  if (clientId !== undefined) {
    return json(200, selected(applications.describe(applications.byClientId(tenantId, clientId)), select))
  }
  const [id] = rest
  if (id !== undefined) return json(200, selected(applications.describe(applications.byObjectId(tenantId, id)), select))
  const matches = readFilter(query.get('$filter'))
  const found = applications.list(tenantId).filter((application) => matches(application as Record<string, unknown>))
  return json(200, { value: found.map((application) => selected(application, select)) })
}

/** The one form of `$filter` that is served: a property that equals a text. A quote in the text is doubled. */
function readFilter(filter: string | null): (application: Record<string, unknown>) => boolean {
  if (filter === null) return () => true
  const [, name = '', quoted = ''] = /^(displayName|appId) eq '((?:[^']|'')*)'$/.exec(filter) ?? []
  if (name === '') throw badRequest(`Unsupported or invalid query filter clause: ${filter}`)
  const text = quoted.replaceAll("''", "'").toLowerCase()
  return (application) => String(application[name]).toLowerCase() === text
}

function selected(object: object, select: readonly string[] | undefined): object {
  if (select === undefined) return object
  return Object.fromEntries(Object.entries(object).filter(([name]) => select.includes(name)))
}
