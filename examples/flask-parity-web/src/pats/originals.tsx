import { showNewToken } from './create-token.js'
import { showEdit } from './edit-token.js'
import { fieldsOf, isGuid } from './fields.js'
import { findOwnToken } from './own-tokens.js'
import { formToQuery, overlay, readPatForm } from './pat-form.js'
import { visitOf, type PatSite } from './site.js'
import { MethodPage } from './views/result-pages.js'
import type { Request, RequestHandler, Response } from 'express'

/**
 * `POST /handle_input`: leads from the form of the originals to the one that does it here, filled in. Changes nothing and keeps nothing;
 * what is too long for an address is shown at once.
 */
export function dispatch(site: PatSite): RequestHandler {
  return async (req, res) => {
    const { text } = fieldsOf(req.body)
    const route = text('route')
    const id = text('authid', 'authorizationId').trim()
    switch (route) {
      case 'pat_get':
        res.redirect(303, findAddress(id))
        return
      case 'pat_delete':
        res.redirect(303, isGuid(id) ? `/pats/${id}/revoke` : findAddress(id, 'revoke'))
        return
      case 'pat_put':
        await leadToEdit(site, req, res, id)
        return
      case 'pat_post':
        leadToNew(site, req, res)
        return
      default:
        site.pages.send(req, res, {
          title: 'Nothing to do',
          status: 422,
          body: (
            <MethodPage
              sentence="The field “route” must be one of pat_get, pat_put, pat_post and pat_delete."
              href="/"
              label="Start page"
            />
          ),
        })
    }
  }
}

function findAddress(id: string, purpose?: 'edit' | 'revoke'): string {
  const query = new URLSearchParams(purpose === undefined ? {} : { for: purpose })
  query.set('authorizationId', id.slice(0, 200))
  return `/pat_get?${query.toString()}`
}

function leadToNew(site: PatSite, req: Request, res: Response): void {
  const form = readPatForm(req.body, '30')
  const query = formToQuery(form)
  if (query === undefined) showNewToken(site, req, res, { form })
  else res.redirect(303, query === '' ? '/pats/new' : `/pats/new?${query}`)
}

async function leadToEdit(site: PatSite, req: Request, res: Response, id: string): Promise<void> {
  if (!isGuid(id)) {
    res.redirect(303, findAddress(id, 'edit'))
    return
  }
  const query = formToQuery(readPatForm(req.body, 'keep'))
  if (query !== undefined) {
    res.redirect(303, query === '' ? `/pats/${id}/edit` : `/pats/${id}/edit?${query}`)
    return
  }
  const { pats, now } = visitOf(site, res)
  const token = await findOwnToken(pats, id, now)
  if (token === undefined) res.redirect(303, findAddress(id, 'edit'))
  else showEdit(site, req, res, { token, form: overlay(token.pat, req.body) })
}

/** What an address takes, and where to go instead. */
export interface TakesOnly {
  readonly methods: string
  readonly sentence: string
  readonly href: string
  readonly label: string
}

/** Answers every other method with 405. */
export function takesOnly(site: PatSite, { methods, ...page }: TakesOnly): RequestHandler {
  return (req, res) => {
    res.set('Allow', methods)
    site.pages.send(req, res, { title: 'Not like that', status: 405, body: <MethodPage {...page} /> })
  }
}
