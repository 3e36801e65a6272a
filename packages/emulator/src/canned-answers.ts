import type { Answer } from './answer.js'
import { errorAnswer, ServiceError } from './devops/errors.js'
import { refusedBearer, signInPage, signInRedirect } from './devops/sign-in.js'

const messages: Readonly<Record<number, readonly [typeKey: string, message: string]>> = {
  400: ['VssServiceException', 'The request is not valid.'],
  403: ['AccessCheckException', 'Access Denied: the identity lacks a permission for this action.'],
  404: ['VssResourceNotFoundException', 'The resource was not found.'],
  408: ['VssServiceException', 'The request took too long.'],
  429: [
    'VssRequestBlockedException',
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency'.",
  ],
  500: ['VssServiceException', 'TF400898: An Internal Error Occurred.'],
  503: ['VssServiceResponseException', 'The service is unavailable.'],
}

/** What the service would say with a status, for a fault rule that gives nothing but the status. */
export function cannedAnswer(status: number): Answer {
  if (status === 203) return signInPage
  if (status === 302) return signInRedirect
  if (status === 401) return refusedBearer
  if (status < 400)
    return { status, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: status === 204 ? '' : '{}' }
  const [typeKey, message] = messages[status] ?? ['VssServiceException', `The service answered with status ${status}.`]
  return errorAnswer(new ServiceError(status, typeKey, message))
}
