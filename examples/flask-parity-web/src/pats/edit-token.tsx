import { checkChange, isEmptyChange } from './check-pat-form.js'
import { fieldsOf } from './fields.js'
import { tokenOrAsk } from './find-token.js'
import type { OwnToken } from './own-tokens.js'
import { overlay, readPatForm, type PatForm } from './pat-form.js'
import { refusalOf, type Refusal } from './refusal.js'
import { sendForm, visitOf, type PatSite } from './site.js'
import { EditPage, EndedPage } from './views/form-pages.js'
import type { doneWords } from './views/token-list.js'
import { stillWorks } from '@patkit/report'
import type { Request, RequestHandler, Response } from 'express'

/** `GET /pats/:authorizationId/edit`: the form of a token, filled in as it is now or as the address says. */
export function editToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const token = await tokenOrAsk(site, req, res, { id: req.params['authorizationId'], purpose: 'edit' })
    if (token !== undefined) showEdit(site, req, res, { token, form: overlay(token.pat, req.query) })
  }
}

/** Shows the form of a token. */
export function showEdit(
  site: PatSite,
  req: Request,
  res: Response,
  shown: { readonly token: OwnToken; readonly form: PatForm } & Partial<Refusal>,
): void {
  const { csrfToken, now } = visitOf(site, res)
  const { token, form, faults = {}, notice } = shown
  if (!stillWorks(token.status)) {
    site.pages.send(req, res, {
      title: 'Edit a token',
      status: 409,
      body: <EndedPage token={token} now={now} />,
    })
    return
  }
  sendForm(site, req, res, {
    title: 'Edit a token',
    refusal: shown,
    body: <EditPage csrfToken={csrfToken} now={now} token={token} form={form} faults={faults} notice={notice} />,
  })
}

/** `POST /pats/:authorizationId` and `/pat_put`: sends what was changed, and only that. */
export function updateToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const id = req.params['authorizationId'] ?? fieldsOf(req.body).text('authorizationId', 'authid')
    const token = await tokenOrAsk(site, req, res, { id, purpose: 'edit' })
    if (token === undefined) return
    // Our form says everything; in that of the originals, empty means unchanged.
    const isOurs = fieldsOf(req.body).has('expiry')
    const form = isOurs ? readPatForm(req.body, 'keep') : overlay(token.pat, req.body)
    if (stillWorks(token.status)) await update(site, req, res, token, form)
    else showEdit(site, req, res, { token, form })
  }
}

async function update(site: PatSite, req: Request, res: Response, token: OwnToken, form: PatForm): Promise<void> {
  const { pats, now } = visitOf(site, res)
  const checked = checkChange(form, token.pat, now)
  if (!checked.ok) {
    showEdit(site, req, res, { token, form, faults: checked.faults, status: 422 })
    return
  }
  const change = checked.value
  const leaveWith = (done: keyof typeof doneWords): void =>
    res.redirect(303, `/pats/${token.pat.authorizationId}?done=${done}`)
  if (isEmptyChange(change)) {
    leaveWith('unchanged')
    return
  }
  try {
    const { validTo } = await pats.update(change)
    const asked = change.validTo === undefined ? undefined : new Date(change.validTo).getTime()
    // The service rounds to a few milliseconds.
    const isShortened = asked !== undefined && validTo !== null && Math.abs(validTo.getTime() - asked) > 1000
    leaveWith(isShortened ? 'shortened' : 'updated')
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    showEdit(site, req, res, { token, form, ...refusal })
  }
}
