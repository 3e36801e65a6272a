/**
 * How the browser came back: the whole address, its query, or the parameters as a framework parsed them (`req.query`).
 */
export type SignInCallback = URL | URLSearchParams | string | Readonly<Record<string, unknown>>

/** The parameters that mean something to us. */
export interface CallbackParameters {
  readonly code: string | undefined
  readonly state: string | undefined
  readonly error: string | undefined
  readonly errorDescription: string | undefined
  readonly errorSubcode: string | undefined
  readonly issuer: string | undefined
  readonly sessionState: string | undefined
}

const names = {
  code: 'code',
  state: 'state',
  error: 'error',
  errorDescription: 'error_description',
  errorSubcode: 'error_subcode',
  issuer: 'iss',
  sessionState: 'session_state',
} as const satisfies Record<keyof CallbackParameters, string>

/** Longer than any code the service makes; a longer one only costs memory. */
const longest = 16_384

/** Reads the parameters; `undefined` when one comes twice or is no text, which the service never does. */
export function readCallback(callback: SignInCallback): CallbackParameters | undefined {
  const valueOf = toLookup(callback)
  const values: Partial<Record<keyof CallbackParameters, string | undefined>> = {}
  for (const [field, name] of Object.entries(names) as [keyof CallbackParameters, string][]) {
    const value = valueOf(name)
    if (value !== undefined && (typeof value !== 'string' || value.length > longest)) return undefined
    values[field] = value === '' ? undefined : value
  }
  return values as CallbackParameters
}

/** One parameter from the callback, such as `sid`; `undefined` when it is not there exactly once. */
export function parameterOf(callback: SignInCallback, name: string): string | undefined {
  const value = toLookup(callback)(name)
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : undefined
}

function toLookup(callback: SignInCallback): (name: string) => unknown {
  if (typeof callback === 'string') return toLookup(toSearchParams(callback))
  if (callback instanceof URL) return toLookup(callback.searchParams)
  if (callback instanceof URLSearchParams) {
    return (name) => {
      const all = callback.getAll(name)
      return all.length > 1 ? all : all[0]
    }
  }
  const parameters = callback
  return (name) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined)
}

function toSearchParams(text: string): URLSearchParams {
  const query = text.includes('?') ? text.slice(text.indexOf('?') + 1) : /^[a-z]+:\/\/|^\//i.test(text) ? '' : text
  return new URLSearchParams(query.split('#', 1)[0])
}
