import type { TokenChange } from '../organization.js'
import type { EmulatedToken } from '../people.js'
import { parseServiceTime, serviceTime, withZone } from '../service-time.js'
import { continuationAt, offsetOf } from './continuation.js'
import type { AreaAnswer, DevOpsContext, DevOpsRequest } from './context.js'
import { badArgument, ServiceError } from './errors.js'
import { allOrganizationsEndMs } from './pat-policies.js'
import { flag, uuidIn, jsonObject, timeOf, wholeNumber } from './request-body.js'
import { isKnownScope } from './scopes.js'

const maximumTop = 100
const dayMs = 86_400_000
const defaultLifeDays = 30
const longestName = 255

const filters = ['active', 'revoked', 'expired', 'all'] as const
const sorts = ['displayName', 'displayDate', 'status'] as const

/** A refusal that the service reports inside an answer of status 200. */
class PatRefusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The part for everybody: one's own tokens. */
export class PersonalTokens {
  readonly #context: DevOpsContext

  constructor(context: DevOpsContext) {
    this.#context = context
  }

  /** Two calls share this address: with an id it reads one token, without one it lists. */
  readonly getOrList = (request: DevOpsRequest): AreaAnswer => {
    const id = request.parameter('authorizationId')
    return id === undefined ? this.#list(request) : this.#answer(request, () => ({ token: this.#own(request, id) }))
  }

  #list(request: DevOpsRequest): AreaAnswer {
    const filter = word(request, 'displayFilterOption', filters) ?? 'active'
    const sort = word(request, 'sortByOption', sorts)
    const isAscending = flag(request, 'isSortAscending') ?? true
    const top = wholeNumber(request, '$top', maximumTop) ?? Math.min(this.#context.tokenPageSize, maximumTop)
    const key = `${filter} ${sort ?? ''} ${isAscending}`
    const start = offsetOf(request.parameter('continuationToken'), key)
    const all = this.#context.organization.listTokens(request.caller.user, false)
    const tokens = sorted(
      all.filter(({ status }) => filter === 'all' || status === filter),
      sort,
      isAscending,
    )
    const end = start + top
    const next = end < tokens.length ? continuationAt(end, key) : undefined
    const patTokens = tokens.slice(start, end).map((token) => wire(token, null))
    return { status: 200, body: JSON.stringify({ ...this.#continuation(next), patTokens }) }
  }

  #continuation(next: string | undefined): { readonly continuationToken?: string | null } {
    if (next !== undefined) return { continuationToken: next }
    switch (this.#context.lastPageToken) {
      case 'usual':
      case 'empty':
        return { continuationToken: '' }
      case 'null':
        return { continuationToken: null }
      case 'absent':
        return {}
      case 'empty-guid':
        return { continuationToken: '00000000-0000-0000-0000-000000000000' }
      default: {
        const unreachable: never = this.#context.lastPageToken
        throw new TypeError(`unknown last page token: ${String(unreachable)}`)
      }
    }
  }

  readonly create = (request: DevOpsRequest): AreaAnswer => {
    const body = jsonObject(request)
    return this.#answer(request, () => {
      const { organization, clock, policies } = this.#context
      if (policies.creation === 'refuse')
        throw refusalByVersion(request, 'accessDenied', 'disablePatCreationPolicyViolation')
      const now = clock.now()
      const change: TokenChange = {
        displayName: this.#name(request, body['displayName']),
        scope: this.#scope(body['scope']),
        targetAccounts: this.#targets(request, body['allOrgs']),
        validFrom: serviceTime(now),
        validTo: this.#validTo(body['validTo'], now),
      }
      return organization.create(request.caller.user, change)
    })
  }

  readonly update = (request: DevOpsRequest): AreaAnswer => {
    const body = jsonObject(request)
    return this.#answer(request, () => {
      const token = this.#changeable(request, body['authorizationId'])
      const made = parseServiceTime(token.validFrom) ?? this.#context.clock.now()
      const change: Partial<TokenChange> = {
        ...(isGiven(body['displayName']) ? { displayName: this.#name(request, body['displayName'], token) } : {}),
        ...(isGiven(body['scope']) ? { scope: this.#scope(body['scope']) } : {}),
        ...(isGiven(body['allOrgs']) ? { targetAccounts: this.#targets(request, body['allOrgs']) } : {}),
        ...(isGiven(body['validTo']) ? { validTo: this.#validTo(body['validTo'], made) } : {}),
      }
      return { token: this.#context.organization.update(token.authorizationId, change) ?? token }
    })
  }

  readonly revoke = (request: DevOpsRequest): AreaAnswer => {
    const given = request.parameter('authorizationId')
    const id = uuidIn(given)
    if (id === undefined) throw badArgument('authorizationId', `'${given ?? ''}' is not the id of an authorization.`)
    const token = this.#find(request, id)
    if (token === undefined || token.status === 'revoked') {
      throw new ServiceError(
        404,
        'SessionTokenNotFoundException',
        `There is no valid personal access token with the id ${id}.`,
      )
    }
    this.#context.organization.revoke(token.authorizationId)
    return { status: 204 }
  }

  #find(request: DevOpsRequest, id: string): EmulatedToken | undefined {
    const token = this.#context.organization.token(id)
    // Somebody else's token is as unknown here as one that never was.
    return token?.owner === request.caller.user.descriptor && !token.isPublic ? token : undefined
  }

  #own(request: DevOpsRequest, given: unknown): EmulatedToken {
    const id = uuidIn(given)
    if (id === undefined) throw new PatRefusal('invalidAuthorizationId', 'The authorization id is not a valid id.')
    const token = this.#find(request, id)
    if (token === undefined) throw new PatRefusal('tokenNotFound', 'There is no such personal access token.')
    return token
  }

  #changeable(request: DevOpsRequest, id: unknown): EmulatedToken {
    const token = this.#own(request, id)
    if (token.status === 'revoked') throw new PatRefusal('failedToUpdateAccessToken', 'The token has been revoked.')
    if (token.status === 'expired')
      throw refusalByVersion(request, 'failedToUpdateAccessToken', 'expiredPatCannotBeExtended')
    return token
  }

  #name(request: DevOpsRequest, name: unknown, itself?: EmulatedToken): string {
    if (typeof name !== 'string' || name.trim() === '')
      throw new PatRefusal('displayNameRequired', 'The token needs a name.')
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (name.length > longestName || /[\u0000-\u001f]/.test(name)) {
      throw new PatRefusal('invalidDisplayName', 'The name is too long, or has control characters.')
    }
    const { organization, policies } = this.#context
    const isTaken = organization
      .listTokens(request.caller.user, false)
      .some(
        (token) =>
          token.status === 'active' && token.displayName === name && token.authorizationId !== itself?.authorizationId,
      )
    if (policies.sameName === 'refuse' && isTaken)
      throw new PatRefusal('duplicateHash', 'There is a token of this name.')
    return name
  }

  #scope(scope: unknown): string {
    const scopes = typeof scope === 'string' ? scope.split(/[\s,]+/).filter((part) => part !== '') : []
    if (scopes.length === 0 || !scopes.every(isKnownScope)) {
      throw new PatRefusal('invalidScope', 'The scope is missing, or there is no such scope.')
    }
    if (this.#context.policies.fullScope === 'refuse' && scopes.includes('app_token')) {
      throw new PatRefusal('fullScopePatPolicyViolation', 'The policy does not allow tokens with full access.')
    }
    return scopes.join(' ')
  }

  #targets(request: DevOpsRequest, allOrgs: unknown): readonly string[] | null {
    const { organization, policies, clock } = this.#context
    if (isGiven(allOrgs) && typeof allOrgs !== 'boolean') throw badArgument('allOrgs', 'it is neither true nor false.')
    if (allOrgs !== true) return [organization.organizationId]
    const isOver = policies.allOrganizations === 'by-date' && clock.now() >= allOrganizationsEndMs
    if (isOver) throw refusalByVersion(request, 'globalPatPolicyViolation', 'globalPATCreationBlocked')
    if (policies.allOrganizations === 'refuse') {
      throw new PatRefusal('globalPatPolicyViolation', 'The policy does not allow tokens for all organizations.')
    }
    return null
  }

  /** `from` is the time the longest life counts from: now for a new token, its creation for an old one. */
  #validTo(validTo: unknown, from: number): string {
    const { clock, policies } = this.#context
    const wanted = isGiven(validTo)
      ? timeOf(validTo)
      : from + Math.min(defaultLifeDays, policies.maximumLifespanDays) * dayMs
    if (wanted === undefined || wanted <= clock.now()) {
      throw new PatRefusal('invalidValidTo', 'The end of validity is no time, or is past.')
    }
    const latest = from + policies.maximumLifespanDays * dayMs
    if (wanted <= latest) return serviceTime(wanted)
    if (policies.longerLifespan === 'clamp') return serviceTime(latest)
    throw new PatRefusal('patLifespanPolicyViolation', `A token may live ${policies.maximumLifespanDays} days at most.`)
  }

  #answer(request: DevOpsRequest, act: () => { readonly token: EmulatedToken; readonly secret?: string }): AreaAnswer {
    try {
      const { token, secret } = act()
      return result(request, { patToken: wire(token, secret ?? null), patTokenError: 'none' }, null)
    } catch (error) {
      if (!(error instanceof PatRefusal)) throw error
      return result(request, { patToken: null, patTokenError: error.code }, error.message)
    }
  }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const isNewest = (request: DevOpsRequest): boolean => request.apiVersion.startsWith('7.2')

/** 7.2 has names of its own for some refusals. */
const refusalByVersion = (request: DevOpsRequest, older: string, newest: string): PatRefusal =>
  new PatRefusal(isNewest(request) ? newest : older, 'The policy of the organization does not allow this.')

const result = (request: DevOpsRequest, body: object, message: string | null): AreaAnswer => ({
  status: 200,
  body: JSON.stringify(isNewest(request) ? { ...body, patTokenErrorMessage: message } : body),
})

function word<Word extends string>(request: DevOpsRequest, name: string, words: readonly Word[]): Word | undefined {
  const text = request.parameter(name)
  if (text === undefined) return undefined
  const found = words.find((one) => one.toLowerCase() === text.toLowerCase())
  if (found === undefined) throw badArgument(name, `'${text}' is none of ${words.join(', ')}.`)
  return found
}

function sorted(
  tokens: EmulatedToken[],
  sort: (typeof sorts)[number] | undefined,
  isAscending: boolean,
): EmulatedToken[] {
  if (sort === undefined) return tokens
  const keyOf = (token: EmulatedToken): string => {
    switch (sort) {
      case 'displayName':
        return token.displayName ?? ''
      case 'displayDate':
        return token.validTo
      case 'status':
        return token.status
      default: {
        const unreachable: never = sort
        throw new TypeError(`unknown order: ${String(unreachable)}`)
      }
    }
  }
  const sign = isAscending ? 1 : -1
  const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
  return tokens.sort((left, right) => sign * compare(keyOf(left), keyOf(right)))
}

/** A token as its owner sees it. The secret is there once, when the token is made. */
const wire = (token: EmulatedToken, secret: string | null): object => ({
  displayName: token.displayName,
  validTo: withZone(token.validTo),
  scope: token.scope,
  targetAccounts: token.targetAccounts,
  validFrom: withZone(token.validFrom),
  authorizationId: token.authorizationId,
  token: secret,
  ...token.extra,
})
