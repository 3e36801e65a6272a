/** What came of calling the API. */
export type ApiCall =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** Headers that tell something, by name. */
      readonly headers: readonly (readonly [name: string, value: string])[]
      readonly body: ApiBody
      /** Claims that the API wants in the access token (decoded JSON text): another token has to be asked for. */
      readonly claims: string | undefined
    }
  | { readonly kind: 'too-slow'; readonly seconds: number }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'too-large' }

/** What an answer says: JSON in readable lines, a text as it came, or nothing. */
export type ApiBody =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'empty' }

/** Headers that are shown: what helps to understand an answer, and nothing that could be a secret. */
const shownHeaders = ['content-type', 'date', 'retry-after', 'x-request-id', 'request-id', 'www-authenticate'] as const

const mostBytes = 1_000_000

/**
 * Calls the protected API as somebody, with one time limit for the whole answer.
 *
 * @param accessToken - Goes to the endpoint alone: redirects are not followed.
 */
export async function callApi(
  endpoint: string,
  accessToken: string,
  { timeoutMs, fetch = globalThis.fetch }: { readonly timeoutMs: number; readonly fetch?: typeof globalThis.fetch },
): Promise<ApiCall> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(endpoint, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
      redirect: 'manual',
      signal,
    })
    const text = await readText(response)
    if (text === undefined) return { kind: 'too-large' }
    // There are APIs that repeat what they were sent.
    const withoutToken = (said: string): string => said.replaceAll(accessToken, '[access token]')
    return {
      kind: 'answered',
      status: response.status,
      headers: shownHeaders.flatMap((name) => {
        const value = response.headers.get(name)
        return value === null ? [] : [[name, withoutToken(value)] as const]
      }),
      body: toBody(withoutToken(text)),
      claims: response.status === 401 ? claimsIn(response.headers.get('www-authenticate')) : undefined,
    }
  } catch (error) {
    if (signal.aborted) return { kind: 'too-slow', seconds: timeoutMs / 1000 }
    return { kind: 'unreachable', reason: reasonOf(error) }
  }
}

async function readText({ body }: Response): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > mostBytes) return undefined
  }
  return text + decoder.decode()
}

function toBody(text: string): ApiBody {
  if (text.trim() === '') return { kind: 'empty' }
  try {
    return { kind: 'json', text: JSON.stringify(JSON.parse(text), undefined, 2) }
  } catch {
    return { kind: 'text', text }
  }
}

/**
 * The claims challenge of an API: `Bearer error="insufficient_claims", claims="<base64 of a JSON object>"`. Whoever answers may have
 * written anything there, and nobody is sent to sign in for what no sign-in can give.
 */
function claimsIn(header: string | null): string | undefined {
  if (header === null || !header.includes('insufficient_claims')) return undefined
  const encoded = /\bclaims="([^"]+)"/.exec(header)?.[1] ?? ''
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  try {
    const claims: unknown = JSON.parse(text)
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? text : undefined
  } catch {
    return undefined
  }
}

/** `ECONNREFUSED`, not the sentence around it, which may name more than people should see. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection'
}
