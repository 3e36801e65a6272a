import * as z from 'zod'
import type { Authority, UserFlowName } from '../config/authority.js'
import type { IssuedTokens } from './msal.js'

/**
 * A person who signed in. Plain data for the session, without the tokens that were issued to the application, and without the one of
 * another identity provider that Azure AD B2C can add. A custom policy can put such a token into `claims` under a name of its own: show and
 * log single claims, never all of them.
 */
export interface Account {
  /** Names the person for good within this authority: object id and tenant id. The user name may change, this does not. */
  readonly id: string
  /** The person's object id in the tenant. */
  readonly objectId: string
  /** The tenant in which the person signed in, a GUID. */
  readonly tenantId: string
  /** Name to sign in with, or the e-mail address; for people to read only. May be empty. */
  readonly username: string
  /** Name for people to read. */
  readonly name: string | undefined
  readonly email: string | undefined
  /** The user flow that signed the person in (B2C only): tokens are renewed there. */
  readonly userFlow: UserFlowName | undefined
  /** Opaque hint that lets the sign-out skip the question who (the `login_hint` claim, an optional claim). */
  readonly loginHint: string | undefined
  /** Id of the session at the sign-in service, for front-channel sign-out; `undefined` when the service did not say. */
  readonly sessionId: string | undefined
  /** MSAL's name for the account. */
  readonly homeAccountId: string
  /** The claims of the ID token, but for `idp_access_token` and what only the sign-in itself needs, such as `nonce`. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** Makes an account out of checked claims; `undefined` when they do not say who it is. */
export function toAccount(
  authority: Authority,
  userFlow: UserFlowName,
  issued: Pick<IssuedTokens, 'claims' | 'homeAccountId'>,
  sessionState: string | undefined,
): Account | undefined {
  const { claims, homeAccountId } = issued
  const objectId = textOf(claims.oid) ?? textOf(claims.sub)
  // B2C leaves the tenant out of its tokens; the issuer has it.
  const tenantId = textOf(claims.tid) ?? guidIn(textOf(claims.iss))
  if (objectId === undefined || tenantId === undefined || homeAccountId === '') return undefined
  const email = textOf(claims.email) ?? firstText(claims.emails)
  return {
    id: `${objectId}.${tenantId}`.toLowerCase(),
    objectId,
    tenantId,
    username: textOf(claims.preferred_username) ?? email ?? '',
    name: textOf(claims.name),
    email,
    userFlow: authority.kind === 'b2c' ? userFlow : undefined,
    loginHint: textOf(claims.login_hint),
    sessionId: textOf(claims.sid) ?? sessionState,
    homeAccountId,
    claims: claimsToKeep(claims),
  }
}

/**
 * The account after its profile was edited: who it is and how it signed in stays, what is known of the person is new. The tokens of the
 * edit belong to the edit's user flow and are good for nothing else.
 */
export function withEditedProfile(account: Account, edited: Account): Account {
  return {
    ...account,
    username: edited.username === '' ? account.username : edited.username,
    name: edited.name,
    email: edited.email ?? account.email,
    claims: { ...account.claims, ...edited.claims },
  }
}

/** One-time values of the sign-in, which nobody needs afterwards. */
const spentClaims = ['nonce', 'c_hash', 'at_hash', 'aio', 'rh', 'uti']
/**
 * The access token that another identity provider issued to B2C.
 *
 * @see {@link https://learn.microsoft.com/azure/active-directory-b2c/idp-pass-through-user-flow}
 */
const secretClaims = ['idp_access_token']
const droppedClaims: ReadonlySet<string> = new Set([...spentClaims, ...secretClaims])

function claimsToKeep(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !droppedClaims.has(name)))
}

function guidIn(issuer: string | undefined): string | undefined {
  return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\/)/i.exec(issuer ?? '')?.[0]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function firstText(value: unknown): string | undefined {
  return Array.isArray(value) ? textOf((value as unknown[])[0]) : undefined
}

const optionalText = z.string().optional()

/** An account that comes back from a session: JSON has dropped what was undefined. */
const accountSchema = z.object({
  id: z.string().min(1),
  objectId: z.string(),
  tenantId: z.string(),
  username: z.string(),
  name: optionalText,
  email: optionalText,
  userFlow: z.enum(['signUpSignIn', 'editProfile', 'resetPassword']).optional(),
  loginHint: optionalText,
  sessionId: optionalText,
  homeAccountId: z.string().min(1),
  claims: z.record(z.string(), z.unknown()),
})

/** Reads an account out of a session, which may hold anything; `undefined` when it is none. */
export function readAccount(value: unknown): Account | undefined {
  const { data } = accountSchema.safeParse(value)
  if (data === undefined) return undefined
  const { name, email, userFlow, loginHint, sessionId } = data
  // A session of an earlier version may still have what is not kept any more.
  return { ...data, name, email, userFlow, loginHint, sessionId, claims: claimsToKeep(data.claims) }
}
