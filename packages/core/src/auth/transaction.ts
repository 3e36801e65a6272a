import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { UserFlowName } from '../config/authority.js'
import type { Account } from './account.js'

/**
 * What must be remembered between sending somebody to sign in and their return. Plain JSON; keep it in the server-side session of that
 * browser, and delete it when the browser comes back.
 *
 * It holds the one-time secrets of the sign-in (`state`, `nonce`, `codeVerifier`): never put it into a page, an address or a log.
 */
export interface SignInTransaction {
  readonly version: 1
  /** The authority and the application that it was started for. */
  readonly authority: string
  readonly clientId: string
  /** Comes back with the browser: proves that this browser started the sign-in. */
  readonly state: string
  /** Comes back inside the ID token: proves that the token was made for this sign-in. */
  readonly nonce: string
  /** Goes with the code: proves that whoever redeems it started the sign-in. */
  readonly codeVerifier: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  /** The user flow that was started; codes and tokens are good at this one only. */
  readonly userFlow: UserFlowName
  /** Page of this application to go back to. */
  readonly returnTo: string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAt: number
  /** Claims that were demanded, as JSON text. */
  readonly claims?: string
  /** Who was signed in when it started: the only one whose profile may come back from an edit. */
  readonly account?: Account
}

const base64url = z.string().regex(/^[\w-]{16,128}$/)

const transactionSchema = z.object({
  version: z.literal(1),
  authority: z.string(),
  clientId: z.string(),
  state: base64url,
  nonce: base64url,
  codeVerifier: z.string().regex(/^[\w.~-]{43,128}$/),
  scopes: z.array(z.string()),
  redirectUri: z.string(),
  userFlow: z.enum(['signUpSignIn', 'editProfile', 'resetPassword']),
  returnTo: z.string(),
  createdAt: z.number(),
  claims: z.string().optional(),
  account: z.unknown().optional(),
})

/** A transaction as it came out of the session; its account is not read yet. */
export type StoredTransaction = z.output<typeof transactionSchema>

/** Reads what the session kept; `undefined` when it is no transaction. */
export function readTransaction(value: unknown): StoredTransaction | undefined {
  return transactionSchema.safeParse(value).data
}

/** 256 bits that nobody can guess, as text that needs no encoding in an address. */
export function randomText(): string {
  return randomBytes(32).toString('base64url')
}

/** What of a code verifier may be known to everybody (RFC 7636, method S256). */
export function codeChallenge(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier, 'ascii').digest('base64url')
}

/** Compares without telling by its duration how much of it fits. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()
  return timingSafeEqual(digest(left), digest(right))
}
