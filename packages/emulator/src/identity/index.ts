/** The identity half: a local stand-in for Entra ID, Azure AD B2C and External ID. */
export { createIdentityHalf } from './identity-half.js'
export type { IdentityHalf, IdentityOptions } from './identity-half.js'
export { startIdentityServer } from './identity-server.js'
export type { HttpsAddress, HttpsOptions } from './https.js'
export type { IdentityServer, IdentityServerOptions } from './identity-server.js'
export { sampleDirectory, sampleIds, sampleScopes, sampleSecret } from './sample-directory.js'
export type { DirectorySeed } from './sample-directory.js'
export { SignInBrowser } from './sign-in-browser.js'
export type { SignInChoices, SignInEnd, SignInPage } from './sign-in-browser.js'
export { azureDevOpsResource, firstPartyResources, graphResource } from './resources.js'
export type { ResourceSeed } from './resources.js'
export type { IdentityActions } from './actions.js'
export type { ClientSecretSeed, ClientSeed, FederatedCredential, OptionalClaim, SignInAudience } from './clients.js'
export type { Person, PersonSeed } from './directory.js'
export type { ErrorCode } from './error-catalogue.js'
export { errorCodes } from './error-catalogue.js'
export type { FaultAnswer, FaultPoint, IdentityFault } from './faults.js'
export type { IssueOrder } from './issue-for.js'
export type { OldKeys } from './keys.js'
export type { IdentityKnobs, IdTokenFlaws, TokenFlaws } from './knobs.js'
export type { IdentityRequestRecord } from './request-log.js'
export type { Endpoint } from './routes.js'
export type {
  B2cTenantSeed,
  CloudName,
  EntraTenantSeed,
  ExternalIdTenantSeed,
  TenantSeed,
  UserFlow,
} from './tenants.js'
export type { IdentityClock } from './time.js'
export type { TokenCheck, TokenIdentity, TokenRefusal } from './verify-access-token.js'
