import type { EmulatedUser } from '../people.js'
import { continuationAt, offsetOf } from './continuation.js'
import type { AreaAnswer, DevOpsContext, DevOpsRequest } from './context.js'
import { badArgument, badRequest, subjectNotFound, wrongSubjectType } from './errors.js'

/** Bodies of pages, which cost most to make and never change. */
const cachedPages = 8

/** The Graph part: users and service principals, one by one and in pages. */
export class Graph {
  readonly #context: DevOpsContext
  readonly #pages = new Map<string, string>()

  constructor(context: DevOpsContext) {
    this.#context = context
  }

  readonly listUsers = (request: DevOpsRequest): AreaAnswer => {
    this.#refuseScope(request)
    const types = request.parameter('subjectTypes')?.toLowerCase()
    const wanted = types?.split(',').map((type) => type.trim())
    const { organization } = this.#context
    return this.#page(request, 'users', organization.size, types ?? '', (index) => {
      const user = organization.userAt(index)
      return wanted === undefined || wanted.includes(prefixOf(user.descriptor)) ? user : undefined
    })
  }

  readonly listServicePrincipals = (request: DevOpsRequest): AreaAnswer => {
    this.#refuseScope(request)
    const { servicePrincipals } = this.#context.organization
    return this.#page(request, 'principals', servicePrincipals.length, '', (index) => servicePrincipals[index])
  }

  readonly getUser = (request: DevOpsRequest): AreaAnswer => this.#get(request, 'user')

  readonly getServicePrincipal = (request: DevOpsRequest): AreaAnswer => this.#get(request, 'servicePrincipal')

  #get({ id }: DevOpsRequest, subjectKind: EmulatedUser['subjectKind']): AreaAnswer {
    const prefix = prefixOf(id)
    if (prefix === '')
      throw badRequest('GraphBadRequestException', `VS860004: The descriptor '${id}' is not well formed.`)
    if (groupPrefixes.has(prefix)) throw wrongSubjectType(id)
    const user = this.#context.organization.byDescriptor(id)
    if (user === undefined) throw subjectNotFound(id)
    if (user.subjectKind !== subjectKind) throw wrongSubjectType(id)
    return { status: 200, body: JSON.stringify(this.#wire(user)) }
  }

  /** The emulator has no projects, and an answer for the whole organization would be a wrong one. */
  #refuseScope(request: DevOpsRequest): void {
    const scope = request.parameter('scopeDescriptor')
    if (scope !== undefined) throw badArgument('scopeDescriptor', `there is no scope '${scope}' in this organization.`)
  }

  /** A page is cut first and filtered afterwards, so it may be short, or empty, and still not be the last. */
  #page(
    request: DevOpsRequest,
    list: string,
    size: number,
    filters: string,
    at: (index: number) => EmulatedUser | undefined,
  ): AreaAnswer {
    const { pageSize, pageOverlap } = this.#context
    const start = offsetOf(request.parameter('continuationToken'), list)
    const end = Math.min(start + pageSize, size)
    const first = start === 0 ? 0 : Math.max(0, start - pageOverlap)
    const body = this.#cached(`${list} ${filters} ${start}`, () => this.#body(first, end, at))
    return { status: 200, body, headers: this.#nextPage(end < size ? continuationAt(end, list) : undefined) }
  }

  #body(first: number, end: number, at: (index: number) => EmulatedUser | undefined): string {
    const value: unknown[] = []
    for (let index = first; index < end; index++) {
      const user = at(index)
      if (user !== undefined) value.push(this.#wire(user))
    }
    return JSON.stringify({ count: value.length, value })
  }

  #cached(key: string, make: () => string): string {
    const known = this.#pages.get(key)
    if (known !== undefined) return known
    const body = make()
    const [oldest] = this.#pages.keys()
    if (this.#pages.size >= cachedPages && oldest !== undefined) this.#pages.delete(oldest)
    this.#pages.set(key, body)
    return body
  }

  #nextPage(token: string | undefined): Readonly<Record<string, string>> {
    if (token !== undefined) return { 'X-MS-ContinuationToken': token }
    switch (this.#context.lastPageToken) {
      case 'usual':
      case 'absent':
      case 'null':
        return {}
      case 'empty':
        return { 'X-MS-ContinuationToken': '' }
      case 'empty-guid':
        return { 'X-MS-ContinuationToken': '00000000-0000-0000-0000-000000000000' }
      default: {
        const unreachable: never = this.#context.lastPageToken
        throw new TypeError(`unknown last page token: ${String(unreachable)}`)
      }
    }
  }

  #wire(user: EmulatedUser): object {
    const base = `${this.#context.origin()}/${this.#context.organization.organization}/_apis/Graph`
    const self = `${base}/${user.subjectKind === 'user' ? 'Users' : 'ServicePrincipals'}/${user.descriptor}`
    return {
      subjectKind: user.subjectKind,
      ...(user.metaType === null ? {} : { metaType: user.metaType }),
      ...(user.applicationId === undefined ? {} : { applicationId: user.applicationId }),
      ...(user.directoryAlias === null ? {} : { directoryAlias: user.directoryAlias }),
      ...(user.isDeletedInOrigin ? { isDeletedInOrigin: true } : {}),
      domain: user.domain,
      principalName: user.principalName,
      mailAddress: user.mailAddress,
      origin: user.origin,
      originId: user.originId,
      displayName: user.displayName,
      _links: {
        self: { href: self },
        memberships: { href: `${base}/Memberships/${user.descriptor}` },
        membershipState: { href: `${base}/MembershipStates/${user.descriptor}` },
        storageKey: { href: `${base}/StorageKeys/${user.descriptor}` },
        avatar: { href: `${base}Profile/MemberAvatars/${user.descriptor}` },
      },
      url: self,
      descriptor: user.descriptor,
      ...user.extra,
    }
  }
}

export const groupPrefixes: ReadonlySet<string> = new Set(['vssgp', 'aadgp'])

/** What stands before the point of a descriptor; nothing for what is no descriptor. */
export const prefixOf = (descriptor: string): string => /^([a-z]+)\../i.exec(descriptor)?.[1]?.toLowerCase() ?? ''
