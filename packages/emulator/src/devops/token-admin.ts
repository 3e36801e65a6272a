import { type EmulatedToken, type EmulatedUser, kinds } from '../people.js'
import type { AreaAnswer, DevOpsContext, DevOpsRequest } from './context.js'
import { badArgument, badRequest, subjectNotFound, wrongSubjectType } from './errors.js'
import { groupPrefixes, prefixOf } from './graph.js'
import { flag, isObject, uuidIn, jsonBody, jsonObject, timeOf, wholeNumber } from './request-body.js'

const emptyGuid = '00000000-0000-0000-0000-000000000000'

/** The part for administrators: tokens of anybody, and their revocation. */
export class TokenAdmin {
  readonly #context: DevOpsContext

  constructor(context: DevOpsContext) {
    this.#context = context
  }

  readonly list = (request: DevOpsRequest): AreaAnswer => {
    const owner = this.#owner(request.id)
    const { tokenPageSize, maxTokenPageSize, organization } = this.#context
    const pageSize = wholeNumber(request, 'pageSize', maxTokenPageSize) ?? tokenPageSize
    const tokens = organization.listTokens(owner, flag(request, 'isPublic') ?? false)
    const start = startOf(tokens, request.parameter('continuationToken'))
    const page = tokens.slice(start, start + pageSize)
    const next = tokens[start + pageSize]?.authorizationId
    const value = page.map((token) => wire(token, owner))
    return { status: 200, body: JSON.stringify({ value, ...this.#continuation(next) }) }
  }

  /** Only people own tokens. What the service says about other identities depends on their kind. */
  #owner(descriptor: string): EmulatedUser {
    const prefix = prefixOf(descriptor)
    if (prefix === '') throw badArgument('subjectDescriptor', `'${descriptor}' is not a descriptor.`)
    if (groupPrefixes.has(prefix)) throw wrongSubjectType(descriptor)
    const user = this.#context.organization.byDescriptor(descriptor)
    if (user === undefined) throw subjectNotFound(descriptor)
    if (user.kind === 'local-authority') throw subjectNotFound(descriptor)
    if (!kinds[user.kind].ownsTokens) throw wrongSubjectType(descriptor)
    return user
  }

  #continuation(next: string | undefined): { readonly continuationToken?: string | null } {
    if (next !== undefined) return { continuationToken: next }
    switch (this.#context.lastPageToken) {
      case 'usual':
      case 'null':
        return { continuationToken: null }
      case 'absent':
        return {}
      case 'empty':
        return { continuationToken: '' }
      case 'empty-guid':
        return { continuationToken: emptyGuid }
      default: {
        const unreachable: never = this.#context.lastPageToken
        throw new TypeError(`unknown last page token: ${String(unreachable)}`)
      }
    }
  }

  readonly revoke = (request: DevOpsRequest): AreaAnswer => {
    const isPublic = flag(request, 'isPublic') ?? false
    const ids = revocations(jsonBody(request), this.#context.maxRevocations)
    const { organization } = this.#context
    for (const id of ids) {
      const token = organization.token(id)
      if (token?.isPublic === isPublic) organization.revoke(id)
    }
    return { status: 204 }
  }

  readonly createRule = (request: DevOpsRequest): AreaAnswer => {
    const { scopes, createdBefore } = jsonObject(request)
    if (typeof scopes !== 'string' || scopes.trim() === '')
      throw badArgument('scopes', 'a rule needs at least one scope.')
    const { organization, clock } = this.#context
    const isGiven = createdBefore !== undefined && createdBefore !== null
    const createdBeforeMs = isGiven ? timeOf(createdBefore) : clock.now()
    if (createdBeforeMs === undefined) throw badArgument('createdBefore', 'it is not a time.')
    organization.revocationRules.push({ scopes: scopes.trim().split(/\s+/), createdBeforeMs })
    return { status: 201 }
  }
}

function startOf(tokens: readonly EmulatedToken[], continuationToken: string | undefined): number {
  if (continuationToken === undefined || continuationToken === emptyGuid) return 0
  const start = tokens.findIndex(({ authorizationId }) => authorizationId === continuationToken)
  if (start === -1) throw badArgument('continuationToken', `'${continuationToken}' is not one that this list gave out.`)
  return start
}

function revocations(body: unknown, most: number): string[] {
  if (!Array.isArray(body) || body.length === 0) {
    throw badRequest('ArgumentNullException', 'Value cannot be null or empty. Parameter name: revocations')
  }
  if (body.length > most) throw badArgument('revocations', `${body.length} are too many at once.`)
  return body.map((item: unknown) => {
    const id = isObject(item) ? uuidIn(item['authorizationId']) : undefined
    if (id === undefined || id === emptyGuid) {
      throw badArgument('authorizationId', 'each revocation needs the id of an authorization.')
    }
    return id
  })
}

/** A token as an administrator sees it: never with its secret, and with times that have no zone. */
const wire = (token: EmulatedToken, owner: EmulatedUser): object => ({
  clientId: emptyGuid,
  accessId: emptyGuid,
  authorizationId: token.authorizationId,
  hostAuthorizationId: emptyGuid,
  userId: owner.storageKey,
  validFrom: token.validFrom,
  validTo: token.validTo,
  displayName: token.displayName,
  scope: token.scope,
  targetAccounts: token.targetAccounts,
  token: null,
  alternateToken: null,
  isValid: token.isValid,
  isPublic: token.isPublic,
  publicData: null,
  source: null,
  ...token.extra,
})
