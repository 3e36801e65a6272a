import { CsrfField } from '@patkit/example-kit'
import { isUnderWay, number, progressInWords, stateInWords, timeInWords } from '../words.js'
import type { WireProgress } from '../wire.js'

/** A report as the list of reports shows it. */
export interface ReportSummaryView {
  readonly id: string
  readonly progress: WireProgress
}

interface Props {
  readonly organization: string
  readonly csrfToken: string
  /** The newest first. */
  readonly reports: readonly ReportSummaryView[]
}

/** Where a report begins, and where the earlier ones are. */
export function StartPage({ organization, csrfToken, reports }: Props) {
  const underWay = reports.find(({ progress }) => isUnderWay(progress.state))
  return (
    <section>
      <h1>Tokens of everybody in {organization}</h1>
      {underWay === undefined ? <Start csrfToken={csrfToken} /> : <UnderWay report={underWay} />}
      {reports.length === 0 ? null : <Reports reports={reports} />}
    </section>
  )
}

function Start({ csrfToken }: Pick<Props, 'csrfToken'>) {
  return (
    <>
      <p>
        Reads every user of the organization and every personal access token of each. It takes minutes in a large
        organization, goes on when you close the page, and changes nothing. You need to be a member of Project
        Collection Administrators.
      </p>
      <form method="post" action="/reports">
        <CsrfField token={csrfToken} />
        <button>Start a report</button>
      </form>
    </>
  )
}

function UnderWay({ report: { id, progress } }: { report: ReportSummaryView }) {
  const { usersDone, usersTotal } = progress
  return (
    <>
      <p>A report is being made. It goes on although no page of it is open.</p>
      <p>
        <strong>{progressInWords(progress)}</strong>
      </p>
      <progress
        aria-label="Users read"
        max={usersTotal ?? undefined}
        value={usersTotal === null ? undefined : usersDone}
      />
      <a role="button" href={`/reports/${id}`}>
        Open the report
      </a>
    </>
  )
}

function Reports({ reports }: Pick<Props, 'reports'>) {
  return (
    <>
      <h2 id="reports-heading">Your reports</h2>
      <table class="cards" aria-labelledby="reports-heading">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">State</th>
            <th scope="col">Users</th>
            <th scope="col">Tokens</th>
            <th scope="col">Could not be read</th>
          </tr>
        </thead>
        <tbody>
          {reports.map(({ id, progress }) => (
            <tr key={id}>
              <th scope="row">
                <a href={`/reports/${id}`}>
                  <time dateTime={progress.startedAt}>{timeInWords(progress.startedAt)}</time>
                </a>
              </th>
              <td data-label="State">
                <span class={`badge ${lookOf(progress)}`}>{stateInWords(progress)}</span>
              </td>
              <td data-label="Users">{number(progress.usersDone)}</td>
              <td data-label="Tokens">{number(progress.tokens)}</td>
              <td data-label="Could not be read">{number(progress.failures)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function lookOf({ state, complete }: WireProgress): string {
  if (state === 'done' && complete !== false) return 'active'
  return state === 'failed' ? 'bad' : state === 'done' ? 'expiring' : ''
}
