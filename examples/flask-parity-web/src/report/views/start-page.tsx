import { CsrfField } from '@patkit/example-kit'
import { progressInWords, timeInWords } from '../words.js'
import type { WireProgress } from '../wire.js'

/** A report as the list of reports shows it. */
export interface ReportSummaryView {
  readonly id: string
  readonly progress: WireProgress
}

/** Where a report begins, and where the earlier ones are. */
export function StartPage({
  organization,
  csrfToken,
  reports,
}: {
  readonly organization: string
  readonly csrfToken: string
  readonly reports: readonly ReportSummaryView[]
}) {
  return (
    <section>
      <h1>Tokens of everybody in {organization}</h1>
      <p>
        Reads every user of the organization and every personal access token of each. It takes minutes in a large
        organization, goes on when you close the page, and changes nothing. You need to be a member of Project
        Collection Administrators.
      </p>
      <form method="post" action="/reports">
        <CsrfField token={csrfToken} />
        <button>Start a report</button>
      </form>
      {reports.length === 0 ? null : (
        <>
          <h2>Your reports</h2>
          <ul>
            {reports.map(({ id, progress }) => (
              <li key={id}>
                <a href={`/reports/${id}`}>
                  <time dateTime={progress.startedAt}>{timeInWords(progress.startedAt)}</time>
                </a>{' '}
                {progressInWords(progress)}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
