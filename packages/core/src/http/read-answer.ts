import type * as z from 'zod'
import { ProtocolError } from '../errors.js'
import type { GoodAnswer } from './transport.js'

/** Takes the body of an answer if it is what was promised, and names the field that is not. */
export function readAnswer<T extends z.ZodType>(schema: T, answer: GoodAnswer): z.output<T> {
  const result = schema.safeParse(answer.json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? undefined : toFieldPath(issue.path)
  throw new ProtocolError(
    `The answer to ${answer.request} is not what Azure DevOps documents: ${field ?? 'the body'} ${complaint(issue)}.`,
    {
      status: answer.status,
      activityId: answer.activityId,
      field,
      hint: 'Nothing was taken from this answer. If it lasts, report it with the activity id.',
    },
  )
}

function toFieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('')
}

/** What is wrong, without the value: it might be a secret in the wrong place. */
function complaint(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.input === undefined ? `is missing` : `should be of type ${issue.expected}`
    case 'too_small':
      return 'is empty'
    default:
      return 'has an unexpected form'
  }
}
