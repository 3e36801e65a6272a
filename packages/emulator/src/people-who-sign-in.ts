import type { AccessTokenVerifier } from './access-tokens.js'
import type { EmulatorClock } from './clock.js'
import { azureDevOpsResource } from './identity/resources.js'
import type { IdentityHalf } from './identity/identity-half.js'
import { sampleDirectory, sampleIds } from './identity/sample-directory.js'
import type { Organization } from './organization.js'

/** More than this many do not make the page on which somebody is picked any clearer. */
const mostPeople = 6

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Gives the first members of the organization, its administrator among them, an account in the sample directory. */
export function letPeopleSignIn(organization: Organization, identity: IdentityHalf): void {
  const taken = new Set(sampleDirectory().people.map(({ userPrincipalName }) => userPrincipalName.toLowerCase()))
  let added = 0
  for (const { kind, principalName, originId, displayName } of organization.people()) {
    if (added === mostPeople) return
    if (kind !== 'member' || principalName === null || originId === null || !guid.test(originId)) continue
    if (taken.has(principalName.toLowerCase())) continue
    taken.add(principalName.toLowerCase())
    identity.addPerson({
      tenant: sampleIds.contosoTenant,
      objectId: originId,
      userPrincipalName: principalName,
      displayName: displayName ?? principalName,
    })
    added++
  }
}

/** Azure DevOps accepts exactly the access tokens that the sign-in service issued for it. */
export function toVerifier(identity: IdentityHalf, clock: EmulatorClock): AccessTokenVerifier {
  return async (token) => {
    const check = await identity.verifyAccessToken(token)
    if (check.kind === 'refused') return undefined
    const { objectId, userPrincipalName, resourceId, scopes, issuedAt } = check.identity
    if (resourceId !== azureDevOpsResource || issuedAt.getTime() > clock.now() + 300_000) return undefined
    return {
      originId: objectId,
      scopes,
      issuedAtMs: issuedAt.getTime(),
      ...(userPrincipalName === undefined ? {} : { principalName: userPrincipalName }),
    }
  }
}
