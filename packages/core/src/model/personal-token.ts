import * as z from 'zod'
import { toDate } from './service-date.js'

/** One of one's own personal access tokens, without its secret. */
export interface PersonalToken {
  /** Names the token in every other call. */
  readonly authorizationId: string
  /** The name its owner gave it. */
  readonly displayName: string | null
  /** Space-separated scopes; `app_token` means full access. */
  readonly scope: string | null
  /** Organizations it works in; `null` means all that its owner can reach. */
  readonly targetAccounts: readonly string[] | null
  /** Start of validity, UTC. */
  readonly validFrom: Date | null
  /** The service's own text of `validFrom`, up to 7 fraction digits. */
  readonly validFromText: string | null
  /** End of validity, UTC. */
  readonly validTo: Date | null
  /** The service's own text of `validTo`, up to 7 fraction digits. */
  readonly validToText: string | null
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null)

const wireToken = z.object({
  authorizationId: z.string().min(1),
  displayName: text,
  scope: text,
  targetAccounts: z.array(z.string()).nullish(),
  validFrom: text,
  validTo: text,
})

function toPersonalToken({ targetAccounts, validFrom, validTo, ...rest }: z.output<typeof wireToken>): PersonalToken {
  return {
    ...rest,
    targetAccounts: targetAccounts ?? null,
    validFrom: toDate(validFrom),
    validFromText: validFrom,
    validTo: toDate(validTo),
    validToText: validTo,
  }
}

/** @internal */
export const personalTokenSchema = wireToken.transform(toPersonalToken) satisfies z.ZodType<PersonalToken>

/**
 * The answer to get, create and update: HTTP 200 even when the service refused.
 * @internal
 */
export const patTokenResultSchema = z.object({
  patToken: wireToken
    .extend({ token: z.string().nullish() })
    .nullish()
    .transform((value) => {
      if (value === null || value === undefined) return null
      const { token, ...rest } = value
      return { pat: toPersonalToken(rest), token: token ?? null }
    }),
  patTokenError: z.string().nullish(),
  patTokenErrorMessage: z.string().nullish(),
})
