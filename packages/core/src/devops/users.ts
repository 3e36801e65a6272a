import * as z from 'zod'
import { readAnswer } from '../http/read-answer.js'
import { sentOnce } from '../http/retry-after.js'
import {
  graphServicePrincipalSchema,
  graphUserSchema,
  type GraphServicePrincipal,
  type GraphUser,
} from '../model/graph-user.js'
import { paged, type PagedIterable } from '../paging.js'
import type { Service } from './service.js'

/** Kinds of subjects: `aad` and `msa` are people, `svc` and `imp` service and imported identities. */
export type SubjectType = 'aad' | 'msa' | 'svc' | 'imp' | (string & {})

/** What to list. */
export interface ListUsersOptions {
  /** Only these kinds; everybody when left out. The service filters after it cut the pages, so pages may be short or empty. */
  readonly subjectTypes?: readonly SubjectType[]
  /** Only members of this scope. */
  readonly scopeDescriptor?: string
  readonly signal?: AbortSignal
}

/** What to list. */
export interface ListServicePrincipalsOptions {
  /** Only members of this scope. */
  readonly scopeDescriptor?: string
  readonly signal?: AbortSignal
}

const graphHint = 'The identity needs the scope vso.graph and must be a user of the organization.'

/** The users of the organization. */
export interface Users {
  /**
   * Iterates over the users of the organization, service identities included, page by page in the service's order.
   *
   * Nothing is sent until the first user is read, and leaving the loop early sends nothing more. A user who comes again on a later
   * page is left out. The service cuts pages itself (about 500), so `maxPageSize` has no effect.
   *
   * @remarks Needs the scope `vso.graph`. Reads only, so a broken page is read again.
   * @throws {@link SignInRequiredError} When the credential is not accepted.
   * @throws {@link PaginationLoopError} When the service repeats a continuation token.
   * @example
   * ```ts
   * import { DevOpsClient } from '@patkit/core'
   *
   * export async function printPeople(devops: DevOpsClient): Promise<void> {
   *   for await (const user of devops.users.list({ subjectTypes: ['aad', 'msa'] })) console.log(user.displayName)
   * }
   * ```
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/graph/users/list} (7.1-preview.1)
   */
  list(options?: ListUsersOptions): PagedIterable<GraphUser>
  /**
   * Reads one user by descriptor.
   *
   * @throws {@link NotFoundError} When there is no such user.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/graph/users/get} (7.1-preview.1)
   */
  get(descriptor: string, options?: { readonly signal?: AbortSignal }): Promise<GraphUser>
}

/** The service principals and managed identities of the organization. */
export interface ServicePrincipals {
  /**
   * Iterates over the service principals and managed identities of the organization.
   *
   * @remarks Needs the scope `vso.graph`. They own no personal access tokens.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/graph/service-principals/list} (7.1-preview.1)
   */
  list(options?: ListServicePrincipalsOptions): PagedIterable<GraphServicePrincipal>
}

/** What helps when there is no user of this descriptor. */
export const missingUser =
  'Check the descriptor with users.list(); the user may have left, or the organization may have another name.'

const userPage = z.object({ value: z.array(graphUserSchema) })
const servicePrincipalPage = z.object({ value: z.array(graphServicePrincipalSchema) })

export function createUsers(service: Service): Users {
  return {
    list: (options = {}) => listSubjects(service, 'users', userPage, options),
    get: (descriptor, { signal } = {}) =>
      service.transport.send({
        method: 'GET',
        path: `/${service.organization}/_apis/graph/users/${encodeURIComponent(checkDescriptor(descriptor))}`,
        query: { 'api-version': service.apiVersions.graph },
        repeat: 'repeatable',
        permission: graphHint,
        notFound: missingUser,
        read: (answer) => readAnswer(graphUserSchema, answer),
        signal,
      }),
  }
}

export function createServicePrincipals(service: Service): ServicePrincipals {
  return { list: (options = {}) => listSubjects(service, 'serviceprincipals', servicePrincipalPage, options) }
}

function listSubjects<T extends GraphUser>(
  { transport, organization, apiVersions }: Service,
  kind: 'users' | 'serviceprincipals',
  schema: z.ZodType<{ value: T[] }>,
  options: ListUsersOptions,
): PagedIterable<T> {
  const query = {
    'api-version': apiVersions.graph,
    subjectTypes: options.subjectTypes?.join(','),
    scopeDescriptor: options.scopeDescriptor,
  }
  return paged<T>({
    keyOf: (subject) => subject.descriptor,
    signal: options.signal,
    readPage: ({ continuationToken, signal }) =>
      transport.send({
        method: 'GET',
        path: `/${organization}/_apis/graph/${kind}`,
        query: { ...query, continuationToken },
        repeat: 'repeatable',
        permission: graphHint,
        // 7.1: here the token of the next page is in a header; at tokens/pats and tokenadmin it is in the body.
        read: (answer) => ({
          items: readAnswer(schema, answer).value,
          continuationToken: tokenIn(answer.headers),
        }),
        signal,
      }),
  })
}

function tokenIn(headers: Headers): string | undefined {
  const token = headers.get('x-ms-continuationtoken')
  return token === null ? undefined : sentOnce(token)
}

/** Refuses what would read another resource than was meant. */
export function checkDescriptor(descriptor: unknown): string {
  if (isDescriptor(descriptor)) return descriptor
  throw new TypeError(
    `descriptor must look like aad.MDA0NzBl (from users.list), not ${typeof descriptor === 'string' ? JSON.stringify(descriptor.slice(0, 80)) : typeof descriptor}.`,
  )
}

/** Whether it has the form of a descriptor, and can be part of a path: half a character cannot be encoded. */
export function isDescriptor(descriptor: unknown): descriptor is string {
  return typeof descriptor === 'string' && /^[A-Za-z][A-Za-z0-9]*\.[^\s\p{Surrogate}]+$/u.test(descriptor)
}
