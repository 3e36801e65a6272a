import { PERSONAL_ACCOUNTS_TENANT, authorityHost, isGuid, userFlowPolicy } from './authority.js'
import type { Authority, UserFlowName } from './authority.js'
import { signInHosts } from './cloud.js'

/** Stands in the issuer that `/common` and `/organizations` announce; the token says which tenant it is. */
const tenantTemplate = '{tenantid}'

/**
 * Says what is wrong with the issuer that an authority announces, or `undefined` if it is the authority's own.
 *
 * An announced issuer is what tokens are held against, so it must not come from just anywhere: it is compared with what this kind of
 * authority can have.
 */
export function issuerFault(authority: Authority, userFlow: UserFlowName, announced: string): string | undefined {
  const candidates = possibleIssuers(authority, userFlow)
  if (candidates.some((candidate) => matches(candidate, announced))) return undefined
  return `The issuer is ${announced}, but this authority should have ${candidates.map(describe).join(' or ')}.`
}

/**
 * The issuer that an ID token must bear, or `undefined` when no token of this tenant can be right.
 *
 * @param announced - Issuer of the discovery document; a template is filled in with the token's tenant.
 * @param tenantId - The token's `tid`.
 */
export function expectedIssuer(announced: string, tenantId: unknown): string | undefined {
  if (!announced.includes(tenantTemplate)) return announced
  return isGuid(tenantId) ? announced.replaceAll(tenantTemplate, tenantId) : undefined
}

/** Whether tokens of this authority can bear this issuer, whichever of its user flows and tenants made them. */
export function couldIssue(authority: Authority, issuer: string): boolean {
  const userFlows = authority.kind === 'b2c' ? (Object.keys(authority.userFlows) as UserFlowName[]) : [onlyFlow]
  return userFlows
    .flatMap((userFlow) => possibleIssuers(authority, userFlow))
    .some((candidate) => matches(candidate.replace(tenantTemplate, '*'), issuer))
}

const onlyFlow: UserFlowName = 'signUpSignIn'

/** An issuer in which `*` stands for any tenant id. */
function possibleIssuers(authority: Authority, userFlow: UserFlowName): string[] {
  const host = authorityHost(authority)
  switch (authority.kind) {
    case 'single-tenant':
      return [`https://${host}/${isGuid(authority.tenant) ? authority.tenant : '*'}/v2.0`]
    case 'multi-tenant':
      return authority.audience === 'consumers'
        ? [`https://${signInHosts.public}/${PERSONAL_ACCOUNTS_TENANT}/v2.0`]
        : [`https://${host}/${tenantTemplate}/v2.0`]
    case 'b2c': {
      const tenant = authority.tenantId ?? '*'
      const policy = userFlowPolicy(authority, userFlow) ?? ''
      // Behind a custom domain a tenant may keep the issuer it always had, so that tokens stay comparable.
      return [...new Set([host, `${authority.tenantName}.b2clogin.com`])].flatMap((name) => [
        `https://${name}/${tenant}/v2.0/`,
        `https://${name}/tfp/${tenant}/${policy}/v2.0/`,
      ])
    }
    case 'external-id': {
      const { tenantId, tenantName } = authority
      // Whatever host was asked, the issuer's is the tenant id, unless a custom domain signs as itself.
      return [
        `https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`,
        `https://${host}/${tenantId}/v2.0`,
        `https://${tenantName}.ciamlogin.com/${tenantId}/v2.0`,
        `https://${tenantName}.ciamlogin.com/${tenantName}.onmicrosoft.com/v2.0`,
      ]
    }
    default: {
      const unreachable: never = authority
      return unreachable
    }
  }
}

/** Compares segment by segment, without case: ids and user flows are written in either. */
function matches(candidate: string, announced: string): boolean {
  const wanted = candidate.toLowerCase().split('/')
  const given = announced.toLowerCase().split('/')
  if (wanted.length !== given.length) return false
  return wanted.every((segment, index) => (segment === '*' ? isGuid(given[index]) : segment === given[index]))
}

const describe = (candidate: string): string => candidate.replace('*', '<tenant id>')
