import { randomUUID } from 'node:crypto'
import { authorityHost, authorityUrl, userFlowPolicy, type UserFlowName } from '../config/authority.js'
import type { UsableCredential } from '../config/authority-credential.js'
import { issuerFault } from '../config/issuer.js'
import { isPatkitError } from '../errors.js'
import { printable } from '../http/redact.js'
import type { Application } from './application.js'
import { clockSkewMs } from './id-token.js'
import type { AuthorityMetadata } from './discovery.js'
import { faultyField, meaningOfRefusal } from './refusal.js'
import { codeIn, meaningOf } from './service-codes.js'
import type { TokenVault } from './token-vault.js'
import { codeChallenge, randomText } from './transaction.js'

/** What was looked at. */
export type DoctorCheck = 'discovery' | 'issuer' | 'clock' | 'redirect-uri' | 'client-credential' | 'token-cache'

/** What was found in one place. */
export interface DoctorFinding {
  readonly check: DoctorCheck
  /** What exactly: an address, a user flow, `credential[1]`. */
  readonly subject: string
  /** `unknown`: it could not be found out from here; the message says why. */
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown'
  /** What was found, in one plain sentence. */
  readonly message: string
  /** What to do, in one plain sentence; `undefined` when nothing needs to be done. */
  readonly remedy: string | undefined
}

/** What {@link AuthClient.doctor} found. */
export interface DoctorReport {
  /** Whether nothing failed; there may be warnings. */
  readonly healthy: boolean
  /** In the order in which a sign-in would meet them. */
  readonly findings: readonly DoctorFinding[]
}

/** A certificate that ends sooner than this is worth a warning. */
const soonMs = 30 * 24 * 60 * 60_000

/** Looks at everything a sign-in needs. */
export async function examine(
  application: Application,
  redirectUri: string,
  vault: TokenVault,
  signal: AbortSignal | undefined,
): Promise<DoctorReport> {
  const findings: DoctorFinding[] = []
  let reachable: AuthorityMetadata | undefined
  for (const userFlow of userFlowsOf(application)) {
    const { metadata, found } = await examineDiscovery(application, userFlow, signal)
    findings.push(...found)
    if (metadata === undefined) continue
    reachable ??= metadata
    findings.push(examineIssuer(application, userFlow, metadata))
  }
  if (reachable !== undefined) {
    findings.push(...examineClock(application, reachable))
    findings.push(await examineRedirectUri(application, reachable, redirectUri, signal))
  }
  findings.push(...(await examineCredentials(application, reachable !== undefined, signal)))
  findings.push(await examineTokenCache(vault, signal))
  return { healthy: findings.every(({ status }) => status !== 'failed'), findings }
}

function userFlowsOf({ authority }: Application): UserFlowName[] {
  const all = ['signUpSignIn', 'editProfile', 'resetPassword'] as const
  return authority.kind === 'b2c'
    ? all.filter((name) => userFlowPolicy(authority, name) !== undefined)
    : ['signUpSignIn']
}

async function examineDiscovery(
  application: Application,
  userFlow: UserFlowName,
  signal: AbortSignal | undefined,
): Promise<{ readonly metadata?: AuthorityMetadata; readonly found: readonly DoctorFinding[] }> {
  const subject = authorityUrl(application.authority, userFlow)
  try {
    // Asked now: what is remembered may be hours old.
    const metadata = await application.discovery.fetch(application.authority, userFlow, signal)
    return { metadata, found: [finding('discovery', subject, 'ok', 'The authority answers and describes itself.')] }
  } catch (error) {
    signal?.throwIfAborted()
    return { found: [finding('discovery', subject, 'failed', sentenceOf(error), remedyOf(error))] }
  }
}

function examineIssuer(
  { authority }: Application,
  userFlow: UserFlowName,
  { issuer }: AuthorityMetadata,
): DoctorFinding {
  const fault = issuerFault(authority, userFlow, issuer)
  const subject = authorityUrl(authority, userFlow)
  if (fault === undefined)
    return finding('issuer', subject, 'ok', `The issuer is ${printable(issuer)}, as it should be.`)
  return finding('issuer', subject, 'failed', printable(fault), issuerRemedy(authority.kind))
}

function issuerRemedy(kind: Application['authority']['kind']): string {
  switch (kind) {
    case 'b2c':
      return 'If this is your custom domain, set domain to it; if it shows another tenant id, correct tenantId or tenantName.'
    case 'external-id':
      return 'Set tenantId to the id in the issuer if that is your tenant; if the host is a custom domain, set domain to it.'
    case 'single-tenant':
    case 'multi-tenant':
      return 'Check tenant and cloud: the host of the issuer shows the cloud, the path the tenant.'
    default: {
      const unreachable: never = kind
      return unreachable
    }
  }
}

function examineClock({ authority }: Application, { clockSkewMs: skewMs }: AuthorityMetadata): DoctorFinding[] {
  if (skewMs === undefined) return []
  const subject = authorityHost(authority)
  if (Math.abs(skewMs) < clockSkewMs) return [finding('clock', subject, 'ok', 'The clocks agree.')]
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  const side = skewMs > 0 ? 'behind' : 'ahead of'
  const message = `The clock of this machine is ${minutes} minutes ${side} the clock of ${subject}.`
  return [finding('clock', subject, 'failed', message, 'Set the clock of this machine (NTP).')]
}

/**
 * Asks for a sign-in without a page. The service sends the browser back only to an address that is registered; otherwise it shows an
 * error page with a code.
 */
async function examineRedirectUri(
  { network, clientId }: Application,
  { authorizationEndpoint }: AuthorityMetadata,
  redirectUri: string,
  signal: AbortSignal | undefined,
): Promise<DoctorFinding> {
  const url = new URL(authorizationEndpoint)
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    response_mode: 'query',
    redirect_uri: redirectUri,
    scope: 'openid',
    prompt: 'none',
    state: randomText(),
    nonce: randomText(),
    code_challenge: codeChallenge(randomText()),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  try {
    const request = { method: 'GET', url: url.href, purpose: 'test of the redirect URI', repeat: 'repeatable' } as const
    const { status, headers, text } = await network.sendForPage({
      ...request,
      headers: { accept: 'text/html' },
      signal,
    })
    const location = headers.get('location') ?? ''
    if (status >= 300 && status < 400 && leadsTo(location, redirectUri)) {
      return finding('redirect-uri', redirectUri, 'ok', 'The service sends people back to it.')
    }
    const code = codeIn(text) ?? codeIn(location)
    const known = meaningOf(code)
    if (known !== undefined && code !== undefined) {
      return finding('redirect-uri', redirectUri, 'failed', `${known.meaning} (${code})`, known.remedy)
    }
    const message = `The service answered a test with HTTP ${status} instead of sending the browser back.`
    return finding(
      'redirect-uri',
      redirectUri,
      'unknown',
      message,
      'Compare it with the app registration, letter by letter.',
    )
  } catch (error) {
    signal?.throwIfAborted()
    return finding('redirect-uri', redirectUri, 'unknown', sentenceOf(error), remedyOf(error))
  }
}

function leadsTo(location: string, redirectUri: string): boolean {
  if (!URL.canParse(location)) return false
  const [there, wanted] = [new URL(location), new URL(redirectUri)]
  return there.origin === wanted.origin && there.pathname === wanted.pathname
}

async function examineCredentials(
  application: Application,
  reachable: boolean,
  signal: AbortSignal | undefined,
): Promise<DoctorFinding[]> {
  const { credentials } = application
  const findings: DoctorFinding[] = []
  for (const [index, credential] of credentials.entries()) {
    const subject = credentials.length === 1 ? 'credential' : `credential[${index}]`
    findings.push(...examineCertificate(application, credential, subject))
    findings.push(await examineCredential(application, credential, subject, reachable, signal))
  }
  return findings
}

function examineCertificate({ clock }: Application, credential: UsableCredential, subject: string): DoctorFinding[] {
  if (credential.kind !== 'certificate') return []
  const leftMs = credential.expiresAt.getTime() - clock.now()
  const day = credential.expiresAt.toISOString().slice(0, 10)
  const remedy =
    'Make a new certificate, upload it to the app registration, and configure both until the old one is gone.'
  if (leftMs <= 0)
    return [finding('client-credential', subject, 'failed', `The certificate expired on ${day}.`, remedy)]
  if (leftMs < soonMs)
    return [finding('client-credential', subject, 'warning', `The certificate ends on ${day}.`, remedy)]
  return []
}

/** Asks for a token of the application for itself: it needs no permission, so only the credential can be at fault. */
async function examineCredential(
  application: Application,
  credential: UsableCredential,
  subject: string,
  reachable: boolean,
  signal: AbortSignal | undefined,
): Promise<DoctorFinding> {
  const { authority, clientId } = application
  if (authority.kind === 'multi-tenant' || authority.kind === 'b2c') {
    const where = authority.kind === 'b2c' ? 'at B2C' : `at /${authority.audience}`
    return finding(
      'client-credential',
      subject,
      'unknown',
      `It cannot be tried ${where} without somebody who signs in.`,
    )
  }
  if (!reachable)
    return finding('client-credential', subject, 'unknown', 'It could not be tried: the authority does not answer.')
  try {
    const outcome = await application
      .withCredential(credential)
      .exchange('signUpSignIn', signal, (msal) => msal.forApplication([`${clientId}/.default`]))
    if (outcome.kind === 'done') return finding('client-credential', subject, 'ok', 'The service accepts it.')
    if (outcome.kind === 'declined') {
      return finding('client-credential', subject, 'unknown', `It could not be tried (${outcome.msalCode}).`)
    }
    const { refusal } = outcome
    const { meaning, remedy } = meaningOfRefusal(refusal)
    const said = `${meaning} (${refusal.serviceCode ?? refusal.error})`
    const field = faultyField(refusal)
    if (field === 'credential' || field === 'clientId')
      return finding('client-credential', subject, 'failed', said, remedy)
    // It was accepted; what was refused is the token for the application itself.
    return finding(
      'client-credential',
      subject,
      'ok',
      `The service accepts it, but gives the application no token of its own: ${said}`,
    )
  } catch (error) {
    signal?.throwIfAborted()
    const isFault = isPatkitError(error) && error.code === 'PATKIT_CONFIGURATION'
    return finding('client-credential', subject, isFault ? 'failed' : 'unknown', sentenceOf(error), remedyOf(error))
  }
}

async function examineTokenCache(vault: TokenVault, signal: AbortSignal | undefined): Promise<DoctorFinding> {
  const subject = 'tokenCache'
  const probe = randomUUID()
  try {
    const kept = await vault.hold(`doctor-${probe}`, signal, async (held) => {
      await held.write(probe)
      const read = await held.read()
      await held.delete()
      return read
    })
    if (kept === probe) return finding('token-cache', subject, 'ok', 'What is kept can be read again.')
    const remedy = 'Check the store: get() must give what set() was given.'
    return finding('token-cache', subject, 'failed', 'What was kept could not be read again.', remedy)
  } catch (error) {
    signal?.throwIfAborted()
    return finding('token-cache', subject, 'failed', sentenceOf(error), remedyOf(error))
  }
}

function finding(
  check: DoctorCheck,
  subject: string,
  status: DoctorFinding['status'],
  message: string,
  remedy?: string,
): DoctorFinding {
  return { check, subject, status, message, remedy }
}

function sentenceOf(error: unknown): string {
  if (isPatkitError(error)) return error.code === 'PATKIT_CONFIGURATION' ? problemsOf(error.faults) : error.message
  return printable(error instanceof Error ? error.message : String(error))
}

const problemsOf = (faults: readonly { readonly problem: string }[]): string =>
  faults.map(({ problem }) => problem).join(' ')

function remedyOf(error: unknown): string | undefined {
  return isPatkitError(error) ? error.hint : undefined
}
