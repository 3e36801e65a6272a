import { randomBytes, randomUUID } from 'node:crypto'
import { accessSync, constants, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError, Secret } from '@patkit/core'

/** Signs session cookies. Several, for rotation: the first signs, all are accepted. At least 16 characters, better 32 random bytes. */
export type SessionSecret = string | Secret | readonly (string | Secret)[]

const shortest = 16
const fix = 'Give a long random text: openssl rand -base64 32.'

/**
 * Reads the secrets that were given.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When there is none, or one is too short to be one.
 */
export function readSecrets(given: SessionSecret | undefined, field: string): readonly Secret[] {
  const secrets = (Array.isArray(given) ? (given as readonly unknown[]) : given === undefined ? [] : [given]).map(
    toText,
  )
  const problem =
    secrets.length === 0
      ? 'It is missing.'
      : secrets.some((text) => text.length < shortest)
        ? `It has fewer than ${shortest} characters.`
        : undefined
  if (problem !== undefined) throw new ConfigurationError([{ field, problem, fix }])
  return secrets.map((text) => new Secret(text))
}

function toText(given: unknown): string {
  if (given instanceof Secret) return given.reveal().trim()
  return typeof given === 'string' ? given.trim() : ''
}

/** A secret that lasts as long as the process. */
export const passingSecret = (): readonly Secret[] => [new Secret(randomBytes(32).toString('base64url'))]

/**
 * The secret of a folder, made when the folder has none: then cookies are good after a restart without anybody configuring anything.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When the folder cannot be used.
 */
export function secretOfFolder(directory: string): readonly Secret[] {
  return inFolder(directory, () => {
    const path = join(directory, 'session-secret')
    makeIfMissing(path, directory)
    return readSecrets(readFileSync(path, 'utf8'), path)
  })
}

/**
 * Makes a folder that has no need of a secret of its own, or sees that it can be used.
 *
 * @throws `ConfigurationError` (of `@patkit/core`) When it cannot.
 */
export function prepareFolder(directory: string): void {
  inFolder(directory, () => accessSync(directory, constants.W_OK))
}

function inFolder<T>(directory: string, work: () => T): T {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return work()
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new ConfigurationError([
      {
        field: 'storage.directory',
        problem: `The folder ${JSON.stringify(directory)} cannot be used (${code}).`,
        fix: 'Give a folder that this process may write to, or set REDIS_URL.',
      },
    ])
  }
}

/** Of several processes that start at once only one makes it, and no other ever reads half of it. */
function makeIfMissing(path: string, directory: string): void {
  const beside = join(directory, `session-secret.${randomUUID()}`)
  writeFileSync(beside, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  try {
    linkSync(beside, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    unlinkSync(beside)
  }
}
