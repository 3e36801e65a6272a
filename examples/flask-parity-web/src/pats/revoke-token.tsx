import { fieldsOf } from './fields.js'
import { tokenOrAsk } from './find-token.js'
import { isMissing } from './own-tokens.js'
import { refusalOf } from './refusal.js'
import { sendForm, visitOf, type PatSite } from './site.js'
import { RevokePage } from './views/form-pages.js'
import type { RequestHandler } from 'express'

/** `GET /pats/:authorizationId/revoke`: asks whether this token is meant. */
export function confirmRevoke(site: PatSite): RequestHandler {
  return async (req, res) => {
    const { csrfToken, now } = visitOf(site, res)
    const token = await tokenOrAsk(site, req, res, { id: req.params['authorizationId'], purpose: 'revoke' })
    if (token === undefined) return
    if (token.status === 'revoked') {
      res.redirect(303, `/pats/${token.pat.authorizationId}`)
      return
    }
    site.pages.send(req, res, {
      title: 'Revoke a token',
      body: <RevokePage csrfToken={csrfToken} now={now} token={token} notice={undefined} />,
    })
  }
}

/** `POST /pats/:authorizationId/revoke` and `/pat_delete`: revokes a token. */
export function revokeToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const { pats, csrfToken, now } = visitOf(site, res)
    const id = req.params['authorizationId'] ?? fieldsOf(req.body).text('authorizationId', 'authid')
    const token = await tokenOrAsk(site, req, res, { id, purpose: 'revoke' })
    if (token === undefined) return
    if (token.status === 'revoked') {
      res.redirect(303, '/pats?done=already-revoked')
      return
    }
    try {
      await pats.revoke(token.pat.authorizationId)
      res.redirect(303, '/pats?done=revoked')
    } catch (error) {
      // It was there a moment ago: somebody else, or a second click, was faster.
      if (isMissing(error)) {
        res.redirect(303, '/pats?done=already-revoked')
        return
      }
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      const notice = refusal.notice ?? { message: 'The service refused to revoke the token.' }
      sendForm(site, req, res, {
        title: 'Revoke a token',
        refusal,
        body: <RevokePage csrfToken={csrfToken} now={now} token={token} notice={notice} />,
      })
    }
  }
}
