import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { ConfigurationFault } from '../errors.js'
import { Secret } from '../secret.js'
import { isGuid } from './authority.js'

/** How the application proves to the sign-in service who it is. */
export type ClientCredential = ClientSecretCredential | ClientCertificateCredential | ClientAssertionCredential

/** A client secret of the app registration: its value, not its id. */
export interface ClientSecretCredential {
  readonly secret: string | Secret
}

/** A certificate of the app registration. The private key signs a statement for each request and is never sent. */
export interface ClientCertificateCredential {
  /** PEM text of the certificate; the private key may follow in the same text. */
  readonly certificate: string
  /** PEM text of the private key, if it is not in `certificate`. */
  readonly privateKey?: string | Secret | undefined
  /** Opens an encrypted private key. */
  readonly passphrase?: string | Secret | undefined
}

/** A statement signed by somebody the app registration trusts (workload identity federation): no secret is kept here at all. */
export interface ClientAssertionCredential {
  /** Gives the signed statement (a JWT) for one request. Called for every request; keep your own copy if it is costly. */
  readonly assertion: (context: AssertionContext) => string | Promise<string>
}

/** What a client assertion is made for. */
export interface AssertionContext {
  readonly clientId: string
  /** The address that will receive it: the `aud` of an assertion that you sign yourself. */
  readonly tokenEndpoint: string
}

/** A credential that was read and found usable. Its secrets do not show when printed. */
export type UsableCredential =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | {
      readonly kind: 'certificate'
      /** SHA-256 over the certificate, in hexadecimal digits: how the app registration knows it. */
      readonly thumbprintSha256: string
      readonly privateKey: Secret
      readonly expiresAt: Date
    }
  | { readonly kind: 'assertion'; readonly assertion: ClientAssertionCredential['assertion'] }

/** What became of the credentials that were given. */
export interface CredentialReading {
  readonly credentials: readonly UsableCredential[]
  readonly faults: readonly ConfigurationFault[]
}

/** Reads one credential or several (for rotation, in the order in which they are tried). */
export function readCredentials(given: unknown): CredentialReading {
  if (!Array.isArray(given) || given.length === 0) return readCredential(given, 'credential')
  const readings = given.map((credential: unknown, index) => readCredential(credential, `credential[${index}]`))
  return {
    credentials: readings.flatMap(({ credentials }) => credentials),
    faults: readings.flatMap(({ faults }) => faults),
  }
}

const kinds = ['secret', 'certificate', 'assertion'] as const
const giveOne = 'Give { secret }, { certificate } or { assertion }; several credentials go into an array.'

function readCredential(given: unknown, at: string): CredentialReading {
  if (typeof given !== 'object' || given === null) return faulty(at, 'It is missing.', giveOne)
  const fields = given as Record<string, unknown>
  const found = kinds.filter((kind) => fields[kind] !== undefined)
  if (found.length !== 1) {
    return faulty(at, found.length === 0 ? 'It is empty.' : `It has ${found.join(' and ')} at once.`, giveOne)
  }
  if (found[0] === 'secret') return readSecret(fields.secret, `${at}.secret`)
  if (found[0] === 'certificate') return readCertificate(fields, at)
  if (typeof fields.assertion === 'function') {
    return usable({ kind: 'assertion', assertion: fields.assertion as ClientAssertionCredential['assertion'] })
  }
  return faulty(`${at}.assertion`, 'It is not a function.', 'Give a function that returns the signed statement.')
}

function readSecret(given: unknown, at: string): CredentialReading {
  const text = revealed(given)
  if (text === undefined || text.trim() === '') {
    return faulty(at, 'It is missing or empty.', 'Give the value of a client secret of the app registration.')
  }
  if (text !== text.trim()) {
    return faulty(at, 'It has space or a line break around it.', 'Give the value alone, as the portal shows it.')
  }
  if (isGuid(text)) {
    return faulty(
      at,
      "It is a GUID, so it is the secret's id.",
      'Give the secret value; the portal shows it only once, when the secret is made.',
    )
  }
  return usable({ kind: 'secret', secret: new Secret(text) })
}

function readCertificate(fields: Record<string, unknown>, at: string): CredentialReading {
  const pem = revealed(fields.certificate)
  const certificate = pem === undefined ? undefined : attempt(() => new X509Certificate(pem))
  if (pem === undefined || certificate === undefined) {
    return faulty(
      `${at}.certificate`,
      'It is no certificate in PEM form.',
      'Give the text that begins with -----BEGIN CERTIFICATE-----; convert a .pfx with: openssl pkcs12 -in app.pfx -nodes.',
    )
  }
  const field = `${at}.privateKey`
  const keyPem = revealed(fields.privateKey) ?? pem
  if (!keyPem.includes('PRIVATE KEY-----')) {
    return faulty(field, 'There is no private key.', 'Give it as privateKey, or in the same PEM text.')
  }
  const passphrase = revealed(fields.passphrase)
  const key = attempt(() => createPrivateKey({ key: keyPem, ...(passphrase === undefined ? {} : { passphrase }) }))
  if (key === undefined) {
    const fix = keyPem.includes('ENCRYPTED') ? 'Check the passphrase.' : 'Give the private key in PEM form.'
    return faulty(field, 'It cannot be read.', fix)
  }
  if (key.asymmetricKeyType !== 'rsa') {
    return faulty(field, 'It is not an RSA key.', 'Make the certificate with an RSA key of 2048 bits or more.')
  }
  if (!certificate.checkPrivateKey(key)) {
    return faulty(field, 'It does not belong to the certificate.', 'Give the key the certificate was made with.')
  }
  return usable(certificateCredential(certificate, key))
}

function certificateCredential(certificate: X509Certificate, key: KeyObject): UsableCredential {
  return {
    kind: 'certificate',
    thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
    privateKey: new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    expiresAt: new Date(certificate.validTo),
  }
}

function revealed(given: unknown): string | undefined {
  if (typeof given === 'string') return given
  return given instanceof Secret ? given.reveal() : undefined
}

/** The result, or `undefined` if it threw: OpenSSL's messages tell a reader nothing and may quote the input. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function usable(credential: UsableCredential): CredentialReading {
  return { credentials: [credential], faults: [] }
}

function faulty(field: string, problem: string, fix: string): CredentialReading {
  return { credentials: [], faults: [{ field, problem, fix }] }
}
