// The only file that knows @azure/msal-node. It is loaded when it is first needed: reading a report with a token needs none of it.
import type {
  AccountInfo,
  AuthenticationResult,
  ConfidentialClientApplication,
  Configuration,
  INetworkModule,
  NetworkResponse,
  PublicClientApplication,
} from '@azure/msal-node'
import type { Clock } from '../clock.js'
import type { UsableCredential } from '../config/authority-credential.js'
import { ConfigurationError, type PatkitError } from '../errors.js'
import { printable } from '../http/redact.js'
import type { AuthorityMetadata } from './discovery.js'
import { shiftTimes } from './msal-cache.js'

/** What one conversation is about. */
export interface MsalOptions {
  readonly clientId: string
  /** Address of the authority, user flow included. */
  readonly authorityUrl: string
  readonly metadata: AuthorityMetadata
  /** `undefined` for a public client: a command line keeps no secret. */
  readonly credential: UsableCredential | undefined
  /** `cp1`: we can handle claims challenges, so tokens may live longer and be revoked at once. */
  readonly capabilities: readonly string[]
  readonly exchange: MsalNetwork
  readonly clock: Clock
}

/** What MSAL's requests go through. */
export interface MsalNetwork {
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<MsalNetworkAnswer>
  get(url: string): Promise<never>
  /** Ends the conversation with an error of ours that MSAL would replace by one of its own. */
  fail(error: PatkitError): void
}

/** What MSAL is told of an answer. */
export interface MsalNetworkAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Record<string, unknown>
}

/** Tokens as they were issued or found. */
export interface IssuedTokens {
  readonly accessToken: string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly expiresAt: number
  /** When the issuer wants it renewed ahead of its end. */
  readonly refreshAt: number | undefined
  readonly scopes: readonly string[]
  readonly idToken: string
  readonly claims: Readonly<Record<string, unknown>>
  /** MSAL's name of the account, `<uid>.<utid>`. */
  readonly homeAccountId: string
}

/** Where to send somebody to sign in. */
export interface AuthorizeRequest {
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly codeChallenge: string
  readonly prompt?: string | undefined
  readonly loginHint?: string | undefined
  readonly domainHint?: string | undefined
  readonly claims?: string | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** A code to be exchanged for tokens. */
export interface RedeemRequest {
  readonly code: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly codeVerifier: string
  readonly nonce: string
  readonly claims?: string | undefined
}

/** Which tokens to find or renew. */
export interface SilentRequest {
  readonly account: KnownAccount
  readonly scopes: readonly string[]
  readonly claims?: string | undefined
  readonly renew: 'if-needed' | 'always'
}

/** An account of the loaded cache. */
export interface KnownAccount {
  readonly homeAccountId: string
  /** The tenant whose token is meant: a guest has the same home account in several. */
  readonly tenantId: string
}

/** What a person types on another device. */
export interface DeviceCode {
  readonly userCode: string
  readonly verificationUri: string
  /** Seconds until it is too late. */
  readonly expiresInSeconds: number
  /** The service's instruction, in English. */
  readonly message: string
}

/**
 * One conversation with MSAL, for one person and one request.
 *
 * Never kept and never shared: an application object that serves two people puts the tokens of one into the cache of the other.
 */
export interface MsalConversation {
  /** Takes over the tokens of one person. */
  load(cache: string): void
  /** The tokens it holds now, as text. Secret. */
  dump(): string
  authorizeUrl(request: AuthorizeRequest): Promise<string>
  redeem(request: RedeemRequest): Promise<IssuedTokens>
  /** `undefined` when the cache does not hold the account. */
  silent(request: SilentRequest): Promise<IssuedTokens | undefined>
  forApplication(scopes: readonly string[], claims?: string): Promise<IssuedTokens>
  byDeviceCode(scopes: readonly string[], show: (code: DeviceCode) => void, claims?: string): Promise<IssuedTokens>
  /** Every account of the cache. */
  accounts(): Promise<readonly KnownAccount[]>
  /** The ID token of an account, if the cache has it. */
  idToken(account: KnownAccount): Promise<string | undefined>
}

/** Begins a conversation. Takes microseconds, so there is one per request. */
export async function converseWithMsal(options: MsalOptions): Promise<MsalConversation> {
  const msal = await import('@azure/msal-node')
  const shift = shiftTo(options.clock)
  const toOurTime = (result: AuthenticationResult | null): IssuedTokens => toIssued(result, shift.outSeconds)
  if (options.credential === undefined) {
    const application = new msal.PublicClientApplication(configurationOf(options))
    return { ...conversation(application, shift, toOurTime), ...publicOnly(application, toOurTime) }
  }
  const application = new msal.ConfidentialClientApplication(configurationOf(options))
  return { ...conversation(application, shift, toOurTime), ...confidentialOnly(application, toOurTime) }
}

/** What to add to times on the way into MSAL, which knows only the machine's clock, and on the way out. */
interface TimeShift {
  readonly inSeconds: number
  readonly outSeconds: number
}

/** Two readings of the same clock lie this far apart at most. */
const sameClockMs = 50

function shiftTo(clock: Clock): TimeShift {
  const aheadMs = clock.now() - Date.now()
  if (Math.abs(aheadMs) < sameClockMs) return { inSeconds: 0, outSeconds: 0 }
  // Rounded so that no token seems to come from the future: MSAL would think that the clock was turned back, and drop it.
  return { inSeconds: -Math.ceil(aheadMs / 1000), outSeconds: Math.floor(aheadMs / 1000) }
}

type Application = ConfidentialClientApplication | PublicClientApplication
type Common = Omit<MsalConversation, 'forApplication' | 'byDeviceCode'>

type ToIssued = (result: AuthenticationResult | null) => IssuedTokens

function conversation(application: Application, shift: TimeShift, toOurTime: ToIssued): Common {
  const cache = application.getTokenCache()
  const find = async ({ homeAccountId, tenantId }: KnownAccount): Promise<AccountInfo | undefined> => {
    const same = (await cache.getAllAccounts()).filter((account) => account.homeAccountId === homeAccountId)
    return same.find((account) => account.tenantId === tenantId) ?? same[0]
  }
  return {
    load: (text) => cache.deserialize(shiftTimes(text, shift.inSeconds)),
    dump: () => shiftTimes(cache.serialize(), shift.outSeconds),
    authorizeUrl: ({ scopes, prompt, loginHint, domainHint, claims, parameters, ...request }) =>
      application.getAuthCodeUrl({
        ...request,
        ...defined({ prompt, loginHint, domainHint, claims }),
        ...(parameters === undefined ? {} : { extraQueryParameters: { ...parameters } }),
        scopes: [...scopes],
        codeChallengeMethod: 'S256',
        // The only mode whose way back is a top-level GET, so that a SameSite=Lax cookie comes with it.
        responseMode: 'query',
      }),
    redeem: async ({ scopes, claims, ...request }) =>
      toOurTime(await application.acquireTokenByCode({ ...request, ...defined({ claims }), scopes: [...scopes] })),
    silent: async ({ account, scopes, claims, renew }) => {
      const found = await find(account)
      if (found === undefined) return undefined
      const request = { account: found, scopes: [...scopes], forceRefresh: renew === 'always', ...defined({ claims }) }
      return toOurTime(await application.acquireTokenSilent(request))
    },
    accounts: async () =>
      (await cache.getAllAccounts()).map(({ homeAccountId, tenantId }) => ({ homeAccountId, tenantId })),
    idToken: async (account) => (await find(account))?.idToken,
  }
}

function confidentialOnly(
  application: ConfidentialClientApplication,
  toOurTime: ToIssued,
): Omit<MsalConversation, keyof Common> {
  return {
    forApplication: async (scopes, claims) =>
      toOurTime(
        await application.acquireTokenByClientCredential({
          scopes: [...scopes],
          skipCache: true,
          // Else an environment variable could send the secret to a regional host of Azure.
          azureRegion: 'DisableMsalForceRegion',
          ...defined({ claims }),
        }),
      ),
    byDeviceCode: () => Promise.reject(new TypeError('A device code is for public clients.')),
  }
}

function publicOnly(application: PublicClientApplication, toOurTime: ToIssued): Omit<MsalConversation, keyof Common> {
  return {
    forApplication: () => Promise.reject(new TypeError('A public client has no identity of its own.')),
    byDeviceCode: async (scopes, show, claims) =>
      toOurTime(
        await application.acquireTokenByDeviceCode({
          scopes: [...scopes],
          deviceCodeCallback: ({ userCode, verificationUri, expiresIn, message }) =>
            show({ userCode, verificationUri, expiresInSeconds: expiresIn, message }),
          ...defined({ claims }),
        }),
      ),
  }
}

function configurationOf(options: MsalOptions): Configuration {
  const { clientId, authorityUrl, metadata, credential, capabilities, exchange } = options
  return {
    auth: {
      clientId,
      authority: authorityUrl,
      // Without it MSAL asks login.microsoftonline.com whether it may trust the host.
      knownAuthorities: [new URL(authorityUrl).host],
      // Endpoints are discovered, checked and kept by us. MSAL would do it anew for every conversation, and hide why it failed.
      authorityMetadata: JSON.stringify({
        issuer: metadata.issuer,
        authorization_endpoint: metadata.authorizationEndpoint,
        token_endpoint: metadata.tokenEndpoint,
        end_session_endpoint: metadata.endSessionEndpoint,
        jwks_uri: metadata.jwksUri,
      }),
      clientCapabilities: [...capabilities],
      ...(credential === undefined ? {} : credentialOf(credential, options)),
    },
    system: {
      networkClient: networkOver(exchange),
      // Silent: what is worth knowing is logged by our network, without personal data.
      loggerOptions: { loggerCallback: () => undefined, piiLoggingEnabled: false },
    },
  }
}

function credentialOf(
  credential: UsableCredential,
  { clientId, metadata, exchange }: MsalOptions,
): Partial<Configuration['auth']> {
  switch (credential.kind) {
    case 'secret':
      return { clientSecret: credential.secret.reveal() }
    case 'certificate': {
      const { thumbprintSha256, privateKey } = credential
      return { clientCertificate: { thumbprintSha256, privateKey: privateKey.reveal() } }
    }
    case 'assertion':
      return {
        clientAssertion: async () => {
          try {
            return await credential.assertion({ clientId, tokenEndpoint: metadata.tokenEndpoint })
          } catch (error) {
            const failure = assertionFailure(error)
            exchange.fail(failure)
            throw failure
          }
        },
      }
    default: {
      const unreachable: never = credential
      return unreachable
    }
  }
}

function assertionFailure(error: unknown): ConfigurationError {
  const said = printable(error instanceof Error ? error.message : String(error))
  return new ConfigurationError([
    {
      field: 'credential.assertion',
      problem: `The function that gives the assertion failed: ${said}`,
      fix: 'Repair what the function depends on, such as the file or the service that issues the token.',
    },
  ])
}

function networkOver(exchange: MsalNetwork): INetworkModule {
  return {
    sendGetRequestAsync: (url) => exchange.get(url),
    sendPostRequestAsync: <T>(url: string, options?: { headers?: Record<string, string>; body?: string }) =>
      exchange.post(url, options?.headers ?? {}, options?.body ?? '') as Promise<NetworkResponse<T>>,
  }
}

function toIssued(result: AuthenticationResult | null, shiftSeconds: number): IssuedTokens {
  if (result === null) throw new TypeError('MSAL gave no result.')
  const ourTime = (date: Date | undefined | null): number | undefined =>
    date === undefined || date === null ? undefined : date.getTime() + shiftSeconds * 1000
  return {
    accessToken: result.accessToken,
    expiresAt: ourTime(result.expiresOn) ?? 0,
    refreshAt: ourTime(result.refreshOn),
    scopes: result.scopes,
    idToken: result.idToken,
    claims: { ...result.idTokenClaims },
    homeAccountId: result.account?.homeAccountId ?? '',
  }
}

/** Leaves out what is undefined: MSAL sends some of those as text. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** The name MSAL gives to a failure of its own, such as `'no_tokens_found'`; `undefined` for any other error. */
export function msalErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errorCode' in error)) return undefined
  return typeof error.errorCode === 'string' ? error.errorCode : undefined
}
