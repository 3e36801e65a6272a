import { json } from './answers.js'
import type { Answer } from './answers.js'
import type { AuthorityLookup } from './authorities.js'
import { errorBody, IdentityFailure, inDialectOf } from './errors.js'
import type { Trace } from './errors.js'
import { markup } from './html.js'
import { pageAnswer } from './page.js'
import type { Endpoint, Route } from './routes.js'
import { serviceTimestamp } from './time.js'

const forPeople: readonly Endpoint[] = ['authorize', 'interaction', 'logout', 'device-page']

/** A refusal in the shape of the endpoint: a page where a person looks, JSON where a program asks. */
export function failureAnswer({ authority, endpoint }: Route, failure: IdentityFailure, trace: Trace): Answer {
  const said = inDialectOf(authority, failure)
  if (forPeople.includes(endpoint)) return errorPage(said, trace)
  return json(said.status, errorBody(said, trace))
}

/** The refusal of a tenant or user flow that does not exist. */
export function lookupAnswer(lookup: Exclude<AuthorityLookup, { kind: 'found' }>, path: string, trace: Trace): Answer {
  const failure =
    lookup.kind === 'unknown-tenant'
      ? new IdentityFailure('AADSTS90002', {
          error: 'invalid_tenant',
          text: `There is no tenant ${JSON.stringify(lookup.tenant)} at this address.`,
        })
      : new IdentityFailure('AADB2C90018', {
          status: 404,
          text: `The tenant ${lookup.tenant.name} has no user flow ${JSON.stringify(lookup.userFlow)}.`,
        })
  return /\/(authorize|logout|deviceauth)$/i.test(path)
    ? errorPage(failure, trace)
    : json(failure.status, errorBody(failure, trace))
}

/** A fault of the emulator itself has to be seen as one by whoever meets it. */
export const bugAnswer = (error: unknown): Answer =>
  json(500, { error: 'server_error', error_description: `The emulator itself failed: ${String(error)}` })

function errorPage(failure: IdentityFailure, trace: Trace): Answer {
  return pageAnswer({
    status: failure.status,
    title: 'Sorry, but this does not work',
    body: markup`
      <p class="alarm" role="alert">${failure.code}: ${failure.message}</p>
      <dl>
        <dt>Request</dt>
        <dd>${trace.traceId}</dd>
        <dt>Correlation</dt>
        <dd>${trace.correlationId}</dd>
        <dt>Time</dt>
        <dd>${serviceTimestamp(trace.now)}</dd>
      </dl>
    `,
  })
}
