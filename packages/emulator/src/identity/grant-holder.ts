import { admits } from './authorities.js'
import type { Authority } from './authorities.js'
import { challengeFor } from './claims-request.js'
import { admitsTenant } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import type { Person } from './directory.js'
import { IdentityFailure } from './errors.js'
import type { Grant } from './grants.js'

/** The person a grant is about, as they are now. */
export function holderOf(context: IdentityContext, authority: Authority, grant: Grant): Person {
  const person = context.directory.find(grant.tenantId, grant.objectId)
  if (person === undefined) throw new IdentityFailure('AADSTS50034')
  const isWelcome = admits(context.directory, authority, person) && admitsTenant(grant.client, person.tenantId)
  if (!isWelcome) throw new IdentityFailure('AADSTS50020')
  return person
}

export const wantsClientInfo = ({ parameters }: IdentityRequest): boolean => parameters.get('client_info') === '1'

/** Refuses with a claims challenge what a person has to come back for: a context that the client asks for, or the knob demands. */
export function requireAuthContexts(context: IdentityContext, grant: Grant, asked: readonly string[]): void {
  const { claimsChallenge } = context.knobs.current
  const demanded = claimsChallenge !== null && claimsChallenge.at !== 'api' ? [claimsChallenge.authContext] : []
  const lacking = [...asked, ...demanded].find((value) => !grant.authContexts.includes(value))
  if (lacking !== undefined) throw new IdentityFailure('AADSTS50076', { claims: challengeFor(lacking) })
}
