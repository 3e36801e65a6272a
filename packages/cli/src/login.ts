import { createPrivateKey } from 'node:crypto'
import path from 'node:path'
import type {
  AuthClient,
  Authority,
  Clock,
  ConfigurationError,
  DeviceCode,
  PersonCredential,
  TokenCacheStore,
  TokenCredential,
} from '@patkit/core'
import { signInError, usageError, type CommandError } from './command-error.js'
import { isSdkError } from './failure.js'
import { shellQuote } from './options.js'
import { readPem, type LoginRecord } from './login-store.js'

/** Which application is signed in to, and where. */
export interface LoginPlace {
  readonly tenant: string
  readonly clientId: string
  readonly emulator?: string | undefined
}

/** Kept tokens that nobody used are forgotten after this: the life of a refresh token at Entra ID. */
const tokenCacheTtlMs = 90 * 24 * 60 * 60_000

/** The permission that `app create` and `app delete` need. */
export const GRAPH_APPLICATIONS_SCOPE = 'https://graph.microsoft.com/Application.ReadWrite.All'

const sharedAudiences = ['organizations', 'common'] as const

async function authorityOf(tenant: string): Promise<Authority> {
  const { multiTenant, singleTenant } = await import('@patkit/core')
  const audience = sharedAudiences.find((name) => name === tenant.toLowerCase())
  // Whoever signs in here acts as themselves; there is nobody to keep out.
  return audience === undefined ? singleTenant({ tenant }) : multiTenant({ audience, allowedTenants: 'any' })
}

const emulatorOption = ({ emulator }: LoginPlace) => (emulator === undefined ? {} : { emulator: { origin: emulator } })

/** How a person is shown the way. */
export type Guide =
  | { readonly method: 'device-code'; readonly show: (code: DeviceCode) => void }
  | { readonly method: 'browser'; readonly openUrl: (url: string) => void | Promise<void> }

/**
 * The credential of a person.
 *
 * @throws {@link CommandError} With exit code 2 when tenant, client id or emulator cannot be meant.
 */
export async function personCredential(
  place: LoginPlace,
  store: TokenCacheStore,
  guide: Guide,
  clock: Clock,
): Promise<PersonCredential> {
  const { deviceCodeCredential, interactiveCredential } = await import('@patkit/core')
  const common = {
    authority: await authorityOf(place.tenant),
    clientId: place.clientId,
    ...emulatorOption(place),
    tokenCache: store,
    tokenCacheTtlMs,
    signIn: 'explicit',
    clock,
  } as const
  return inOptions(() =>
    guide.method === 'browser'
      ? interactiveCredential({ ...common, openUrl: guide.openUrl })
      : deviceCodeCredential({ ...common, show: guide.show }),
  )
}

/** What proves an application. */
export type ApplicationProof =
  | { readonly secret: string }
  | { readonly certificate: string; readonly privateKey: string; readonly passphrase?: string }

/**
 * The client of an application that signs in as itself.
 *
 * @throws {@link CommandError} With exit code 2 when something cannot be meant.
 */
export async function applicationClient(place: LoginPlace, proof: ApplicationProof, clock: Clock): Promise<AuthClient> {
  const { AuthClient } = await import('@patkit/core')
  const authority = await authorityOf(place.tenant)
  // The redirect URI is not used: nobody is sent anywhere.
  const common = { authority, clientId: place.clientId, redirectUri: 'http://localhost', clock }
  return inOptions(() => new AuthClient({ ...common, credential: proof, ...emulatorOption(place) }))
}

/** How an encrypted private key is opened. */
export interface KeyOpener {
  /** Asked for when there is something to open. */
  readonly passphrase: () => Promise<string>
  /** What is thrown when that does not open it. */
  readonly refused: () => CommandError
}

/** A PEM file with certificate and private key. The key is passed on apart, so that it does not show when the options are printed. */
export async function certificateProof(file: string, shown: string, opener: KeyOpener): Promise<ApplicationProof> {
  const pem = await readPem(file, shown)
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0] ?? ''
  if (!isEncrypted(pem)) return { certificate, privateKey: pem }
  const passphrase = await opener.passphrase()
  if (!opens(pem, passphrase)) throw opener.refused()
  return { certificate, privateKey: pem, passphrase }
}

/** PKCS #8 says so in its first line, the older form in a header below (RFC 1421). */
function isEncrypted(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)
}

function opens(key: string, passphrase: string): boolean {
  try {
    createPrivateKey({ key, passphrase })
    return true
  } catch {
    return false
  }
}

const keptEntries = { secret: 'client secret', passphrase: 'passphrase of the private key' } as const

/** Keeps what proves an application among the encrypted tokens, except for a certificate, which stays in its file. */
export async function keepProof(store: TokenCacheStore, proof: ApplicationProof): Promise<void> {
  // Until logout: a secret ends at its own time, which only the service knows.
  const options = { ttlMs: 10 * 366 * 24 * 60 * 60_000 }
  if ('secret' in proof) await store.set(keptEntries.secret, proof.secret, options)
  else if (proof.passphrase !== undefined) await store.set(keptEntries.passphrase, proof.passphrase, options)
}

/**
 * What a kept sign-in gives: access tokens, without asking anybody.
 *
 * @throws {@link CommandError} With exit code 4 when what is kept is not whole.
 */
export async function keptCredential(
  record: LoginRecord,
  store: TokenCacheStore,
  clock: Clock,
): Promise<TokenCredential> {
  const inner = await silentCredential(record, store, clock)
  return {
    getToken: async (scopes, options) => {
      try {
        return await inner.getToken(scopes, options)
      } catch (error) {
        throw isSdkError(error) && error.code === 'PATKIT_INTERACTION_REQUIRED'
          ? await toSignInRequired(error, record, scopes)
          : error
      }
    },
  }
}

async function silentCredential(record: LoginRecord, store: TokenCacheStore, clock: Clock): Promise<TokenCredential> {
  if (isPerson(record)) return personCredential(record, store, { method: 'device-code', show: () => undefined }, clock)
  return (await keptApplication(record, store, clock)).credentialForApplication()
}

/** The client of a kept application. */
export async function keptApplication(record: LoginRecord, store: TokenCacheStore, clock: Clock): Promise<AuthClient> {
  const { certificateFile } = record
  const hint = `Run: ${loginCommandLine(record)}`
  if (certificateFile !== undefined) {
    const refused = (): CommandError =>
      signInError(`The kept passphrase does not open the private key of ${JSON.stringify(certificateFile)}.`, hint)
    const passphrase = async (): Promise<string> => (await store.get(keptEntries.passphrase)) ?? ''
    return applicationClient(
      record,
      await certificateProof(certificateFile, certificateFile, { passphrase, refused }),
      clock,
    )
  }
  const secret = await store.get(keptEntries.secret)
  if (secret === undefined) throw signInError('The kept secret of the application is gone.', hint)
  return applicationClient(record, { secret }, clock)
}

/** Whether a person signed in, and not an application. */
export function isPerson({ method }: Pick<LoginRecord, 'method'>): boolean {
  return method === 'device-code' || method === 'browser'
}

async function toSignInRequired(
  error: Error & { readonly claims: string | undefined },
  record: LoginRecord,
  scopes: string | readonly string[],
): Promise<Error> {
  const { SignInRequiredError } = await import('@patkit/core')
  const forGraph = String(scopes).includes('graph.microsoft.com')
  const message = `The sign-in of ${record.who} does not suffice (any more): ${error.message}`
  return new SignInRequiredError(message, {
    hint: `Run: ${loginCommandLine(record, forGraph)}`,
    claims: error.claims,
  })
}

/** The command line that repeats a sign-in. */
export function loginCommandLine(record: LoginRecord, forGraph = false, platform = process.platform): string {
  const { method, tenant, clientId, emulator, certificateFile } = record
  const words = [
    'patkit',
    'login',
    ...(method === 'browser' ? ['--browser'] : []),
    ...(method === 'client-secret' ? ['--client-secret-stdin'] : []),
    ...(certificateFile === undefined ? [] : ['--certificate', certificateFile]),
    ...(forGraph ? ['--graph'] : []),
    '--tenant',
    tenant,
    '--client-id',
    clientId,
    ...(emulator === undefined ? [] : ['--emulator', emulator]),
  ]
  return words.map((word) => shellQuote(word, platform)).join(' ')
}

const optionOf: Readonly<Record<string, string>> = {
  'authority.tenant': '--tenant',
  authority: '--tenant',
  clientId: '--client-id',
  emulator: '--emulator',
  'emulator.origin': '--emulator',
  'credential.secret': '--client-secret-stdin',
  'credential.certificate': '--certificate',
  'credential.privateKey': '--certificate',
}

/** Says what is wrong with a configuration in terms of the options that it came from. */
function inOptions<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw isSdkError(error) && error.code === 'PATKIT_CONFIGURATION' ? toUsageError(error) : error
  }
}

function toUsageError({ faults }: ConfigurationError): CommandError {
  const [fault] = faults
  if (fault === undefined) return usageError('The sign-in is not configured.')
  const option = optionOf[fault.field] ?? fault.field
  return usageError(`${option}: ${fault.problem}`, fault.fix)
}

/** The absolute path of a certificate file that was typed. */
export const resolvedFile = (cwd: string, file: string): string => path.resolve(cwd, file)
