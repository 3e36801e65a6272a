import type { GraphUser, SessionToken } from '@patkit/core'
import { daysLeft, flagsOf, scopesOf, statusOf, type StatusSettings, type TokenStatus } from './status.js'

/**
 * One token with its owner, as every format of the report shows it.
 *
 * Made field by field from what a report may show. What the service may send beside it (`token`, `alternateToken`, `publicData`,
 * `claims`) has no place here.
 */
export interface TokenRow {
  /** The owner's display name; the sign-in name or the descriptor where there is none. */
  readonly owner: string
  /** The owner's e-mail address, or the sign-in name where that is one; `null` where there is none. */
  readonly ownerMail: string | null
  /** `member`, `guest`, `application`, … in the service's words; `, deleted` follows when the account is gone from its directory. */
  readonly ownerType: string | null
  /** The owner's descriptor. */
  readonly ownerDescriptor: string
  /** The owner's display name as the service has it; `null` where it has none. */
  readonly ownerDisplayName: string | null
  /** The name of the token; `null` where the service has none. */
  readonly token: string | null
  /** What the token was worth at the report's time. */
  readonly status: TokenStatus
  /** The token's scopes, in the service's order. */
  readonly scopes: readonly string[]
  /** Whether the token may do everything its owner may (`app_token`). */
  readonly fullAccess: boolean
  /** Whether the token works in every organization its owner can reach. */
  readonly allOrganizations: boolean
  /** Ids of the organizations the token is bound to; `null` for all. */
  readonly organizations: readonly string[] | null
  /** Start of validity, UTC; `null` when unknown. */
  readonly created: Date | null
  /** The service's own text of `created`. */
  readonly createdText: string | null
  /** End of validity, UTC; `null` when there is none or it is unknown. */
  readonly expires: Date | null
  /** The service's own text of `expires`. */
  readonly expiresText: string | null
  /** Whole days until the token ends; negative once it has ended; `null` for a revoked token and for one without an end. */
  readonly daysLeft: number | null
  /** Whether the token is valid for more than 180 days, or without end. */
  readonly overLongLife: boolean
  /** Whether the token has no end. */
  readonly noExpiry: boolean
  /** What the service itself says of the token; `null` where it says nothing. */
  readonly isValid: boolean | null
  /** Names the token in the service's calls, for example to revoke it. */
  readonly authorizationId: string
}

/** The half of a row that is the same for every token of one user. */
export type OwnerFields = Pick<TokenRow, 'owner' | 'ownerMail' | 'ownerType' | 'ownerDescriptor' | 'ownerDisplayName'>

/**
 * Makes the row of one token.
 *
 * Every field is checked here although the types promise it: an object in the place of a text (some service, some checkpoint)
 * becomes its JSON text, never a formula or a style of a spreadsheet.
 *
 * @param user - The token's owner.
 * @param token - The token.
 * @param settings - The time that counts as now, and the number of days that makes a token `expiring`.
 */
export function toRow(user: GraphUser, token: SessionToken, settings: StatusSettings): TokenRow {
  return tokenFields(toOwner(user), token, settings)
}

/** @internal */
export function toOwner(user: GraphUser): OwnerFields {
  const displayName = textOf(user.displayName)
  const principalName = textOf(user.principalName)
  const descriptor = textOf(user.descriptor) ?? ''
  return {
    owner: firstFilled(displayName, principalName) ?? descriptor,
    ownerMail: firstFilled(textOf(user.mailAddress), isAddress(principalName) ? principalName : null),
    ownerType: ownerType(user),
    ownerDescriptor: descriptor,
    ownerDisplayName: displayName,
  }
}

/** @internal */
export function tokenFields(owner: OwnerFields, raw: SessionToken, settings: StatusSettings): TokenRow {
  const token = checked(raw)
  const status = statusOf(token, settings)
  const { fullScope, allOrganizations, overLongLife, noExpiry } = flagsOf(token)
  return {
    owner: owner.owner,
    ownerMail: owner.ownerMail,
    ownerType: owner.ownerType,
    ownerDescriptor: owner.ownerDescriptor,
    ownerDisplayName: owner.ownerDisplayName,
    token: token.displayName,
    status,
    scopes: scopesOf(token),
    fullAccess: fullScope,
    allOrganizations,
    organizations: token.targetAccounts,
    created: token.validFrom,
    createdText: token.validFromText,
    expires: token.validTo,
    expiresText: token.validToText,
    daysLeft: status === 'revoked' ? null : daysLeft(token, settings.now),
    overLongLife,
    noExpiry,
    isValid: token.isValid,
    authorizationId: token.authorizationId,
  }
}

type ReportedToken = Pick<
  SessionToken,
  | 'authorizationId'
  | 'displayName'
  | 'scope'
  | 'targetAccounts'
  | 'validFrom'
  | 'validFromText'
  | 'validTo'
  | 'validToText'
  | 'isValid'
>

/** The allow-list: what is not named here never reaches a report. */
function checked(token: SessionToken): ReportedToken {
  const { validFrom, validTo, isValid, targetAccounts } = token
  return {
    authorizationId: textOf(token.authorizationId) ?? '',
    displayName: textOf(token.displayName),
    scope: textOf(token.scope),
    targetAccounts: Array.isArray(targetAccounts) ? targetAccounts.map((account) => textOf(account) ?? '') : null,
    validFrom: isTime(validFrom) ? validFrom : null,
    validFromText: textOf(token.validFromText),
    validTo: isTime(validTo) ? validTo : null,
    validToText: textOf(token.validToText),
    isValid: typeof isValid === 'boolean' ? isValid : null,
  }
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  try {
    const text: unknown = JSON.stringify(value)
    return typeof text === 'string' ? text : null
  } catch {
    return '[not a text]'
  }
}

function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function firstFilled(...texts: readonly (string | null)[]): string | null {
  return texts.find((text) => text !== null && text.trim() !== '') ?? null
}

/** Guests have sign-in names such as `ann_example.com#EXT#@contoso.onmicrosoft.com`, which no mail reaches. */
function isAddress(principalName: string | null): boolean {
  return principalName !== null && /^[^\s@]+@[^\s@]+$/.test(principalName) && !principalName.includes('#EXT#')
}

function ownerType(user: GraphUser): string | null {
  const type = firstFilled(textOf(user.metaType), textOf(user.subjectKind))
  return user.isDeletedInOrigin ? `${type ?? 'user'}, deleted` : type
}
