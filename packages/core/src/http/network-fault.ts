/** A failure below HTTP, in words. */
export interface NetworkFault {
  /** The system's or undici's code, such as `ECONNRESET`; `'UNKNOWN'` when there is none. */
  readonly code: string
  /** The service cannot have seen the request: it may be sent again whatever it does. */
  readonly neverSent: boolean
  /** The certificate was not accepted; sending again changes nothing. */
  readonly certificate: boolean
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
])

const certificateCodes = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/

/** How deep an error's causes are followed; undici nests two, a loop must not hang us. */
const deepestCause = 10

/** Finds the code in an error that `fetch` threw, or in its causes. */
export function toNetworkFault(error: unknown): NetworkFault {
  let code = 'UNKNOWN'
  let current: unknown = error
  for (let depth = 0; depth < deepestCause && typeof current === 'object' && current !== null; depth++) {
    // Several addresses were tried: any of the failures tells the kind.
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0] as unknown
    const own = (current as { code?: unknown }).code
    if (typeof own === 'string') code = own
    current = (current as { cause?: unknown }).cause
  }
  return { code, neverSent: neverSent.has(code), certificate: certificateCodes.test(code) }
}
