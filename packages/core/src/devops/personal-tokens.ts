import * as z from 'zod'
import type { Clock } from '../clock.js'
import { checkTime } from '../config/time.js'
import { NotFoundError, OutcomeUnknownError, PatRefusedError, ProtocolError, type Attempt } from '../errors.js'
import { readAnswer } from '../http/read-answer.js'
import { nameOf } from '../http/redact.js'
import type { GoodAnswer } from '../http/transport.js'
import { patTokenResultSchema, personalTokenSchema, type PersonalToken } from '../model/personal-token.js'
import { paged, type PagedIterable } from '../paging.js'
import { Secret } from '../secret.js'
import { missingToken, remedyFor } from './pat-remedies.js'
import type { Service } from './service.js'

/** Which of one's own tokens to list, and in what order. */
export interface ListPatsOptions {
  /** Default: the service's own, which is documented nowhere; say what is needed. */
  readonly displayFilter?: 'active' | 'revoked' | 'expired' | 'all'
  readonly sortBy?: 'displayName' | 'displayDate' | 'status'
  readonly sortDirection?: 'ascending' | 'descending'
  readonly signal?: AbortSignal
}

/** Where a token works. All organizations is spelled out because one leak then opens every one of them. */
export type PatOrganizations = 'this-organization' | 'all-organizations-i-can-reach'

/** A token to be created. */
export interface CreatePat {
  readonly displayName: string
  /** Scopes such as `'vso.code'`, or several; `'app_token'` is full access. */
  readonly scope: string | readonly string[]
  /** End of validity; the service allows one year at most, a policy may allow less. */
  readonly validTo: Date | string
  /** Default `'this-organization'`. The service refuses the other since 2026-03-15. */
  readonly organizations?: PatOrganizations
}

/** What to change of a token; what is left out stays as it is. */
export interface UpdatePat {
  readonly authorizationId: string
  readonly displayName?: string
  readonly scope?: string | readonly string[]
  readonly validTo?: Date | string
  readonly organizations?: PatOrganizations
}

/** A token that was just made. */
export interface CreatedPat {
  readonly pat: PersonalToken
  /** The secret: shown by the service this once, and never again. */
  readonly secret: Secret
  /** Whether the service made the token end at another time than was asked for (a policy shortened it). */
  readonly validToAdjusted: boolean
}

/** One's own personal access tokens. */
export interface PersonalTokens {
  /**
   * Iterates over one's own tokens. The secret is never part of the answer.
   *
   * @remarks Needs an Entra access token of a person (a personal access token or a service principal cannot ask) with `vso.pats`.
   * `maxPageSize` up to 100. A continuation token is good only with the same options.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/list} (7.1-preview.1)
   */
  list(options?: ListPatsOptions): PagedIterable<PersonalToken>
  /**
   * Reads one of one's own tokens.
   *
   * @throws {@link PatRefusedError} When the service answers with a reason instead, such as `tokenNotFound`.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/get} (7.1-preview.1)
   */
  get(authorizationId: string, options?: { readonly signal?: AbortSignal }): Promise<PersonalToken>
  /**
   * Creates a token and gives its secret, which the service shows this once.
   *
   * @remarks Needs `vso.pats_manage`. Sent once: it is repeated only when the service provably did not act.
   * @throws {@link PatRefusedError} With the reason and what helps.
   * @throws {@link OutcomeUnknownError} When the answer was lost; then call {@link PersonalTokens.reconcile}.
   * @example
   * ```ts
   * import type { DevOpsClient } from '@patkit/core'
   *
   * export async function makeToken(devops: DevOpsClient): Promise<string> {
   *   const inThirtyDays = new Date(Date.now() + 30 * 24 * 3600 * 1000)
   *   const { secret } = await devops.pats.create({ displayName: 'ci', scope: 'vso.code', validTo: inThirtyDays })
   *   return secret.reveal()
   * }
   * ```
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/create} (7.1-preview.1)
   */
  create(pat: CreatePat, options?: { readonly signal?: AbortSignal }): Promise<CreatedPat>
  /**
   * Changes name, scopes, end or reach of a token; its secret stays the same and is not shown.
   *
   * @remarks Needs `vso.pats_manage`. Safe to repeat, so a lost answer is asked for again.
   * @throws {@link PatRefusedError} With the reason and what helps; expired and revoked tokens cannot be changed.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/update} (7.1-preview.1)
   */
  update(change: UpdatePat, options?: { readonly signal?: AbortSignal }): Promise<PersonalToken>
  /**
   * Revokes a token for good.
   *
   * @remarks Needs `vso.pats_manage`. Safe to repeat. `alreadyRevoked` tells that a repeated request found it gone.
   * @throws {@link NotFoundError} When there is no such token.
   * @see {@link https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/revoke} (7.1-preview.1)
   */
  revoke(
    authorizationId: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly alreadyRevoked: boolean }>
  /**
   * Finds what a {@link PersonalTokens.create} with unknown outcome left behind: tokens of that name made since then. Their secret is
   * lost, so they are of no use to anybody.
   *
   * @param error - What `create` threw.
   * @param options - `action: 'revoke'` also revokes what is found. Default `'find'`.
   * @returns the tokens that were found; empty when nothing had been created, so that creating again is safe.
   */
  reconcile(
    error: OutcomeUnknownError,
    options?: { readonly action?: 'find' | 'revoke'; readonly signal?: AbortSignal },
  ): Promise<readonly PersonalToken[]>
}

const needsPerson =
  'Personal access tokens are managed with an access token of a person, never with a personal access token.'
const needsPatsManage =
  'Sign in as a person (a personal access token or an application cannot manage tokens) and consent to vso.pats and vso.pats_manage.'

/** The service's clock may be this far from ours. */
const clockSkewMs = 5 * 60_000

const patPage = z.object({ patTokens: z.array(personalTokenSchema), continuationToken: z.string().nullish() })

export function createPersonalTokens(service: Service, clock: Clock): PersonalTokens {
  const { transport, apiVersions } = service
  const path = `/${service.organization}/_apis/tokens/pats`
  const version = { 'api-version': apiVersions.tokens }
  const common = { path, permission: needsPatsManage, refusedCredential: needsPerson } as const

  const list: PersonalTokens['list'] = (options = {}) =>
    paged<PersonalToken>({
      keyOf: (pat) => pat.authorizationId,
      signal: options.signal,
      readPage: ({ continuationToken, maxPageSize, signal }) =>
        transport.send({
          ...common,
          method: 'GET',
          query: { ...version, ...toListQuery(options), $top: maxPageSize?.toString(), continuationToken },
          repeat: 'repeatable',
          read: (answer) => {
            const page = readAnswer(patPage, answer)
            return { items: page.patTokens, continuationToken: page.continuationToken }
          },
          signal,
        }),
    })

  const revoke: PersonalTokens['revoke'] = async (authorizationId, { signal } = {}) => {
    let failedAttempts: readonly Attempt[] = []
    try {
      return await transport.send({
        ...common,
        method: 'DELETE',
        query: { ...version, authorizationId: checkId(authorizationId) },
        repeat: 'repeatable',
        notFound: missingToken,
        read: (answer) => {
          failedAttempts = answer.failedAttempts
          // 204 or 200 with anything: only a reason inside the body would be a refusal.
          if (answer.json !== undefined) refuseUnlessNone(readAnswer(patTokenResultSchema.partial(), answer), 'revoked')
          return { alreadyRevoked: false }
        },
        signal,
      })
    } catch (error) {
      const gone =
        error instanceof NotFoundError || (error instanceof PatRefusedError && error.patTokenError === 'tokenNotFound')
      if (gone && [...failedAttempts, ...error.attempts.slice(0, -1)].some(mayHaveActed))
        return { alreadyRevoked: true }
      throw error
    }
  }

  return {
    list,
    revoke,
    get: (authorizationId, { signal } = {}) =>
      transport.send({
        ...common,
        method: 'GET',
        query: { ...version, authorizationId: checkId(authorizationId) },
        repeat: 'repeatable',
        notFound: missingToken,
        read: (answer) => readPat(answer, 'read').pat,
        signal,
      }),
    create: async (pat, { signal } = {}) => {
      const body = toBody(pat)
      const startedAt = clock.now()
      try {
        return await transport.send({
          ...common,
          method: 'POST',
          query: version,
          body,
          repeat: 'once',
          read: (answer) => toCreated(answer, pat.validTo),
          signal,
        })
      } catch (error) {
        const unknown = toOutcomeUnknown(error)
        throw unknown?.about({ displayName: pat.displayName, startedAt: new Date(startedAt) }) ?? error
      }
    },
    update: (change, { signal } = {}) =>
      transport.send({
        ...common,
        method: 'PUT',
        query: version,
        body: { authorizationId: checkId(change.authorizationId), ...toBody(change) },
        repeat: 'repeatable',
        notFound: missingToken,
        read: (answer) => readPat(answer, 'changed').pat,
        signal,
      }),
    reconcile: async (error, { action = 'find', signal } = {}) => {
      const { created } = error
      if (created === undefined) throw new TypeError('reconcile takes the error that pats.create threw.')
      const since = created.startedAt.getTime() - clockSkewMs
      const found: PersonalToken[] = []
      for await (const pat of list({ displayFilter: 'active', ...(signal === undefined ? {} : { signal }) })) {
        if (pat.displayName === created.displayName && (pat.validFrom?.getTime() ?? 0) >= since) found.push(pat)
      }
      if (action === 'revoke')
        for (const pat of found) await revoke(pat.authorizationId, signal === undefined ? {} : { signal })
      return found
    },
  }
}

/** Whether the service may have carried out a try although its answer was lost; a refusal proves that it did not. */
function mayHaveActed({ status }: Attempt): boolean {
  return status === undefined || status === 408 || status >= 500
}

function toListQuery(options: ListPatsOptions) {
  return {
    displayFilterOption: options.displayFilter,
    sortByOption: options.sortBy,
    isSortAscending: options.sortDirection === undefined ? undefined : String(options.sortDirection === 'ascending'),
  }
}

function toBody(pat: Omit<UpdatePat, 'authorizationId'>): Record<string, unknown> {
  return {
    ...(pat.displayName === undefined ? {} : { displayName: pat.displayName }),
    ...(pat.scope === undefined ? {} : { scope: typeof pat.scope === 'string' ? pat.scope : pat.scope.join(' ') }),
    ...(pat.validTo === undefined ? {} : { validTo: checkTime('validTo', pat.validTo).toISOString() }),
    ...(pat.organizations === undefined ? {} : { allOrgs: pat.organizations === 'all-organizations-i-can-reach' }),
  }
}

function checkId(authorizationId: unknown): string {
  if (typeof authorizationId === 'string' && authorizationId.trim() !== '') return authorizationId
  throw new TypeError('authorizationId must be a string that is not empty, such as the one in pats.list().')
}

/** Failure comes inside an HTTP 200 here; success is the word `none`. */
function refuseUnlessNone(result: { readonly patTokenError?: string | null | undefined }, verb: string): void {
  const given = result.patTokenError ?? 'none'
  if (given.toLowerCase() === 'none') return
  const reason = nameOf(given) ?? 'unknown reason'
  throw new PatRefusedError(`The token was not ${verb}: ${reason}.`, { patTokenError: reason, hint: remedyFor(reason) })
}

/** A good status with an unreadable answer tells as little of what was created as a lost one. */
function toOutcomeUnknown(error: unknown): OutcomeUnknownError | undefined {
  if (error instanceof OutcomeUnknownError) return error
  if (!(error instanceof ProtocolError) || error.status === undefined || error.status >= 300) return undefined
  // Here the token is known, and the message names it.
  if (error.field === secretField) return undefined
  const { message, status, activityId, attempts, method, path } = error
  return new OutcomeUnknownError(`It is unknown whether the token was created: ${message}`, {
    status,
    activityId,
    attempts,
    method,
    path,
    hint: 'Call pats.reconcile() with this error before trying again.',
  })
}

const secretField = 'patToken.token'

function readPat(answer: GoodAnswer, verb: string): { pat: PersonalToken; token: string | null } {
  const result = readAnswer(patTokenResultSchema, answer)
  refuseUnlessNone(result, verb)
  if (result.patToken === null) {
    throw new ProtocolError(`The answer to ${answer.request} has neither a token nor a reason.`, {
      status: answer.status,
      activityId: answer.activityId,
      field: 'patToken',
    })
  }
  return result.patToken
}

function toCreated(answer: GoodAnswer, asked: Date | string): CreatedPat {
  const { pat, token } = readPat(answer, 'created')
  if (token === null || token === '') {
    throw new ProtocolError(
      `The token ${pat.authorizationId} was created, but the answer has no secret; revoke it and create another.`,
      { status: answer.status, activityId: answer.activityId, field: secretField },
    )
  }
  // The service rounds to a few milliseconds.
  const adjusted =
    pat.validTo !== null && Math.abs(pat.validTo.getTime() - checkTime('validTo', asked).getTime()) > 1000
  return { pat, secret: new Secret(token), validToAdjusted: adjusted }
}
