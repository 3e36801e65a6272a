import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { ConfigurationError, type ConfigurationFault } from '../errors.js'
import { Secret } from '../secret.js'
import type { TokenCacheStore } from './token-cache.js'

/** A key of 32 bytes, or its text in base64, base64url or hexadecimal digits, such as from `openssl rand -base64 32`. */
export type TokenCacheKey = Uint8Array | string | Secret

interface Key {
  /** Names the key without telling anything of it. */
  readonly id: string
  readonly bytes: Buffer
}

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16
const version = 'v1'

/**
 * Encrypts what a store keeps: AES-256-GCM, bound to the person's key, so that one person's tokens cannot be put in another's place.
 *
 * @param keys - The first encrypts; all decrypt. To rotate, put the new key first and drop the old one once everything was renewed
 * (after the `tokenCacheTtlMs` of the client). Without its key a text counts as not there, and the person signs in again.
 * @throws {@link ConfigurationError} When there is no key, or one is not 32 bytes.
 */
export function encryptTokenCache(
  store: TokenCacheStore,
  keys: TokenCacheKey | readonly TokenCacheKey[],
): TokenCacheStore {
  const [first, ...older] = readKeys(keys)
  const known = new Map([first, ...older].map((key) => [key.id, key]))
  return {
    ...(store.lock === undefined ? {} : { lock: store.lock.bind(store) }),
    get: async (name) => {
      const sealed = await store.get(name)
      return sealed === undefined ? undefined : open(sealed, name, known)
    },
    set: (name, value, options) => store.set(name, seal(value, name, first), options),
    delete: (name) => store.delete(name),
  }
}

function seal(text: string, name: string, { id, bytes }: Key): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(bindingOf(name))
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${version}.${id}.${sealed.toString('base64url')}`
}

/** The text, or `undefined` when its key is gone or it was tampered with, moved or damaged. */
function open(sealed: string, name: string, keys: ReadonlyMap<string, Key>): string | undefined {
  const [form, id = '', base64 = ''] = sealed.split('.')
  const key = keys.get(id)
  const bytes = Buffer.from(base64, 'base64url')
  if (form !== version || key === undefined || bytes.length < ivBytes + tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(bindingOf(name))
    .setAuthTag(bytes.subarray(-tagBytes))
  try {
    return decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

const bindingOf = (name: string): Buffer => Buffer.from(`patkit token cache ${version}: ${name}`, 'utf8')

function readKeys(given: TokenCacheKey | readonly TokenCacheKey[]): [Key, ...Key[]] {
  const list: readonly unknown[] = Array.isArray(given) ? (given as readonly unknown[]) : [given]
  const faults: ConfigurationFault[] = []
  const keys = list.flatMap((value, index) => {
    const bytes = toBytes(value)
    if (bytes?.length === keyBytes) return [{ id: keyId(bytes), bytes }]
    faults.push({
      field: list.length === 1 ? 'keys' : `keys[${index}]`,
      problem: value === undefined || value === '' ? 'It is missing.' : `It is not a key of ${keyBytes} bytes.`,
      fix: 'Give 32 random bytes, or their text in base64: openssl rand -base64 32.',
    })
    return []
  })
  const [first, ...older] = keys
  if (first !== undefined && faults.length === 0) return [first, ...older]
  const none = { field: 'keys', problem: 'There is none.', fix: 'Give one: openssl rand -base64 32.' }
  throw new ConfigurationError(faults.length === 0 ? [none] : faults)
}

const keyId = (bytes: Buffer): string =>
  createHash('sha256').update('patkit key id').update(bytes).digest('hex').slice(0, 8)

function toBytes(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value)
  const text = value instanceof Secret ? value.reveal().trim() : typeof value === 'string' ? value.trim() : undefined
  if (text === undefined) return undefined
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  return /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
