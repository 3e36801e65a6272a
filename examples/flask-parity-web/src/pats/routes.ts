import { createToken, newToken } from './create-token.js'
import { editToken, updateToken } from './edit-token.js'
import { findToken, tokenDetails } from './find-token.js'
import { listTokens } from './list-tokens.js'
import { dispatch, takesOnly, type TakesOnly } from './originals.js'
import { reconcile } from './reconcile.js'
import { confirmRevoke, revokeToken } from './revoke-token.js'
import { confirmRotate, rotateToken } from './rotate-token.js'
import type { PatSite } from './site.js'
import type { WebSignIn } from '@patkit/express'
import express, { Router } from 'express'

/** What the pages about one's own tokens need. */
export interface PatRoutesOptions extends PatSite {
  readonly web: WebSignIn
}

/** Names of 40,000 characters of four bytes each fit, percent-encoded. */
const longestForm = '1mb'

/** The pages about one's own tokens. */
export function patRoutes({ web, ...site }: PatRoutesOptions): Router {
  const router = Router()
  const open = web.required()
  const send = Router()
    .use(web.required())
    .use(express.urlencoded({ extended: false, limit: longestForm }), web.csrf())
  const only = (paths: string[], takes: TakesOnly): void =>
    void router.all(paths, web.optional(), takesOnly(site, takes))

  router.get('/pats', open, listTokens(site, 'active'))
  router.get('/pat_get_all', open, listTokens(site, 'all'))
  router.get('/pat_get', open, findToken(site))
  router.get('/pats/new', open, newToken(site))
  router.post(['/pats', '/pat_post'], send, createToken(site))
  router.post('/pats/reconcile', send, reconcile(site))
  router.post('/pat_put', send, updateToken(site))
  router.post('/pat_delete', send, revokeToken(site))
  router.post('/handle_input', send, dispatch(site))

  only(['/pat_post'], creates)
  only(['/pat_put'], updates)
  only(['/pat_delete'], revokes)
  only(['/handle_input', '/pats/reconcile'], dispatches)
  only(['/pat_get_all', '/pat_get', '/pats/new'], shows)
  only(['/pats'], lists)

  router.get('/pats/:authorizationId', open, tokenDetails(site))
  router.post('/pats/:authorizationId', send, updateToken(site))
  router.get('/pats/:authorizationId/edit', open, editToken(site))
  router.get('/pats/:authorizationId/rotate', open, confirmRotate(site))
  router.post('/pats/:authorizationId/rotate', send, rotateToken(site))
  router.get('/pats/:authorizationId/revoke', open, confirmRevoke(site))
  router.post('/pats/:authorizationId/revoke', send, revokeToken(site))
  return router
}

const creates: TakesOnly = {
  methods: 'POST',
  sentence: 'A token is created by sending the form for it, never by opening an address.',
  href: '/pats/new',
  label: 'Create a token',
}

const updates: TakesOnly = {
  methods: 'POST',
  sentence: 'A token is changed by sending its form, never by opening an address.',
  href: '/pat_get?for=edit',
  label: 'Update a token',
}

const revokes: TakesOnly = {
  methods: 'POST',
  sentence: 'A token is revoked by sending its form, never by opening an address.',
  href: '/pat_get?for=revoke',
  label: 'Revoke a token',
}

const dispatches: TakesOnly = {
  methods: 'POST',
  sentence: 'This address takes a form that was filled in, and cannot be opened by itself.',
  href: '/pats',
  label: 'All your tokens',
}

const shows: TakesOnly = {
  methods: 'GET, HEAD',
  sentence: 'This address shows something, and takes no form.',
  href: '/pats',
  label: 'All your tokens',
}

const lists: TakesOnly = {
  ...shows,
  methods: 'GET, HEAD, POST',
  sentence: 'This address lists tokens, and creates one.',
}
