import { CsrfField } from '@patkit/example-kit'
import type { ComponentChildren } from 'preact'
import { filterToQuery, flagChoices, statusChoices, withinChoices, type TokenFilter } from '../filter.js'
import { sortingToQuery, type SortColumn } from '../sort.js'
import { cards, type Totals } from '../totals.js'
import type { ReportView } from '../view-model.js'
import { number, progressInWords, timeInWords } from '../words.js'
import type { WireProgress, WireUnreadUser } from '../wire.js'
import { TokenRows } from './token-rows.js'

interface Props {
  readonly view: ReportView
  readonly csrfToken: string
}

/** A report, while it is made and afterwards. Whole without script; with it the table is live. */
export function ReportPage({ view, csrfToken }: Props) {
  const { id, organization, progress, totals, unread } = view
  return (
    <section id="report" data-report={id} data-as-of={progress.startedAt}>
      <h1>Tokens of everybody in {organization}</h1>
      <p class="quiet-text">
        As of <time dateTime={progress.startedAt}>{timeInWords(progress.startedAt)}</time>. When a token was last used
        is not listed, because Azure DevOps does not record it.
      </p>
      <Progress id={id} progress={progress} csrfToken={csrfToken} />
      <Cards totals={totals} />
      <Unread users={unread} />
      <Charts totals={totals} />
      <h2 id="tokens-heading">Tokens</h2>
      <FilterForm view={view} />
      <Downloads id={id} filter={view.filter} isOver={progress.state === 'done'} />
      <TokenForm view={view} csrfToken={csrfToken} />
    </section>
  )
}

function Progress({ id, progress, csrfToken }: { id: string; progress: WireProgress; csrfToken: string }) {
  const { state, usersDone, usersTotal, message } = progress
  const isUnderWay = state === 'running' || state === 'sign-in-needed'
  return (
    <div id="progress">
      <p id="progress-words">{progressInWords(progress)}</p>
      {isUnderWay ? (
        <progress
          id="progress-bar"
          aria-label="Users read"
          max={usersTotal ?? undefined}
          value={usersTotal === null ? undefined : usersDone}
        />
      ) : null}
      <p id="progress-message" class={state === 'cancelled' ? 'notice' : 'notice bad'} hidden={message === null}>
        {message}
      </p>
      <div class="row">
        <a id="sign-in" role="button" href={`/reports/${id}/sign-in`} hidden={state !== 'sign-in-needed'}>
          Sign in again
        </a>
        {isUnderWay ? (
          <form id="cancel" method="post" action={`/reports/${id}/cancel`}>
            <CsrfField token={csrfToken} />
            <button class="quiet">Cancel</button>
          </form>
        ) : (
          <form method="post" action="/reports">
            <CsrfField token={csrfToken} />
            <button class="quiet">Start a new report</button>
          </form>
        )}
      </div>
      <p id="announcements" class="skip" aria-live="polite" />
    </div>
  )
}

function Cards({ totals }: { totals: Totals }) {
  return (
    <ul class="figures" aria-label="Summary">
      {cards.map(({ name, label, query }) => (
        <li key={name}>
          <a href={`?${query}#tokens-heading`} data-query={query}>
            <strong data-figure={name}>{number(totals[name])}</strong> {label}
          </a>
        </li>
      ))}
    </ul>
  )
}

function Unread({ users }: { users: readonly WireUnreadUser[] }) {
  return (
    <details id="unread" class="notice bad" hidden={users.length === 0}>
      <summary>
        Users who could not be read: <span id="unread-count">{number(users.length)}</span>. Their tokens are missing
        here.
      </summary>
      <ul id="unread-users">
        {users.map(({ descriptor, displayName, reason, code }) => (
          <li key={descriptor}>
            <strong>{displayName ?? descriptor}</strong>: {reason} <small>({code})</small>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Charts({ totals }: { totals: Totals }) {
  return (
    <div class="grid">
      <Chart id="months" caption="When working tokens end" head="Month" entries={totals.months} />
      <Chart id="scopes" caption="What working tokens may do" head="Scope" entries={totals.scopes} />
    </div>
  )
}

interface ChartProps {
  readonly id: string
  readonly caption: string
  readonly head: string
  readonly entries: readonly (readonly [string, number])[]
}

function Chart({ id, caption, head, entries }: ChartProps) {
  const most = Math.max(1, ...entries.map(([, tokens]) => tokens))
  return (
    <table class="chart">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">Tokens</th>
        </tr>
      </thead>
      <tbody id={id}>
        {entries.map(([name, tokens]) => (
          <tr key={name}>
            <th scope="row">
              {id === 'scopes' ? (
                <a href={`?status=working&scope=${encodeURIComponent(name)}#tokens-heading`}>{name}</a>
              ) : (
                name
              )}
            </th>
            <td>
              <meter min={0} max={most} value={tokens} aria-hidden="true" /> {number(tokens)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const statusLabels = {
  working: 'Still work',
  active: 'Active',
  expiring: 'Expiring',
  expired: 'Expired',
  revoked: 'Revoked',
} as const
const flagLabels = {
  'full-access': 'Full access',
  'all-organizations': 'All organizations',
  'long-life': 'Valid over 180 days',
  'no-expiry': 'No expiry',
} as const

function FilterForm({ view: { filter, sorting } }: { view: ReportView }) {
  return (
    <form id="filter" method="get" action="#tokens-heading" role="search" aria-label="Filter the tokens">
      {Object.entries(sortingToQuery(sorting)).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <div class="fields">
        <Field label="Text">
          <input type="search" name="q" value={filter.text} maxLength={200} />
        </Field>
        <Field label="Owner">
          <input type="search" name="owner" value={filter.owner} maxLength={200} />
        </Field>
        <Field label="Status">
          <Select
            name="status"
            value={filter.status}
            choices={statusChoices.map((each) => [each, statusLabels[each]])}
          />
        </Field>
        <Field label="Ends within">
          <Select
            name="within"
            value={filter.withinDays === undefined ? '' : String(filter.withinDays)}
            choices={withinChoices.map((days) => [String(days), `${days} days`])}
          />
        </Field>
        <Field label="Scope">
          <input type="search" name="scope" value={filter.scope} placeholder="vso.code" maxLength={200} />
        </Field>
        <Field label="Look at">
          <Select name="flag" value={filter.flag} choices={flagChoices.map((each) => [each, flagLabels[each]])} />
        </Field>
      </div>
      <div class="row">
        <button class="quiet">Filter</button>
        <a id="clear-filter" role="button" class="quiet" href="?#tokens-heading">
          Show all
        </a>
      </div>
    </form>
  )
}

function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label>
      {label}
      {children}
    </label>
  )
}

function Select({
  name,
  value,
  choices,
}: {
  name: string
  value: string
  choices: readonly (readonly [string, string])[]
}) {
  const isOwn = value !== '' && !choices.some(([each]) => each === value)
  return (
    <select name={name}>
      <option value="">Any</option>
      {choices.map(([each, label]) => (
        <option key={each} value={each} selected={each === value}>
          {label}
        </option>
      ))}
      {isOwn ? (
        <option value={value} selected>
          {value}
        </option>
      ) : null}
    </select>
  )
}

const formats = [
  ['xlsx', 'Excel'],
  ['csv', 'CSV'],
  ['html', 'HTML'],
  ['ndjson', 'NDJSON'],
] as const

function Downloads({ id, filter, isOver }: { id: string; filter: TokenFilter; isOver: boolean }) {
  const query = filterToQuery(filter).toString()
  const links = (suffix: string, name: string) => (
    <>
      {formats.map(([format, label]) => (
        <>
          {' '}
          <a key={format} href={`/reports/${id}/tokens.${format}${suffix}`} data-download={name} data-format={format}>
            {label}
          </a>
        </>
      ))}
    </>
  )
  return (
    <p>
      Download everything{isOver ? '' : ' that was read so far'}:{links('', 'all')}
      <span id="filtered-downloads" hidden={query === ''}>
        {' '}
        · only what is shown:{links(`?${query}`, 'filtered')}
      </span>
    </p>
  )
}

function TokenForm({ view, csrfToken }: Props) {
  const { id, rows, matching, page, pages } = view
  return (
    <form id="selection" method="post" action={`/reports/${id}/revoke/preview`}>
      <CsrfField token={csrfToken} />
      <div id="selected" />
      <p id="matching" class="quiet-text">
        {number(matching)} tokens{pages > 1 ? `, page ${page} of ${pages}` : ''}
      </p>
      <table id="tokens" class="cards" aria-labelledby="tokens-heading">
        <thead>
          <tr>
            <th scope="col">Select</th>
            <SortHead view={view} column="token" label="Token" />
            <SortHead view={view} column="owner" label="Owner" />
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
      <div class="row">
        <button class="danger">Revoke the selected tokens…</button>
        <span id="selection-count" class="quiet-text" aria-live="polite" />
      </div>
    </form>
  )
}

function SortHead({
  view: { sorting, filter },
  column,
  label,
}: {
  view: ReportView
  column: SortColumn
  label: string
}) {
  const isCurrent = sorting.column === column
  const next = isCurrent && sorting.direction === 'ascending' ? 'descending' : 'ascending'
  const query = filterToQuery(filter)
  for (const [name, value] of Object.entries(sortingToQuery({ column, direction: next }))) query.set(name, value)
  return (
    <th scope="col" aria-sort={isCurrent ? sorting.direction : undefined}>
      <a href={`?${query.toString()}#tokens-heading`}>{label}</a>
    </th>
  )
}

function Pages({ view: { page, pages, filter, sorting } }: { view: ReportView }) {
  if (pages === 1) return null
  const to = (number: number): string => {
    const query = filterToQuery(filter)
    for (const [name, value] of Object.entries(sortingToQuery(sorting))) query.set(name, value)
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
