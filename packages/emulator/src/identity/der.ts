/** DER, the encoding of certificates (ITU-T X.690): as much of it as a certificate needs. */

type Der = Buffer

const encode = (tag: number, ...parts: readonly Buffer[]): Der => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

function length(value: number): Buffer {
  if (value < 0x80) return Buffer.from([value])
  const bytes = Buffer.from(value.toString(16).padStart(value > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export const sequence = (...parts: readonly Der[]): Der => encode(0x30, ...parts)
export const set = (...parts: readonly Der[]): Der => encode(0x31, ...parts)
export const boolean = (value: boolean): Der => encode(0x01, Buffer.from([value ? 0xff : 0]))
export const octetString = (content: Buffer): Der => encode(0x04, content)
export const utf8String = (text: string): Der => encode(0x0c, Buffer.from(text))

/** `unusedBits` of the last byte are padding. */
export const bitString = (content: Buffer, unusedBits = 0): Der => encode(0x03, Buffer.from([unusedBits]), content)

/** A whole number from its big-endian bytes. A leading zero keeps it positive. */
export function integer(bytes: Buffer): Der {
  const [first = 0] = bytes
  return encode(0x02, first >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** An object identifier from its dotted form. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

/** `YYYYMMDDHHMMSSZ`; certificates write years before 2050 with two digits. */
export function time(date: Date): Der {
  const text = `${date.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`
  return date.getUTCFullYear() < 2050 ? encode(0x17, Buffer.from(text.slice(2))) : encode(0x18, Buffer.from(text))
}

/** `[number] EXPLICIT`: wraps a value. */
export const explicit = (number: number, ...parts: readonly Der[]): Der => encode(0xa0 | number, ...parts)

/** `[number] IMPLICIT` of something without parts. */
export const implicit = (number: number, content: Buffer): Der => encode(0x80 | number, content)
