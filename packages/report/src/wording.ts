import { allOrganizationsRetirement, overLongLifeDays } from './status.js'
import type { ReportContext, ReportResult } from './writer.js'

/** The sentences that workbook and page share. */

export function count(number: number): string {
  return number.toLocaleString('en-US')
}

export function counted(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`
}

/** Whether the report is whole, in plain words. */
export function completenessOf({ complete, totals }: ReportResult): string {
  const { listed, read, skipped, failed } = totals.users
  const owners = `${counted(read, 'user was', 'users were')} read`
  const others = skipped === 0 ? '' : `, ${count(skipped)} own no tokens and ${skipped === 1 ? 'was' : 'were'} skipped`
  if (complete) return `Complete: ${owners}${others}.`
  if (failed === 0) return `Incomplete: the scan ended before every user was read; ${owners}${others}.`
  return `Incomplete: the tokens of ${count(failed)} of ${counted(listed, 'user', 'users')} could not be read; ${owners}${others}.`
}

/** What to know about tokens that are valid for all organizations. */
export function retirementNote({ asOf }: ReportContext, { totals }: ReportResult): string | undefined {
  const tokens = totals.workingFlags.allOrganizations
  if (tokens === 0) return undefined
  const over = asOf.getTime() >= allOrganizationsRetirement.getTime()
  const subject =
    tokens === 1
      ? '1 working token is valid for all organizations'
      : `${count(tokens)} working tokens are valid for all organizations`
  return over
    ? `${subject}. Azure DevOps has accepted no such tokens since 2026-12-01: replace them with tokens for one organization.`
    : `${subject}. Azure DevOps stops accepting such tokens on 2026-12-01: replace them with tokens for one organization.`
}

export const lastUseNote = 'Last use is not listed, because Azure DevOps does not record when a token was used.'

export const flagNames = {
  fullScope: 'Full access (app_token)',
  allOrganizations: 'All organizations',
  overLongLife: `Valid for more than ${overLongLifeDays} days`,
  noExpiry: 'No expiry',
} as const

/** Which tokens are listed, where not all are. */
export function filterNote({ status }: ReportContext): string | undefined {
  switch (status) {
    case 'all':
      return undefined
    case 'active':
      return 'Only tokens that still work are listed one by one; the totals count every token.'
    case 'expired':
    case 'expiring':
    case 'revoked':
      return `Only ${status} tokens are listed one by one; the totals count every token.`
    default: {
      const unreachable: never = status
      return unreachable
    }
  }
}
