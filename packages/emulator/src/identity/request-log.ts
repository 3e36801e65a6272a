import type { FaultPoint } from './faults.js'
import type { Endpoint } from './routes.js'

/** A request that was answered. It names parameters and never carries their values, except those that identify no one. */
export interface IdentityRequestRecord {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly at: number
  readonly endpoint: Endpoint | Extract<FaultPoint, 'api' | 'graph'>
  readonly method: string
  /** Host of the real service that was meant; empty for the protected web API. */
  readonly host: string
  readonly clientId: string | undefined
  readonly grantType: string | undefined
  /** Names of the parameters in query or form, sorted. */
  readonly parameters: readonly string[]
  readonly status: number
  /** Path below the host, of Microsoft Graph only: its objects are in it. */
  readonly path?: string
  /** AADSTS or AADB2C code of a refusal. */
  readonly code: string | undefined
}

const kept = 1000

/** The last thousand requests, for the assertions of tests. */
export class RequestLog {
  readonly #records: IdentityRequestRecord[] = []

  add(record: IdentityRequestRecord): void {
    this.#records.push(record)
    if (this.#records.length > kept) this.#records.shift()
  }

  /** Oldest first; with `endpoint` only its requests. */
  list(endpoint?: IdentityRequestRecord['endpoint']): readonly IdentityRequestRecord[] {
    return this.#records.filter((record) => endpoint === undefined || record.endpoint === endpoint)
  }

  clear(): void {
    this.#records.length = 0
  }
}
