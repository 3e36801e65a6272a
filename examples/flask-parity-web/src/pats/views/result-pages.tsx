import type { Notice } from '../refusal.js'
import { Actions, shortName, TokenName, When } from './parts.js'
import { TokenFacts } from './token-page.js'
import type { CreatedPat, PersonalToken } from '@patkit/core'
import { CsrfField } from '@patkit/example-kit'

/** What became of the token that a new one replaces. */
export type Replaced =
  | { readonly kind: 'revoked'; readonly old: PersonalToken }
  | { readonly kind: 'still-works'; readonly old: PersonalToken; readonly notice: Notice }

interface SecretPageProps {
  readonly created: CreatedPat
  readonly csrfToken: string
  readonly now: Date
  readonly replaced?: Replaced
}

/** Shows the secret of a new token, the only time. */
export function SecretPage({ created: { pat, secret, validToAdjusted }, csrfToken, now, replaced }: SecretPageProps) {
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  return (
    <section>
      <h1>
        Copy your new token “<bdi>{shortName(pat)}</bdi>”
      </h1>
      <p>
        <strong>It is shown this once only.</strong> Nobody can show it again: neither this site nor Azure DevOps keeps
        it. Copy it to where it is needed before you leave this page.
      </p>
      <SecretBox secret={secret.reveal()} page={page} />
      {validToAdjusted ? (
        <p class="notice warn">
          The service set another end than you asked for, because a policy limits how long tokens live:{' '}
          <When time={pat.validTo} text={pat.validToText} now={now} />
        </p>
      ) : null}
      {replaced === undefined ? null : <ReplacedWord replaced={replaced} csrfToken={csrfToken} />}
      <TokenFacts token={{ pat, status: 'active' }} now={now} />
      <Actions>
        <a role="button" class="quiet" href="/pats">
          I have copied it: all your tokens
        </a>
      </Actions>
    </section>
  )
}

/** Without script the secret is folded; the script takes it out of the page, and shows or copies it. */
function SecretBox({ secret, page }: { readonly secret: string; readonly page: string }) {
  return (
    <article data-secret-box data-page={page}>
      <details data-folded>
        <summary>Show the token</summary>
        <code data-secret translate={false}>
          {secret}
        </code>
      </details>
      <div data-controls hidden>
        <input data-shown readOnly aria-label="New token" autocomplete="off" spellcheck={false} />
        <div class="row">
          <button type="button" data-copy>
            Copy
          </button>
          <button type="button" class="quiet" data-show>
            Show
          </button>
        </div>
      </div>
      <p class="hint" role="status" data-word />
    </article>
  )
}

function ReplacedWord({ replaced, csrfToken }: { readonly replaced: Replaced; readonly csrfToken: string }) {
  const { old } = replaced
  if (replaced.kind === 'revoked') {
    return (
      <p class="notice">
        The old token (<code>{old.authorizationId}</code>) was revoked.
      </p>
    )
  }
  const { message, hint, reference } = replaced.notice
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>The old token still works, because it could not be revoked.</strong> {message} {hint}
      </p>
      {reference === undefined ? null : <p class="hint">Reference at the service: {reference}</p>}
      <form method="post" action={`/pats/${encodeURIComponent(old.authorizationId)}/revoke`} target="_blank">
        <CsrfField token={csrfToken} />
        <button class="danger">Try again to revoke the old token (in a new tab)</button>
      </form>
    </div>
  )
}

/** Says that a form was sent before, and what came of it. */
export function AlreadySentPage(props: {
  readonly kind: 'made' | 'under-way'
  readonly authorizationId: string | undefined
  readonly again: string
}) {
  const { kind, authorizationId, again } = props
  return (
    <section>
      <h1>This form was sent already</h1>
      <p>
        <strong>No second token was created.</strong>{' '}
        {kind === 'made'
          ? 'The token was made when the form was sent for the first time, and its secret was shown then. It cannot be shown again.'
          : 'The token is being made this moment. Its secret is shown in the answer to the first time the form was sent.'}
      </p>
      {kind === 'made' ? <p>If you did not copy the secret, rotate the token: that gives you a new secret.</p> : null}
      <Actions>
        {authorizationId === undefined ? null : (
          <>
            <a role="button" href={`/pats/${encodeURIComponent(authorizationId)}`}>
              Show the token
            </a>
            <a role="button" class="quiet" href={`/pats/${encodeURIComponent(authorizationId)}/rotate`}>
              Rotate it
            </a>
          </>
        )}
        <a href="/pats">All your tokens</a>
        <a href={again}>Create another one</a>
      </Actions>
    </section>
  )
}

/** Says that nobody knows whether a token was made, and offers to find out. */
export function OutcomeUnknownPage(props: {
  readonly csrfToken: string
  readonly displayName: string
  readonly startedAt: Date
  readonly message: string | undefined
  /** Whether an older token was to be replaced: it was left alone. */
  readonly replaces: boolean
}) {
  const { csrfToken, displayName, startedAt, message, replaces } = props
  return (
    <section>
      <h1>It is not known whether the token was created</h1>
      <p>
        The request for “<bdi>{shortName({ displayName })}</bdi>” was sent to Azure DevOps at{' '}
        <time dateTime={startedAt.toISOString()}>{startedAt.toISOString().slice(11, 19)} UTC</time>, and its answer was
        lost. It was not sent again: that could have made a second token whose secret nobody has.
      </p>
      {message === undefined ? null : <p class="hint">{message}</p>}
      <p>
        If a token was made, its secret is lost, and it should be revoked. Find out now, then create the token again.
        {replaces ? ' The old token was not touched, and still works.' : ''}
      </p>
      <form method="post" action="/pats/reconcile">
        <CsrfField token={csrfToken} />
        <input type="hidden" name="displayName" value={displayName} />
        <input type="hidden" name="startedAt" value={startedAt.toISOString()} />
        <Actions>
          <button>Find out whether it was created</button>
          <a href="/pats">All your tokens</a>
        </Actions>
      </form>
    </section>
  )
}

/** What was found of a token of which nobody knew whether it was created. */
export function ReconciledPage(props: {
  readonly csrfToken: string
  readonly displayName: string
  readonly found: readonly PersonalToken[]
  readonly now: Date
  readonly again: string
}) {
  const { csrfToken, displayName, found, now, again } = props
  if (found.length === 0) {
    return (
      <section>
        <h1>No token was created</h1>
        <p>
          There is no token called “<bdi>{shortName({ displayName })}</bdi>” from that time. It is safe to create it
          now.
        </p>
        <Actions>
          <a role="button" href={again}>
            Create it again
          </a>
          <a href="/pats">All your tokens</a>
        </Actions>
      </section>
    )
  }
  return (
    <section>
      <h1>{found.length === 1 ? 'A token was created' : `${found.length} tokens were created`}</h1>
      <p>
        {found.length === 1
          ? 'This token was made at that time under this name. Unless you made it in another way, its secret is lost: revoke it, then create another one.'
          : 'These tokens were made around that time under this name. Revoke the one whose secret nobody has, then create another one.'}
      </p>
      {found.map((pat) => (
        <Orphan key={pat.authorizationId} pat={pat} csrfToken={csrfToken} now={now} />
      ))}
      <Actions>
        <a href={again}>Create another one</a>
        <a href="/pats">All your tokens</a>
      </Actions>
    </section>
  )
}

function Orphan({
  pat,
  csrfToken,
  now,
}: {
  readonly pat: PersonalToken
  readonly csrfToken: string
  readonly now: Date
}) {
  return (
    <article>
      <p>
        <TokenName pat={pat} />, created <When time={pat.validFrom} text={pat.validFromText} now={now} />
      </p>
      <form method="post" action={`/pats/${encodeURIComponent(pat.authorizationId)}/revoke`}>
        <CsrfField token={csrfToken} />
        <button class="danger" aria-label={`Revoke it: ${shortName(pat, 60)}`}>
          Revoke it
        </button>
      </form>
    </article>
  )
}

/** Says that an address takes forms only, and where the form is. */
export function MethodPage(props: { readonly sentence: string; readonly href: string; readonly label: string }) {
  const { sentence, href, label } = props
  return (
    <section>
      <h1>This page cannot be opened like that</h1>
      <p>{sentence}</p>
      <Actions>
        <a role="button" href={href}>
          {label}
        </a>
      </Actions>
    </section>
  )
}
