import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, TokenCacheStore } from '@patkit/core'
import { CommandError, signInError, usageError } from './command-error.js'
import { codeOf } from './config-file.js'
import { exitCodes } from './exit-codes.js'
import { ownConfigFolder, ownStateFolder, type Home } from './folders.js'
import type { Io } from './io.js'
import { findKeychain } from './keychain.js'

/** How somebody signed in. */
export type LoginMethod = 'device-code' | 'browser' | 'client-secret' | 'certificate'

/** Where the key lies that opens the kept tokens. */
export type KeyPlace =
  | { readonly kind: 'keychain'; readonly name: string }
  | { readonly kind: 'file'; readonly file: string; readonly why: string }

/** Whose sign-in is kept. Nothing in it is a secret; it lies beside the encrypted tokens. */
export interface LoginRecord {
  readonly method: LoginMethod
  /** Tenant id or domain, or `organizations`: what was signed in at. */
  readonly tenant: string
  readonly clientId: string
  /** Origin of the emulator, when it was signed in there. */
  readonly emulator?: string | undefined
  /** The PEM file of an application; it is read anew every time, and never copied. */
  readonly certificateFile?: string | undefined
  /** Whom the tokens stand for: a sign-in name, or the client id of an application. */
  readonly who: string
  readonly name?: string | undefined
  /** Tenant id in which the person signed in. */
  readonly tenantId?: string | undefined
  /** ISO 8601, UTC. */
  readonly signedInAt: string
  /** Folder of the encrypted tokens, beside this record. */
  readonly cache: string
  readonly key: KeyPlace
}

/** Where all of it lies. */
export function loginFolder(home: Home): string {
  return path.join(ownStateFolder(home), 'login')
}

const recordFile = (home: Home): string => path.join(loginFolder(home), 'login.json')

/** Folder of the encrypted tokens of a sign-in. */
export function cacheFolder({ cache }: Pick<LoginRecord, 'cache'>, home: Home): string {
  return path.join(loginFolder(home), cache)
}

/**
 * The kept sign-in; `undefined` when nobody is signed in. Opens nothing: the tokens stay encrypted.
 *
 * @throws {@link CommandError} With exit code 4 when the record is damaged.
 */
export function readLogin(home: Home): LoginRecord | undefined {
  const file = recordFile(home)
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw signInError(`The kept sign-in cannot be read (${codeOf(error)}).`, 'Run patkit login again.')
  }
  const record = parseRecord(text)
  if (record === undefined) {
    throw signInError(`The kept sign-in ${JSON.stringify(file)} is damaged.`, 'Run patkit login again.')
  }
  return record
}

const cacheName = /^tokens-[0-9a-f-]{36}$/

function parseRecord(text: string): LoginRecord | undefined {
  try {
    const record = JSON.parse(text) as LoginRecord
    const texts: readonly unknown[] = [record.method, record.tenant, record.clientId, record.who, record.signedInAt]
    const isWhole = texts.every((value) => typeof value === 'string') && typeof record.key.kind === 'string'
    // The name becomes part of a path that logout removes.
    return isWhole && cacheName.test(record.cache) ? record : undefined
  } catch {
    return undefined
  }
}

/** A place for the tokens of a new sign-in. The one before stays as it is until {@link NewLogin.keep}. */
export interface NewLogin {
  readonly store: TokenCacheStore
  /** Folder of the encrypted tokens. */
  readonly directory: string
  readonly key: KeyPlace
  /** Makes it the kept sign-in, and forgets the one before. */
  keep(record: Omit<LoginRecord, 'cache' | 'key'>): Promise<void>
  /** Leaves nothing behind, after a failure. */
  discard(): Promise<void>
}

/** Everything that is needed of the world around. */
export type LoginWorld = Home & Pick<Io, 'keychain'>

/**
 * Prepares a place for a new sign-in: a folder, and a new key in the keychain, or in a file that this user alone may read.
 *
 * Only the key goes into the keychain, because the Windows one takes no more than 2,560 bytes and tokens have several thousand.
 *
 * @throws {@link CommandError} With exit code 1 when nothing can be written.
 */
export async function prepareLogin(world: LoginWorld, clock: Clock): Promise<NewLogin> {
  const { fileTokenCache } = await import('@patkit/core')
  const cache = `tokens-${randomUUID()}`
  const directory = cacheFolder({ cache }, world)
  const secret = randomBytes(32)
  const key = await keepKey(cache, secret.toString('base64'), world)
  const discard = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true })
    await removeKey(cache, key, world)
  }
  return {
    store: fileTokenCache({ directory, keys: secret, clock }),
    directory,
    key,
    discard,
    keep: async (record) => {
      const before = readable(() => readLogin(world))
      await writeRecord({ ...record, cache, key }, world)
      if (before !== undefined) await forget(before, world)
    },
  }
}

/** The tokens of the kept sign-in. */
export async function openLogin(record: LoginRecord, world: LoginWorld, clock: Clock): Promise<TokenCacheStore> {
  const { fileTokenCache } = await import('@patkit/core')
  const key = await readKey(record, world)
  return fileTokenCache({ directory: cacheFolder(record, world), keys: key, clock })
}

/** Forgets the kept sign-in: record, tokens and key. Gives back what is left of it, in a sentence, when the key could not be removed. */
export async function forgetLogin(record: LoginRecord | undefined, world: LoginWorld): Promise<string | undefined> {
  await unlink(recordFile(world)).catch(ignoreMissing)
  return record === undefined ? undefined : forget(record, world)
}

async function forget(record: LoginRecord, world: LoginWorld): Promise<string | undefined> {
  await rm(cacheFolder(record, world), { recursive: true, force: true })
  try {
    await removeKey(record.cache, record.key, world)
    return undefined
  } catch (error) {
    // Without the tokens it opens nothing.
    return `The key of the old tokens could not be removed (${error instanceof Error ? error.message : String(error)}).`
  }
}

async function writeRecord(record: LoginRecord, world: LoginWorld): Promise<void> {
  const file = recordFile(world)
  const beside = `${file}.${randomUUID()}`
  try {
    await writeFile(beside, `${JSON.stringify(record, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 })
    await rename(beside, file)
  } catch (error) {
    await unlink(beside).catch(() => undefined)
    throw cannotWrite(file, error)
  }
}

/** Names the key in the keychain. Homes are told apart: a keychain serves all programs of a user. */
function keychainAccount(cache: string, home: Home): string {
  const place = createHash('sha256').update(loginFolder(home)).digest('hex').slice(0, 8)
  return `login ${place} ${cache}`
}

/** Away from the tokens, so that a copy of one folder alone opens nothing. */
const keyFile = (cache: string, home: Home): string =>
  path.join(ownConfigFolder(home), `${cache.replace('tokens', 'login')}.key`)

async function keepKey(cache: string, secret: string, world: LoginWorld): Promise<KeyPlace> {
  await makeFolder(loginFolder(world))
  const search = await findKeychain(world)
  if ('keychain' in search) {
    const { keychain } = search
    const failure = await keychain.write(keychainAccount(cache, world), secret).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    if (failure === undefined) return { kind: 'keychain', name: keychain.name }
    return keepKeyInFile(cache, secret, `${keychain.name} does not take it (${failure})`, world)
  }
  return keepKeyInFile(cache, secret, search.missing, world)
}

async function keepKeyInFile(cache: string, secret: string, why: string, home: Home): Promise<KeyPlace> {
  const file = keyFile(cache, home)
  await makeFolder(path.dirname(file))
  try {
    await writeFile(file, `${secret}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw cannotWrite(file, error)
  }
  return { kind: 'file', file, why }
}

async function readKey({ cache, key }: LoginRecord, world: LoginWorld): Promise<string> {
  const found =
    key.kind === 'file' ? await readKeyFile(keyFile(cache, world)) : await readFromKeychain(cache, key, world)
  if (found !== undefined) return found
  const place = key.kind === 'file' ? JSON.stringify(keyFile(cache, world)) : key.name
  throw signInError(`The key to the kept sign-in is not in ${place} any more.`, 'Run patkit login again.')
}

async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim()
    return /^[\w+/-]{43}=$/.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

async function readFromKeychain(
  cache: string,
  { name }: { readonly name: string },
  world: LoginWorld,
): Promise<string | undefined> {
  const search = await findKeychain(world)
  if ('keychain' in search) return search.keychain.read(keychainAccount(cache, world))
  const hint = 'Unlock it, or run patkit login again.'
  throw signInError(`The key to the kept sign-in lies in ${name}, but ${search.missing}.`, hint)
}

async function removeKey(cache: string, key: KeyPlace, world: LoginWorld): Promise<void> {
  if (key.kind === 'file') return unlink(keyFile(cache, world)).catch(ignoreMissing)
  const search = await findKeychain(world)
  if ('missing' in search) throw new Error(search.missing)
  return search.keychain.remove(keychainAccount(cache, world))
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(folder, error)
  }
}

function cannotWrite(place: string, error: unknown): CommandError {
  return new CommandError(`Cannot write ${JSON.stringify(place)} (${codeOf(error)}).`, {
    exitCode: exitCodes.failure,
    hint: 'Set XDG_STATE_HOME and XDG_CONFIG_HOME to folders that you may write in.',
  })
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Checks the file of a certificate before it is read by others. */
export async function readPem(file: string, shown: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw usageError(`The certificate ${JSON.stringify(shown)} cannot be read (${codeOf(error)}).`)
  }
}
