import type { Caller } from '../access-tokens.js'
import type { EmulatorClock } from '../clock.js'
import type { Organization } from '../organization.js'
import type { PatPolicies } from './pat-policies.js'

/** What the last page says where the token of the next one would stand. `usual` is what each area is known to do. */
export type LastPageToken = 'usual' | 'absent' | 'null' | 'empty' | 'empty-guid'

/** What every area needs to know. */
export interface DevOpsContext {
  readonly organization: Organization
  readonly clock: EmulatorClock
  readonly origin: () => string
  readonly pageSize: number
  readonly pageOverlap: number
  readonly tokenPageSize: number
  readonly maxTokenPageSize: number
  readonly maxRevocations: number
  readonly lastPageToken: LastPageToken
  readonly policies: PatPolicies
}

/** A request that has passed everything that is the same for all areas. */
export interface DevOpsRequest {
  /** Value of a query parameter; names are compared without case, as the service does. An empty value counts as none. */
  readonly parameter: (name: string) => string | undefined
  /** The part of the path that names what the request is about. */
  readonly id: string
  readonly body: string
  readonly contentType: string | undefined
  readonly caller: Caller
  /** As it was asked for, such as `7.1-preview.1`. */
  readonly apiVersion: string
}

/** What an area answers; the router adds what is the same for all. */
export interface AreaAnswer {
  readonly status: number
  /** JSON text, or nothing. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}
