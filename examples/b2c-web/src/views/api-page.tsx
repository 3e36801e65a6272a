import type { ApiBody, ApiCall } from '../call-api.js'

interface Props {
  readonly endpoint: string
  readonly scopes: readonly string[]
  readonly clientId: string
  readonly call: ApiCall
}

/** What the API said, or why it said nothing. */
export function ApiPage({ endpoint, scopes, clientId, call }: Props) {
  return (
    <section>
      <h1>Call a web API</h1>
      <p>
        <code>GET {endpoint}</code> with the scope <code>{scopes.join(' ')}</code>
      </p>
      <Outcome call={call} />
      {call.kind === 'answered' && call.status === 401 && scopes.includes(clientId) ? (
        <Notice text="The scope is the id of this application, so the token is good for this application alone. Set SCOPE to a scope that the API exposes." />
      ) : null}
      <div class="row">
        <a role="button" class="quiet" href="/call_downstream_api">
          Call it again
        </a>
      </div>
    </section>
  )
}

function Outcome({ call }: { readonly call: ApiCall }) {
  switch (call.kind) {
    case 'too-slow':
      return <Notice text={`The API did not answer within ${call.seconds} seconds. Try again later.`} />
    case 'unreachable':
      return <Notice text={`The API cannot be reached (${call.reason}). Check ENDPOINT, and whether the API runs.`} />
    case 'too-large':
      return <Notice text="The answer of the API is longer than this page shows (1 MB)." />
    case 'answered':
      return <Answer call={call} />
    default: {
      const unreachable: never = call
      return unreachable
    }
  }
}

function Answer({ call: { status, headers, body } }: { readonly call: Extract<ApiCall, { kind: 'answered' }> }) {
  const fault = faultOf(status, body.kind)
  return (
    <>
      {fault === undefined ? null : <Notice text={fault} />}
      <dl>
        <dt>Status</dt>
        <dd>{status}</dd>
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {body.kind === 'empty' ? null : (
        <pre class="scroll" tabIndex={0} aria-label="Body of the answer" role="region">
          <code>{body.text}</code>
        </pre>
      )}
    </>
  )
}

function faultOf(status: number, kind: ApiBody['kind']): string | undefined {
  if (status === 401) return 'The API does not accept the access token. Check that SCOPE is a scope of this API.'
  if (status === 403) return 'The API knows you, but you may not do this: a scope or a role is missing.'
  if (status >= 300 && status < 400) return 'The API leads to another address; an access token is not sent there.'
  if (status >= 400) return `The API refused the call with status ${status}.`
  switch (kind) {
    case 'json':
      return undefined
    case 'empty':
      return 'The answer has no body.'
    case 'text':
      return 'The answer is not JSON; this is its text.'
    default: {
      const unreachable: never = kind
      return unreachable
    }
  }
}

function Notice({ text }: { readonly text: string }) {
  return (
    <p class="notice bad" role="status">
      {text}
    </p>
  )
}
