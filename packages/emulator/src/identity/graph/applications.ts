import { randomBytes } from 'node:crypto'
import type { Client, SignInAudience } from '../clients.js'
import type { IdentityContext } from '../context.js'
import { guidOf, isGuid } from '../ids.js'
import { isRecord } from '../is-record.js'
import { domainOf } from '../tenants.js'
import { servicePrincipalId } from '../tokens.js'
import { badRequest, GraphFailure, notFound } from './errors.js'

interface PasswordCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly hint: string
  readonly startDateTime: string
  readonly endDateTime: string
}

/** An application object: what Graph knows of an app registration beside what signing in needs. */
interface ApplicationObject {
  readonly id: string
  readonly client: Client
  readonly createdAt: number
  readonly requiredResourceAccess: readonly unknown[]
  readonly isFallbackPublicClient: boolean | null
  readonly requestedAccessTokenVersion: number | null
  readonly passwords: readonly PasswordCredential[]
}

/** An application that was deleted: it can be restored for 30 days, so its name in `directory/deletedItems` lives on. */
interface DeletedObject {
  readonly id: string
  readonly tenantId: string
}

const audiences: readonly SignInAudience[] = [
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
]

const longestName = 256
const longestSecretMs = 2 * 365 * 86_400_000

/** Applications, service principals and what was deleted, as Graph tells of them. Signing in goes by the registry of clients. */
export class GraphApplications {
  readonly #context: IdentityContext
  readonly #objects = new Map<string, ApplicationObject>()
  readonly #servicePrincipals = new Set<string>()
  readonly #deleted = new Map<string, DeletedObject>()

  constructor(context: IdentityContext) {
    this.#context = context
  }

  /** The applications of a tenant, as they were registered. */
  list(tenantId: string): readonly object[] {
    return this.#inTenant(tenantId).map((application) => this.#describe(application))
  }

  byObjectId(tenantId: string, id: string): ApplicationObject {
    const found = this.#inTenant(tenantId).find((application) => application.id === id.toLowerCase())
    if (found === undefined) throw notFound(id)
    return found
  }

  byClientId(tenantId: string, clientId: string): ApplicationObject {
    const found = this.#inTenant(tenantId).find(({ client }) => client.clientId === clientId.toLowerCase())
    if (found === undefined) throw notFound(clientId)
    return found
  }

  describe(application: ApplicationObject): object {
    return this.#describe(application)
  }

  /** Registers an application: from now on people can sign in to it. */
  create(tenantId: string, body: Readonly<Record<string, unknown>>): object {
    const { clients, clock, ids } = this.#context
    const order = readApplication(body)
    const clientId = ids.guid()
    clients.register({
      clientId,
      tenant: tenantId,
      displayName: order.displayName,
      signInAudience: order.signInAudience,
      // A registration can be both; here one without a web address is a command line's.
      type: order.isPublic ? 'public' : 'confidential',
      redirectUris: [...order.webRedirectUris, ...order.publicRedirectUris],
    })
    const client = clients.find(clientId)
    if (client === undefined) throw new TypeError('What was registered is not there.')
    const application: ApplicationObject = {
      id: ids.guid(),
      client,
      createdAt: clock.now(),
      requiredResourceAccess: order.requiredResourceAccess,
      isFallbackPublicClient: order.isFallbackPublicClient,
      requestedAccessTokenVersion: order.requestedAccessTokenVersion,
      passwords: [],
    }
    this.#objects.set(clientId, application)
    return this.#describe(application)
  }

  /** A new secret: the only time its text is told. */
  addPassword(tenantId: string, id: string, body: Readonly<Record<string, unknown>>): object {
    const { clients, clock, ids } = this.#context
    const application = this.#settled(this.byObjectId(tenantId, id), id)
    const asked = isRecord(body['passwordCredential']) ? body['passwordCredential'] : {}
    const now = clock.now()
    const endsAt = readEnd(asked['endDateTime'], now)
    const displayName = typeof asked['displayName'] === 'string' ? asked['displayName'] : null
    const secretText = `${randomBytes(3).toString('hex')}~${randomBytes(24).toString('base64url')}`
    clients.addSecret(application.client.clientId, { value: secretText, expiresAt: new Date(endsAt) })
    const password: PasswordCredential = {
      keyId: ids.guid(),
      displayName,
      hint: secretText.slice(0, 3),
      startDateTime: new Date(now).toISOString(),
      endDateTime: new Date(endsAt).toISOString(),
    }
    this.#objects.set(application.client.clientId, { ...application, passwords: [...application.passwords, password] })
    return { ...password, customKeyIdentifier: null, secretText }
  }

  /** Deletes an application and its service principal: nobody can sign in to it any more. */
  delete(tenantId: string, application: ApplicationObject): void {
    const { clientId } = application.client
    this.#context.clients.unregister(clientId)
    this.#objects.delete(clientId)
    this.#servicePrincipals.delete(clientId)
    this.#deleted.set(application.id, { id: application.id, tenantId })
  }

  deletedIn(tenantId: string): readonly DeletedObject[] {
    return [...this.#deleted.values()].filter((deleted) => deleted.tenantId === tenantId)
  }

  deleteForGood(tenantId: string, id: string): void {
    const deleted = this.#deleted.get(id.toLowerCase())
    if (deleted?.tenantId !== tenantId) throw notFound(id)
    this.#deleted.delete(deleted.id)
  }

  createServicePrincipal(tenantId: string, body: Readonly<Record<string, unknown>>): object {
    const { appId } = body
    if (typeof appId !== 'string' || !isGuid(appId)) throw badRequest("'appId' must be a GUID.")
    const application = this.#inTenant(tenantId).find(({ client }) => client.clientId === appId.toLowerCase())
    if (application === undefined || !this.#isSettled(application))
      throw badRequest(
        `The appId '${appId}' does not name an application that is known here.`,
        'NoBackingApplicationObject',
      )
    const { clientId } = application.client
    if (this.#servicePrincipals.has(clientId)) {
      const message = 'Another object with the same value for property servicePrincipalNames already exists.'
      throw new GraphFailure(409, 'Request_MultipleObjectsWithSameKeyValue', message, 'ObjectConflict')
    }
    this.#servicePrincipals.add(clientId)
    return this.#describeServicePrincipal(application, tenantId)
  }

  servicePrincipal(tenantId: string, clientId: string): object {
    const application = this.#inTenant(tenantId).find(({ client }) => client.clientId === clientId.toLowerCase())
    if (application === undefined || !this.#servicePrincipals.has(application.client.clientId)) throw notFound(clientId)
    return this.#describeServicePrincipal(application, tenantId)
  }

  #inTenant(tenantId: string): readonly ApplicationObject[] {
    return this.#context.clients
      .all()
      .filter((client) => client.tenantId === tenantId)
      .map((client) => this.#objects.get(client.clientId) ?? seeded(client))
  }

  /** The directory has several copies, and what was written to one is in the others only after a while. */
  #settled(application: ApplicationObject, name: string): ApplicationObject {
    if (!this.#isSettled(application)) throw notFound(name)
    return application
  }

  #isSettled({ createdAt }: ApplicationObject): boolean {
    const { clock, knobs } = this.#context
    return clock.now() - createdAt >= knobs.current.graphReplicationSeconds * 1000
  }

  #describe(application: ApplicationObject): object {
    const { client, createdAt, passwords } = application
    const isPublic = client.type === 'public'
    const tenant = this.#context.directory.tenant(client.tenantId)
    return {
      id: application.id,
      appId: client.clientId,
      displayName: client.displayName,
      signInAudience: client.signInAudience,
      createdDateTime: new Date(createdAt).toISOString(),
      publisherDomain: domainOf(tenant),
      web: { redirectUris: isPublic ? [] : client.redirectUris },
      publicClient: { redirectUris: isPublic ? client.redirectUris : [] },
      isFallbackPublicClient: application.isFallbackPublicClient,
      requiredResourceAccess: application.requiredResourceAccess,
      passwordCredentials: passwords.map((password) => ({ ...password, secretText: null })),
      api: { requestedAccessTokenVersion: application.requestedAccessTokenVersion },
    }
  }

  #describeServicePrincipal({ client }: ApplicationObject, tenantId: string): object {
    return {
      id: servicePrincipalId(client, tenantId),
      appId: client.clientId,
      appDisplayName: client.displayName,
      displayName: client.displayName,
      appOwnerOrganizationId: client.tenantId,
      servicePrincipalType: 'Application',
      signInAudience: client.signInAudience,
    }
  }
}

/** Applications that the emulator started with. */
const seeded = (client: Client): ApplicationObject => ({
  id: guidOf('application', client.clientId),
  client,
  createdAt: 0,
  requiredResourceAccess: [],
  isFallbackPublicClient: null,
  requestedAccessTokenVersion: null,
  passwords: [],
})

interface ApplicationOrder {
  readonly displayName: string
  readonly signInAudience: SignInAudience
  readonly webRedirectUris: readonly string[]
  readonly publicRedirectUris: readonly string[]
  readonly isFallbackPublicClient: boolean | null
  readonly isPublic: boolean
  readonly requiredResourceAccess: readonly unknown[]
  readonly requestedAccessTokenVersion: number | null
}

function readApplication(body: Readonly<Record<string, unknown>>): ApplicationOrder {
  const { displayName, signInAudience = 'AzureADandPersonalMicrosoftAccount', isFallbackPublicClient = null } = body
  if (typeof displayName !== 'string' || displayName.trim() === '' || displayName.length > longestName)
    throw badRequest(`'displayName' must be a text of 1 to ${longestName} characters.`)
  const audience = audiences.find((known) => known === signInAudience)
  if (audience === undefined) throw badRequest(`'signInAudience' must be one of ${audiences.join(', ')}.`)
  if (isFallbackPublicClient !== null && typeof isFallbackPublicClient !== 'boolean')
    throw badRequest("'isFallbackPublicClient' must be true, false or null.")
  const webRedirectUris = readRedirectUris(body['web'], 'web')
  const publicRedirectUris = readRedirectUris(body['publicClient'], 'publicClient')
  const requestedAccessTokenVersion = readTokenVersion(body['api'])
  // Personal accounts get tokens of version 2 only.
  if (/Personal/.test(audience) && requestedAccessTokenVersion !== 2)
    throw badRequest(`'api.requestedAccessTokenVersion' must be 2 where 'signInAudience' is ${audience}.`)
  return {
    displayName,
    signInAudience: audience,
    webRedirectUris,
    publicRedirectUris,
    isFallbackPublicClient,
    isPublic: webRedirectUris.length === 0 && (isFallbackPublicClient === true || publicRedirectUris.length > 0),
    requiredResourceAccess: readResourceAccess(body['requiredResourceAccess']),
    requestedAccessTokenVersion,
  }
}

function readRedirectUris(section: unknown, name: string): readonly string[] {
  if (section === undefined || section === null) return []
  const uris = isRecord(section) ? (section['redirectUris'] ?? []) : undefined
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string'))
    throw badRequest(`'${name}.redirectUris' must be a list of texts.`)
  const wrong = uris.find((uri) => !isRedirectUri(uri))
  if (wrong !== undefined)
    throw badRequest(
      `'${name}.redirectUris' has an address that is neither https nor http://localhost: ${JSON.stringify(wrong)}.`,
    )
  return uris
}

function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#') || text.includes('*')) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname))
}

function readTokenVersion(api: unknown): number | null {
  if (api === undefined || api === null) return null
  const version = isRecord(api) ? (api['requestedAccessTokenVersion'] ?? null) : undefined
  if (version === null || version === 1 || version === 2) return version
  throw badRequest("'api.requestedAccessTokenVersion' must be 1, 2 or null.")
}

function readResourceAccess(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  const isWhole = (each: unknown): boolean =>
    isRecord(each) &&
    isGuidText(each['resourceAppId']) &&
    Array.isArray(each['resourceAccess']) &&
    each['resourceAccess'].every(
      (access) => isRecord(access) && isGuidText(access['id']) && ['Scope', 'Role'].includes(String(access['type'])),
    )
  if (Array.isArray(value) && value.every(isWhole)) return value
  throw badRequest(
    "'requiredResourceAccess' must be a list of { resourceAppId, resourceAccess: [{ id, type: Scope | Role }] }.",
  )
}

const isGuidText = (value: unknown): boolean => typeof value === 'string' && isGuid(value)

function readEnd(value: unknown, now: number): number {
  if (value === undefined || value === null) return now + longestSecretMs
  const end = typeof value === 'string' ? Date.parse(value) : NaN
  if (!(end > now)) throw badRequest("'endDateTime' must be a time that is not over.")
  return end
}
