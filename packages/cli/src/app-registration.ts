import type { Clock } from '@patkit/core'
import { CommandError, usageError } from './command-error.js'
import { exitCodes } from './exit-codes.js'
import { GraphError, isObject, textIn, type Graph } from './graph.js'

/** Whose accounts an application is for, and what the manifest calls it. */
export const audiences = {
  single: { manifest: 'AzureADMyOrg', words: 'people of this tenant', authority: undefined },
  multiple: { manifest: 'AzureADMultipleOrgs', words: 'people of any tenant', authority: 'organizations' },
  'multiple-and-personal': {
    manifest: 'AzureADandPersonalMicrosoftAccount',
    words: 'people of any tenant, and personal accounts',
    authority: 'common',
  },
  personal: { manifest: 'PersonalMicrosoftAccount', words: 'personal accounts only', authority: 'consumers' },
} as const

/** One of {@link audiences}. */
export type Audience = keyof typeof audiences

/** An application to be registered. */
export interface AppOrder {
  readonly name: string
  readonly audience: Audience
  /** `web` keeps a secret; `command-line` cannot, and needs none. */
  readonly kind: 'web' | 'command-line'
  readonly redirectUris: readonly string[]
  readonly secretEnds: Date
}

/** An application as Graph knows it. */
export interface RegisteredApp {
  /** Names the application object. */
  readonly objectId: string
  readonly clientId: string
  readonly name: string
}

/** Azure DevOps and its one delegated permission: https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth */
const azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798'
const userImpersonation = 'ee69721e-6c3a-468f-a9ec-302d16a4c599'

/** Applications of this name in the tenant. Graph would take a second one, and nobody could tell them apart. */
export async function findByName(graph: Graph, name: string, signal: AbortSignal): Promise<readonly RegisteredApp[]> {
  const filter = encodeURIComponent(`displayName eq '${name.replaceAll("'", "''")}'`)
  const body = await graph.get(`applications?$filter=${filter}&$select=id,appId,displayName`, signal)
  const values: readonly unknown[] = isObject(body) && Array.isArray(body['value']) ? body['value'] : []
  return values.map(toApp)
}

/**
 * The application of this client id.
 *
 * @throws {@link CommandError} When the tenant has none.
 */
export async function findByClientId(graph: Graph, clientId: string, signal: AbortSignal): Promise<RegisteredApp> {
  try {
    return toApp(await graph.get(`applications(appId='${clientId}')?$select=id,appId,displayName`, signal))
  } catch (error) {
    if (!(error instanceof GraphError) || error.status !== 404) throw error
    throw new CommandError(`There is no application ${clientId} in this tenant.`, {
      exitCode: exitCodes.failure,
      hint: 'Check the client id, and the tenant that the access token is for.',
    })
  }
}

function toApp(body: unknown): RegisteredApp {
  return { objectId: textIn(body, 'id'), clientId: textIn(body, 'appId'), name: textIn(body, 'displayName') }
}

/** Registers the application itself. */
export async function createApplication(graph: Graph, order: AppOrder, signal: AbortSignal): Promise<RegisteredApp> {
  const { name, audience, kind, redirectUris } = order
  const place =
    kind === 'web' ? { web: { redirectUris } } : { isFallbackPublicClient: true, publicClient: { redirectUris } }
  return toApp(
    await graph.post(
      'applications',
      {
        displayName: name,
        signInAudience: audiences[audience].manifest,
        ...place,
        // Personal accounts get tokens of version 2 only, and Graph wants to hear it.
        ...(audience.endsWith('personal') ? { api: { requestedAccessTokenVersion: 2 } } : {}),
        requiredResourceAccess: [
          { resourceAppId: azureDevOps, resourceAccess: [{ id: userImpersonation, type: 'Scope' }] },
        ],
      },
      signal,
    ),
  )
}

/** Makes the application known in the tenant, and says which tenant that is. */
export async function createServicePrincipal(
  graph: Graph,
  { clientId }: RegisteredApp,
  settle: Settle,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly tenantId: string }> {
  const body = await settle(async () => {
    try {
      return await graph.post('servicePrincipals', { appId: clientId }, signal)
    } catch (error) {
      // In some tenants the registration brings it along.
      if (!(error instanceof GraphError) || error.status !== 409) throw error
      return graph.get(`servicePrincipals(appId='${clientId}')`, signal)
    }
  })
  return { id: textIn(body, 'id'), tenantId: textIn(body, 'appOwnerOrganizationId') }
}

/** A new secret. */
export async function addSecret(
  graph: Graph,
  { objectId }: RegisteredApp,
  { secretEnds }: AppOrder,
  settle: Settle,
  signal: AbortSignal,
): Promise<string> {
  const passwordCredential = { displayName: 'patkit', endDateTime: secretEnds.toISOString() }
  const body = await settle(() => graph.post(`applications/${objectId}/addPassword`, { passwordCredential }, signal))
  return textIn(body, 'secretText')
}

/** Deletes the application; its service principal goes with it. Within 30 days it can be restored in the portal. */
export async function deleteApplication(graph: Graph, { objectId }: RegisteredApp, signal: AbortSignal): Promise<void> {
  await graph.delete(`applications/${objectId}`, signal)
}

/** Takes away the possibility to restore it. */
export async function deleteForGood(
  graph: Graph,
  { objectId }: RegisteredApp,
  settle: Settle,
  signal: AbortSignal,
): Promise<void> {
  await settle(() => graph.delete(`directory/deletedItems/${objectId}`, signal))
}

/** Does something to an object that was made just now. */
export type Settle = <T>(work: () => Promise<T>) => Promise<T>

/** What the directory says of an object that not all of its copies know yet. */
const unsettledCodes: readonly string[] = [
  'Request_ResourceNotFound',
  'NoBackingApplicationObject',
  'Error_MsaAppDoesNotExist',
]

const settlingPausesMs: readonly number[] = [2000, 4000, 8000, 16_000, 30_000]

/**
 * Tries again for a minute while the directory does not know what was just created.
 *
 * @see {@link https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/3108}
 */
export function settling(clock: Clock, signal: AbortSignal, onWait: () => void): Settle {
  return async (work) => {
    for (const pauseMs of settlingPausesMs) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof GraphError) || !error.codes.some((code) => unsettledCodes.includes(code))) throw error
        onWait()
        await clock.sleep(pauseMs, signal)
      }
    }
    return work()
  }
}

/** Where the portal shows an application. */
export function portalUrl(clientId: string): string {
  return `https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/${clientId}`
}

/**
 * Checks a redirect URI as the portal would.
 *
 * @throws {@link CommandError} With exit code 2.
 */
export function checkRedirectUri(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
  if (isSafe && !/[*#\s]/.test(text) && text.length <= 256) return text
  throw usageError(
    `--redirect-uri ${JSON.stringify(text)} does not fit.`,
    'Give an https address without * and #; plain http is for http://localhost only.',
  )
}
