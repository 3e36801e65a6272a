import { admits } from './authorities.js'
import { admitsTenant } from './clients.js'
import type { IdentityContext } from './context.js'
import type { Person } from './directory.js'
import type { OldKeys } from './keys.js'
import type { AccessTokenVerifier } from './verify-access-token.js'

/** Things that happen once, unlike settings: to keys, grants, secrets and waiting devices. */
export interface IdentityActions {
  /** Signs with a new key from now on. `withdrawn` makes every token from before worthless. */
  rotateKeys(oldKeys?: OldKeys): Promise<void>
  /** Revokes refresh tokens of a person (object id or sign-in name), of an application, of both together, or all; says how many. */
  revokeRefreshTokens(of?: { readonly person?: string; readonly clientId?: string }): number
  /** Ends the life of one client secret, or of all of the application. */
  expireSecrets(clientId: string, secret?: string): void
  /**
   * Enters a device's code for a person (object id or sign-in name), as they would on the page.
   *
   * @throws TypeError if no device shows the code, or the person may not use the application.
   */
  approveDevice(userCode: string, person: string): void
}

export function createActions(context: IdentityContext, verifiers: readonly AccessTokenVerifier[]): IdentityActions {
  return {
    rotateKeys: async (oldKeys) => {
      await context.keys.rotate(oldKeys)
      for (const verifier of verifiers) verifier.forget()
    },
    revokeRefreshTokens: ({ person, clientId } = {}) => {
      const people = person === undefined ? undefined : everyoneNamed(context, person)
      return context.grants.revokeRefreshTokens((grant) => {
        const isOfPerson = people?.some(({ tenantId, objectId }) => isHolder(grant, tenantId, objectId)) ?? true
        return isOfPerson && (clientId === undefined || grant.client.clientId === clientId.toLowerCase())
      })
    },
    expireSecrets: (clientId, secret) => context.clients.expireSecrets(clientId, secret),
    approveDevice: (userCode, person) => approveDevice(context, userCode, person),
  }
}

const isHolder = (grant: { tenantId: string; objectId: string }, tenantId: string, objectId: string): boolean =>
  grant.tenantId === tenantId && grant.objectId === objectId

/**
 * Whoever has this object id or sign-in name, in any tenant.
 *
 * @throws TypeError if there is nobody: a test that names them has a typing error.
 */
export function everyoneNamed({ directory }: IdentityContext, person: string): readonly Person[] {
  const found = directory.tenants.flatMap(({ id }) => directory.find(id, person) ?? [])
  if (found.length === 0)
    throw new TypeError(`There is no person ${JSON.stringify(person)} in the emulator's directory.`)
  return found
}

function approveDevice(context: IdentityContext, userCode: string, person: string): void {
  const device = context.grants.deviceShowing(userCode)
  if (device === undefined) throw new TypeError(`No device waits with the code ${JSON.stringify(userCode)}.`)
  const { authority, client, scope } = device
  const admitted = everyoneNamed(context, person).find(
    (one) => admits(context.directory, authority, one) && admitsTenant(client, one.tenantId),
  )
  if (admitted === undefined) throw new TypeError(`${person} may not use ${client.displayName} at this authority.`)
  context.consents.grant(client, admitted, scope.apis)
  const grant = {
    authority,
    client,
    tenantId: admitted.tenantId,
    objectId: admitted.objectId,
    scope,
    nonce: null,
    sessionId: context.ids.guid(),
    signedInAt: context.clock.now(),
    authContexts: [],
    capabilities: [],
    isNewUser: false,
  }
  device.state = { kind: 'approved', grant }
}
