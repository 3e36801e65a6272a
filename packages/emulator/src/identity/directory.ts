import { guidOf, isGuid } from './ids.js'
import { completeTenant, domainOf, isNamed, personalTenant } from './tenants.js'
import type { Tenant, TenantSeed } from './tenants.js'

/** Someone who can be picked on the sign-in page. There are no passwords. */
export interface PersonSeed {
  /** Id, domain or name of the tenant this account lives in. */
  readonly tenant: string
  /** Sign-in name; unique in the tenant, compared without case. */
  readonly userPrincipalName: string
  readonly displayName: string
  /** Default: a GUID that always belongs to tenant and sign-in name. */
  readonly objectId?: string
  readonly givenName?: string
  readonly familyName?: string
  /** Default: the sign-in name. `null`: has no mail. */
  readonly mail?: string | null
  /** App roles, as the `roles` claim carries them. */
  readonly roles?: readonly string[]
  /** Object ids of groups, as the `groups` claim carries them. */
  readonly groups?: readonly string[]
  /** B2C: the provider the person came from, such as `google.com`. Absent: a local account. */
  readonly identityProvider?: string
  /** For a guest: the account at home. It names the account in MSAL's cache, while tokens carry the guest's own ids. */
  readonly home?: { readonly tenantId: string; readonly objectId: string }
}

export interface Person {
  readonly tenantId: string
  readonly objectId: string
  readonly userPrincipalName: string
  readonly displayName: string
  readonly givenName: string | undefined
  readonly familyName: string | undefined
  readonly mail: string | undefined
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly identityProvider: string | undefined
  readonly home: { readonly tenantId: string; readonly objectId: string }
}

/** What the edit-profile user flow lets a person change. */
export type ProfileChange = Partial<Pick<Person, 'displayName' | 'givenName' | 'familyName'>>

/** Tenants and the people in them. */
export class Directory {
  readonly tenants: readonly Tenant[]
  readonly #people = new Map<string, Map<string, Person>>()
  readonly #addresses = new Map<string, string>()

  constructor(tenants: readonly TenantSeed[], people: readonly PersonSeed[]) {
    this.tenants = [personalTenant, ...tenants.map(completeTenant)]
    refuseTwins(this.tenants)
    for (const person of people) this.add(person)
  }

  /**
   * The tenant of this id, domain or name.
   *
   * @throws TypeError if there is none: a seed that names it is wrong.
   */
  tenant(name: string): Tenant {
    const found = this.tenants.find((tenant) => isNamed(tenant, name))
    if (found !== undefined) return found
    const known = this.tenants.map(domainOf).join(', ')
    throw new TypeError(`There is no tenant ${JSON.stringify(name)} in the emulator's directory. It knows ${known}.`)
  }

  add(seed: PersonSeed): Person {
    const person = completePerson(seed, this.tenant(seed.tenant))
    const address = addressKey(person.tenantId, person.userPrincipalName)
    const people = this.#people.get(person.tenantId) ?? new Map<string, Person>()
    if (this.#addresses.has(address) || people.has(person.objectId))
      throw new TypeError(`people: ${JSON.stringify(seed.userPrincipalName)} is twice in ${seed.tenant}.`)
    people.set(person.objectId, person)
    this.#people.set(person.tenantId, people)
    this.#addresses.set(address, person.objectId)
    return person
  }

  /** The person of this object id, or of this sign-in name, in this tenant. */
  find(tenantId: string, idOrAddress: string): Person | undefined {
    const people = this.#people.get(tenantId)
    const objectId = this.#addresses.get(addressKey(tenantId, idOrAddress)) ?? idOrAddress.toLowerCase()
    return people?.get(objectId)
  }

  /** The first `limit` people of these tenants whose name, sign-in name or mail contains `text`. */
  search(tenantIds: readonly string[], text: string, limit: number): readonly Person[] {
    const wanted = text.trim().toLowerCase()
    const found: Person[] = []
    for (const tenantId of tenantIds)
      for (const person of this.#people.get(tenantId)?.values() ?? []) {
        if (found.length === limit) return found
        if (matches(person, wanted)) found.push(person)
      }
    return found
  }

  change(person: Person, change: ProfileChange): Person {
    const changed = { ...person, ...change }
    this.#people.get(person.tenantId)?.set(person.objectId, changed)
    return changed
  }

  /** Deletes the account. Its refresh tokens stop working; access tokens live on until they expire, as at the service. */
  remove(person: Person): void {
    this.#people.get(person.tenantId)?.delete(person.objectId)
    this.#addresses.delete(addressKey(person.tenantId, person.userPrincipalName))
  }
}

function matches(person: Person, wanted: string): boolean {
  return [person.displayName, person.userPrincipalName, person.mail ?? ''].some((text) =>
    text.toLowerCase().includes(wanted),
  )
}

const addressKey = (tenantId: string, address: string): string => `${tenantId}:${address.toLowerCase()}`

function completePerson(seed: PersonSeed, tenant: Tenant): Person {
  if (seed.userPrincipalName.trim() === '') throw new TypeError('people: "userPrincipalName" must not be empty.')
  const objectId = (seed.objectId ?? guidOf('person', tenant.id, seed.userPrincipalName)).toLowerCase()
  if (!isGuid(objectId))
    throw new TypeError(`people: the objectId of ${seed.userPrincipalName} must be a GUID, not "${objectId}".`)
  return {
    tenantId: tenant.id,
    objectId,
    userPrincipalName: seed.userPrincipalName,
    displayName: seed.displayName,
    givenName: seed.givenName,
    familyName: seed.familyName,
    mail: seed.mail === undefined ? seed.userPrincipalName : (seed.mail ?? undefined),
    roles: seed.roles ?? [],
    groups: seed.groups ?? [],
    identityProvider: seed.identityProvider,
    home: seed.home ?? { tenantId: tenant.id, objectId },
  }
}

function refuseTwins(tenants: readonly Tenant[]): void {
  for (const [index, tenant] of tenants.entries())
    if (tenants.slice(index + 1).some((other) => other.id === tenant.id || isNamed(other, domainOf(tenant))))
      throw new TypeError(`tenants: another tenant has the id or the domain of ${domainOf(tenant)} (${tenant.id}) too.`)
}
