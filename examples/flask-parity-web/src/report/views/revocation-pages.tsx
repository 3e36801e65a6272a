import { CsrfField } from '@patkit/example-kit'
import type { ComponentChildren } from 'preact'
import { nameOf, number, plural } from '../words.js'
import type { WireRow } from '../wire.js'
import { LongText } from './long-text.js'
import { Ends, Owner } from './token-rows.js'

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
  const owners = new Set(rows.map(({ owner, ownerMail }) => ownerMail ?? owner))
  return (
    <section>
      <h1>Revoke {plural(rows.length, 'token')}?</h1>
      {fault === undefined ? null : (
        <p class="notice bad" role="alert">
          Nothing was revoked. <a href="#count">{fault}</a>
        </p>
      )}
      <p>
        {owners.size === 1 ? 'One person owns them.' : `${number(owners.size)} people own them.`} Whatever uses these
        tokens stops working, within an hour at most. This cannot be undone.
      </p>
      <Scrolled label="Tokens that would be revoked">
        <table class="cards">
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
              <PreviewRow key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      </Scrolled>
      <form method="post" action={`/reports/${reportId}/revoke`} class="narrow">
        <CsrfField token={csrfToken} />
        <input type="hidden" name="form" value={formId} />
        {rows.map(({ id }) => (
          <input key={id} type="hidden" name="token" value={id} />
        ))}
        <label for="count">Type the number of tokens, {rows.length}, to confirm</label>
        <input
          id="count"
          name="count"
          inputMode="numeric"
          autocomplete="off"
          required
          autofocus={fault !== undefined}
          aria-invalid={fault === undefined ? undefined : 'true'}
          aria-describedby={fault === undefined ? undefined : 'count-fault'}
        />
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

function PreviewRow({ row }: { readonly row: WireRow }) {
  return (
    <tr>
      <th scope="row">
        <LongText text={nameOf(row)} />
      </th>
      <td data-label="Owner">
        <Owner row={row} />
      </td>
      <td data-label="Ends">
        <Ends row={row} />
      </td>
      <td data-label="Scopes">
        <LongText text={row.scopes.join(' ')} />
      </td>
    </tr>
  )
}

/** What became of each token. */
export interface RevocationResultRow {
  readonly row: WireRow
  /** Why it was not revoked. */
  readonly fault: string | undefined
}

interface ResultProps {
  readonly reportId: string
  readonly results: readonly RevocationResultRow[]
}

export function RevocationResult({ reportId, results }: ResultProps) {
  const done = results.filter(({ fault }) => fault === undefined).length
  const failedFirst = [...results].sort((a, b) => Number(a.fault === undefined) - Number(b.fault === undefined))
  return (
    <section>
      <h1>
        {done === results.length
          ? `${plural(done, 'token')} revoked`
          : `${number(done)} of ${plural(results.length, 'token')} revoked`}
      </h1>
      {done === 0 ? null : <p>It may take up to an hour until the service refuses what was revoked everywhere.</p>}
      <Scrolled label="Result per token">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">Owner</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {failedFirst.map(({ row, fault }) => (
              <tr key={row.id}>
                <th scope="row">
                  <LongText text={nameOf(row)} />
                </th>
                <td data-label="Owner">
                  <Owner row={row} />
                </td>
                <td data-label="Result">{fault === undefined ? '✓ Revoked' : `✕ Not revoked: ${fault}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <a role="button" href={`/reports/${reportId}`}>
        Back to the report
      </a>
    </section>
  )
}

/** A list of any length that does not push what follows off the window. */
function Scrolled({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
