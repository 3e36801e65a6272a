import { listFilters, type ListFilter, type OwnToken } from '../own-tokens.js'
import { FlagBadges, ScopeNames, shortName, StatusBadge, TokenName, When } from './parts.js'
import { stillWorks } from '@patkit/report'

/** A word about what was just done. The address carries one of these, never a text. */
export const doneWords = {
  revoked: 'The token was revoked.',
  'already-revoked': 'The token had been revoked before; nothing was left to do.',
  updated: 'Your changes were saved.',
  unchanged: 'Nothing was changed, so nothing was sent.',
  shortened:
    'Your changes were saved, but the service set another end than you asked for: a policy limits how long tokens live.',
} as const

export function DoneWord({ done }: { readonly done: unknown }) {
  const isKnown = typeof done === 'string' && Object.hasOwn(doneWords, done)
  return isKnown ? (
    <p class="notice" role="status">
      {doneWords[done as keyof typeof doneWords]}
    </p>
  ) : null
}

const filterWords: Readonly<Record<ListFilter, string>> = {
  active: 'Active',
  expired: 'Expired',
  revoked: 'Revoked',
  all: 'All',
}

interface TokenListProps {
  readonly organization: string
  readonly tokens: readonly OwnToken[]
  readonly filter: ListFilter
  readonly now: Date
  readonly done: unknown
}

/** One's own tokens, to choose what to do with them. */
export function TokenList({ organization, tokens, filter, now, done }: TokenListProps) {
  return (
    <section>
      <h1>Your tokens in {organization}</h1>
      <DoneWord done={done} />
      <div class="row">
        <a role="button" href="/pats/new">
          Create a token
        </a>
        <a role="button" class="quiet" href="/pat_get">
          Find by authorization id
        </a>
      </div>
      <nav aria-label="Which tokens to show">
        <ul>
          {listFilters.map((each) => (
            <li key={each}>
              <a href={`/pats?show=${each}`} aria-current={each === filter ? 'true' : undefined}>
                {filterWords[each]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {tokens.length === 0 ? <Empty filter={filter} /> : <Table tokens={tokens} filter={filter} now={now} />}
    </section>
  )
}

function Empty({ filter }: { readonly filter: ListFilter }) {
  if (filter === 'all') return <p>You have no tokens here. A token lets a program act in your name.</p>
  return (
    <p>
      You have no {filter} tokens. <a href="/pats?show=all">Show all</a>
    </p>
  )
}

function Table({ tokens, filter, now }: Pick<TokenListProps, 'tokens' | 'filter' | 'now'>) {
  const count = `${tokens.length.toLocaleString('en')} ${filter === 'all' ? '' : `${filter} `}`
  return (
    <table class="cards">
      <caption>
        {count}
        {tokens.length === 1 ? 'token' : 'tokens, the newest first'}
      </caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col">Scopes</th>
          <th scope="col">Expires (UTC)</th>
          <th scope="col">Actions</th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <Row key={token.pat.authorizationId} token={token} now={now} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ token: { pat, status }, now }: { readonly token: OwnToken; readonly now: Date }) {
  return (
    <tr>
      <th scope="row">
        <TokenName pat={pat} />
      </th>
      <td data-label="Status">
        <StatusBadge status={status} />
        <FlagBadges pat={pat} isStacked />
      </td>
      <td data-label="Scopes">
        <ScopeNames scope={pat.scope} />
      </td>
      <td data-label="Expires (UTC)">
        <When time={pat.validTo} text={pat.validToText} now={now} isStacked />
      </td>
      <td data-label="Actions">
        <RowActions token={{ pat, status }} />
      </td>
    </tr>
  )
}

function RowActions({ token: { pat, status } }: { readonly token: OwnToken }) {
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  const actions = [
    ['Details', page],
    ...(stillWorks(status)
      ? [
          ['Edit', `${page}/edit`],
          ['Rotate', `${page}/rotate`],
          ['Revoke', `${page}/revoke`],
        ]
      : []),
  ] as const
  return (
    <>
      {actions.map(([word = '', href = '']) => (
        <span key={href}>
          <a href={href} aria-label={`${word}: ${shortName(pat, 60)}`}>
            {word}
          </a>{' '}
        </span>
      ))}
    </>
  )
}
