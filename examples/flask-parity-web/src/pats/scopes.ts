/** Something a token may be allowed to do. */
export interface Scope {
  /** As the service calls it, such as `vso.code`. */
  readonly name: string
  /** What it allows, in plain words. */
  readonly words: string
  /** Whether it lets a thief do lasting harm. */
  readonly isHighPrivilege: boolean
}

/** Scopes of one part of Azure DevOps. */
export interface ScopeArea {
  readonly title: string
  readonly scopes: readonly Scope[]
}

/** Allows everything its owner may do. */
export const fullAccess = 'app_token'

const low = (name: string, words: string): Scope => ({ name, words, isHighPrivilege: false })
const high = (name: string, words: string): Scope => ({ name, words, isHighPrivilege: true })
const area = (title: string, ...scopes: readonly Scope[]): ScopeArea => ({ title, scopes })

// Names and high privilege: "Available scopes" of
// https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#scopes (2025-07-16), and the tokens' own.

/** What most tokens are made for. */
export const commonAreas: readonly ScopeArea[] = [
  area(
    'Code',
    low('vso.code', 'Read'),
    high('vso.code_write', 'Read and write'),
    high('vso.code_manage', 'Read, write and manage repositories'),
    high('vso.code_full', 'Everything, old client libraries too'),
    low('vso.code_status', 'Read and set the status of commits and pull requests'),
  ),
  area(
    'Work items',
    low('vso.work', 'Read'),
    low('vso.work_write', 'Read and write'),
    low('vso.work_full', 'Everything, plans and queries too'),
  ),
  area('Build', low('vso.build', 'Read'), high('vso.build_execute', 'Read and start builds')),
  area(
    'Release',
    low('vso.release', 'Read'),
    high('vso.release_execute', 'Read, write and start releases'),
    high('vso.release_manage', 'Read, write, start, approve and delete'),
  ),
  area(
    'Packages',
    low('vso.packaging', 'Read'),
    high('vso.packaging_write', 'Read and publish'),
    high('vso.packaging_manage', 'Read, publish, delete and manage feeds'),
  ),
  area(
    'Projects and teams',
    low('vso.project', 'Read'),
    low('vso.project_write', 'Read and write'),
    high('vso.project_manage', 'Read, write, create and delete'),
  ),
  area('Wiki', low('vso.wiki', 'Read'), low('vso.wiki_write', 'Read and write')),
  area('Tests', low('vso.test', 'Read'), low('vso.test_write', 'Read and write')),
]

/** Everything else. */
export const furtherAreas: readonly ScopeArea[] = [
  area(
    'Advanced security',
    high('vso.advsec', 'Read alerts'),
    high('vso.advsec_write', 'Read and upload analyses'),
    high('vso.advsec_manage', 'Read, upload and manage'),
  ),
  area(
    'Agent pools',
    low('vso.agentpools', 'Read'),
    high('vso.agentpools_manage', 'Read and manage'),
    high('vso.environment_manage', 'Read and manage environments too'),
    high('vso.machinegroup_manage', 'Read and manage deployment groups'),
  ),
  area('Analytics', low('vso.analytics', 'Query')),
  area(
    'Auditing',
    low('vso.auditlog', 'Read the log'),
    high('vso.auditstreams_manage', 'Manage where the log is sent'),
  ),
  area('Connected server', low('vso.connected_server', 'What an on-premises server needs')),
  area('Dashboards', low('vso.dashboards', 'Read'), low('vso.dashboards_manage', 'Manage')),
  area('Drops', low('vso.drop_write', 'Read and write build drops')),
  area(
    'Extensions',
    low('vso.extension', 'Read'),
    high('vso.extension_manage', 'Read, install and remove'),
    low('vso.extension.data', 'Read what extensions keep'),
    low('vso.extension.data_write', 'Read and write what extensions keep'),
  ),
  area(
    'GitHub connections',
    low('vso.githubconnections', 'Read'),
    high('vso.githubconnections_manage', 'Read and manage'),
  ),
  area(
    'Licences of members',
    low('vso.entitlements', 'Read licences'),
    low('vso.memberentitlementmanagement', 'Read members, their licences and projects'),
    high('vso.memberentitlementmanagement_write', 'Manage members, their licences and projects'),
  ),
  area(
    'Marketplace',
    low('vso.gallery', 'Read'),
    low('vso.gallery_acquire', 'Read and acquire'),
    high('vso.gallery_publish', 'Read and publish'),
    high('vso.gallery_manage', 'Read, publish and manage publishers'),
  ),
  area(
    'Notifications',
    low('vso.notification', 'Read subscriptions'),
    low('vso.notification_write', 'Read and write subscriptions'),
    low('vso.notification_manage', 'Read, write and manage subscriptions'),
    low('vso.notification_diagnostics', 'Read and switch on diagnostics'),
  ),
  area(
    'Personal access tokens',
    low('vso.pats', 'Read one’s own'),
    high('vso.pats_manage', 'Read, create, change and revoke one’s own'),
  ),
  area(
    'Pipeline resources',
    high('vso.pipelineresources_use', 'Approve their use'),
    high('vso.pipelineresources_manage', 'Approve their use and manage them'),
  ),
  area('Profile', low('vso.profile', 'Read one’s own'), low('vso.profile_write', 'Write one’s own')),
  area('Pull request threads', low('vso.threads_full', 'Read and write comments')),
  area(
    'Secure files',
    high('vso.securefiles_read', 'Read'),
    high('vso.securefiles_write', 'Read and create'),
    high('vso.securefiles_manage', 'Read, create and manage'),
  ),
  area('Security', high('vso.security_manage', 'Read, write and manage permissions')),
  area(
    'Service connections',
    low('vso.serviceendpoint', 'Read'),
    low('vso.serviceendpoint_query', 'Read and query'),
    high('vso.serviceendpoint_manage', 'Read, query and manage'),
  ),
  area(
    'Service hooks',
    low('vso.hooks', 'Read'),
    low('vso.hooks_write', 'Read and write'),
    low('vso.hooks_interact', 'Act on events'),
  ),
  area('Settings', low('vso.settings', 'Read'), low('vso.settings_write', 'Read and write')),
  area(
    'Symbols',
    low('vso.symbols', 'Read'),
    low('vso.symbols_write', 'Read and write'),
    low('vso.symbols_manage', 'Read, write and manage'),
  ),
  area(
    'Task groups',
    low('vso.taskgroups_read', 'Read'),
    low('vso.taskgroups_write', 'Read and create'),
    high('vso.taskgroups_manage', 'Read, create and manage'),
  ),
  area(
    'Tokens of others',
    high('vso.tokenadministration', 'Read and revoke everybody’s (administrators)'),
    high('vso.tokens', 'Delegated authorization tokens (retired)'),
  ),
  area(
    'Users and groups',
    low('vso.graph', 'Read users, groups and memberships'),
    high('vso.graph_manage', 'Read and manage users, groups and memberships'),
    low('vso.identity', 'Read identities'),
    high('vso.identity_manage', 'Read, write and manage identities'),
  ),
  area('User impersonation', high('user_impersonation', 'Everything an application may do in a person’s name')),
  area(
    'Variable groups',
    low('vso.variablegroups_read', 'Read'),
    low('vso.variablegroups_write', 'Read and create'),
    high('vso.variablegroups_manage', 'Read, create and manage'),
  ),
]

const described = new Map(
  [...commonAreas, ...furtherAreas].flatMap(({ title, scopes }) =>
    scopes.map((scope) => [scope.name, { area: title, ...scope }] as const),
  ),
)

/** What a scope is about; `undefined` for one that is newer than this list. */
export function describeScope(name: string): (Scope & { readonly area: string }) | undefined {
  return described.get(name)
}

/** Scopes as they are written: separated by spaces, or by commas as some people do. Each once, in their order. */
export function splitScopes(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((scope) => scope !== ''))]
}
