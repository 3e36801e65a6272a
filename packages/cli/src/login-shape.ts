import type { ListShape } from './listing.js'
import type { KeyPlace, LoginMethod } from './login-store.js'

/** What is told of a sign-in. */
export interface LoginLine {
  readonly who: string | null
  readonly name?: string | null | undefined
  /** Tenant id, or what was signed in at. */
  readonly tenantId?: string | null | undefined
  readonly tenant?: string | null | undefined
  readonly clientId?: string | null | undefined
  readonly method?: LoginMethod | undefined
  readonly emulator?: string | undefined
  /** ISO 8601, UTC. */
  readonly accessTokenUntil: string | null
  /** Where commands take the access token from. */
  readonly source: string
  /** Folder of the encrypted tokens. */
  readonly cache: string | null
  readonly key?: KeyPlace | undefined
}

/** One sign-in, field by field. */
export const loginShape: ListShape<LoginLine> = {
  columns: [
    { header: 'Who', value: (line) => line.who },
    { header: 'Name', value: (line) => line.name ?? null },
    { header: 'Tenant', value: (line) => line.tenantId ?? line.tenant ?? null },
    { header: 'Application', value: (line) => line.clientId ?? null },
    { header: 'Access token from', value: sourceOf },
    { header: 'Good until', value: (line) => line.accessTokenUntil },
    { header: 'Cache', value: (line) => line.cache },
    { header: 'Key', value: keyOf },
  ],
  csv: [
    ['Who', (line) => line.who],
    ['Name', (line) => line.name ?? null],
    ['Tenant', (line) => line.tenantId ?? line.tenant ?? null],
    ['Application', (line) => line.clientId ?? null],
    ['Access token from', sourceOf],
    ['Good until', (line) => line.accessTokenUntil],
    ['Cache', (line) => line.cache],
    ['Key', keyOf],
  ],
  toRecord: (line) => ({
    who: line.who,
    name: line.name ?? null,
    tenantId: line.tenantId ?? null,
    tenant: line.tenant ?? null,
    clientId: line.clientId ?? null,
    method: line.method ?? null,
    emulator: line.emulator ?? null,
    accessTokenUntil: line.accessTokenUntil,
    source: line.source,
    cache: line.cache,
    key: line.key === undefined ? null : line.key.kind === 'file' ? line.key.file : line.key.name,
    keychain: line.key === undefined ? null : line.key.kind === 'keychain',
  }),
}

function sourceOf({ source, method, emulator }: LoginLine): string {
  const details = [method?.replace('-', ' '), emulator].filter((detail) => detail !== undefined)
  return details.length === 0 ? source : `${source} (${details.join(', ')})`
}

function keyOf({ key }: LoginLine): string | null {
  if (key === undefined) return null
  return key.kind === 'file' ? key.file : key.name
}
