import * as z from 'zod'
import { toDate } from './service-date.js'

/** Text that the service may leave out or send as null. @internal */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null)

/** What both kinds of tokens have, as the service sends it. @internal */
export const wireTokenFields = {
  authorizationId: z.string().min(1),
  displayName: text,
  scope: text,
  targetAccounts: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? null),
  validFrom: text,
  validTo: text,
}

/** Times as `Date` with the service's own text beside it. @internal */
export function withDates<T extends { validFrom: string | null; validTo: string | null }>(token: T) {
  const { validFrom, validTo } = token
  return {
    ...token,
    validFrom: toDate(validFrom),
    validFromText: validFrom,
    validTo: toDate(validTo),
    validToText: validTo,
  }
}
