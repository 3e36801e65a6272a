import type { TokenRow } from '@patkit/report'

/** What is worth a second look among the tokens that still work. */
export interface Findings {
  readonly working: number
  readonly fullScope: number
  readonly allOrganizations: number
  readonly overLongLife: number
  readonly noExpiry: number
}

/** Counts {@link Findings} while the rows of a report pass. The summary of the report counts its flags among all tokens instead. */
export class FindingsCount {
  readonly #counts = { working: 0, fullScope: 0, allOrganizations: 0, overLongLife: 0, noExpiry: 0 }

  see(row: TokenRow): void {
    if (row.status !== 'active' && row.status !== 'expiring') return
    this.#counts.working++
    if (row.fullAccess) this.#counts.fullScope++
    if (row.allOrganizations) this.#counts.allOrganizations++
    // A life without an end is long as well, but has a line of its own.
    if (row.overLongLife && !row.noExpiry) this.#counts.overLongLife++
    if (row.noExpiry) this.#counts.noExpiry++
  }

  get findings(): Findings {
    return { ...this.#counts }
  }
}
