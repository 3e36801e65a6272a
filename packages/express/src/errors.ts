import { PatkitError, type ErrorDetails } from '@patkit/core'

/**
 * The place where sessions are kept failed: it is unreachable, full, or did not answer in time. Nobody was signed out by it; the same
 * request may succeed in a moment.
 */
export class SessionStoreError extends PatkitError {
  override readonly code = 'PATKIT_SESSION_STORE'
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { retryable: true, ...details })
  }
}
