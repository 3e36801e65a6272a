import { IdentityFailure } from './errors.js'
import { isRecord } from './is-record.js'

/** What the `claims` parameter asks of access tokens (OpenID Connect Core, section 5.5). */
export interface ClaimsRequest {
  /** Authentication contexts (`acrs`) the token must have. */
  readonly authContexts: readonly string[]
  /** What the client can handle (`xms_cc`). */
  readonly capabilities: readonly string[]
}

const nothing: ClaimsRequest = { authContexts: [], capabilities: [] }

/** @throws IdentityFailure if it is not JSON of the right form. Claims we do not know are ignored, as the service does. */
export function readClaimsRequest(text: string | null): ClaimsRequest {
  if (text === null || text === '') return nothing
  const parsed = parse(text)
  if (!isRecord(parsed))
    throw new IdentityFailure('AADSTS9002313', { text: 'The claims parameter is not a JSON object.' })
  const ofAccessToken = isRecord(parsed.access_token) ? parsed.access_token : {}
  return { authContexts: valuesOf(ofAccessToken.acrs), capabilities: valuesOf(ofAccessToken.xms_cc) }
}

/** The `claims` a client must send to satisfy a challenge for this authentication context. */
export const challengeFor = (authContext: string): string =>
  JSON.stringify({ access_token: { acrs: { essential: true, value: authContext } } })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function valuesOf(request: unknown): readonly string[] {
  if (!isRecord(request)) return []
  const values: readonly unknown[] = Array.isArray(request.values) ? request.values : [request.value]
  return values.filter((value) => typeof value === 'string')
}
