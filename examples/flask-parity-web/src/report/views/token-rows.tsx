import { endsInWords, statusWords, timeInWords } from '../words.js'
import type { WireRow } from '../wire.js'

/** The tokens of a page of the table. */
export function TokenRows({ rows }: { readonly rows: readonly WireRow[] }) {
  if (rows.length === 0) {
    return (
      <tr>
        <td colSpan={7}>No tokens to show.</td>
      </tr>
    )
  }
  return (
    <>
      {rows.map((row) => (
        <TokenRow key={row.id} row={row} />
      ))}
    </>
  )
}

function TokenRow({ row }: { readonly row: WireRow }) {
  const name = row.token ?? '(no name)'
  return (
    <tr>
      <td>
        {row.status === 'active' || row.status === 'expiring' ? (
          <input
            type="checkbox"
            name="token"
            value={row.id}
            aria-label={`Select ${name.slice(0, 80)} of ${row.owner.slice(0, 80)}`}
          />
        ) : null}
      </td>
      <th scope="row">
        <Clipped text={name} />
      </th>
      <td data-label="Owner">
        <span class="clip">
          {row.owner}
          {row.ownerMail === null || row.ownerMail === row.owner ? null : (
            <small class="quiet-text"> {row.ownerMail}</small>
          )}
        </span>
      </td>
      <td data-label="Status">
        <span class={`badge ${row.status}`}>{statusWords[row.status]}</span>
      </td>
      <td data-label="Ends">
        {endsInWords(row)}
        {row.expires === null ? null : (
          <small class="quiet-text">
            {' '}
            <time dateTime={row.expires}>{timeInWords(row.expires)}</time>
          </small>
        )}
      </td>
      <td data-label="Scopes">
        <Clipped text={row.scopes.join(' ')} /> {row.fullAccess ? <span class="badge bad">Full access</span> : null}{' '}
        {row.allOrganizations ? <span class="badge bad">All organizations</span> : null}
      </td>
      <td data-label="Created">
        {row.created === null ? null : <time dateTime={row.created}>{timeInWords(row.created)}</time>}
      </td>
    </tr>
  )
}

/** A text of any length: what does not fit opens when it is reached, also by the keyboard. */
function Clipped({ text }: { readonly text: string }) {
  return (
    <span class="clip" tabIndex={text.length > 120 ? 0 : undefined}>
      {text}
    </span>
  )
}
