/** What the organization and its tenant allow when tokens are made or changed. */
export interface PatPolicies {
  /** Longest life of a token in days; 365 unless given. */
  readonly maximumLifespanDays: number
  /** What happens to a token that would live longer: `refuse` it (default) or shorten it silently (`clamp`). Both have been seen. */
  readonly longerLifespan: 'refuse' | 'clamp'
  /** Tokens with full access (`app_token`). */
  readonly fullScope: 'allow' | 'refuse'
  /** Tokens for all organizations. `by-date` (default) refuses them from 2026-03-15 on, as the service does. */
  readonly allOrganizations: 'allow' | 'refuse' | 'by-date'
  /** New tokens at all. */
  readonly creation: 'allow' | 'refuse'
  /** A second live token of the same name. The service allows it. */
  readonly sameName: 'allow' | 'refuse'
}

export const defaultPolicies: PatPolicies = {
  maximumLifespanDays: 365,
  longerLifespan: 'refuse',
  fullScope: 'allow',
  allOrganizations: 'by-date',
  creation: 'allow',
  sameName: 'allow',
}

/** The day from which the service makes no more tokens for all organizations. */
export const allOrganizationsEndMs = Date.UTC(2026, 2, 15)
