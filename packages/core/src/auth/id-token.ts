import { PERSONAL_ACCOUNTS_TENANT, userFlowPolicy, type Authority, type UserFlowName } from '../config/authority.js'
import { expectedIssuer, issuerFault } from '../config/issuer.js'
import { sameSecret } from './transaction.js'

/** What an ID token is held against. */
export interface IdTokenExpectation {
  readonly authority: Authority
  readonly userFlow: UserFlowName
  /** Issuer that the authority announces. */
  readonly announcedIssuer: string
  readonly clientId: string
  /** `undefined` where none was sent (device code). */
  readonly nonce: string | undefined
  /** Milliseconds since 1970-01-01 UTC, by our clock. */
  readonly now: number
}

/** Why an ID token is refused. */
export interface IdTokenFault {
  readonly reason: 'nonce' | 'audience' | 'issuer' | 'tenant' | 'user-flow' | 'expired' | 'clock'
  /** What is wrong, as a sentence; values that the sender chose are not repeated. */
  readonly message: string
  readonly remedy: string
}

type Claims = Readonly<Record<string, unknown>>

/** Our clock and the service's may differ by so much. */
export const clockSkewMs = 5 * 60_000

/**
 * Checks who made an ID token, for whom, when, and for which sign-in (OpenID Connect Core, section 3.1.3.7). MSAL checks the nonce only.
 *
 * @returns the first fault, or `undefined` for a good token.
 */
export function idTokenFault(claims: Claims, expected: IdTokenExpectation): IdTokenFault | undefined {
  return (
    nonceFault(claims, expected) ??
    audienceFault(claims, expected) ??
    issuerMismatch(claims, expected) ??
    tenantFault(claims, expected) ??
    policyFault(claims, expected) ??
    timeFault(claims, expected)
  )
}

const startAgain = 'Start the sign-in again from the beginning.'

function nonceFault({ nonce }: Claims, expected: IdTokenExpectation): IdTokenFault | undefined {
  if (expected.nonce === undefined) return undefined
  if (typeof nonce === 'string' && sameSecret(nonce, expected.nonce)) return undefined
  return { reason: 'nonce', message: 'The ID token was made for another sign-in.', remedy: startAgain }
}

function audienceFault({ aud, azp }: Claims, { clientId }: IdTokenExpectation): IdTokenFault | undefined {
  const own = clientId.toLowerCase()
  const isOwn = (value: unknown): boolean => typeof value === 'string' && value.toLowerCase() === own
  const good = Array.isArray(aud) ? aud.some(isOwn) && (aud.length === 1 || isOwn(azp)) : isOwn(aud)
  if (good) return undefined
  return {
    reason: 'audience',
    message: 'The ID token was made for another application.',
    remedy: 'Compare clientId with the overview page of the app registration.',
  }
}

function issuerMismatch({ iss, tid }: Claims, expected: IdTokenExpectation): IdTokenFault | undefined {
  const { authority, userFlow, announcedIssuer } = expected
  const remedy = 'Compare tenant, tenantId and domain of the authority with the portal, or let doctor() explain it.'
  const announced = issuerFault(authority, userFlow, announcedIssuer)
  if (announced !== undefined) return { reason: 'issuer', message: announced, remedy }
  if (iss === expectedIssuer(announcedIssuer, tid)) return undefined
  return { reason: 'issuer', message: 'The ID token was made by another issuer.', remedy }
}

function tenantFault({ tid }: Claims, { authority }: IdTokenExpectation): IdTokenFault | undefined {
  if (isAllowedTenant(authority, tid)) return undefined
  return {
    reason: 'tenant',
    message: 'People of this organization may not use this application.',
    remedy: 'Sign in with an account of an organization that may.',
  }
}

/** Closed by default: of several tenants only the listed ones. For the others the issuer says the tenant already. */
function isAllowedTenant(authority: Authority, tid: unknown): boolean {
  if (authority.kind !== 'multi-tenant') return true
  if (typeof tid !== 'string') return false
  const tenant = tid.toLowerCase()
  switch (authority.audience) {
    case 'consumers':
      return tenant === PERSONAL_ACCOUNTS_TENANT
    case 'organizations':
      if (tenant === PERSONAL_ACCOUNTS_TENANT) return false
      return isListed(authority.allowedTenants, tenant)
    case 'common':
      return isListed(authority.allowedTenants, tenant)
    default: {
      const unreachable: never = authority
      return unreachable
    }
  }
}

function isListed(allowed: readonly string[] | 'any', tenant: string): boolean {
  return allowed === 'any' || allowed.some((one) => one.toLowerCase() === tenant)
}

/** A token of another user flow is good for other things, such as one that skips a second factor. */
function policyFault({ tfp, acr }: Claims, { authority, userFlow }: IdTokenExpectation): IdTokenFault | undefined {
  const policy = userFlowPolicy(authority, userFlow)?.toLowerCase()
  if (policy === undefined) return undefined
  const used = tfp ?? acr
  if (typeof used === 'string' && used.toLowerCase() === policy) return undefined
  return { reason: 'user-flow', message: 'The ID token comes from another user flow.', remedy: startAgain }
}

function timeFault({ exp, nbf, iat }: Claims, { now }: IdTokenExpectation): IdTokenFault | undefined {
  const from = typeof nbf === 'number' ? nbf : iat
  const isLate = typeof exp !== 'number' || exp * 1000 + clockSkewMs <= now
  const isEarly = typeof from === 'number' && from * 1000 - clockSkewMs > now
  if (!isLate && !isEarly) return undefined
  // The token was made a moment ago, so the time in it is the time at the service.
  const aheadMs = typeof iat === 'number' ? now - iat * 1000 : 0
  if (isEarly || Math.abs(aheadMs) > clockSkewMs) return clockFault(isEarly ? now - from * 1000 : aheadMs)
  return { reason: 'expired', message: 'The ID token has expired.', remedy: startAgain }
}

function clockFault(aheadMs: number): IdTokenFault {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  return {
    reason: 'clock',
    message: `The clock of this server is ${minutes} minutes ${side} the clock of the sign-in service.`,
    remedy: 'Set the clock of this server (NTP).',
  }
}
