import { createHash, createPublicKey, timingSafeEqual, X509Certificate } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { admittedTenantIds } from './authorities.js'
import type { Authority } from './authorities.js'
import type { Directory } from './directory.js'
import { isGuid } from './ids.js'
import { personalTenant } from './tenants.js'

/** An app registration. */
export interface ClientSeed {
  /** Application (client) id, a GUID. */
  readonly clientId: string
  /** Id, domain or name of the tenant it is registered in. */
  readonly tenant: string
  readonly displayName: string
  /** Whose accounts it admits, in the words of the manifest. Default: `AzureADMyOrg`. */
  readonly signInAudience?: SignInAudience
  /** `confidential` (default) proves who it is at the token endpoint; `public` (a command line) cannot keep a secret. */
  readonly type?: 'confidential' | 'public'
  /** Compared exactly. Of a public client's `http://localhost` addresses the port is ignored (RFC 8252, section 7.3). */
  readonly redirectUris?: readonly string[]
  /** Several are valid at once, as during a rotation. */
  readonly secrets?: readonly ClientSecretSeed[]
  /** Certificates in PEM; an assertion signed by the key of any of them is accepted. */
  readonly certificates?: readonly string[]
  /** Trusted issuers of workload identity tokens. */
  readonly federatedCredentials?: readonly FederatedCredential[]
  /** Address that is opened in a frame when someone signs out, with `?sid=`. */
  readonly frontChannelLogoutUri?: string
  /** Claims that ID tokens carry on request only. Default: all three. */
  readonly optionalClaims?: readonly OptionalClaim[]
  /** `ask` (default) shows the consent page once; `granted` is what an administrator's consent gives. */
  readonly consent?: 'ask' | 'granted'
  /** App roles this application holds at APIs, by the API's id or URI: the `roles` of client-credentials tokens. */
  readonly applicationRoles?: Readonly<Record<string, readonly string[]>>
}

export type SignInAudience =
  'AzureADMyOrg' | 'AzureADMultipleOrgs' | 'AzureADandPersonalMicrosoftAccount' | 'PersonalMicrosoftAccount'

export type OptionalClaim = 'sid' | 'login_hint' | 'email'

export interface ClientSecretSeed {
  readonly value: string
  /** From then on it is answered with AADSTS7000222. Absent: never. */
  readonly expiresAt?: Date
}

/** A workload identity: tokens of this issuer and subject, signed by one of these keys, stand for the application. */
export interface FederatedCredential {
  readonly issuer: string
  readonly subject: string
  /** Default: `api://AzureADTokenExchange`. */
  readonly audience?: string
  readonly keys: readonly JsonWebKey[]
}

export interface Client {
  readonly clientId: string
  readonly tenantId: string
  readonly displayName: string
  readonly signInAudience: SignInAudience
  readonly type: 'confidential' | 'public'
  readonly redirectUris: readonly string[]
  readonly certificates: readonly ClientCertificate[]
  readonly federatedCredentials: readonly TrustedIssuer[]
  readonly frontChannelLogoutUri: string | undefined
  readonly optionalClaims: readonly OptionalClaim[]
  readonly consent: 'ask' | 'granted'
  readonly applicationRoles: Readonly<Record<string, readonly string[]>>
}

export interface TrustedIssuer {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  readonly keys: readonly KeyObject[]
}

export interface ClientCertificate {
  readonly key: KeyObject
  /** base64url of the SHA-256 and SHA-1 of the DER form: what `x5t#S256` and `x5t` carry. */
  readonly thumbprints: readonly string[]
}

export type SecretCheck = 'valid' | 'expired' | 'wrong'

interface StoredSecret {
  readonly digest: Buffer
  expiresAt: number
}

/** The app registrations. Secrets stay inside: nothing that prints a client shows one. */
export class ClientRegistry {
  readonly #directory: Directory
  readonly #clients = new Map<string, Client>()
  readonly #secrets = new Map<string, StoredSecret[]>()

  constructor(directory: Directory, seeds: readonly ClientSeed[]) {
    this.#directory = directory
    for (const seed of seeds) this.register(seed)
  }

  /**
   * Adds an app registration while the emulator runs.
   *
   * @throws TypeError if the client id is taken or no GUID, the tenant is unknown, or a certificate cannot be read.
   */
  register(seed: ClientSeed): void {
    const clientId = seed.clientId.toLowerCase()
    if (!isGuid(clientId))
      throw new TypeError(`clients: "clientId" must be a GUID, not ${JSON.stringify(seed.clientId)}`)
    if (this.#clients.has(clientId)) throw new TypeError(`clients: ${clientId} is registered already.`)
    this.#clients.set(clientId, completeClient(seed, clientId, this.#directory.tenant(seed.tenant).id))
    this.#secrets.set(clientId, [])
    for (const secret of seed.secrets ?? []) this.addSecret(clientId, secret)
  }

  /** Deletes an app registration: from now on nobody knows it. */
  unregister(clientId: string): void {
    this.#clients.delete(clientId.toLowerCase())
    this.#secrets.delete(clientId.toLowerCase())
  }

  /** Adds a secret beside those that exist: the first step of a rotation. */
  addSecret(clientId: string, { value, expiresAt }: ClientSecretSeed): void {
    if (value === '') throw new TypeError(`clients: a secret of ${clientId} is empty.`)
    this.#secretsOf(clientId).push({ digest: digest(value), expiresAt: expiresAt?.getTime() ?? Infinity })
  }

  /** Ends the life of one secret, or of all. */
  expireSecrets(clientId: string, value?: string): void {
    const wanted = value === undefined ? undefined : digest(value)
    for (const secret of this.#secretsOf(clientId))
      if (wanted === undefined || secret.digest.equals(wanted)) secret.expiresAt = -Infinity
  }

  find(clientId: string): Client | undefined {
    return this.#clients.get(clientId.toLowerCase())
  }

  all(): readonly Client[] {
    return [...this.#clients.values()]
  }

  checkSecret(client: Client, value: string, now: number): SecretCheck {
    const given = digest(value)
    const known = this.#secretsOf(client.clientId).find((secret) => timingSafeEqual(secret.digest, given))
    if (known === undefined) return 'wrong'
    return known.expiresAt > now ? 'valid' : 'expired'
  }

  #secretsOf(clientId: string): StoredSecret[] {
    const secrets = this.#secrets.get(clientId.toLowerCase())
    if (secrets === undefined) throw new TypeError(`clients: ${JSON.stringify(clientId)} is not registered.`)
    return secrets
  }
}

/** How far an application is welcome at an authority. */
export type Welcome = 'welcome' | 'not-found' | 'single-tenant-at-shared'

export function welcomeAt(directory: Directory, client: Client, authority: Authority): Welcome {
  if (authority.kind === 'shared' && client.signInAudience === 'AzureADMyOrg') return 'single-tenant-at-shared'
  const admitted = admittedTenantIds(directory, authority).filter((tenantId) => admitsTenant(client, tenantId))
  return admitted.length > 0 ? 'welcome' : 'not-found'
}

/** Whether people of this tenant may use the application. */
export function admitsTenant(client: Client, tenantId: string): boolean {
  const isPersonal = tenantId === personalTenant.id
  switch (client.signInAudience) {
    case 'AzureADMyOrg':
      return tenantId === client.tenantId
    case 'AzureADMultipleOrgs':
      return !isPersonal
    case 'AzureADandPersonalMicrosoftAccount':
      return true
    case 'PersonalMicrosoftAccount':
      return isPersonal
  }
}

export function isRegisteredRedirect(client: Client, redirectUri: string): boolean {
  if (client.redirectUris.includes(redirectUri)) return true
  if (client.type === 'confidential') return false
  const wanted = withoutLoopbackPort(redirectUri)
  return wanted !== undefined && client.redirectUris.some((uri) => withoutLoopbackPort(uri) === wanted)
}

function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(\/.*)?$/.exec(uri)
  return match === null ? undefined : `${match[1] ?? ''}${match[2] ?? '/'}`
}

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

function completeClient(seed: ClientSeed, clientId: string, tenantId: string): Client {
  return {
    clientId,
    tenantId,
    displayName: seed.displayName,
    signInAudience: seed.signInAudience ?? 'AzureADMyOrg',
    type: seed.type ?? 'confidential',
    redirectUris: (seed.redirectUris ?? []).map(checkedUri),
    certificates: (seed.certificates ?? []).map(readCertificate),
    federatedCredentials: (seed.federatedCredentials ?? []).map(readFederatedCredential),
    frontChannelLogoutUri:
      seed.frontChannelLogoutUri === undefined ? undefined : checkedUri(seed.frontChannelLogoutUri),
    optionalClaims: seed.optionalClaims ?? ['sid', 'login_hint', 'email'],
    consent: seed.consent ?? 'ask',
    applicationRoles: seed.applicationRoles ?? {},
  }
}

/** A fragment cannot survive a redirect, and `javascript:` must never become a link on our pages. */
function checkedUri(uri: string): string {
  const parsed = URL.canParse(uri) ? new URL(uri) : undefined
  if (parsed === undefined || uri.includes('#') || ['javascript:', 'data:', 'vbscript:'].includes(parsed.protocol))
    throw new TypeError(`clients: ${JSON.stringify(uri)} is not an absolute address without a fragment.`)
  return uri
}

function readCertificate(pem: string): ClientCertificate {
  const certificate = parseCertificate(pem)
  const thumbprint = (algorithm: 'sha1' | 'sha256'): string =>
    createHash(algorithm).update(certificate.raw).digest('base64url')
  return { key: certificate.publicKey, thumbprints: [thumbprint('sha256'), thumbprint('sha1')] }
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new TypeError('clients: a certificate is not in PEM form (-----BEGIN CERTIFICATE-----).')
  }
}

function readFederatedCredential(credential: FederatedCredential): TrustedIssuer {
  return {
    issuer: credential.issuer,
    subject: credential.subject,
    audience: credential.audience ?? 'api://AzureADTokenExchange',
    keys: credential.keys.map((key) => createPublicKey({ key, format: 'jwk' })),
  }
}
