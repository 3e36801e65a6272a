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
export { openScanCheckpoint, type CheckpointSettings, type FileCheckpoint } from './devops/checkpoint-file.js'
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
