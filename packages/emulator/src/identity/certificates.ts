import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js'

const generate = promisify(generateKeyPair)

/** A server's certificate, and the authority a client has to trust. */
export interface ServerIdentity {
  /** PEM of the authority's certificate: what a client is given. */
  readonly caPem: string
  /** PEM of the server's certificate followed by the authority's. */
  readonly chainPem: string
  /** PEM of the server's private key. */
  readonly keyPem: string
}

const dayMs = 24 * 60 * 60 * 1000
const validDays = 30

/**
 * Makes an authority and a certificate for these hosts, for `localhost`, `127.0.0.1` and `::1`.
 *
 * The authority's key is forgotten when this returns, and its certificate says that it may vouch for these hosts only: a machine
 * that goes on trusting it is open to nobody else.
 *
 * @param hosts - Host names; a wildcard such as `*.b2clogin.com` stands for one label.
 */
export async function createServerIdentity(hosts: readonly string[]): Promise<ServerIdentity> {
  const [authorityKeys, serverKeys] = await Promise.all([createKeys(), createKeys()])
  // Clients judge a certificate by the machine's clock, whatever the emulator's says.
  const now = Date.now()
  const dates = sequence(time(new Date(now - dayMs)), time(new Date(now + validDays * dayMs)))
  const issuer = name('patkit emulator authority')
  const authority = certificate({
    issuer,
    dates,
    subject: issuer,
    subjectKey: authorityKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: authorityExtensions(authorityKeys.publicKey, hosts),
  })
  const server = certificate({
    issuer,
    dates,
    subject: name('localhost'),
    subjectKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: serverExtensions(serverKeys.publicKey, authorityKeys.publicKey, hosts),
  })
  const caPem = pem(authority)
  const keyPem = serverKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { caPem, chainPem: `${pem(server)}${caPem}`, keyPem }
}

interface Keys {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const createKeys = (): Promise<Keys> => generate('ec', { namedCurve: 'P-256' })

interface CertificateParts {
  readonly issuer: Buffer
  readonly dates: Buffer
  readonly subject: Buffer
  readonly subjectKey: KeyObject
  readonly signingKey: KeyObject
  readonly extensions: readonly Buffer[]
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))

/** RFC 5280, section 4.1. */
function certificate({ issuer, dates, subject, subjectKey, signingKey, extensions }: CertificateParts): Buffer {
  const version3 = explicit(0, integer(Buffer.from([2])))
  const body = sequence(
    version3,
    serialNumber(),
    ecdsaWithSha256,
    issuer,
    dates,
    subject,
    subjectKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  )
  return sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, signingKey)))
}

/** Positive, and without a zero in front. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return integer(bytes)
}

const name = (commonName: string): Buffer =>
  sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))))

function extension(id: string, value: Buffer, importance: 'critical' | 'optional' = 'optional'): Buffer {
  const critical = importance === 'critical' ? [boolean(true)] : []
  return sequence(objectIdentifier(id), ...critical, octetString(value))
}

const ids = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const

function authorityExtensions(key: KeyObject, hosts: readonly string[]): readonly Buffer[] {
  const pathLength0 = integer(Buffer.from([0]))
  return [
    extension(ids.basicConstraints, sequence(boolean(true), pathLength0), 'critical'),
    // keyCertSign and cRLSign are bits 5 and 6.
    extension(ids.keyUsage, bitString(Buffer.from([0b0000_0110]), 1), 'critical'),
    extension(ids.nameConstraints, sequence(explicit(0, ...permittedNames(hosts))), 'critical'),
    extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(key))),
  ]
}

function serverExtensions(key: KeyObject, authorityKey: KeyObject, hosts: readonly string[]): readonly Buffer[] {
  return [
    extension(ids.basicConstraints, sequence(), 'critical'),
    // digitalSignature is bit 0.
    extension(ids.keyUsage, bitString(Buffer.from([0b1000_0000]), 7), 'critical'),
    extension(ids.extendedKeyUsage, sequence(objectIdentifier(ids.serverAuthentication))),
    extension(ids.subjectAlternativeName, sequence(...alternativeNames(hosts))),
    extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(key))),
    extension(ids.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(authorityKey)))),
  ]
}

const dnsName = (host: string): Buffer => implicit(2, Buffer.from(host, 'latin1'))
const address = (bytes: Buffer): Buffer => implicit(7, bytes)

const loopback4 = Buffer.from([127, 0, 0, 1])
const loopback6 = Buffer.concat([Buffer.alloc(15), Buffer.from([1])])

const alternativeNames = (hosts: readonly string[]): readonly Buffer[] => [
  ...['localhost', ...hosts].map(dnsName),
  address(loopback4),
  address(loopback6),
]

/** A constraint covers a name and all below it, so a wildcard becomes its domain; an address is followed by its mask. */
function permittedNames(hosts: readonly string[]): readonly Buffer[] {
  const names = new Set(['localhost', ...hosts.map((host) => host.replace(/^\*\./, ''))])
  const single = (bytes: Buffer): Buffer => address(Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]))
  return [...[...names].map(dnsName), single(loopback4), single(loopback6)].map((general) => sequence(general))
}

/** RFC 5280, section 4.2.1.2, method 1 uses the bits of the key; over the whole SubjectPublicKeyInfo it identifies as well. */
const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
