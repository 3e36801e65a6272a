import type { Authority } from './authorities.js'
import type { Client } from './clients.js'
import type { IdentityContext } from './context.js'
import type { Person } from './directory.js'
import { IdentityFailure } from './errors.js'
import type { ApiRequest, ScopeFault, ScopeRequest } from './resources.js'

/** Reads `scope`, or refuses it in the service's words. */
export function readScope(context: IdentityContext, client: Client, text: string): ScopeRequest {
  const parsed = context.resources.parse(text, client)
  if ('kind' in parsed) throw scopeFailure(parsed)
  return parsed
}

function scopeFailure(fault: ScopeFault): IdentityFailure {
  switch (fault.kind) {
    case 'unknown-resource':
      return new IdentityFailure('AADSTS500011', { text: `There is no API ${JSON.stringify(fault.resource)} here.` })
    case 'unknown-scope': {
      const text = `The API ${fault.resource.displayName} has no scope ${JSON.stringify(fault.scope)}.`
      return new IdentityFailure('AADSTS650053', { text })
    }
    case 'default-with-others':
      return new IdentityFailure('AADSTS70011', { text: '/.default stands alone among the scopes of an API.' })
  }
}

/** An access token is for one API. */
export function onlyApi({ apis }: ScopeRequest): ApiRequest | undefined {
  if (apis.length > 1) throw new IdentityFailure('AADSTS28000')
  return apis[0]
}

/** Whether a code's authorization covers what its redemption asks for. */
export function isWithin(asked: ScopeRequest, granted: ScopeRequest): boolean {
  return [...asked.oidc].every((scope) => granted.oidc.has(scope)) && areWithin(asked.apis, granted.apis)
}

export function areWithin(asked: readonly ApiRequest[], granted: readonly ApiRequest[]): boolean {
  return asked.every(({ resource, scopes }) => {
    const given = granted.find((api) => api.resource.id === resource.id)
    return given !== undefined && scopes.every((scope) => given.scopes.includes(scope))
  })
}

/** Whether the person has to be asked. In B2C and External ID administrators consent for everybody. */
export function needsConsent(
  context: IdentityContext,
  authority: Authority,
  client: Client,
  person: Person,
  apis: readonly ApiRequest[],
): boolean {
  if (authority.kind === 'b2c' || authority.kind === 'external-id') return false
  return !context.consents.covers(client, person, apis)
}
