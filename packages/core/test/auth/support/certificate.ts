import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** A self-signed certificate of an application, as somebody would make with openssl. */
export interface TestCertificate {
  /** PEM of the certificate. */
  readonly certificate: string
  /** PEM of the private key. */
  readonly privateKey: string
  readonly key: KeyObject
}

/** Makes one with an RSA key; the dates are those of the machine's clock unless given. A common name that is a host makes it good for that host. */
export function makeCertificate(
  validTo = new Date(Date.now() + 90 * 86_400_000),
  validFrom = new Date(Date.now() - 86_400_000),
  commonName = 'patkit test',
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const name = sequence(set(sequence(oid('55 04 03'), der(0x0c, Buffer.from(commonName)))))
  const serial = randomBytes(8)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const body = sequence(
    der(0x02, serial),
    sha256WithRsa,
    name,
    sequence(utcTime(validFrom), utcTime(validTo)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  return {
    certificate: pem('CERTIFICATE', sequence(body, sha256WithRsa, der(0x03, signature))),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    key: privateKey,
  }
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const long = length > 255 ? [0x82, length >> 8, length & 255] : length > 127 ? [0x81, length] : [length]
  return Buffer.concat([Buffer.from([tag, ...long]), content])
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const set = (...parts: Buffer[]): Buffer => der(0x31, Buffer.concat(parts))
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const sha256WithRsa = sequence(oid('2a 86 48 86 f7 0d 01 01 0b'), der(0x05, Buffer.alloc(0)))

function utcTime(date: Date): Buffer {
  const text = date
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2)
  return der(0x17, Buffer.from(text))
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
