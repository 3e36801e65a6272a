import * as z from 'zod'
import { checkTime } from '../config/time.js'
import { isPatkitError, PartialRevocationError, type AnyPatkitError, type PatkitError } from '../errors.js'
import { readAnswer } from '../http/read-answer.js'
import { sessionTokenSchema, type SessionToken } from '../model/session-token.js'
import { paged, type PagedIterable } from '../paging.js'
import { ADMINISTRATOR_HINT, type Service } from './service.js'
import { checkDescriptor, missingUser } from './users.js'

/** What to list of a user. */
export interface ListTokensOptions {
  /** Default `'personal-access-tokens'`. */
  readonly kind?: 'personal-access-tokens' | 'ssh-keys'
  readonly signal?: AbortSignal
}

/** Which self-describing tokens (JWTs) to reject from now on. */
export interface RevocationRule {
  /** Scopes, also several separated by spaces; a token that has any one of them is rejected. */
  readonly scopes: string | readonly string[]
  /** Only tokens made before this time. The service takes the time of the rule when it is left out. */
  readonly createdBefore?: Date | string
}

/** Everybody's tokens, for administrators of the organization. */
export interface TokenAdmin {
  /**
   * Iterates over the personal access tokens of one user, page by page, in the service's order.
   *
   * Nothing is sent until the first item is read, and leaving the loop early sends nothing more.
   * The secret of a token is never part of the answer: the service shows it once, at creation.
   *
   * @remarks Needs an organization administrator's access token. Reads only, so a broken page is read again. The service's own page
   * size is best; `maxPageSize` above its undocumented bound is answered with HTTP 400.
   * @param descriptor - Descriptor of a person, from {@link Users.list}.
   * @throws {@link PermissionError} Without the right to administer tokens.
   * @throws {@link ThrottledError} When the service asks for a longer pause than `maxPauseSeconds`.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokenadmin/personal-access-tokens/list} (7.1)
   */
  list(descriptor: string, options?: ListTokensOptions): PagedIterable<SessionToken>
  /**
   * Revokes tokens of anybody, by authorization id. It cannot be undone and may take up to an hour to bite.
   *
   * @remarks Needs an organization administrator's access token. Sent in parts of 100; safe to repeat. A part that fails does not stop
   * the others, unless the credential or the permission is what is missing.
   * @throws {@link PartialRevocationError} When some were revoked and others not, with both lists.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokenadmin/revocations/revoke-authorizations} (7.1)
   */
  revoke(authorizationIds: string | readonly string[], options?: { readonly signal?: AbortSignal }): Promise<void>
  /**
   * Makes a rule that rejects self-describing tokens (JWTs, such as those of OAuth applications) by scope and age; they cannot be
   * revoked one by one. Personal access tokens are not touched.
   *
   * @remarks Needs an organization administrator's access token. With `createdBefore` it is safe to repeat; without, it is sent once.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokenadmin/revocation-rules/create} (7.1)
   */
  createRevocationRule(rule: RevocationRule, options?: { readonly signal?: AbortSignal }): Promise<void>
}

/** The service's bound is undocumented; Microsoft's own script sends 990. */
const idsPerRequest = 100

const tokenPage = z.object({ value: z.array(sessionTokenSchema), continuationToken: z.string().nullish() })

export function createTokenAdmin({ transport, organization, apiVersions }: Service): TokenAdmin {
  const root = `/${organization}/_apis/tokenadmin`
  const version = { 'api-version': apiVersions.tokenAdmin }
  const common = { permission: ADMINISTRATOR_HINT, repeat: 'repeatable' } as const

  const revokePart = (part: readonly string[], signal: AbortSignal | undefined): Promise<void> =>
    transport.send({
      ...common,
      method: 'POST',
      path: `${root}/revocations`,
      query: version,
      body: part.map((authorizationId) => ({ authorizationId })),
      read: () => undefined,
      signal,
    })

  return {
    list: (descriptor, options = {}) => {
      const path = `${root}/personalaccesstokens/${encodeURIComponent(checkDescriptor(descriptor))}`
      return paged<SessionToken>({
        keyOf: (token) => token.authorizationId,
        signal: options.signal,
        readPage: ({ continuationToken, maxPageSize, signal }) =>
          transport.send({
            ...common,
            notFound: missingUser,
            method: 'GET',
            path,
            query: {
              ...version,
              isPublic: options.kind === 'ssh-keys' ? 'true' : undefined,
              pageSize: maxPageSize?.toString(),
              continuationToken,
            },
            read: (answer) => {
              const page = readAnswer(tokenPage, answer)
              return { items: page.value, continuationToken: page.continuationToken }
            },
            signal,
          }),
      })
    },

    revoke: async (authorizationIds, { signal } = {}) => {
      const ids = checkIds(authorizationIds)
      const revoked: string[] = []
      const remaining: string[] = []
      let failure: PatkitError | undefined
      for (let start = 0; start < ids.length; start += idsPerRequest) {
        const part = ids.slice(start, start + idsPerRequest)
        if (failure !== undefined && stopsEverything(failure)) {
          remaining.push(...part)
          continue
        }
        try {
          await revokePart(part, signal)
          revoked.push(...part)
        } catch (error) {
          if (!isPatkitError(error)) throw error
          failure = error
          remaining.push(...part)
        }
      }
      if (failure === undefined) return
      if (revoked.length === 0) throw failure
      throw toPartialRevocation(failure, revoked, remaining)
    },

    createRevocationRule: ({ scopes, createdBefore }, { signal } = {}) =>
      transport.send({
        ...common,
        method: 'POST',
        path: `${root}/revocationrules`,
        query: version,
        body: {
          scopes: checkScopes(scopes),
          ...(createdBefore === undefined
            ? {}
            : { createdBefore: checkTime('createdBefore', createdBefore).toISOString() }),
        },
        repeat: createdBefore === undefined ? 'once' : 'repeatable',
        read: () => undefined,
        signal,
      }),
  }
}

/** What fails one part for a reason that the next part shares. */
const sharedReasons: ReadonlySet<string> = new Set<AnyPatkitError['code']>([
  'PATKIT_SIGN_IN_REQUIRED',
  'PATKIT_INTERACTION_REQUIRED',
  'PATKIT_CONFIGURATION',
  'PATKIT_TOKEN_CACHE',
  'PATKIT_PERMISSION',
  'PATKIT_THROTTLED',
])

function stopsEverything({ code }: PatkitError): boolean {
  return sharedReasons.has(code)
}

function toPartialRevocation(
  failure: PatkitError,
  revoked: readonly string[],
  remaining: readonly string[],
): PartialRevocationError {
  return new PartialRevocationError(
    `${revoked.length} tokens were revoked, ${remaining.length} were not: ${failure.message}`,
    {
      status: failure.status,
      activityId: failure.activityId,
      attempts: failure.attempts,
      method: failure.method,
      path: failure.path,
      retryable: failure.retryable,
      hint: 'Revoke the remaining ones again; revoking twice does no harm.',
      revoked,
      remaining,
    },
  )
}

function checkIds(given: string | readonly string[]): readonly string[] {
  const ids = typeof given === 'string' ? [given] : given
  for (const id of ids) {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
      throw new TypeError(`authorizationId must be a GUID, not ${JSON.stringify(id.slice(0, 80))}.`)
    }
  }
  return [...new Set(ids)]
}

function checkScopes(scopes: string | readonly string[]): string {
  const text = (typeof scopes === 'string' ? scopes : scopes.join(' ')).trim()
  if (text === '') throw new TypeError('scopes must name at least one scope, such as "vso.code".')
  return text
}
