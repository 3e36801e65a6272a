export {
  signIn,
  type SessionSettings,
  type SignedInHandler,
  type SignedInLocals,
  type SignInOptions,
  type WebSignIn,
} from './sign-in.js'
export type { SignInPaths } from './context.js'
export type { RequiredOptions, SignInState } from './guard.js'
export type { RenderPage } from './answers.js'
export type { PageAction, PageContent } from './page-content.js'
export {
  fileStorage,
  memoryStorage,
  storageFromEnv,
  type FileStorageOptions,
  type MemoryStorageOptions,
  type WebStorage,
} from './storage.js'
export { redisStorage, type RedisStorageOptions } from './storage-redis.js'
export type { SessionSecret } from './session-secrets.js'
export type { Demand, Renewal, SessionRecord } from './session.js'
export { SessionStoreError } from './errors.js'
