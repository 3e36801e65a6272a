import type { PatFaults } from '../check-pat-form.js'
import type { OwnToken } from '../own-tokens.js'
import type { PatForm } from '../pat-form.js'
import type { Notice } from '../refusal.js'
import { Actions, FaultSummary, FlagBadges, NoticeBox, shortName, StatusBadge } from './parts.js'
import { ExpiryField, PatFields } from './pat-fields.js'
import { absoluteTime } from './time.js'
import { EndedActions, TokenFacts } from './token-page.js'
import { CsrfField } from '@patkit/example-kit'
import { flagsOf } from '@patkit/report'

/** What every form that is sent has. */
interface FormPageProps {
  readonly csrfToken: string
  readonly now: Date
  readonly form: PatForm
  readonly faults: PatFaults
  readonly notice: Notice | undefined
}

/** A new form that may be sent once. */
interface OneTimeProps extends FormPageProps {
  readonly formId: string
}

/** Asks what a new token is to be. */
export function CreatePage({ csrfToken, formId, now, form, faults, notice }: OneTimeProps) {
  return (
    <section>
      <h1>Create a token</h1>
      <NoticeBox notice={notice} />
      <FaultSummary faults={faults} />
      <form method="post" action="/pats" autocomplete="off" noValidate>
        <CsrfField token={csrfToken} />
        <input type="hidden" name="form" value={formId} />
        <PatFields form={form} faults={faults} now={now} />
        <Actions>
          <button>Create the token</button>
          <a href="/pats">Cancel</a>
        </Actions>
      </form>
    </section>
  )
}

/** Asks what of a token is to be changed. */
export function EditPage({ token, ...props }: FormPageProps & { readonly token: OwnToken }) {
  const { csrfToken, now, form, faults, notice } = props
  const { pat } = token
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  return (
    <section>
      <h1>
        Edit “<bdi>{shortName(pat)}</bdi>”
      </h1>
      <p>
        <StatusBadge status={token.status} />
        <FlagBadges pat={pat} />
      </p>
      <NoticeBox notice={notice} />
      <FaultSummary faults={faults} />
      <form method="post" action={page} autocomplete="off" noValidate>
        <CsrfField token={csrfToken} />
        <PatFields form={form} faults={faults} now={now} currentEnd={endOf(token)} />
        <p class="hint">The secret stays the same. To get a new one, rotate the token.</p>
        <Actions>
          <button>Save the changes</button>
          <a href={page}>Cancel</a>
        </Actions>
      </form>
    </section>
  )
}

function endOf({ pat: { validTo, validToText } }: OwnToken): string {
  if (validTo === null) return validToText ?? 'unknown'
  return validTo.getUTCFullYear() >= 9999 ? 'never' : absoluteTime(validTo)
}

/** Explains what rotating does, and asks when the new token is to end. */
export function RotatePage({ token, ...props }: OneTimeProps & { readonly token: OwnToken }) {
  const { csrfToken, formId, now, form, faults, notice } = props
  const { pat } = token
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  const { validTo: expiryFault, ...others } = faults
  return (
    <section>
      <h1>
        Rotate “<bdi>{shortName(pat)}</bdi>”
      </h1>
      <NoticeBox notice={notice} />
      {Object.values(others).map((fault) => (
        <NoticeBox key={fault} notice={{ message: fault, hint: 'Edit the token first, then rotate it.' }} />
      ))}
      <FaultSummary faults={expiryFault === undefined ? {} : { validTo: expiryFault }} />
      <p>A token that may have been seen by others, or is about to end, is replaced like this:</p>
      <ol>
        <li>A new token with the same name and the same scopes is created, and its secret is shown to you once.</li>
        <li>Then this token is revoked. Whatever uses its secret stops working until it has the new one.</li>
      </ol>
      {flagsOf(pat).allOrganizations ? (
        <p class="notice warn">
          This token works in all organizations. No such tokens are created any more, so that the new one works in this
          organization only.
        </p>
      ) : null}
      <TokenFacts token={token} now={now} />
      <form method="post" action={`${page}/rotate`} autocomplete="off" noValidate>
        <CsrfField token={csrfToken} />
        <input type="hidden" name="form" value={formId} />
        <ExpiryField form={form} faults={faults} now={now} />
        <Actions>
          <button>Create the new token and revoke this one</button>
          <a href={page}>Cancel</a>
        </Actions>
      </form>
    </section>
  )
}

/** Asks whether this token, by its name, is to be revoked. */
export function RevokePage(props: {
  readonly csrfToken: string
  readonly now: Date
  readonly token: OwnToken
  readonly notice: Notice | undefined
}) {
  const { csrfToken, now, token, notice } = props
  const { pat, status } = token
  const page = `/pats/${encodeURIComponent(pat.authorizationId)}`
  return (
    <section>
      <h1>
        Revoke “<bdi>{shortName(pat)}</bdi>”?
      </h1>
      <NoticeBox notice={notice} />
      <p>Whatever uses this token stops working. A revoked token cannot be brought back.</p>
      <p>
        <StatusBadge status={status} />
        <FlagBadges pat={pat} />
      </p>
      <TokenFacts token={token} now={now} />
      <form method="post" action={`${page}/revoke`}>
        <CsrfField token={csrfToken} />
        <Actions>
          <button class="danger">Revoke this token</button>
          <a href={page}>Keep it</a>
        </Actions>
      </form>
    </section>
  )
}

/** Says that a token can be changed no more, and what helps. */
export function EndedPage({ token, now }: { readonly token: OwnToken; readonly now: Date }) {
  return (
    <section>
      <h1>
        <bdi>{shortName(token.pat)}</bdi>
      </h1>
      <p>
        <StatusBadge status={token.status} />
      </p>
      <EndedActions token={token} />
      <TokenFacts token={token} now={now} />
    </section>
  )
}
