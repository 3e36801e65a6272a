import { createHash, createHmac, randomBytes } from 'node:crypto'

/** Makes every id, code and opaque token of one emulator. The same seed and the same requests give the same values. */
export interface Ids {
  /** The next GUID. */
  guid(): string
  /** The next opaque text of `bytes` bytes, base64url, with a readable prefix. */
  opaque(prefix: string, bytes?: number): string
  /** The next code a person types: `length` letters and digits that cannot be mistaken for each other. */
  userCode(length: number): string
}

const userCodeAlphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

export function createIds(seed: string): Ids {
  let count = 0
  const nextBytes = (purpose: string): Buffer =>
    createHmac('sha512', `patkit-emulator:${seed}`)
      .update(`${purpose}:${(count += 1)}`)
      .digest()
  return {
    guid: () => guidFromBytes(nextBytes('guid')),
    opaque: (prefix, bytes = 32) => `${prefix}${nextBytes(prefix).subarray(0, bytes).toString('base64url')}`,
    userCode: (length) =>
      [...nextBytes('user-code').subarray(0, length)].map((byte) => userCodeAlphabet[byte % 32]).join(''),
  }
}

/** The GUID that always belongs to these names, whatever the seed: the ids of the sample directory. */
export function guidOf(...names: readonly string[]): string {
  return guidFromBytes(createHash('sha256').update(names.join('\n').toLowerCase()).digest())
}

/**
 * What guards the browser (form tokens, the cookie of the sign-in session) comes from the machine's randomness: a page of another
 * site that knows the seed must not be able to guess it.
 */
export const unguessable = (): string => randomBytes(32).toString('base64url')

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isGuid = (text: string): boolean => guidPattern.test(text)

function guidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  const variant = '89ab'.charAt((bytes[8] ?? 0) & 3)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
