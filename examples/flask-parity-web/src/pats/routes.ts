import type { WebSignIn } from '@patkit/express'
import type { Pages } from '@patkit/example-kit'
import { Router } from 'express'
import type { Clock } from '@patkit/core'
import type { Clients } from '../clients.js'
import type { OneTimeForms } from '../one-time-forms.js'

/** What the pages about one's own tokens need. */
export interface PatRoutesOptions {
  readonly web: WebSignIn
  readonly pages: Pages
  readonly clients: Clients
  readonly forms: OneTimeForms
  readonly organization: string
  readonly clock: Clock
}

/** The pages about one's own tokens. */
export function patRoutes(_options: PatRoutesOptions): Router {
  return Router()
}
