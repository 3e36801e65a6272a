import type { ClientSeed } from './clients.js'
import type { PersonSeed } from './directory.js'
import { guidOf } from './ids.js'
import { azureDevOpsResource, firstPartyResources } from './resources.js'
import type { ResourceSeed } from './resources.js'
import { personalTenant } from './tenants.js'
import type { TenantSeed } from './tenants.js'

/** Tenants, people, applications and APIs of an emulator. */
export interface DirectorySeed {
  readonly tenants: readonly TenantSeed[]
  readonly people: readonly PersonSeed[]
  readonly clients: readonly ClientSeed[]
  readonly resources: readonly ResourceSeed[]
}

/** Ids of the sample directory. They are the same at every start and on every machine. */
export const sampleIds = {
  /** Tenant of Entra ID, `contoso.onmicrosoft.com`. */
  contosoTenant: guidOf('tenant', 'contoso.onmicrosoft.com'),
  /** A second one, `fabrikam.onmicrosoft.com`: the stranger in tests of several tenants. */
  fabrikamTenant: guidOf('tenant', 'fabrikam.onmicrosoft.com'),
  /** Azure AD B2C, `fabrikamb2c`, also at `login.fabrikam.example`; user flows `B2C_1_susi`, `B2C_1_edit`, `B2C_1_reset`. */
  b2cTenant: guidOf('tenant', 'fabrikamb2c.b2clogin.com'),
  /** External ID, `woodgrove`, also at `login.woodgrove.example`. */
  externalTenant: guidOf('tenant', 'woodgrove.ciamlogin.com'),
  /** Web application of Contoso's people only. */
  singleTenantClient: guidOf('client', 'contoso web'),
  /** Web application for every organization and for personal accounts. */
  multiTenantClient: guidOf('client', 'any tenant web'),
  b2cClient: guidOf('client', 'fabrikam b2c web'),
  externalClient: guidOf('client', 'woodgrove web'),
  /** Public client of the command line: device code and loopback. */
  publicClient: guidOf('client', 'command line'),
  /** The protected web API in Contoso; also an application with a secret, so that it can act on behalf of its callers. */
  contosoApi: guidOf('client', 'contoso api'),
  b2cApi: guidOf('client', 'fabrikam b2c api'),
  externalApi: guidOf('client', 'woodgrove api'),
} as const

/** The secret of every confidential application in the sample directory. It opens nothing but an emulator. */
export const sampleSecret = 'emulator-only-secret'

/** Scopes of the sample's protected web API, as applications write them. */
export const sampleScopes = {
  contoso: `api://${sampleIds.contosoApi}/demo.read`,
  b2c: 'https://fabrikamb2c.onmicrosoft.com/api/demo.read',
  external: `api://${sampleIds.externalApi}/demo.read`,
} as const

/** What an emulator serves unless it is told otherwise: one tenant of each kind, people in them, and applications with known ids. */
export function sampleDirectory(): DirectorySeed {
  return { tenants: tenants(), people: people(), clients: clients(), resources: resources() }
}

function tenants(): readonly TenantSeed[] {
  return [
    { kind: 'entra', domain: 'contoso.onmicrosoft.com', displayName: 'Contoso' },
    { kind: 'entra', domain: 'fabrikam.onmicrosoft.com', displayName: 'Fabrikam' },
    {
      kind: 'b2c',
      name: 'fabrikamb2c',
      displayName: 'Fabrikam customers',
      customDomain: 'login.fabrikam.example',
      userFlows: [
        { name: 'B2C_1_susi', kind: 'sign-up-sign-in' },
        { name: 'B2C_1_edit', kind: 'edit-profile' },
        { name: 'B2C_1_reset', kind: 'reset-password' },
      ],
    },
    {
      kind: 'external-id',
      name: 'woodgrove',
      displayName: 'Woodgrove customers',
      customDomain: 'login.woodgrove.example',
    },
  ]
}

/** Names that break naive code are among them. */
function people(): readonly PersonSeed[] {
  const person = (tenant: string, address: string, displayName: string): PersonSeed => {
    const [givenName = displayName, ...rest] = displayName.split(' ')
    const familyName = rest.join(' ')
    return { tenant, userPrincipalName: address, displayName, givenName, ...(familyName === '' ? {} : { familyName }) }
  }
  return [
    { ...person('contoso.onmicrosoft.com', 'alice@contoso.onmicrosoft.com', 'Alice Adams'), roles: ['Reports.Admin'] },
    person('contoso.onmicrosoft.com', 'bob@contoso.onmicrosoft.com', 'Bob Brown'),
    person('contoso.onmicrosoft.com', 'zoe@contoso.onmicrosoft.com', 'Zoë Åström-O’Neill'),
    person('contoso.onmicrosoft.com', 'mallory@contoso.onmicrosoft.com', '<script>alert("Mallory")</script>'),
    person('fabrikam.onmicrosoft.com', 'erin@fabrikam.onmicrosoft.com', 'Erin Evans'),
    person(personalTenant.domain, 'dana@outlook.example', 'Dana Doe'),
    person('fabrikamb2c', 'carol@customer.example', 'Carol Clark'),
    { ...person('fabrikamb2c', 'gina@gmail.example', 'Gina Grant'), identityProvider: 'google.com' },
    person('woodgrove', 'wendy@customer.example', 'Wendy West'),
  ]
}

const localRedirects: readonly string[] = [
  'http://localhost:5000/getAToken',
  'http://localhost:5000/auth/redirect',
  'http://localhost:5010/getAToken',
  'http://localhost:5010/auth/redirect',
  'http://localhost:5001/getAToken',
  'http://localhost:5001/auth/redirect',
  'http://localhost:5000/',
  'http://localhost:5001/',
]

function clients(): readonly ClientSeed[] {
  const secrets = [{ value: sampleSecret }]
  const web = { redirectUris: localRedirects, secrets }
  const contoso = 'contoso.onmicrosoft.com'
  return [
    {
      ...web,
      clientId: sampleIds.singleTenantClient,
      tenant: contoso,
      displayName: 'Contoso token report',
      frontChannelLogoutUri: 'http://localhost:5000/auth/front-channel-logout',
      applicationRoles: { [azureDevOpsResource]: [], [sampleIds.contosoApi]: ['Reports.Read.All'] },
    },
    {
      ...web,
      clientId: sampleIds.multiTenantClient,
      tenant: contoso,
      displayName: 'Token report for everybody',
      signInAudience: 'AzureADandPersonalMicrosoftAccount',
    },
    { ...web, clientId: sampleIds.b2cClient, tenant: 'fabrikamb2c', displayName: 'Fabrikam shop' },
    { ...web, clientId: sampleIds.externalClient, tenant: 'woodgrove', displayName: 'Woodgrove shop' },
    {
      clientId: sampleIds.publicClient,
      tenant: contoso,
      displayName: 'patkit on the command line',
      type: 'public',
      signInAudience: 'AzureADMultipleOrgs',
      redirectUris: ['http://localhost', 'http://127.0.0.1'],
    },
    { clientId: sampleIds.contosoApi, tenant: contoso, displayName: 'Contoso demo API', consent: 'granted', secrets },
  ]
}

function resources(): readonly ResourceSeed[] {
  const api = { scopes: ['demo.read', 'demo.write'], servedBy: 'emulator' } as const
  return [
    ...firstPartyResources,
    { ...api, id: sampleIds.contosoApi, displayName: 'Contoso demo API', tenant: 'contoso.onmicrosoft.com' },
    {
      ...api,
      id: sampleIds.b2cApi,
      displayName: 'Fabrikam demo API',
      tenant: 'fabrikamb2c',
      identifierUris: ['https://fabrikamb2c.onmicrosoft.com/api'],
    },
    { ...api, id: sampleIds.externalApi, displayName: 'Woodgrove demo API', tenant: 'woodgrove' },
  ]
}
