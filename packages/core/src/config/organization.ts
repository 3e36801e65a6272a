/** The identity host of Azure DevOps Services; users and tokens live there, not on dev.azure.com. */
export const AZURE_DEVOPS_IDENTITY_URL = 'https://vssps.dev.azure.com'

/** Letters, digits and hyphens, at most 50, with a letter or digit at both ends: the service's own rule. */
const organizationName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/

/**
 * Checks the name of an organization before it becomes part of a URL.
 *
 * @returns the name as given.
 * @throws TypeError when it is no name the service would allow, with the reason.
 */
export function checkOrganization(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`organization must be a string, not ${describe(name)}.`)
  if (organizationName.test(name)) return name
  throw new TypeError(`organization ${quote(name)} is not a valid name: ${organizationFault(name)}`)
}

function organizationFault(name: string): string {
  if (name === '') return 'it is empty. Give the part after dev.azure.com/, such as fabrikam.'
  if (/^https?:\/\//i.test(name)) return 'it is a URL. Give only the part after dev.azure.com/, such as fabrikam.'
  if (name.length > 50) return `it has ${name.length} characters; at most 50 are allowed.`
  return 'only letters, digits and hyphens are allowed, and it must start and end with a letter or digit.'
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Checks the address requests go to and drops a trailing slash.
 *
 * Plain http is accepted for loopback hosts only, because every request carries a credential.
 *
 * @throws TypeError when it is no http(s) URL, names a user, or is plain http to another host.
 */
export function checkBaseUrl(baseUrl: unknown): string {
  if (baseUrl instanceof URL) return checkBaseUrl(baseUrl.href)
  if (typeof baseUrl !== 'string') throw new TypeError(`baseUrl must be a string or URL, not ${describe(baseUrl)}.`)
  if (!URL.canParse(baseUrl)) throw new TypeError(`baseUrl ${quote(baseUrl)} is not a URL.`)
  const url = new URL(baseUrl)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('baseUrl must not contain a user name or password; give a credential instead.')
  }
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError(`baseUrl ${quote(url.origin + url.pathname)} must not have a query or a fragment.`)
  }
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname)) {
    throw new TypeError(`baseUrl ${quote(baseUrl)} is plain http; use https (http is accepted for localhost only).`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`baseUrl ${quote(baseUrl)} must start with https://.`)
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Quotes what a caller gave, short enough for one line and without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value
}
