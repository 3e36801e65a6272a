/** What an identity of the organization is; decides its descriptor's prefix, its origin and what may be asked about it. */
export type PersonKind =
  'member' | 'guest' | 'personal-account' | 'imported' | 'build-service' | 'local-authority' | 'service-principal'

/** One identity given by hand. What is left out is made up from the seed. */
export interface PersonSpec {
  /** `member` unless given. */
  readonly kind?: PersonKind
  readonly displayName?: string | null
  readonly principalName?: string | null
  readonly mailAddress?: string | null
  readonly directoryAlias?: string | null
  readonly metaType?: string | null
  /** Sent as it is, whatever it looks like. */
  readonly descriptor?: string
  readonly originId?: string | null
  readonly domain?: string | null
  /** The `userId` of the person's tokens. */
  readonly storageKey?: string
  readonly isDeletedInOrigin?: boolean
  /** Whether the person may use tokenadmin. */
  readonly isAdministrator?: boolean
  /** Tokens one by one, or how many to make up; without it, what the seed gives. */
  readonly tokens?: number | readonly TokenSpec[]
  /** Fields laid over the person's JSON as they are: unknown ones, or known ones of a wrong type. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One token given by hand. What is left out is made up from the seed. */
export interface TokenSpec {
  readonly authorizationId?: string
  readonly displayName?: string | null
  /** Space-separated scopes; `app_token` is full access. */
  readonly scope?: string | null
  /** Organizations it works in, or `null` for all that its owner can reach. */
  readonly targetAccounts?: readonly string[] | null
  /** A `Date`, or text that is sent as it is (tokens/pats adds a `Z` where it has no zone). */
  readonly validFrom?: Date | string
  /** As `validFrom`. */
  readonly validTo?: Date | string
  readonly revoked?: boolean
  /** `true` for an SSH key, which other calls list than the tokens. */
  readonly isPublic?: boolean
  /** Says `isValid` whatever the dates say, as the service sometimes does. */
  readonly isValid?: boolean
  /** Fields laid over the token's JSON as they are. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One identity of the running organization. */
export interface EmulatedUser {
  /** Place in the listing, or among the service principals. */
  readonly index: number
  readonly kind: PersonKind
  readonly descriptor: string
  readonly displayName: string | null
  readonly principalName: string | null
  readonly mailAddress: string | null
  readonly origin: string
  readonly originId: string | null
  readonly domain: string | null
  readonly subjectKind: 'user' | 'servicePrincipal'
  readonly metaType: string | null
  readonly directoryAlias: string | null
  readonly isDeletedInOrigin: boolean
  /** The `userId` of the person's tokens. */
  readonly storageKey: string
  readonly isAdministrator: boolean
  /** Service principals only. */
  readonly applicationId?: string
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One token of the running organization, as it is now. */
export interface EmulatedToken {
  readonly authorizationId: string
  /** Descriptor of the owner. */
  readonly owner: string
  readonly displayName: string | null
  readonly scope: string | null
  readonly targetAccounts: readonly string[] | null
  /** UTC, without a zone, up to seven fraction digits; text given by hand stays as it is. */
  readonly validFrom: string
  /** As `validFrom`. */
  readonly validTo: string
  readonly status: 'active' | 'expired' | 'revoked'
  readonly isPublic: boolean
  /** What tokenadmin says; follows `status` unless it was given by hand. */
  readonly isValid: boolean
  readonly extra?: Readonly<Record<string, unknown>>
}

/** What makes an identity of a kind recognisable on the wire. */
export const kinds: Readonly<
  Record<PersonKind, { readonly prefix: string; readonly origin: string; readonly ownsTokens: boolean }>
> = {
  member: { prefix: 'aad', origin: 'aad', ownsTokens: true },
  guest: { prefix: 'aad', origin: 'aad', ownsTokens: true },
  'personal-account': { prefix: 'msa', origin: 'msa', ownsTokens: true },
  imported: { prefix: 'imp', origin: 'imp', ownsTokens: true },
  'build-service': { prefix: 'svc', origin: 'vsts', ownsTokens: false },
  'local-authority': { prefix: 'acs', origin: 'vsts', ownsTokens: false },
  'service-principal': { prefix: 'aadsp', origin: 'aad', ownsTokens: false },
}
