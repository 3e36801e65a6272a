import type { ClientRegistry } from './clients.js'
import type { Consents } from './consents.js'
import type { Directory } from './directory.js'
import type { Trace } from './errors.js'
import type { ExpiringMap } from './expiring-map.js'
import type { Faults } from './faults.js'
import type { GrantStore } from './grants.js'
import type { Ids } from './ids.js'
import type { Interaction } from './interaction.js'
import type { KeyRing } from './keys.js'
import type { Knobs } from './knobs.js'
import type { ResourceRegistry } from './resources.js'
import type { Arrival, Route } from './routes.js'
import type { BrowserSessions } from './sessions.js'
import type { IdentityClock } from './time.js'

/** Everything one emulator knows and remembers. */
export interface IdentityContext {
  readonly clock: IdentityClock
  readonly ids: Ids
  readonly directory: Directory
  readonly clients: ClientRegistry
  readonly resources: ResourceRegistry
  readonly consents: Consents
  readonly keys: KeyRing
  readonly knobs: Knobs
  readonly faults: Faults
  readonly grants: GrantStore
  readonly sessions: BrowserSessions
  /** Pages that were shown and wait for their form, by one-time token. */
  readonly interactions: ExpiringMap<Interaction>
}

/** A request to one endpoint, as the endpoint wants to read it. */
export interface IdentityRequest {
  readonly route: Route
  readonly method: string
  readonly arrival: Arrival
  readonly headers: NodeJS.Dict<string | string[]>
  /** The query of a GET, the form of a POST. */
  readonly parameters: URLSearchParams
  /** The id in the browser's cookie. */
  readonly browser: string | undefined
  readonly trace: Trace
}
