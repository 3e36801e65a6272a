import { parseServiceTime } from '../service-time.js'
import type { DevOpsRequest } from './context.js'
import { badArgument, badRequest, ServiceError } from './errors.js'

/** Reads the JSON of a request as the service does: what cannot be read is a 400 before anything else is looked at. */
export function jsonBody({ body, contentType }: DevOpsRequest): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType ?? '')) {
    throw new ServiceError(
      415,
      'UnsupportedMediaTypeException',
      `The request entity's media type '${contentType ?? ''}' is not supported for this resource.`,
    )
  }
  try {
    return JSON.parse(body)
  } catch {
    throw badRequest('JsonReaderException', 'TF400898: The body of the request is not JSON that can be read.')
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function jsonObject(request: DevOpsRequest): Record<string, unknown> {
  const value = jsonBody(request)
  if (!isObject(value)) throw badRequest('ArgumentNullException', 'Value cannot be null. Parameter name: body')
  return value
}

/** The UUID in a value, in lower case; `undefined` for what is none. */
export const uuidIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
    ? value.toLowerCase()
    : undefined

/** A query parameter that is yes or no. */
export function flag(request: DevOpsRequest, name: string): boolean | undefined {
  const text = request.parameter(name)?.toLowerCase()
  if (text === undefined) return undefined
  if (text !== 'true' && text !== 'false') throw badArgument(name, `'${text}' is neither true nor false.`)
  return text === 'true'
}

/** A query parameter that is a whole number within bounds. */
export function wholeNumber(request: DevOpsRequest, name: string, most: number): number | undefined {
  const text = request.parameter(name)
  if (text === undefined) return undefined
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN
  if (!(value >= 1 && value <= most)) throw badArgument(name, `'${text}' is not a whole number from 1 to ${most}.`)
  return value
}

/** A time in a body; `undefined` for what is no time. */
export const timeOf = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseServiceTime(value) : undefined
