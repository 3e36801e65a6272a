import { CsrfField } from '@patkit/example-kit'
import { endsInWords, number, plural } from '../words.js'
import type { WireRow } from '../wire.js'

interface PreviewProps {
  readonly reportId: string
  readonly rows: readonly WireRow[]
  readonly csrfToken: string
  /** Makes sure that a form that is sent twice acts once. */
  readonly formId: string
  /** What is wrong with the number that was typed. */
  readonly fault?: string | undefined
}

/** What would be revoked, and the question whether that is meant. */
export function RevocationPreview({ reportId, rows, csrfToken, formId, fault }: PreviewProps) {
  return (
    <section>
      <h1>Revoke {plural(rows.length, 'token')}?</h1>
      <p>Whatever uses these tokens stops working, within an hour at most. This cannot be undone.</p>
      <RowTable rows={rows} caption="Tokens that will be revoked" />
      <form method="post" action={`/reports/${reportId}/revoke`} class="narrow">
        <CsrfField token={csrfToken} />
        <input type="hidden" name="form" value={formId} />
        {rows.map(({ id }) => (
          <input key={id} type="hidden" name="token" value={id} />
        ))}
        <label>
          Type the number of tokens, {rows.length}, to confirm
          <input
            name="count"
            inputMode="numeric"
            autocomplete="off"
            required
            aria-invalid={fault === undefined ? undefined : 'true'}
            aria-describedby={fault === undefined ? undefined : 'count-fault'}
          />
        </label>
        {fault === undefined ? null : (
          <strong id="count-fault" class="fault">
            {fault}
          </strong>
        )}
        <div class="row">
          <button class="danger">Revoke {plural(rows.length, 'token')}</button>
          <a role="button" class="quiet" href={`/reports/${reportId}`}>
            Back to the report
          </a>
        </div>
      </form>
    </section>
  )
}

/** What became of each token. */
export interface RevocationResultRow {
  readonly row: WireRow
  /** Why it was not revoked. */
  readonly fault: string | undefined
}

export function RevocationResult({
  reportId,
  results,
}: {
  readonly reportId: string
  readonly results: readonly RevocationResultRow[]
}) {
  const failed = results.filter(({ fault }) => fault !== undefined)
  const done = results.length - failed.length
  return (
    <section>
      <h1>
        {failed.length === 0
          ? `${plural(done, 'token')} revoked`
          : `${number(done)} of ${plural(results.length, 'token')} revoked`}
      </h1>
      <p>It may take up to an hour until the service refuses them everywhere.</p>
      <table class="cards">
        <caption>Result per token</caption>
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col">Owner</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {results.map(({ row, fault }) => (
            <tr key={row.id}>
              <th scope="row">
                <span class="clip">{row.token ?? '(no name)'}</span>
              </th>
              <td data-label="Owner">
                <span class="clip">{row.owner}</span>
              </td>
              <td data-label="Result">{fault === undefined ? '✓ Revoked' : `✕ Not revoked: ${fault}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <a role="button" href={`/reports/${reportId}`}>
        Back to the report
      </a>
    </section>
  )
}

function RowTable({ rows, caption }: { readonly rows: readonly WireRow[]; readonly caption: string }) {
  return (
    <table class="cards">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Token</th>
          <th scope="col">Owner</th>
          <th scope="col">Ends</th>
          <th scope="col">Scopes</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">
              <span class="clip">{row.token ?? '(no name)'}</span>
            </th>
            <td data-label="Owner">
              <span class="clip">{row.owner}</span>
            </td>
            <td data-label="Ends">{endsInWords(row)}</td>
            <td data-label="Scopes">
              <span class="clip">{row.scopes.join(' ')}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
