import type { GraphUser, ScanOutcome, SessionToken } from '@patkit/core'

/** The time that counts as now. */
export const now = new Date('2026-11-20T12:00:00Z')

const dayMs = 86_400_000
const tokensOfAUser = 200

/** Names with accents, CJK, markup and quotes; repeated, as names of people are. */
const givenNames = ['Anna', 'Zoë', 'Åsa', '山田', 'Müller & Co', 'José', 'O"Brien', 'Łukasz'] as const
const scopes = [
  'vso.code',
  'vso.code_write vso.build_execute',
  'app_token',
  'vso.packaging_write',
  'vso.work vso.wiki vso.test_write',
  'vso.release_manage',
  'vso.graph vso.identity',
] as const

/** Tokens of an organization, 200 per user, the same every time. */
export async function* scanOf(tokens: number): AsyncGenerator<ScanOutcome, void, undefined> {
  for (let first = 0; first < tokens; first += tokensOfAUser) {
    const size = Math.min(tokensOfAUser, tokens - first)
    await Promise.resolve()
    yield {
      status: 'read',
      user: userOf(first / tokensOfAUser),
      tokens: Array.from({ length: size }, (_, index) => tokenOf(first + index)),
    }
  }
}

function userOf(index: number): GraphUser {
  return {
    descriptor: `aad.${index}`,
    displayName: `${givenNames[index % givenNames.length] ?? ''} ${index}`,
    principalName: `person${index}@fabrikam.com`,
    mailAddress: `person${index}@fabrikam.com`,
    origin: 'aad',
    originId: null,
    domain: 'fabrikam',
    subjectKind: 'user',
    metaType: index % 9 === 0 ? 'guest' : 'member',
    directoryAlias: null,
    isDeletedInOrigin: false,
  }
}

function tokenOf(index: number): SessionToken {
  const validFrom = new Date(now.getTime() - ((index * 7_919) % 400) * dayMs - (index % 86_400) * 1_000)
  const validTo = new Date(validFrom.getTime() + (30 + (index % 336)) * dayMs)
  return {
    authorizationId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    displayName: `pipeline <${index}> "ci"`,
    scope: scopes[index % scopes.length] ?? '',
    targetAccounts: index % 11 === 0 ? null : ['99999999-2222-4333-8444-555555555555'],
    validFrom,
    validFromText: null,
    validTo,
    validToText: null,
    isValid: index % 13 !== 0,
    isPublic: false,
    userId: null,
    clientId: null,
    hostAuthorizationId: null,
    source: null,
  }
}

/** Ten cells: six texts, two times, a flag and a number. `with_xlsxwriter.py` makes the same ones. */
export type TenCells = readonly [string, string, string, string, string, string, Date, Date, boolean, number]

export const tenHeaders = [
  'Owner',
  'Mail',
  'Type',
  'Token',
  'Scopes',
  'ID',
  'Created',
  'Expires',
  'Full',
  'Days',
] as const

const epochMs = Date.UTC(2026, 0, 1)

export function tenCellsOf(index: number): TenCells {
  const user = Math.floor(index / tokensOfAUser)
  const created = epochMs + ((index * 7_919) % 300) * dayMs + (index % 86_400) * 1_000
  return [
    `${givenNames[user % givenNames.length] ?? ''} ${user}`,
    `person${user}@fabrikam.com`,
    user % 9 === 0 ? 'guest' : 'member',
    `pipeline <${index}> "ci"`,
    scopes[index % scopes.length] ?? '',
    `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    new Date(created),
    new Date(created + (30 + (index % 336)) * dayMs),
    index % 7 === 2,
    index % 400,
  ]
}
