import type { Clients } from '../clients.js'
import type { OneTimeForms } from '../one-time-forms.js'
import type { Refusal } from './refusal.js'
import type { Clock, PersonalTokens } from '@patkit/core'
import type { Pages, PageSettings } from '@patkit/example-kit'
import type { SignInState } from '@patkit/express'
import type { Request, Response } from 'express'

/** What all pages about one's own tokens share. */
export interface PatSite {
  readonly pages: Pages
  readonly clients: Clients
  readonly organization: string
  readonly clock: Clock
  readonly forms: OneTimeForms
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

/** Sends a form, or the same again with what is wrong: with its status, and when to come back where the service said so. */
export function sendForm(
  { pages }: PatSite,
  req: Request,
  res: Response,
  page: Pick<PageSettings, 'title' | 'body'> & { readonly refusal: Partial<Refusal> },
): void {
  const { title, body, refusal } = page
  const { faults = {}, status = 200, retryAfterSeconds } = refusal
  if (retryAfterSeconds !== undefined) res.set('Retry-After', String(retryAfterSeconds))
  // Said first by what reads pages aloud.
  const isWrong = Object.keys(faults).length > 0
  pages.send(req, res, { title: isWrong ? `To correct: ${title}` : title, status, body })
}
