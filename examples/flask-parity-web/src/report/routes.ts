import type { WebSignIn } from '@patkit/express'
import type { Pages } from '@patkit/example-kit'
import { Router } from 'express'
import type { Clock } from '@patkit/core'
import type { Clients } from '../clients.js'

/** What the pages about the whole organization need. */
export interface ReportRoutesOptions {
  readonly web: WebSignIn
  readonly pages: Pages
  readonly clients: Clients
  readonly organization: string
  readonly reportsFolder: string
  readonly clock: Clock
}

/** The pages about the tokens of the whole organization. */
export function reportRoutes(_options: ReportRoutesOptions): { readonly router: Router; close(): Promise<void> } {
  return { router: Router(), close: () => Promise.resolve() }
}
