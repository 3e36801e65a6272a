import type { Transport } from '../http/transport.js'

/** Versions of the three APIs; each can be set for a server that lags behind. */
export interface ApiVersions {
  /** Users and service principals. Default `7.1-preview.1`; this API never left preview. */
  readonly graph?: string
  /** One's own personal access tokens. Default `7.1-preview.1`. */
  readonly tokens?: string
  /** Everybody's tokens, for administrators. Default `7.1`. */
  readonly tokenAdmin?: string
}

export const apiVersionDefaults = {
  graph: '7.1-preview.1',
  tokens: '7.1-preview.1',
  tokenAdmin: '7.1',
} as const satisfies Required<ApiVersions>

/** What every room of the client needs to reach the service. */
export interface Service {
  readonly transport: Transport
  /** Checked name; safe in a path. */
  readonly organization: string
  readonly apiVersions: Required<ApiVersions>
}

/** Who may read and revoke everybody's tokens. */
export const ADMINISTRATOR_HINT =
  'The signed-in identity must be a member of Project Collection Administrators, or hold the scope vso.tokenadministration; ask an organization owner.'
