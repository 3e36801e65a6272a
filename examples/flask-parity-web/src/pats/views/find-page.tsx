/** What somebody wants to do with the token they look for. */
export type Purpose = 'show' | 'edit' | 'revoke'

const words: Readonly<Record<Purpose, readonly [title: string, button: string]>> = {
  show: ['Find a token', 'Show it'],
  edit: ['Update a token', 'Go on'],
  revoke: ['Revoke a token', 'Go on'],
}

export const findTitle = (purpose: Purpose): string => words[purpose][0]

interface FindPageProps {
  readonly purpose: Purpose
  readonly authorizationId: string
  readonly fault: string | undefined
}

/** Asks for an authorization id. */
export function FindPage({ purpose, authorizationId, fault }: FindPageProps) {
  const isWrong = fault !== undefined
  const [title, button] = words[purpose]
  return (
    <section class="narrow">
      <h1>{title}</h1>
      {isWrong ? (
        <div class="notice bad" role="alert">
          <p>
            <a href="#authorizationId">{fault}</a>
          </p>
        </div>
      ) : null}
      <form method="get" action="/pat_get">
        {purpose === 'show' ? null : <input type="hidden" name="for" value={purpose} />}
        <label for="authorizationId">Authorization id</label>
        {isWrong ? (
          <span class="fault" id="authorizationId-fault">
            {fault}
          </span>
        ) : null}
        <input
          id="authorizationId"
          name="authorizationId"
          value={authorizationId}
          autocomplete="off"
          spellcheck={false}
          aria-required="true"
          aria-invalid={isWrong ? 'true' : undefined}
          aria-describedby={isWrong ? 'authorizationId-fault authorizationId-hint' : 'authorizationId-hint'}
        />
        <small class="hint" id="authorizationId-hint">
          It stands on the page of each token, and looks like 5b1e8c9a-0c1d-4f6e-9d2b-3a7f1c2e4d5f.
        </small>
        <div class="row">
          <button>{button}</button>
          <a href="/pats">All your tokens</a>
        </div>
      </form>
    </section>
  )
}
