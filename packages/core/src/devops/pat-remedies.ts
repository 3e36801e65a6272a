/** Why the service refused to create or change a token; it may add reasons. */
export type PatTokenErrorCode =
  | 'displayNameRequired'
  | 'invalidDisplayName'
  | 'invalidValidTo'
  | 'invalidScope'
  | 'userIdRequired'
  | 'invalidUserId'
  | 'invalidUserType'
  | 'accessDenied'
  | 'failedToIssueAccessToken'
  | 'invalidClient'
  | 'invalidClientType'
  | 'invalidClientId'
  | 'invalidTargetAccounts'
  | 'hostAuthorizationNotFound'
  | 'authorizationNotFound'
  | 'failedToUpdateAccessToken'
  | 'sourceNotSupported'
  | 'invalidSourceIP'
  | 'invalidSource'
  | 'duplicateHash'
  | 'sshPolicyDisabled'
  | 'invalidToken'
  | 'tokenNotFound'
  | 'invalidAuthorizationId'
  | 'failedToReadTenantPolicy'
  | 'globalPatPolicyViolation'
  | 'fullScopePatPolicyViolation'
  | 'patLifespanPolicyViolation'
  | 'invalidTokenType'
  | 'invalidAudience'
  | 'invalidSubject'
  | 'deploymentHostNotSupported'
  | 'disablePatCreationPolicyViolation'
  | 'failedToReadOrgPolicy'
  | 'globalPATCreationBlocked'
  | 'expiredPatCannotBeExtended'
  | (string & {})

const globalRetirement =
  'Choose one organization: tokens for all organizations can no longer be created since 2026-03-15 and stop working on 2026-12-01.'
const askTenantAdministrator = 'ask an Azure DevOps administrator of the tenant for an exception.'
const unsupportedIdentity = 'Sign in as a person of the organization; applications cannot own personal access tokens.'
/** What helps when there is no token of this id. */
export const missingToken =
  'Check the authorization id with pats.list(); the token may have been revoked or belong to somebody else.'
const tryAgain = 'Try again later; if it lasts, ask the organization administrator.'

const remedies: Readonly<Record<string, string>> = {
  displayNameRequired: 'Give the token a name.',
  invalidDisplayName: 'Use another name: not empty, not too long, without special characters.',
  invalidValidTo: 'Choose an end date in the future, at most one year ahead.',
  invalidScope: 'Use scopes that exist, separated by spaces, such as "vso.code vso.build".',
  userIdRequired: unsupportedIdentity,
  invalidUserId: unsupportedIdentity,
  invalidUserType: unsupportedIdentity,
  accessDenied: 'Sign in with the scope vso.pats_manage as the owner of the token.',
  failedToIssueAccessToken: tryAgain,
  invalidClient: 'The application you sign in with is not allowed to manage tokens; check its registration.',
  invalidClientType: 'The application you sign in with is not allowed to manage tokens; check its registration.',
  invalidClientId: 'The application you sign in with is not known; check its client id.',
  invalidTargetAccounts: 'Check the organization; the token can only be made for one you are a user of.',
  hostAuthorizationNotFound: missingToken,
  authorizationNotFound: missingToken,
  failedToUpdateAccessToken: `A token that was revoked cannot be changed. ${tryAgain}`,
  sourceNotSupported: 'This kind of token cannot be managed here.',
  invalidSourceIP: 'Your address is not allowed by a policy of the organization; use an allowed network.',
  invalidSource: 'This kind of token cannot be managed here.',
  duplicateHash: 'Create the token again; the one made collided with another.',
  sshPolicyDisabled: 'SSH keys are switched off in this organization; ask its administrator.',
  invalidToken: missingToken,
  tokenNotFound: missingToken,
  invalidAuthorizationId: missingToken,
  failedToReadTenantPolicy: tryAgain,
  failedToReadOrgPolicy: tryAgain,
  globalPatPolicyViolation: globalRetirement,
  globalPATCreationBlocked: globalRetirement,
  fullScopePatPolicyViolation: `A policy of the tenant forbids full access: choose single scopes, or ${askTenantAdministrator}`,
  patLifespanPolicyViolation: `A policy of the tenant limits how long a token may live: choose an earlier end date, or ${askTenantAdministrator}`,
  disablePatCreationPolicyViolation:
    'A policy of the organization forbids new tokens; ask its administrator to allow you.',
  expiredPatCannotBeExtended: 'Create a new token: an expired one cannot be extended.',
  invalidTokenType: 'This kind of token cannot be managed here.',
  invalidAudience: 'Sign in for Azure DevOps; the access token was issued for another service.',
  invalidSubject: unsupportedIdentity,
  deploymentHostNotSupported: 'Use the URL of an organization; tokens cannot be managed on this host.',
}

/** What helps against a refusal, in one sentence. */
export function remedyFor(code: PatTokenErrorCode): string {
  return remedies[code] ?? 'See the service documentation for this reason, or ask the organization administrator.'
}
