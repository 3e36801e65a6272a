import { isPatkitError, type Account, type TokenCredential } from '@patkit/core'
import type { Request, Response } from 'express'
import type { SignInContext } from './context.js'
import { demandSignIn } from './demand-sign-in.js'

/** Who is signed in, for the handlers behind a guard. */
export interface SignInState {
  readonly account: Account
  /** Gives access tokens of this person; for `DevOpsClient` or any Azure SDK. */
  readonly credential: TokenCredential
  /** When this person signed in, for what asks for a sign-in that is not too old. */
  readonly signedInAt: Date
  /** Put it into every form as the hidden field `_csrf`, or send it as the header `X-CSRF-Token`. */
  readonly csrfToken: string
}

/** What `required()` may be asked for. */
export interface RequiredOptions {
  /** Scopes of one API that must be granted: who has not consented to them yet is asked to. Default: none beyond the sign-in. */
  readonly scopes?: readonly string[]
}

declare global {
  // The way express itself is extended: https://expressjs.com/en/api.html#res.locals has no other place for types.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Locals {
      /** Who is signed in; set by `required()` and `optional()` of `@patkit/express`. */
      signIn?: SignInState
    }
  }
}

/** Lets in who is signed in, with the scopes granted, and answers everybody else itself; says whether to go on. */
export async function admit(
  context: SignInContext,
  req: Request,
  res: Response,
  { scopes = [] }: RequiredOptions,
): Promise<boolean> {
  if (!welcome(context, req, res)) {
    await demandSignIn(context, req, res, { scopes, claims: undefined })
    return false
  }
  if (scopes.length === 0) return true
  try {
    // Kept, or renewed without the person: only what cannot be had without them is asked for.
    await res.locals.signIn?.credential.getToken([...scopes])
    return true
  } catch (error) {
    const missing = missingOf(error)
    if (missing === undefined) throw error
    await demandSignIn(context, req, res, { scopes, claims: missing.claims })
    return false
  }
}

/** Notes who is signed in, if somebody is. */
export function welcome({ auth, sessions }: SignInContext, req: Request, res: Response): boolean {
  const record = sessions.recordOf(req)
  // What is shown depends on who asks, and must not be shown again after they left.
  res.setHeader('Cache-Control', 'no-store')
  if (record === undefined) return false
  const { account, csrfToken, createdAt } = record
  res.locals.signIn = {
    account,
    credential: auth.credentialFor(account),
    signedInAt: new Date(createdAt),
    csrfToken,
  }
  return true
}

/** What a person has to sign in for, if that is what an error says. */
export function missingOf(
  error: unknown,
): { readonly scopes: readonly string[]; readonly claims: string | undefined } | undefined {
  if (!isPatkitError(error)) return undefined
  if (error.code === 'PATKIT_INTERACTION_REQUIRED') return { scopes: error.scopes, claims: error.claims }
  return error.code === 'PATKIT_SIGN_IN_REQUIRED' ? { scopes: [], claims: error.claims } : undefined
}
