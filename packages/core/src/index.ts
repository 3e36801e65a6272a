export { DevOpsClient, type DevOpsClientOptions } from './devops/client.js'
export type { ApiVersions } from './devops/service.js'
export type {
  ListServicePrincipalsOptions,
  ListUsersOptions,
  ServicePrincipals,
  SubjectType,
  Users,
} from './devops/users.js'
export type {
  CreatedPat,
  CreatePat,
  ListPatsOptions,
  PatOrganizations,
  PersonalTokens,
  UpdatePat,
} from './devops/personal-tokens.js'
export type { PatTokenErrorCode } from './devops/pat-remedies.js'
export type { ListTokensOptions, RevocationRule, TokenAdmin } from './devops/token-admin.js'
export type { ScanOptions } from './devops/scan.js'
export {
  openScanCheckpoint,
  readScanCheckpoint,
  type CheckpointSettings,
  type FileCheckpoint,
  type RecordedOutcome,
} from './devops/checkpoint-file.js'
export type {
  FailedOutcome,
  ReadOutcome,
  ScanCheckpoint,
  ScanOutcome,
  ScanProgress,
  SkippedOutcome,
  TokenScan,
} from './devops/scan-outcome.js'
export type { GraphServicePrincipal, GraphUser, SubjectOrigin } from './model/graph-user.js'
export type { SessionToken } from './model/session-token.js'
export type { PersonalToken } from './model/personal-token.js'
export type { Page, PagedIterable, PageSettings } from './paging.js'
export { systemClock, type Clock } from './clock.js'
export {
  isPatkitError,
  CheckpointError,
  NetworkError,
  NotFoundError,
  OutcomeUnknownError,
  PaginationLoopError,
  PartialRevocationError,
  PatkitError,
  PatRefusedError,
  PermissionError,
  ProtocolError,
  ServiceError,
  SignInRequiredError,
  ThrottledError,
  TimeoutError,
  type AnyPatkitError,
  type Attempt,
  type ErrorDetails,
} from './errors.js'
export { AZURE_DEVOPS_IDENTITY_URL, checkBaseUrl, checkOrganization } from './config/organization.js'
export {
  AZURE_DEVOPS_SCOPE,
  type AccessToken,
  type Credential,
  type GetTokenOptions,
  type TokenCredential,
  type TokenRequest,
} from './http/credential.js'
export type { Limits } from './http/gate.js'
export type { RetryOptions, TimeoutOptions } from './http/retry.js'
export type { Hooks, Logger } from './http/transport.js'
export { Secret } from './secret.js'
export { version } from './version.js'

// Sign-in
export { AuthClient, type AuthClientOptions } from './auth/client.js'
export type { IdentityOptions } from './auth/identity-options.js'
export type { EmulatorOption } from './auth/emulator-route.js'
export { readAccount, type Account } from './auth/account.js'
export type { SignInCallback } from './auth/callback.js'
export type { StartedSignIn, StartSignInOptions } from './auth/sign-in.js'
export type {
  PasswordResetRequested,
  ProfileEdited,
  SignedIn,
  SignInCancelled,
  SignInEnd,
  SignInFailed,
  SignInFailure,
  SignInResult,
} from './auth/sign-in-result.js'
export type { SignInTransaction } from './auth/transaction.js'
export type { FrontChannelLogout, SignOutUrlOptions } from './auth/sign-out.js'
export type { SessionIndex, SessionIndexOptions } from './auth/session-index.js'
export type { DoctorCheck, DoctorFinding, DoctorReport } from './auth/doctor.js'
export { safeReturnTo } from './auth/return-to.js'
export {
  deviceCodeCredential,
  interactiveCredential,
  type DeviceCodeCredentialOptions,
  type InteractiveCredentialOptions,
  type PersonCredential,
  type PersonCredentialOptions,
  type PersonSignInOptions,
} from './auth/person-credential.js'
export type { DeviceCode } from './auth/msal.js'
export {
  memoryTokenCache,
  type MemoryTokenCacheOptions,
  type TokenCacheLock,
  type TokenCacheStore,
} from './auth/token-cache.js'
export { encryptTokenCache, type TokenCacheKey } from './auth/token-cache-crypto.js'
export { fileTokenCache, type FileTokenCacheOptions } from './auth/token-cache-file.js'
export { redisTokenCache, type RedisCommands, type RedisTokenCacheOptions } from './auth/token-cache-redis.js'
export { environmentFetch, type TunnelTrust } from './http/proxy.js'
export {
  b2c,
  externalId,
  multiTenant,
  PERSONAL_ACCOUNTS_TENANT,
  singleTenant,
  type Authority,
  type B2cAuthority,
  type ConsumersAuthority,
  type ExternalIdAuthority,
  type MultiTenantAuthority,
  type OrganizationsAuthority,
  type SingleTenantAuthority,
  type UserFlowName,
  type UserFlows,
} from './config/authority.js'
export type { AuthConfig } from './config/authority-config.js'
export type {
  AssertionContext,
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientCredential,
  ClientSecretCredential,
} from './config/authority-credential.js'
export type { Cloud } from './config/cloud.js'
export { authConfigFromEnv, type AuthConfigFromEnv } from './config/environment.js'
export { ConfigurationError, InteractionRequiredError, TokenCacheError, type ConfigurationFault } from './errors.js'
