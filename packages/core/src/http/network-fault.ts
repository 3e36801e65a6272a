/** A failure below HTTP, in words. */
export interface NetworkFault {
  /** The system's or undici's code, such as `ECONNRESET`; `'UNKNOWN'` when there is none. */
  readonly code: string
  /**
   * What failed: the connection; trust in the certificate or leave of the proxy, where sending again changes nothing; or unpacking what
   * came.
   */
  readonly kind: 'connection' | 'certificate' | 'proxy' | 'encoding'
  /** The service cannot have seen the request: it may be sent again whatever it does. */
  readonly neverSent: boolean
  /** Something had been received on the connection before the other side closed it: if no answer had begun, it served an earlier request. */
  readonly reused: boolean
}

/** Begins the code of an error that stands for a refusal by the proxy; its status follows. */
export const proxyRefusalCode = 'PROXY_HTTP_'

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

/** What zlib says of gzip and deflate (`Z_DATA_ERROR`), and of brotli (`ERR__ERROR_FORMAT_PADDING_2`). */
const encodingCodes = /^(?:Z_|ERR__ERROR_|ERR_BROTLI)/

/** How deep an error's causes are followed; undici nests two, a loop must not hang us. */
const deepestCause = 10

/** Finds the code in an error that `fetch` threw, or in its causes. */
export function toNetworkFault(error: unknown): NetworkFault {
  let code = 'UNKNOWN'
  let reused = false
  let current: unknown = error
  for (let depth = 0; depth < deepestCause && typeof current === 'object' && current !== null; depth++) {
    // Several addresses were tried: any of the failures tells the kind.
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0] as unknown
    const { code: own, socket } = current as { code?: unknown; socket?: { bytesRead?: unknown } | null }
    if (typeof own === 'string') code = own
    // undici says what it had read on the connection; before any answer that was an earlier one.
    reused ||= own === 'UND_ERR_SOCKET' && Number(socket?.bytesRead) > 0
    current = (current as { cause?: unknown }).cause
  }
  const kind = kindOf(code)
  return { code, kind, neverSent: kind === 'proxy' || neverSent.has(code), reused }
}

function kindOf(code: string): NetworkFault['kind'] {
  if (code.startsWith(proxyRefusalCode)) return 'proxy'
  if (certificateCodes.test(code)) return 'certificate'
  return encodingCodes.test(code) ? 'encoding' : 'connection'
}
