import * as z from 'zod'
import type { PersonalToken } from './personal-token.js'
import { text, wireTokenFields, withDates } from './token-fields.js'

/**
 * A personal access token as an administrator sees it.
 *
 * The secret is never part of it, and fields that could carry one (`token`, `alternateToken`, `publicData`, `claims`) are dropped
 * when the answer is read. The service records no time of last use.
 */
export interface SessionToken extends PersonalToken {
  /** `false` once the token is revoked or expired; `null` where the service did not say. */
  readonly isValid: boolean | null
  /** `true` for the public half of an SSH key. */
  readonly isPublic: boolean | null
  /** Storage key of the owner. */
  readonly userId: string | null
  /** Application that asked for the token, if one did. */
  readonly clientId: string | null
  /** Authorization on the host. */
  readonly hostAuthorizationId: string | null
  /** What made the token, in the service's words. */
  readonly source: string | null
}

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? null)

/** @internal */
export const sessionTokenSchema = z
  .object({
    ...wireTokenFields,
    isValid: flag,
    isPublic: flag,
    userId: text,
    clientId: text,
    hostAuthorizationId: text,
    source: text,
  })
  .transform(withDates) satisfies z.ZodType<SessionToken>
