/** Base scopes, each with the suffixes it takes. `''` stands for the bare form. */
const families: Readonly<Record<string, readonly string[]>> = {
  advsec: ['', '_write', '_manage'],
  agentpools: ['', '_manage'],
  analytics: [''],
  auditlog: [''],
  auditstreams: ['_manage'],
  build: ['', '_execute'],
  code: ['', '_write', '_manage', '_full', '_status'],
  connected_server: [''],
  dashboards: ['', '_manage'],
  drop: ['_write'],
  entitlements: [''],
  environment: ['_manage'],
  extension: ['', '_manage'],
  'extension.data': ['', '_write'],
  gallery: ['', '_acquire', '_publish', '_manage'],
  githubconnections: ['', '_manage'],
  graph: ['', '_manage'],
  hooks: ['', '_write', '_interact'],
  identity: ['', '_manage'],
  machinegroup: ['_manage'],
  memberentitlementmanagement: ['', '_write'],
  notification: ['', '_write', '_manage', '_diagnostics'],
  packaging: ['', '_write', '_manage'],
  pats: ['', '_manage'],
  pipelineresources: ['_use', '_manage'],
  profile: ['', '_write'],
  project: ['', '_write', '_manage'],
  release: ['', '_execute', '_manage'],
  securefiles: ['_read', '_write', '_manage'],
  security: ['_manage'],
  serviceendpoint: ['', '_query', '_manage'],
  settings: ['', '_write'],
  symbols: ['', '_write', '_manage'],
  taskgroups: ['_read', '_write', '_manage'],
  test: ['', '_write'],
  threads: ['_full'],
  tokenadministration: [''],
  tokens: [''],
  variablegroups: ['_read', '_write', '_manage'],
  wiki: ['', '_write'],
  work: ['', '_write', '_full'],
}

const known = new Set([
  'app_token',
  'user_impersonation',
  ...Object.entries(families).flatMap(([family, suffixes]) => suffixes.map((suffix) => `vso.${family}${suffix}`)),
])

/** Whether a token can be made with this scope. */
export const isKnownScope = (scope: string): boolean => known.has(scope)

const full = ['app_token', 'user_impersonation']

/** Whether scopes of a credential allow what needs `wanted`. */
export function allows(scopes: readonly string[], wanted: string): boolean {
  if (full.some((scope) => scopes.includes(scope)) || scopes.includes('.default')) return true
  // Managing includes reading.
  return scopes.includes(wanted) || scopes.includes(`${wanted}_manage`)
}
