import type { GraphUser, PersonalToken, SessionToken } from '@patkit/core'
import type { toRow, TokenRow, TokenStatus } from '@patkit/report'
import type { ListShape } from './listing.js'
import type { TableColumn } from './table.js'
import type { Style } from './terminal.js'

/** A token with its owner in the fields of our NDJSON reports, so that `revoke --from-file` and `diff` read lists as well. */
export function tokenRecord(row: TokenRow): object {
  const { owner, ownerMail, ownerType, ownerDescriptor } = row
  return { owner, ownerMail, ownerType, ownerDescriptor, ...ownRecord(row) }
}

/** The same without the owner, who is the one who asks. */
function ownRecord(row: TokenRow): object {
  return {
    token: row.token,
    status: row.status,
    scopes: row.scopes,
    fullAccess: row.fullAccess,
    allOrganizations: row.allOrganizations,
    organizations: row.organizations,
    created: row.created ?? row.createdText,
    expires: row.expires ?? row.expiresText,
    daysLeft: row.daysLeft,
    overLongLife: row.overLongLife,
    noExpiry: row.noExpiry,
    authorizationId: row.authorizationId,
  }
}

const statusStyles: Readonly<Record<TokenStatus, Style>> = {
  active: 'green',
  expiring: 'yellow',
  expired: 'dim',
  revoked: 'dim',
}

const ownerColumn: TableColumn<TokenRow> = {
  header: 'Owner',
  value: (row) => row.ownerMail ?? row.owner,
  mayShrink: true,
  expendable: 1,
}

const ownColumns: readonly TableColumn<TokenRow>[] = [
  { header: 'Token', value: (row) => row.token, mayShrink: true },
  { header: 'Status', value: (row) => row.status, style: (row) => statusStyles[row.status] },
  { header: 'Days left', value: (row) => row.daysLeft, align: 'right' },
  {
    header: 'Scopes',
    value: (row) => (row.fullAccess ? 'full access' : row.scopes.map((scope) => scope.replace(/^vso\./, '')).join(' ')),
    mayShrink: true,
    expendable: 3,
    style: (row) => (row.fullAccess ? 'yellow' : undefined),
  },
  {
    header: 'Valid in',
    value: (row) => (row.allOrganizations ? 'all organizations' : 'this one'),
    expendable: 2,
    style: (row) => (row.allOrganizations ? 'yellow' : undefined),
  },
  { header: 'Authorization ID', value: (row) => row.authorizationId },
]

const ownCsv: ListShape<TokenRow>['csv'] = [
  ['Token', (row) => row.token],
  ['Status', (row) => row.status],
  ['Scopes', (row) => (row.scopes.length === 0 ? null : row.scopes.join('; '))],
  ['Full access', (row) => row.fullAccess],
  ['All organizations', (row) => row.allOrganizations],
  ['Created', (row) => timeText(row.created, row.createdText)],
  ['Expires', (row) => timeText(row.expires, row.expiresText)],
  ['Days left', (row) => row.daysLeft],
  ['Authorization ID', (row) => row.authorizationId],
]

function timeText(time: Date | null, text: string | null): string | null {
  return time === null ? text : time.toISOString().replace('.000Z', 'Z')
}

/** Somebody's tokens; in CSV with the columns of our reports. */
export const tokenShape: ListShape<TokenRow> = {
  columns: [ownerColumn, ...ownColumns],
  csv: [
    ['Owner', (row) => row.owner],
    ['Owner mail', (row) => row.ownerMail],
    ['Owner type', (row) => row.ownerType],
    ...ownCsv,
  ],
  toRecord: tokenRecord,
}

/** One's own tokens. */
export const ownTokenShape: ListShape<TokenRow> = { columns: ownColumns, csv: ownCsv, toRecord: ownRecord }

/** One of one's own tokens, with everything that is known of it. */
export const oneTokenShape: ListShape<TokenRow> = {
  ...ownTokenShape,
  columns: [
    { header: 'Token', value: (row) => row.token, style: () => 'bold' },
    { header: 'Authorization ID', value: (row) => row.authorizationId },
    { header: 'Scopes', value: (row) => row.scopes.join(' ') },
    { header: 'Valid in', value: (row) => (row.allOrganizations ? 'all organizations' : 'this organization') },
    { header: 'Created', value: (row) => timeText(row.created, row.createdText) },
    { header: 'Expires', value: (row) => timeText(row.expires, row.expiresText) },
    { header: 'Days left', value: (row) => row.daysLeft },
  ],
}

/** Stands for the owner of one's own tokens, of whom these calls say nothing. */
const oneself: GraphUser = {
  descriptor: '',
  displayName: null,
  principalName: null,
  mailAddress: null,
  origin: null,
  originId: null,
  domain: null,
  subjectKind: null,
  metaType: null,
  directoryAlias: null,
  isDeletedInOrigin: false,
}

/**
 * The row of one of one's own tokens.
 *
 * @param isRevoked - Whether the service listed it among the revoked; the token itself does not say.
 */
export function ownTokenRow(
  pat: PersonalToken,
  isRevoked: boolean,
  { now, expiringWithinDays, toRow: make }: OwnRowSettings,
): TokenRow {
  const token: SessionToken = {
    ...pat,
    isValid: isRevoked ? false : null,
    isPublic: null,
    userId: null,
    clientId: null,
    hostAuthorizationId: null,
    source: null,
  }
  return make(oneself, token, { now, expiringWithinDays })
}

/** How rows of own tokens are made. */
export interface OwnRowSettings {
  readonly now: Date
  readonly expiringWithinDays: number
  /** Of `@patkit/report`, which is loaded late. */
  readonly toRow: typeof toRow
}
