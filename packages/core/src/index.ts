export { DevOpsClient, type DevOpsClientOptions } from './devops/client.js'
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
