import { isPatkitError, type PersonalToken, type PersonalTokens } from '@patkit/core'
import { statusOf, type TokenStatus } from '@patkit/report'

/** Which of one's own tokens are shown. */
export type ListFilter = 'active' | 'revoked' | 'expired' | 'all'

export const listFilters = ['active', 'expired', 'revoked', 'all'] as const satisfies readonly ListFilter[]

/** One of one's own tokens, and what it is worth now. */
export interface OwnToken {
  readonly pat: PersonalToken
  readonly status: TokenStatus
}

/** A token that ends within so many days is shown as expiring; the service warns its owner by mail as early. */
export const expiringWithinDays = 7

/**
 * Reads one's own tokens, all pages of them, the newest first.
 *
 * The service does not say of a token that it was revoked, only lists it under that word: so every list is read under its own.
 */
export async function listOwnTokens(pats: PersonalTokens, filter: ListFilter, now: Date): Promise<readonly OwnToken[]> {
  const filters = filter === 'all' ? (['active', 'expired', 'revoked'] as const) : [filter]
  const lists = await Promise.all(filters.map((each) => listUnder(pats, each, now)))
  const tokens = new Map<string, OwnToken>()
  // One that ended between two of the reads is in two lists; the later word holds.
  for (const token of lists.flat()) tokens.set(token.pat.authorizationId, token)
  return [...tokens.values()].sort((left, right) => createdAt(right) - createdAt(left))
}

async function listUnder(
  pats: PersonalTokens,
  filter: Exclude<ListFilter, 'all'>,
  now: Date,
): Promise<readonly OwnToken[]> {
  const tokens: OwnToken[] = []
  for await (const pat of pats.list({ displayFilter: filter })) tokens.push(toOwnToken(pat, filter === 'revoked', now))
  return tokens
}

/** Reads one token; `undefined` when there is none of this id, or it is somebody else's. */
export async function findOwnToken(pats: PersonalTokens, id: string, now: Date): Promise<OwnToken | undefined> {
  const [pat, revoked] = await Promise.all([read(pats, id), findRevoked(pats, id)])
  // Whether the service still gives a revoked one by its id is written nowhere; the list has it.
  if (revoked !== undefined) return toOwnToken(pat ?? revoked, true, now)
  return pat === undefined ? undefined : toOwnToken(pat, false, now)
}

async function read(pats: PersonalTokens, id: string): Promise<PersonalToken | undefined> {
  try {
    return await pats.get(id)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function findRevoked(pats: PersonalTokens, id: string): Promise<PersonalToken | undefined> {
  for await (const pat of pats.list({ displayFilter: 'revoked' })) if (pat.authorizationId === id) return pat
  return undefined
}

function toOwnToken(pat: PersonalToken, isRevoked: boolean, now: Date): OwnToken {
  const status = isRevoked ? 'revoked' : statusOf({ validTo: pat.validTo, isValid: true }, { now, expiringWithinDays })
  return { pat, status }
}

const missing: ReadonlySet<string> = new Set([
  'tokenNotFound',
  'invalidAuthorizationId',
  'authorizationNotFound',
  'hostAuthorizationNotFound',
  'invalidToken',
])

/** Whether an error says that there is no such token. */
export function isMissing(error: unknown): boolean {
  if (!isPatkitError(error)) return false
  if (error.code === 'PATKIT_NOT_FOUND') return true
  return error.code === 'PATKIT_PAT_REFUSED' && missing.has(error.patTokenError)
}

const createdAt = ({ pat }: OwnToken): number => pat.validFrom?.getTime() ?? 0
