import { CsrfField } from '@patkit/example-kit'
import { filterToQuery } from '../filter.js'
import { cards, type Totals } from '../totals.js'
import type { ReportView } from '../view-model.js'
import { isUnderWay, number, progressInWords, timeInWords } from '../words.js'
import type { WireProgress, WireUnreadUser } from '../wire.js'
import { Charts } from './charts.js'
import { FilterForm } from './filter-form.js'
import { LongText } from './long-text.js'
import { TokenTable } from './token-table.js'

interface Props {
  readonly view: ReportView
  readonly csrfToken: string
}

/** A report, while it is made and afterwards. Whole without script; with it the page is live. */
export function ReportPage({ view, csrfToken }: Props) {
  const { id, organization, progress, totals, unread } = view
  return (
    <section id="report" data-report={id}>
      <h1>Tokens of everybody in {organization}</h1>
      <Progress id={id} progress={progress} csrfToken={csrfToken} />
      <Unread users={unread} />
      <Cards totals={totals} />
      <Charts totals={totals} />
      <h2 id="tokens-heading" tabIndex={-1}>
        Tokens
      </h2>
      <FilterForm view={view} />
      <Downloads view={view} />
      <TokenTable view={view} csrfToken={csrfToken} />
    </section>
  )
}

function Progress({ id, progress, csrfToken }: { id: string; progress: WireProgress; csrfToken: string }) {
  const { state, usersDone, usersTotal, message, startedAt } = progress
  const isOver = !isUnderWay(state)
  return (
    <div id="progress">
      <p>
        <strong id="progress-words">{progressInWords(progress)}</strong>
      </p>
      <progress
        id="progress-bar"
        aria-label="Users read"
        max={usersTotal ?? undefined}
        value={usersTotal === null ? undefined : usersDone}
        hidden={isOver}
      />
      <p class="quiet-text">
        As of <time dateTime={startedAt}>{timeInWords(startedAt)}</time>. When a token was last used is not listed,
        because Azure DevOps does not record it.
      </p>
      <p id="progress-message" class={state === 'cancelled' ? 'notice' : 'notice bad'} hidden={message === null}>
        {message}
      </p>
      <div class="row">
        <a id="sign-in" role="button" href={`/reports/${id}/sign-in`} hidden={state !== 'sign-in-needed'}>
          Sign in again
        </a>
        <form id="cancel" method="post" action={`/reports/${id}/cancel`} hidden={isOver}>
          <CsrfField token={csrfToken} />
          <button class="quiet">Cancel</button>
        </form>
        <form id="start" method="post" action="/reports" hidden={!isOver}>
          <CsrfField token={csrfToken} />
          <button class="quiet">Start a new report</button>
        </form>
      </div>
      <p id="announcements" class="skip" aria-live="polite" />
    </div>
  )
}

function Cards({ totals }: { totals: Totals }) {
  return (
    <div class="figures" role="group" aria-label="Summary">
      {cards.map(({ name, label, query }) => (
        <a key={name} class="notice" href={`?${query}#tokens-heading`} data-query={query}>
          <strong data-figure={name}>{number(totals[name])}</strong> {label}
        </a>
      ))}
    </div>
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
            <LongText text={displayName ?? descriptor} /> <span class="hint">{`${reason} (${code})`}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

const formats = [
  ['xlsx', 'Excel'],
  ['csv', 'CSV'],
  ['html', 'HTML'],
  ['ndjson', 'NDJSON'],
] as const

function Downloads({ view: { id, filter, progress } }: { view: ReportView }) {
  const query = filterToQuery(filter).toString()
  const links = (which: 'all' | 'filtered', suffix: string) =>
    formats.map(([format, label]) => (
      <a
        key={format}
        href={`/reports/${id}/tokens.${format}${suffix}`}
        aria-label={`${label}: ${which === 'all' ? 'everything' : 'only what is shown'}`}
        data-download={which}
        data-format={format}
      >
        {label}
      </a>
    ))
  return (
    <>
      <div class="row">
        <span>
          Download everything
          <span id="so-far" hidden={progress.state === 'done'}>
            {' '}
            that was read so far
          </span>
        </span>
        {links('all', '')}
      </div>
      <div id="filtered-downloads" hidden={query === ''}>
        <div class="row">
          <span>Download only what is shown</span>
          {links('filtered', `?${query}`)}
        </div>
      </div>
    </>
  )
}
