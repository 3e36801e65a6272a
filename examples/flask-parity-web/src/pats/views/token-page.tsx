import type { OwnToken } from '../own-tokens.js'
import { formOf, formToQuery } from '../pat-form.js'
import { Actions, FlagBadges, ScopeWords, shortName, StatusBadge, TokenName, When } from './parts.js'
import { allOrganizationsWords } from './pat-fields.js'
import { DoneWord } from './token-list.js'
import { flagsOf, stillWorks } from '@patkit/report'
import type { ComponentChildren } from 'preact'

interface TokenPageProps {
  readonly token: OwnToken
  readonly now: Date
  readonly done?: unknown
}

/** Everything the service tells about a token, and what can be done with it. */
export function TokenPage({ token, now, done }: TokenPageProps) {
  const { pat, status } = token
  return (
    <section>
      <h1>
        <bdi>{shortName(pat)}</bdi>
      </h1>
      <DoneWord done={done} />
      <p>
        <StatusBadge status={status} />
        <FlagBadges pat={pat} />
      </p>
      <TokenFacts token={token} now={now} />
      {stillWorks(status) ? <WorkingActions token={token} /> : <EndedActions token={token} />}
    </section>
  )
}

/** What a token is, for pages that are about to do something with it. */
export function TokenFacts({ token: { pat }, now }: Pick<TokenPageProps, 'token' | 'now'>) {
  return (
    <table class="cards">
      <tbody>
        <Fact name="Name">
          <TokenName pat={pat} />
        </Fact>
        <Fact name="Expires">
          <When time={pat.validTo} text={pat.validToText} now={now} />
        </Fact>
        <Fact name="Created">
          <When time={pat.validFrom} text={pat.validFromText} now={now} />
        </Fact>
        <Fact name="It may">
          <ScopeWords scope={pat.scope} />
        </Fact>
        <Fact name="Works in">
          {flagsOf(pat).allOrganizations
            ? `All organizations you can reach. ${allOrganizationsWords}`
            : 'This organization'}
        </Fact>
        <Fact name="Authorization id">
          <code>{pat.authorizationId}</code>
        </Fact>
      </tbody>
    </table>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <tr>
      <th scope="row" class="quiet-text">
        {name}
      </th>
      <td>{children}</td>
    </tr>
  )
}

function WorkingActions({ token: { pat } }: Pick<TokenPageProps, 'token'>) {
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  return (
    <Actions>
      <a role="button" href={`${page}/edit`}>
        Edit
      </a>
      <a role="button" class="quiet" href={`${page}/rotate`}>
        Rotate
      </a>
      <a role="button" class="danger" href={`${page}/revoke`}>
        Revoke
      </a>
      <a href="/pats">All your tokens</a>
    </Actions>
  )
}

/** What helps when a token can be used, changed and rotated no more. */
export function EndedActions({ token: { pat, status } }: Pick<TokenPageProps, 'token'>) {
  const query = formToQuery(formOf(pat, 'keep'))
  return (
    <>
      <p>
        {status === 'revoked'
          ? 'A revoked token cannot be changed, and does not come back. Create another one like it instead.'
          : 'An expired token cannot be changed or extended. Create another one like it instead.'}
      </p>
      <Actions>
        <a role="button" href={query === undefined ? '/pats/new' : `/pats/new?${query}`}>
          Create one like it
        </a>
        <a href="/pats">All your tokens</a>
      </Actions>
    </>
  )
}
