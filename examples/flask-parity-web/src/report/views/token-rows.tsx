import { isWorking } from '../filter.js'
import { badgesOf, endsInWords, isTime, nameOf, selectLabel, statusWords, timeInWords } from '../words.js'
import type { WireRow } from '../wire.js'
import { LongText } from './long-text.js'

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
  return (
    <tr>
      <td>
        {isWorking(row) ? <input type="checkbox" name="token" value={row.id} aria-label={selectLabel(row)} /> : null}
      </td>
      <th scope="row">
        <LongText text={nameOf(row)} />
      </th>
      <td data-label="Owner">
        <Owner row={row} />
      </td>
      <td data-label="Status">
        <span class={`badge ${row.status}`}>{statusWords[row.status]}</span>
      </td>
      <td data-label="Ends">
        <Ends row={row} />
      </td>
      <td data-label="Scopes">
        <LongText text={row.scopes.join(' ')} />
        {badgesOf(row).map((word) => (
          <>
            {' '}
            <span class="badge bad">{word}</span>
          </>
        ))}
      </td>
      <td data-label="Created">{row.created === null ? null : <Time iso={row.created} />}</td>
    </tr>
  )
}

export function Owner({ row: { owner, ownerMail } }: { readonly row: WireRow }) {
  return (
    <>
      <LongText text={owner} />
      {ownerMail === null || ownerMail === owner ? null : (
        <div class="hint">
          <LongText text={ownerMail} />
        </div>
      )}
    </>
  )
}

/** When a token ends, in words and as the time. */
export function Ends({ row }: { readonly row: WireRow }) {
  return (
    <>
      {endsInWords(row)}
      {row.expires === null ? null : (
        <div class="hint">
          <Time iso={row.expires} />
        </div>
      )}
    </>
  )
}

function Time({ iso }: { readonly iso: string }) {
  return isTime(iso) ? <time dateTime={iso}>{timeInWords(iso)}</time> : <LongText text={iso} />
}
