import { hkdfSync } from 'node:crypto'
import type { Secret } from '@patkit/core'

/**
 * The keys that encrypt what is kept of people's tokens, derived from the secrets that sign session cookies: whoever rotates those
 * rotates these. A cookie's signature tells nothing about them.
 */
export function tokenCacheKeys(secrets: readonly Secret[]): readonly Uint8Array[] {
  return secrets.map((secret) => new Uint8Array(hkdfSync('sha256', secret.reveal(), '', 'patkit token cache v1', 32)))
}
