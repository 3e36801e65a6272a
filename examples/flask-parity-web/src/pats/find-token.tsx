import { fieldsOf, isGuid } from './fields.js'
import { findOwnToken, type OwnToken } from './own-tokens.js'
import { visitOf, type PatSite, type Visit } from './site.js'
import { FindPage, findTitle, type Purpose } from './views/find-page.js'
import { TokenPage } from './views/token-page.js'
import type { Request, RequestHandler, Response } from 'express'

/** `GET /pat_get`: asks for an authorization id, and shows its token or leads to what is to be done with it. */
export function findToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const { all, text } = fieldsOf(req.query)
    const purpose = purposeOf(text('for'))
    const given = [...all('authorizationId'), ...all('authid')][0]
    if (given === undefined) {
      askForId(site, req, res, { purpose, authorizationId: '', status: 200 })
      return
    }
    const token = await tokenOrAsk(site, req, res, { id: given, purpose })
    if (token === undefined) return
    if (purpose === 'show') showToken(site, req, res, token)
    else res.redirect(303, `/pats/${token.pat.authorizationId}/${purpose}`)
  }
}

/** `GET /pats/:authorizationId`: everything about one token. */
export function tokenDetails(site: PatSite): RequestHandler {
  return async (req, res) => {
    const token = await tokenOrAsk(site, req, res, { id: req.params['authorizationId'], purpose: 'show' })
    if (token !== undefined) showToken(site, req, res, token)
  }
}

function showToken(site: PatSite, req: Request, res: Response, token: OwnToken): void {
  const { now } = visitOf(site, res)
  site.pages.send(req, res, {
    title: 'Token',
    body: <TokenPage token={token} now={now} done={req.query['done']} />,
  })
}

/** The token of an id; where there is none, asks for another id and gives `undefined`. */
export async function tokenOrAsk(
  site: PatSite,
  req: Request,
  res: Response,
  wanted: { readonly id: unknown; readonly purpose: Purpose },
): Promise<OwnToken | undefined> {
  const authorizationId = typeof wanted.id === 'string' ? wanted.id.trim() : ''
  const found = await lookUp(visitOf(site, res), authorizationId)
  if ('pat' in found) return found
  askForId(site, req, res, { purpose: wanted.purpose, authorizationId, ...found })
  return undefined
}

interface NotFound {
  readonly status: number
  readonly fault: string
}

async function lookUp({ pats, now }: Visit, id: string): Promise<OwnToken | NotFound> {
  if (id === '') return { status: 422, fault: 'Enter the authorization id of a token.' }
  if (!isGuid(id)) {
    const fault = 'This is no authorization id: it has 32 digits and letters from a to f, in five groups.'
    return { status: 422, fault }
  }
  const token = await findOwnToken(pats, id.toLowerCase(), now)
  const fault = 'You have no token with this authorization id. It may belong to somebody else.'
  return token ?? { status: 404, fault }
}

function askForId(
  site: PatSite,
  req: Request,
  res: Response,
  asked: { readonly purpose: Purpose; readonly authorizationId: string } & Pick<NotFound, 'status'> & Partial<NotFound>,
): void {
  const { purpose, authorizationId, status, fault } = asked
  site.pages.send(req, res, {
    title: findTitle(purpose),
    status,
    body: <FindPage purpose={purpose} authorizationId={authorizationId} fault={fault} />,
  })
}

function purposeOf(text: string): Purpose {
  return text === 'edit' || text === 'revoke' ? text : 'show'
}
