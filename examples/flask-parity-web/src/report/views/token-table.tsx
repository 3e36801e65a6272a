import { CsrfField } from '@patkit/example-kit'
import { addressQuery, arrows, directionIn, nextSorting, type SortColumn } from '../sort.js'
import type { ReportView } from '../view-model.js'
import { plural } from '../words.js'
import { TokenRows } from './token-rows.js'

interface Props {
  readonly view: ReportView
}

/** The tokens that pass the filter, and the form that revokes those that are selected. */
export function TokenTable({ view, csrfToken }: Props & { readonly csrfToken: string }) {
  const { id, rows, matching, page, pages } = view
  return (
    <form id="selection" method="post" action={`/reports/${id}/revoke/preview`}>
      <CsrfField token={csrfToken} />
      <div id="selected" />
      <div id="table-actions" class="row">
        <strong id="matching">
          {plural(matching, 'token')}
          {pages > 1 ? `, page ${page} of ${pages}` : ''}
        </strong>
      </div>
      <table id="tokens" class="cards" aria-labelledby="tokens-heading">
        <thead>
          <tr>
            <th scope="col">
              <span class="skip">Select</span>
            </th>
            <SortHead view={view} column="token" label="Token" isWide />
            <SortHead view={view} column="owner" label="Owner" isWide />
            <SortHead view={view} column="status" label="Status" />
            <SortHead view={view} column="expires" label="Ends" />
            <th scope="col">Scopes</th>
            <SortHead view={view} column="created" label="Created" />
          </tr>
        </thead>
        <tbody>
          <TokenRows rows={rows} />
        </tbody>
      </table>
      <Pages view={view} />
      <div id="selection-actions" class="row">
        <button id="revoke" class="danger">
          Revoke the selected tokens…
        </button>
        <span id="selection-count" class="skip" role="status" />
      </div>
    </form>
  )
}

interface SortHeadProps extends Props {
  readonly column: SortColumn
  readonly label: string
  readonly isWide?: boolean
}

function SortHead({ view: { sorting, filter }, column, label, isWide = false }: SortHeadProps) {
  const query = addressQuery(filter, nextSorting(sorting, column)).toString()
  return (
    <th scope="col" class={isWide ? 'wide' : undefined} aria-sort={directionIn(sorting, column)}>
      <a href={`?${query}#tokens-heading`} data-sort={column}>
        {label} <span aria-hidden="true">{arrows[directionIn(sorting, column) ?? 'none']}</span>
      </a>
    </th>
  )
}

function Pages({ view: { page, pages, filter, sorting } }: Props) {
  if (pages === 1) return null
  const to = (number: number): string => {
    const query = addressQuery(filter, sorting)
    query.set('page', String(number))
    return `?${query.toString()}#tokens-heading`
  }
  return (
    <nav id="pages" class="row" aria-label="Pages of tokens">
      {page > 1 ? <a href={to(page - 1)}>Previous page</a> : null}
      {page < pages ? <a href={to(page + 1)}>Next page</a> : null}
    </nav>
  )
}
