import { fieldsOf } from './fields.js'
import { listFilters, listOwnTokens, type ListFilter } from './own-tokens.js'
import { visitOf, type PatSite } from './site.js'
import { TokenList } from './views/token-list.js'
import type { RequestHandler } from 'express'

/** `GET /pats` and `/pat_get_all`: one's own tokens, all pages of them. */
export function listTokens(site: PatSite, otherwise: ListFilter): RequestHandler {
  return async (req, res) => {
    const { pats, now } = visitOf(site, res)
    const { text } = fieldsOf(req.query)
    const filter = listFilters.find((known) => known === text('show')) ?? otherwise
    const tokens = await listOwnTokens(pats, filter, now)
    site.pages.send(req, res, {
      title: 'Your tokens',
      body: (
        <TokenList organization={site.organization} tokens={tokens} filter={filter} now={now} done={text('done')} />
      ),
    })
  }
}
