import { generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import type { JWK, JWTPayload } from 'jose'

const generate = promisify(generateKeyPair)

interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As the keys endpoint shows it. */
  readonly jwk: JWK
}

/** What becomes of tokens signed before a rotation. `published`: they stay valid. `withdrawn`: nobody can verify them any more. */
export type OldKeys = 'published' | 'withdrawn'

/**
 * The keys that sign tokens. They are made when the first one is needed, live in memory only, and are new at every start: a token
 * of the emulator is worth nothing anywhere else, or later.
 */
export class KeyRing {
  #current: Promise<SigningKey> | undefined
  #older: readonly SigningKey[] = []
  #unpublished: Promise<SigningKey> | undefined

  /** Signs with the newest key. */
  async sign(payload: JWTPayload): Promise<string> {
    return signWith(await this.#newest(), payload)
  }

  /** Signs with a key that no keys endpoint shows: a forged token. */
  async signUnpublished(payload: JWTPayload): Promise<string> {
    this.#unpublished ??= createKey()
    return signWith(await this.#unpublished, payload)
  }

  /** Makes a new key and signs with it from now on. At most three are published at once. */
  async rotate(oldKeys: OldKeys = 'published'): Promise<void> {
    const before = oldKeys === 'published' ? [await this.#newest(), ...this.#older] : []
    const next = createKey()
    await next
    this.#current = next
    this.#older = before.slice(0, 2)
  }

  /** The key that signed a token with this `kid`, if it is published. */
  async find(keyId: string | undefined): Promise<KeyObject | undefined> {
    const keys = [await this.#newest(), ...this.#older]
    return keys.find(({ id }) => id === keyId)?.publicKey
  }

  /** The JSON Web Key Set, newest first. */
  async published(): Promise<readonly JWK[]> {
    const keys = [await this.#newest(), ...this.#older]
    return keys.map(({ jwk }) => jwk)
  }

  #newest(): Promise<SigningKey> {
    this.#current ??= createKey()
    return this.#current
  }
}

async function createKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const id = await calculateJwkThumbprint(jwk)
  return { id, privateKey, publicKey, jwk: { ...jwk, kid: id, use: 'sig', alg: 'RS256' } }
}

function signWith(key: SigningKey, payload: JWTPayload): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.id }).sign(key.privateKey)
}
