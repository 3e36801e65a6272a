import * as z from 'zod'
import { wireTokenFields, withDates } from './token-fields.js'

/** A personal access token without its secret, as its owner sees it. */
export interface PersonalToken {
  /** Names the token in every other call. */
  readonly authorizationId: string
  /** The name its owner gave it. */
  readonly displayName: string | null
  /** Space-separated scopes; `app_token` means full access. */
  readonly scope: string | null
  /** Organizations it works in; `null` means all that its owner can reach. */
  readonly targetAccounts: readonly string[] | null
  /** Start of validity, UTC; `null` when the service sent none or one that is no time. */
  readonly validFrom: Date | null
  /** The service's own text of `validFrom`, with all its digits. */
  readonly validFromText: string | null
  /** End of validity, UTC; `null` when the service sent none or one that is no time. */
  readonly validTo: Date | null
  /** The service's own text of `validTo`, with all its digits. */
  readonly validToText: string | null
}

const wireToken = z.object(wireTokenFields)

/** @internal */
export const personalTokenSchema = wireToken.transform(withDates) satisfies z.ZodType<PersonalToken>

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
      const { token, ...pat } = value
      return { pat: withDates(pat) satisfies PersonalToken, token: token ?? null }
    }),
  patTokenError: z.string().nullish(),
})
