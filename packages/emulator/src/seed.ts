import { awkwardPeople, awkwardTokens, type PersonName, personName } from './names.js'
import { type EmulatedUser, kinds, type PersonKind, type PersonSpec, type TokenSpec } from './people.js'
import { carriedBy, carryingUuid, choose, mix, numberOf, pick, uuidOf } from './random.js'
import { serviceTime } from './service-time.js'

/**
 * Makes up an organization: the same seed, start and size give the same people and tokens. Every person and every token is made on its
 * own from its place, so nothing is kept in memory for the hundred thousand that nobody has asked about.
 */
export interface Seed {
  readonly organization: string
  readonly number: number
  /** The time that ages and lifetimes are counted from. */
  readonly startMs: number
  readonly awkwardNames: 'include' | 'leave-out'
}

/** A token before anything happened to it: as the seed or a test made it. */
export interface MadeToken {
  readonly authorizationId: string
  readonly displayName: string | null
  readonly scope: string | null
  readonly targetAccounts: readonly string[] | null
  readonly validFrom: string
  readonly validTo: string
  readonly revoked: boolean
  readonly isPublic: boolean
  readonly isValid?: boolean
  readonly extra?: Readonly<Record<string, unknown>>
}

const dayMs = 86_400_000

const namespaces = { subject: 101, token: 102, origin: 103, storage: 104, tenant: 105, principal: 106 } as const

export const organizationIdOf = (seed: Seed): string =>
  uuidOf(seed.number, numberOf(seed.organization), namespaces.tenant)

const tenantIdOf = (seed: Seed): string => uuidOf(seed.number, numberOf(seed.organization), namespaces.tenant, 2)

/** What is special about the first places, so that the smallest organization already has one of each kind. */
interface Role {
  readonly kind?: PersonKind
  readonly isAdministrator?: boolean
  readonly isDeletedInOrigin?: boolean
  readonly lacks?: 'optional-fields' | 'name'
  readonly tokens?: 'none' | 'several-pages' | 'risky' | 'expiring' | 'awkward'
  readonly name?: PersonName
}

const ordinaryRoles: readonly Role[] = [
  { isAdministrator: true },
  {},
  { kind: 'build-service', name: { displayName: 'Project Collection Build Service', alias: 'collection' } },
  { kind: 'local-authority', name: { displayName: 'TeamFoundationService (TEAM FOUNDATION)', alias: 'tfs' } },
  { tokens: 'none' },
  { tokens: 'several-pages' },
  { isDeletedInOrigin: true },
  { kind: 'guest' },
  { kind: 'personal-account' },
  { lacks: 'optional-fields' },
  { tokens: 'risky' },
  { tokens: 'expiring' },
  { isAdministrator: true },
  { kind: 'imported' },
  { lacks: 'name' },
]

const awkwardRoles: readonly Role[] = [
  ...awkwardPeople.map((name): Role => ({ name })),
  { tokens: 'awkward', name: { displayName: 'Quality Assurance (awkward token names)', alias: 'quality.assurance' } },
]

function roleOf(seed: Seed, index: number): Role {
  const role = ordinaryRoles[index]
  if (role !== undefined) return role
  const awkward = seed.awkwardNames === 'include' ? awkwardRoles[index - ordinaryRoles.length] : undefined
  if (awkward !== undefined) return awkward
  const share = pick(100, seed.number, index, 31)
  if (share < 3) return { kind: 'build-service' }
  if (share < 11) return { kind: 'guest' }
  if (share < 15) return { kind: 'personal-account' }
  if (share < 17) return { isDeletedInOrigin: true }
  return {}
}

const spaceOf = (seed: Seed, namespace: number): number => mix(seed.number, numberOf(seed.organization), namespace)

const bare64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '')

function descriptorOf(seed: Seed, kind: PersonKind, index: number): string {
  const id = carryingUuid(spaceOf(seed, namespaces.subject), index, kind === 'service-principal' ? 1 : 0)
  const { prefix } = kinds[kind]
  if (kind !== 'build-service') return `${prefix}.${bare64(id)}`
  return `${prefix}.${bare64(`${id}:Build:${uuidOf(seed.number, index, namespaces.origin)}`)}`
}

/** Where a descriptor of this seed stands, or `undefined` for one it cannot have made. */
export function placeOfDescriptor(
  seed: Seed,
  descriptor: string,
): { index: number; isServicePrincipal: boolean } | undefined {
  const text = Buffer.from(descriptor.slice(descriptor.indexOf('.') + 1), 'base64').toString('latin1')
  const carried = carriedBy(spaceOf(seed, namespaces.subject), text.slice(0, 36))
  return carried === undefined ? undefined : { index: carried.index, isServicePrincipal: carried.ordinal === 1 }
}

const guestHosts = ['contoso.example', 'northwind.example', 'adatum.example', 'litware.example']
const personalHosts = ['mail.example', 'post.example']

interface Address {
  readonly principalName: string
  readonly domain: string
}

function addressOf(seed: Seed, kind: PersonKind, index: number, alias: string): Address {
  switch (kind) {
    case 'member':
    case 'imported':
      return { principalName: `${alias}@${seed.organization.toLowerCase()}.example`, domain: tenantIdOf(seed) }
    case 'guest':
      return { principalName: `${alias}@${choose(guestHosts, seed.number, index, 41)}`, domain: tenantIdOf(seed) }
    case 'personal-account':
      return { principalName: `${alias}@${choose(personalHosts, seed.number, index, 42)}`, domain: 'Windows Live ID' }
    case 'build-service':
      return { principalName: uuidOf(seed.number, index, namespaces.origin), domain: 'Build' }
    case 'local-authority':
      return { principalName: 'TeamFoundationService (TEAM FOUNDATION)', domain: 'LOCAL AUTHORITY' }
    case 'service-principal':
      return { principalName: uuidOf(seed.number, index, namespaces.principal), domain: tenantIdOf(seed) }
    default: {
      const unreachable: never = kind
      throw new TypeError(`unknown kind of person: ${String(unreachable)}`)
    }
  }
}

const serviceNames = ['deploy-pipeline', 'terraform-automation', 'mi-build-agents', 'cost-reporter']

function nameOf(seed: Seed, kind: PersonKind, index: number, role: Role): PersonName {
  if (kind === 'service-principal') {
    const name = serviceNames[index] ?? `automation-${index + 1}`
    return { displayName: name, alias: name }
  }
  if (kind !== 'build-service') return role.name ?? personName(seed.number, index)
  const displayName = role.name?.displayName ?? `${choose(projects, seed.number, index, 43)} Build Service`
  return { displayName: `${displayName} (${seed.organization})`, alias: 'build' }
}

const projects = [
  'Storefront',
  'Payments',
  'Warehouse',
  'Mobile',
  'Data Platform',
  'Identity',
  'Website',
  'Field Service',
]

const hasMail = (kind: PersonKind): boolean => kinds[kind].ownsTokens

const metaTypes: Readonly<Record<PersonKind, string | null>> = {
  member: 'member',
  guest: 'guest',
  'personal-account': 'member',
  imported: null,
  'build-service': null,
  'local-authority': 'member',
  'service-principal': null,
}

/** The identity at a place of the listing. */
export function seededUser(seed: Seed, index: number): EmulatedUser {
  const role = roleOf(seed, index)
  return person(seed, index, role.kind ?? 'member', role)
}

/** The service principal at a place of their own listing. */
export const seededServicePrincipal = (seed: Seed, index: number): EmulatedUser =>
  person(seed, index, 'service-principal', {})

function person(seed: Seed, index: number, kind: PersonKind, role: Role): EmulatedUser {
  const name = nameOf(seed, kind, index, role)
  const { principalName, domain } = addressOf(seed, kind, index, name.alias)
  const lacksOptional = role.lacks === 'optional-fields'
  return {
    index,
    kind,
    descriptor: descriptorOf(seed, kind, index),
    displayName: role.lacks === 'name' ? null : name.displayName,
    principalName,
    mailAddress: kind === 'service-principal' || lacksOptional ? null : hasMail(kind) ? principalName : '',
    origin: kinds[kind].origin,
    originId: kind === 'service-principal' ? principalName : uuidOf(seed.number, index, namespaces.origin),
    domain,
    subjectKind: kind === 'service-principal' ? 'servicePrincipal' : 'user',
    metaType: lacksOptional ? null : metaTypes[kind],
    directoryAlias: kind === 'service-principal' ? principalName : aliasOf(kind, name, lacksOptional),
    isDeletedInOrigin: role.isDeletedInOrigin ?? false,
    storageKey: uuidOf(seed.number, index, namespaces.storage),
    isAdministrator: role.isAdministrator ?? false,
    ...(kind === 'service-principal' ? { applicationId: uuidOf(seed.number, index, namespaces.principal, 2) } : {}),
  }
}

const aliasOf = (kind: PersonKind, name: PersonName, lacksOptional: boolean): string | null =>
  kind === 'member' && !lacksOptional ? name.alias : null

/** An identity given by hand, completed from the seed. */
export function specifiedUser(seed: Seed, spec: PersonSpec, index: number): EmulatedUser {
  const kind = spec.kind ?? 'member'
  const made = person(seed, index, kind, {})
  return {
    ...made,
    ...(spec.displayName === undefined ? {} : { displayName: spec.displayName }),
    ...(spec.principalName === undefined ? {} : { principalName: spec.principalName }),
    ...(spec.mailAddress === undefined ? mailOf(spec, made) : { mailAddress: spec.mailAddress }),
    ...(spec.directoryAlias === undefined ? {} : { directoryAlias: spec.directoryAlias }),
    ...(spec.metaType === undefined ? {} : { metaType: spec.metaType }),
    ...(spec.descriptor === undefined ? {} : { descriptor: spec.descriptor }),
    ...(spec.originId === undefined ? {} : { originId: spec.originId }),
    ...(spec.domain === undefined ? {} : { domain: spec.domain }),
    ...(spec.storageKey === undefined ? {} : { storageKey: spec.storageKey }),
    isDeletedInOrigin: spec.isDeletedInOrigin ?? false,
    isAdministrator: spec.isAdministrator ?? false,
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  }
}

const mailOf = (spec: PersonSpec, made: EmulatedUser): { mailAddress: string | null } => ({
  mailAddress: spec.principalName !== undefined && hasMail(made.kind) ? spec.principalName : made.mailAddress,
})

const purposes = [
  'ci-build', 'release pipeline', 'terraform', 'laptop git', 'vscode', 'nuget restore', 'npm feed', 'renovate', 'dependabot mirror',
  'grafana dashboard', 'power bi export', 'backup job', 'sonar scanner', 'wiki sync', 'test results upload', 'migration script',
  'agent registration', 'slack bot', 'work item import', 'release notes', 'jenkins bridge', 'docs publish', 'audit', 'spike',
] // prettier-ignore

const scopeSets = [
  'vso.code', 'vso.code_write', 'vso.code_manage', 'vso.build_execute', 'vso.build_execute vso.code', 'vso.packaging',
  'vso.packaging_write', 'vso.work', 'vso.work_write', 'vso.code vso.work_write', 'vso.release_manage', 'vso.agentpools_manage',
  'vso.test_write', 'vso.wiki_write', 'vso.graph', 'vso.analytics', 'vso.symbols_write', 'vso.serviceendpoint_manage',
  'vso.dashboards_manage vso.extension.data_write', 'vso.code_full vso.build_execute vso.packaging_manage vso.release_execute',
] // prettier-ignore

const lifetimesInDays = [30, 60, 90, 90, 180, 180, 180, 365, 365]

/** Ordinals of SSH keys begin here; tokens stay below. */
const firstKeyOrdinal = 0x8000
const severalPages = 250

/** How many tokens the seed gives to the identity at a place. */
function seededTokenCount(seed: Seed, index: number): number {
  const role = roleOf(seed, index)
  if (!kinds[role.kind ?? 'member'].ownsTokens) return 0
  if (role.tokens === 'none') return 0
  if (role.tokens === 'several-pages') return severalPages
  if (role.tokens === 'awkward') return awkwardTokens.length
  const share = pick(100, seed.number, index, 51)
  const count =
    share < 20 ? 0 : share < 45 ? 1 : share < 70 ? 2 + (share % 2) : share < 92 ? 4 + (share % 3) : 7 + (share % 3)
  const isOfInterest = role.tokens !== undefined || role.isDeletedInOrigin === true || role.isAdministrator === true
  return isOfInterest ? Math.max(count, 5) : count
}

/** All tokens and SSH keys of the identity at a place, newest last. */
export function seededTokens(seed: Seed, index: number): MadeToken[] {
  const role = roleOf(seed, index)
  const tokens = Array.from({ length: seededTokenCount(seed, index) }, (_, ordinal) =>
    seededToken(seed, index, ordinal, role),
  )
  const hasKey = kinds[role.kind ?? 'member'].ownsTokens && pick(100, seed.number, index, 52) < 12
  return hasKey ? [...tokens, sshKey(seed, index)] : tokens
}

const authorizationIdOf = (seed: Seed, index: number, ordinal: number): string =>
  carryingUuid(spaceOf(seed, namespaces.token), index, ordinal)

/** The place of the owner of a token of this seed. */
export const ownerOfAuthorization = (seed: Seed, authorizationId: string): number | undefined =>
  carriedBy(spaceOf(seed, namespaces.token), authorizationId)?.index

function ordinaryToken(seed: Seed, index: number, ordinal: number): MadeToken {
  const [number, place] = [seed.number, index] as const
  const lifetimeMs = choose(lifetimesInDays, number, place, ordinal, 61) * dayMs
  // Up to 1.5 lifetimes old: about a third has expired.
  const ageMs =
    Math.floor((lifetimeMs * pick(1500, number, place, ordinal, 62)) / 1000) + pick(dayMs, number, place, ordinal, 63)
  const validFromMs = seed.startMs - ageMs
  const share = pick(100, number, place, ordinal, 64)
  const purpose = choose(purposes, number, place, ordinal, 65)
  return {
    authorizationId: authorizationIdOf(seed, index, ordinal),
    displayName: pick(50, number, place, ordinal, 66) === 0 ? null : `${purpose}${ordinal < 3 ? '' : ` ${ordinal}`}`,
    scope: share < 12 ? 'app_token' : choose(scopeSets, number, place, ordinal, 67),
    targetAccounts: pick(100, number, place, ordinal, 68) < 7 ? null : [organizationIdOf(seed)],
    validFrom: serviceTime(validFromMs),
    validTo: serviceTime(validFromMs + lifetimeMs),
    revoked: pick(100, number, place, ordinal, 69) < 8,
    isPublic: false,
  }
}

function seededToken(seed: Seed, index: number, ordinal: number, role: Role): MadeToken {
  const token = ordinaryToken(seed, index, ordinal)
  const inDays = (days: number): string =>
    serviceTime(seed.startMs + days * dayMs + pick(dayMs, seed.number, index, ordinal, 71))
  if (role.isDeletedInOrigin === true && ordinal === 0) return { ...token, validTo: inDays(75), revoked: false }
  switch (role.tokens) {
    case 'several-pages':
      return { ...token, displayName: `nightly-${String(ordinal + 1).padStart(4, '0')}` }
    case 'risky':
      return riskyToken(seed, token, ordinal, inDays)
    case 'expiring': {
      const days = [0, 2, 5, 6, 13, 20, 29][ordinal]
      return days === undefined
        ? token
        : { ...token, validFrom: inDays(days - 90), validTo: inDays(days), revoked: false }
    }
    case 'awkward':
      return awkwardToken(seed, token, ordinal, inDays)
    case 'none':
    case undefined:
      return token
    default: {
      const unreachable: never = role.tokens
      throw new TypeError(`unknown kind of tokens: ${String(unreachable)}`)
    }
  }
}

function riskyToken(seed: Seed, token: MadeToken, ordinal: number, inDays: (days: number) => string): MadeToken {
  const here = [organizationIdOf(seed)]
  const risks: readonly Partial<MadeToken>[] = [
    {
      displayName: 'everything everywhere',
      scope: 'app_token',
      targetAccounts: null,
      validFrom: inDays(-5),
      validTo: inDays(359),
    },
    {
      displayName: 'build server',
      scope: 'app_token',
      targetAccounts: here,
      validFrom: inDays(-100),
      validTo: inDays(264),
    },
    {
      displayName: 'all organizations',
      scope: 'vso.code_write',
      targetAccounts: null,
      validFrom: inDays(-20),
      validTo: inDays(160),
    },
    {
      displayName: 'never expires',
      targetAccounts: here,
      validFrom: '2019-05-06T07:08:09.1233333',
      validTo: '9999-12-31T23:59:59.9999999',
    },
    {
      displayName: 'administers tokens',
      scope: 'vso.tokenadministration vso.security_manage',
      targetAccounts: here,
      validTo: inDays(200),
    },
  ]
  const risk = risks[ordinal]
  return risk === undefined ? token : { ...token, ...risk, revoked: false }
}

function awkwardToken(seed: Seed, token: MadeToken, ordinal: number, inDays: (days: number) => string): MadeToken {
  const displayName = awkwardTokens[ordinal] ?? token.displayName
  const live = { ...token, displayName, validFrom: inDays(-30), validTo: inDays(60), revoked: false }
  if (ordinal === 0) return { ...live, scope: null, validFrom: '0001-01-01T00:00:00' }
  if (ordinal === 1) return { ...live, scope: scopeSets.join(' ') }
  if (ordinal === 2) return { ...live, validFrom: inDays(-30), validTo: inDays(-60) }
  if (ordinal === 3) return { ...live, validFrom: inDays(-90), validTo: inDays(-1), isValid: true }
  return ordinal % 5 === 4
    ? { ...live, targetAccounts: [organizationIdOf(seed), uuidOf(seed.number, ordinal, 72)] }
    : live
}

function sshKey(seed: Seed, index: number): MadeToken {
  const key = ordinaryToken(seed, index, firstKeyOrdinal)
  return {
    ...key,
    displayName: 'ssh key',
    scope: 'app_token',
    isPublic: true,
    targetAccounts: [organizationIdOf(seed)],
  }
}

/** A token given by hand, completed from the seed. */
export function specifiedToken(seed: Seed, spec: TokenSpec, index: number, ordinal: number): MadeToken {
  const made = ordinaryToken(seed, index, ordinal)
  const text = (time: Date | string): string => (typeof time === 'string' ? time : serviceTime(time.getTime()))
  return {
    authorizationId: spec.authorizationId ?? made.authorizationId,
    displayName: spec.displayName === undefined ? made.displayName : spec.displayName,
    scope: spec.scope === undefined ? made.scope : spec.scope,
    targetAccounts: spec.targetAccounts === undefined ? [organizationIdOf(seed)] : spec.targetAccounts,
    validFrom: spec.validFrom === undefined ? serviceTime(seed.startMs - 10 * dayMs) : text(spec.validFrom),
    validTo: spec.validTo === undefined ? serviceTime(seed.startMs + 80 * dayMs) : text(spec.validTo),
    revoked: spec.revoked ?? false,
    isPublic: spec.isPublic ?? false,
    ...(spec.isValid === undefined ? {} : { isValid: spec.isValid }),
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  }
}

/** Tokens by count, for a person given by hand: the usual mixture. */
export const countedTokens = (seed: Seed, index: number, count: number): MadeToken[] =>
  Array.from({ length: count }, (_, ordinal) => ordinaryToken(seed, index, ordinal))
