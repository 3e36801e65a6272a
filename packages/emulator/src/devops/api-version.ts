import { badRequest, type ServiceError } from './errors.js'

/** Which versions a resource knows. */
export interface SupportedVersions {
  /** Oldest version that has the resource. */
  readonly since: number
  /** Versions that are released, and so need no `-preview`. */
  readonly released: readonly number[]
}

const latest = 7.2

/**
 * The version a request asks for, in the query or in `Accept`; the service refuses one that it does not know before anything else.
 * @returns the text that the answer's content type repeats.
 */
export function negotiateVersion(
  requested: string | undefined,
  accept: string | undefined,
  resource: string,
  { since, released }: SupportedVersions,
): string {
  const text = requested ?? /;\s*api-version=([^;,\s]+)/i.exec(accept ?? '')?.[1]
  if (text === undefined || text === '') throw notSpecified(resource)
  const match = /^(\d+\.\d+)(-preview(?:\.\d+)?)?$/i.exec(text)
  if (match === null) throw notSpecified(resource, text)
  const [, number = '', preview] = match
  const version = Number(number)
  if (version > latest || version < since) throw outOfRange(resource, number, version < since ? since : latest)
  if (preview === undefined && !released.includes(version)) throw previewMissing(text)
  return text
}

function notSpecified(resource: string, text?: string): ServiceError {
  const problem = text === undefined ? 'No api-version was supplied' : `The api-version '${text}' cannot be read`
  return badRequest(
    'VssVersionNotSpecifiedException',
    `${problem} for the resource ${resource}. Supply it in the query or in the Accept header.`,
  )
}

const outOfRange = (resource: string, requested: string, nearest: number): ServiceError =>
  badRequest(
    'VssVersionOutOfRangeException',
    `The requested REST API version of ${requested} is out of range for the resource ${resource} on this server. The nearest REST API version this server supports is ${nearest.toFixed(1)}.`,
  )

const previewMissing = (requested: string): ServiceError =>
  badRequest(
    'VssInvalidPreviewVersionException',
    `The requested version "${requested}" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "${requested}-preview"`,
  )
