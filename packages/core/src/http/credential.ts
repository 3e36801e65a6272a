/** An access token and when it ends, as in @azure/core-auth. */
export interface AccessToken {
  readonly token: string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly expiresOnTimestamp: number
  /** When to renew it ahead of its end, if the issuer says. */
  readonly refreshAfterTimestamp?: number | undefined
}

/** What a credential may be asked beside the scopes. */
export interface GetTokenOptions {
  /** Stops the wait. */
  readonly abortSignal?: AbortSignal
  /** Claims the service demanded (decoded JSON text), to be passed to the sign-in service. */
  readonly claims?: string
  /** Asks for a token that the service can revoke at once (continuous access evaluation). */
  readonly enableCae?: boolean
}

/**
 * Anything that gives access tokens: every credential of @azure/identity, ours, or your own.
 *
 * Structurally the same as in @azure/core-auth, so neither package needs the other.
 */
export interface TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null>
}

/** Why a token function is called. */
export interface TokenRequest {
  /** The service refused the last token: a cached one is of no use. */
  readonly forceRefresh: boolean
  /** Claims the service demanded, as decoded JSON text. */
  readonly claims: string | undefined
  /** Stops the wait. */
  readonly signal: AbortSignal
}

/**
 * Who asks: a `TokenCredential`, a personal access token, or a function that gives a token.
 *
 * A function may answer with the token's text alone; it is then used until 2 minutes before the `exp` it carries, or, if it carries
 * none, until the service refuses it.
 */
export type Credential =
  | TokenCredential
  | { readonly pat: string }
  | ((request: TokenRequest) => string | AccessToken | Promise<string | AccessToken>)

/** Scope of the Azure DevOps resource: everything the person consented to. */
export const AZURE_DEVOPS_SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default'
