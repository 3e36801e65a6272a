import type { Clock, PersonalTokens } from '@patkit/core'
import type { Pages } from '@patkit/example-kit'
import type { SignInState } from '@patkit/express'
import type { Response } from 'express'
import type { Clients } from '../clients.js'
import type { UsedForms } from './used-forms.js'

/** What all pages about one's own tokens share. */
export interface PatSite {
  readonly pages: Pages
  readonly clients: Clients
  readonly organization: string
  readonly clock: Clock
  readonly usedForms: UsedForms
}

/** Who asks, what they may do, and when: what every page begins with. */
export interface Visit {
  readonly signIn: SignInState
  readonly pats: PersonalTokens
  readonly csrfToken: string
  readonly now: Date
}

/** For handlers behind `web.required()`. */
export function visitOf({ clients, clock }: PatSite, res: Response): Visit {
  const { signIn } = res.locals
  if (signIn === undefined) throw new TypeError('This handler belongs behind web.required().')
  return {
    signIn,
    pats: clients.of(signIn.account).pats,
    csrfToken: signIn.csrfToken,
    now: new Date(clock.now()),
  }
}
