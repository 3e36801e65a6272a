import type { IncomingMessage } from 'node:http'

/**
 * Whether somebody waits in front of a browser window for a page: then a redirect to the sign-in helps. A program (`fetch`, XHR, curl)
 * is told in its own terms instead; it would follow the redirect, and show nobody the sign-in page.
 */
export function wantsPage({ headers }: IncomingMessage): boolean {
  if (headers['x-requested-with'] !== undefined) return false
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined && mode !== 'navigate') return false
  // What is fetched on suspicion must not begin anything.
  if (isSpeculative(headers)) return false
  return (headers.accept ?? '').split(',').some(isHtml)
}

/** Only when HTML is named: programs say that they take anything. */
function isHtml(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  if (type !== 'text/html' && type !== 'application/xhtml+xml') return false
  return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
}

function isSpeculative(headers: IncomingMessage['headers']): boolean {
  const purpose = headers['sec-purpose'] ?? headers.purpose
  return typeof purpose === 'string' && purpose.includes('prefetch')
}

/** Whether a request may change something (RFC 9110, section 9.2.1). */
export function mayChange(method: string | undefined): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method ?? '')
}
