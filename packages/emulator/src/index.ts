export { startEmulator } from './emulator.js'
export type { Emulator, EmulatorOptions, PatForOptions } from './emulator.js'
export { createTestClock } from './clock.js'
export type { EmulatorClock, TestClock, WatchedWorld } from './clock.js'
export type { AccessTokenVerifier, TokenForOptions, VerifiedIdentity } from './access-tokens.js'
export type { LastPageToken } from './devops/context.js'
export type { PatPolicies } from './devops/pat-policies.js'
export type { FaultAnswer, FaultHandle, FaultMatch, FaultRule, Faults } from './faults.js'
export type { Journal, JournalCounts, JournalEntry } from './journal.js'
export type { OrganizationData, RevocationRule } from './organization.js'
export type { EmulatedToken, EmulatedUser, PersonKind, PersonSpec, TokenSpec } from './people.js'
export type { RateLimit, RateLimitedArea } from './rate-limit.js'
export { createIdentityHalf } from './identity/identity-half.js'
export type { IdentityHalf, IdentityOptions } from './identity/identity-half.js'
export { startIdentityServer } from './identity/identity-server.js'
export type { HttpsAddress, HttpsOptions } from './identity/https.js'
export type { IdentityServer, IdentityServerOptions } from './identity/identity-server.js'
export { sampleDirectory, sampleIds, sampleScopes, sampleSecret } from './identity/sample-directory.js'
export type { DirectorySeed } from './identity/sample-directory.js'
export { SignInBrowser } from './identity/sign-in-browser.js'
export type { SignInChoices, SignInEnd, SignInPage } from './identity/sign-in-browser.js'
export { azureDevOpsResource, firstPartyResources, graphResource } from './identity/resources.js'
export type { ResourceSeed } from './identity/resources.js'
export type { IdentityActions } from './identity/actions.js'
export type {
  ClientSecretSeed,
  ClientSeed,
  FederatedCredential,
  OptionalClaim,
  SignInAudience,
} from './identity/clients.js'
export type { Person, PersonSeed } from './identity/directory.js'
export type { ErrorCode } from './identity/error-catalogue.js'
export { errorCodes } from './identity/error-catalogue.js'
export type {
  FaultAnswer as IdentityFaultAnswer,
  FaultPoint as IdentityFaultPoint,
  IdentityFault,
} from './identity/faults.js'
export type { IssueOrder } from './identity/issue-for.js'
export type { OldKeys } from './identity/keys.js'
export type { IdentityKnobs, IdTokenFlaws, TokenFlaws } from './identity/knobs.js'
export type { IdentityRequestRecord } from './identity/request-log.js'
export type { Endpoint } from './identity/routes.js'
export type {
  B2cTenantSeed,
  CloudName,
  EntraTenantSeed,
  ExternalIdTenantSeed,
  TenantSeed,
  UserFlow,
} from './identity/tenants.js'
export type { IdentityClock } from './identity/time.js'
export type { TokenCheck, TokenIdentity, TokenRefusal } from './identity/verify-access-token.js'
