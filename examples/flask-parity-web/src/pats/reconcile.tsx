import { newTokenLike } from './create-token.js'
import { fieldsOf } from './fields.js'
import { readPatForm } from './pat-form.js'
import { visitOf, type PatSite } from './site.js'
import { ReconciledPage } from './views/result-pages.js'
import { OutcomeUnknownError } from '@patkit/core'
import type { RequestHandler } from 'express'

/** `POST /pats/reconcile`: finds what a lost answer left behind. Revokes nothing by itself: somebody may have made one of that name on purpose. */
export function reconcile(site: PatSite): RequestHandler {
  return async (req, res) => {
    const { pats, csrfToken, now } = visitOf(site, res)
    const { text } = fieldsOf(req.body)
    const displayName = text('displayName')
    const startedAt = new Date(text('startedAt'))
    if (displayName === '' || Number.isNaN(startedAt.getTime())) {
      res.redirect(303, '/pats')
      return
    }
    const lost = new OutcomeUnknownError('Its answer was lost.', { created: { displayName, startedAt } })
    const found = await pats.reconcile(lost)
    const again = newTokenLike(readPatForm({ displayName }, '30'))
    site.pages.send(req, res, {
      title: 'What was found',
      body: <ReconciledPage csrfToken={csrfToken} displayName={displayName} found={found} now={now} again={again} />,
    })
  }
}
