import { type Answer, type AnswerHeaders, headerText } from '../answer.js'

/** A refusal of the service, thrown where it is found and answered in one place. */
export class ServiceError extends Error {
  readonly status: number
  readonly typeKey: string
  readonly headers: AnswerHeaders
  readonly eventId: number

  constructor(
    status: number,
    typeKey: string,
    message: string,
    options: { headers?: AnswerHeaders; eventId?: number } = {},
  ) {
    super(message)
    this.status = status
    this.typeKey = typeKey
    this.headers = options.headers ?? {}
    this.eventId = options.eventId ?? 3000
  }
}

/** The service's own JSON for a failure. */
export const errorBody = (typeKey: string, message: string, eventId = 3000): string =>
  JSON.stringify({
    $id: '1',
    innerException: null,
    message,
    typeName: `Microsoft.VisualStudio.Services.Common.${typeKey}, Microsoft.VisualStudio.Services.Common`,
    typeKey,
    errorCode: 0,
    eventId,
  })

export function errorAnswer(error: ServiceError): Answer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'X-TFS-ServiceError': headerText(error.message) }
  return {
    status: error.status,
    headers: { ...headers, ...error.headers },
    body: errorBody(error.typeKey, error.message, error.eventId),
  }
}

export const badRequest = (typeKey: string, message: string): ServiceError => new ServiceError(400, typeKey, message)

export const badArgument = (name: string, problem: string): ServiceError =>
  badRequest('VssPropertyValidationException', `The value of the parameter '${name}' is not valid: ${problem}`)

export const subjectNotFound = (descriptor: string): ServiceError =>
  new ServiceError(
    404,
    'GraphSubjectNotFoundException',
    `VS860016: Could not find the graph subject with the descriptor '${descriptor}'.`,
  )

export const wrongSubjectType = (descriptor: string): ServiceError =>
  badRequest(
    'InvalidSubjectTypeException',
    `The subject type of the descriptor '${descriptor}' is not valid for this operation.`,
  )
