import { checkNewPat, type Checked } from './check-pat-form.js'
import { sendMaking } from './create-token.js'
import { tokenOrAsk } from './find-token.js'
import { madeBefore, makeOnce } from './make-once.js'
import { isMissing, type OwnToken } from './own-tokens.js'
import { formOf, readPatForm, type PatForm } from './pat-form.js'
import { refusalOf, type Refusal } from './refusal.js'
import { sendForm, visitOf, type PatSite, type Visit } from './site.js'
import { EndedPage, RotatePage } from './views/form-pages.js'
import type { Replaced } from './views/result-pages.js'
import type { CreatePat, PersonalToken } from '@patkit/core'
import { stillWorks } from '@patkit/report'
import type { Request, RequestHandler, Response } from 'express'

const usualExpiry = '30'

/** `GET /pats/:authorizationId/rotate`: explains, and asks when the new token is to end. */
export function confirmRotate(site: PatSite): RequestHandler {
  return async (req, res) => {
    const token = await tokenOrAsk(site, req, res, { id: req.params['authorizationId'], purpose: 'show' })
    if (token !== undefined) showRotate(site, req, res, { token, form: formOf(token.pat, usualExpiry) })
  }
}

/** `POST /pats/:authorizationId/rotate`: creates the new token, and only then revokes the old one. */
export function rotateToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const visit = visitOf(site, res)
    const token = await tokenOrAsk(site, req, res, { id: req.params['authorizationId'], purpose: 'show' })
    if (token === undefined) return
    const entered = readPatForm(req.body, usualExpiry)
    const { expiry, expiresOn, validTo } = entered
    const form: PatForm = { ...formOf(token.pat, expiry), expiresOn, validTo }
    const before = madeBefore(site, visit, req)
    if (before !== undefined) {
      sendMaking(site, req, res, { form, making: before, replaces: true })
      return
    }
    if (!stillWorks(token.status)) {
      showRotate(site, req, res, { token, form })
      return
    }
    const checked = checkSuccessor(form, visit.now)
    if (!checked.ok) {
      showRotate(site, req, res, { token, form, faults: checked.faults, status: 422 })
      return
    }
    try {
      const making = await makeOnce(site, visit, req, checked.value)
      const replaced = making.kind === 'made' ? await replace(visit, token.pat) : undefined
      sendMaking(site, req, res, { form, making, replaces: true, ...(replaced === undefined ? {} : { replaced }) })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      showRotate(site, req, res, { token, form, ...refusal })
    }
  }
}

/** The same again: what was understood when the old token was made need not be ticked once more. Only its reach is never wider. */
function checkSuccessor(form: PatForm, now: Date): Checked<CreatePat> {
  return checkNewPat({ ...form, organizations: 'this', confirmsFullAccess: true }, now)
}

/** Revokes the old token. Whatever happens, the secret of the new one must still be shown. */
async function replace({ pats }: Visit, old: PersonalToken): Promise<Replaced> {
  try {
    await pats.revoke(old.authorizationId)
    return { kind: 'revoked', old }
  } catch (error) {
    if (isMissing(error)) return { kind: 'revoked', old }
    const notice = refusalOf(error)?.notice ?? { message: 'The service did not revoke it.' }
    return { kind: 'still-works', old, notice }
  }
}

function showRotate(
  site: PatSite,
  req: Request,
  res: Response,
  shown: { readonly token: OwnToken; readonly form: PatForm } & Partial<Refusal>,
): void {
  const { signIn, csrfToken, now } = visitOf(site, res)
  const { token, form, faults = {}, notice } = shown
  if (!stillWorks(token.status)) {
    site.pages.send(req, res, { title: 'Rotate a token', status: 409, body: <EndedPage token={token} now={now} /> })
    return
  }
  const props = { csrfToken, formId: site.forms.issue(signIn.account), now, token, form, faults, notice }
  sendForm(site, req, res, {
    title: 'Rotate a token',
    refusal: shown,
    body: <RotatePage {...props} />,
  })
}
