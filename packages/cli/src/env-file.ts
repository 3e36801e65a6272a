import { randomUUID } from 'node:crypto'
import { access, link, open, readFile, rename, unlink } from 'node:fs/promises'
import path from 'node:path'
import { CommandError, usageError } from './command-error.js'
import { codeOf } from './config-file.js'
import { exitCodes } from './exit-codes.js'

const mark = '# Written by patkit app create'

/** Settings for a file of environment variables: name, value, and what is to be known of it. */
export type EnvEntry = readonly [name: string, value: string, comment?: string]

/** A file of settings that is about to be written: its folder is known to be writable, and nothing is lost by it. */
export interface ReservedEnvFile {
  /** Puts the settings in their place, readable by this user alone. */
  write(title: string, entries: readonly EnvEntry[]): Promise<void>
  /** Leaves everything as it was. */
  discard(): Promise<void>
}

/**
 * Prepares a file of settings before the secret that goes into it exists.
 *
 * @throws {@link CommandError} With exit code 2 when it exists and is not to be replaced, or cannot be written.
 */
export async function reserveEnvFile(
  name: string,
  { cwd, force }: { readonly cwd: string; readonly force: boolean },
): Promise<ReservedEnvFile> {
  if (name.trim() === '') throw usageError('--settings-file names an empty file.', 'Give a name such as .env.')
  const file = path.resolve(cwd, name)
  if (!force && (await exists(file))) {
    throw usageError(
      `${JSON.stringify(name)} exists already.`,
      'Choose another --settings-file, or replace it with --force.',
    )
  }
  const beside = `${file}.${randomUUID()}`
  const handle = await open(beside, 'wx', 0o600).catch((error: unknown) => {
    throw usageError(`Cannot write ${JSON.stringify(name)} (${codeOf(error)}).`, 'Choose a folder you may write to.')
  })
  const discard = async (): Promise<void> => {
    await handle.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
  }
  return {
    discard,
    write: async (title, entries) => {
      try {
        await handle.writeFile(textOf(title, entries))
        await handle.sync()
        await handle.close()
        if (force) await rename(beside, file)
        else {
          // Unlike a rename it takes nobody's place who came meanwhile.
          await link(beside, file)
          await unlink(beside)
        }
      } catch (error) {
        await discard()
        throw new CommandError(`Cannot write ${JSON.stringify(name)} (${codeOf(error)}).`, {
          exitCode: exitCodes.failure,
        })
      }
    },
  }
}

function textOf(title: string, entries: readonly EnvEntry[]): string {
  // A name was typed by somebody: it must not get out of its comment.
  const lines = [
    `${mark}: ${title.replace(/[^\x20-\x7e]/g, '?')}`,
    '# It holds a secret: keep it out of version control.',
  ]
  for (const [name, value, comment] of entries) {
    if (comment !== undefined) lines.push(`# ${comment}`)
    lines.push(`${name}=${/^[\w.~:/@+-]*$/.test(value) ? value : `'${value.replaceAll("'", '')}'`}`)
  }
  return `${lines.join('\n')}\n`
}

/** What a file of settings says of the application, and whether it is one of ours. */
export interface EnvFile {
  readonly file: string
  readonly clientId: string | undefined
  readonly isOurs: boolean
}

/** Looks into a file of settings; `undefined` if there is none. */
export async function readEnvFile(name: string, cwd: string): Promise<EnvFile | undefined> {
  const file = path.resolve(cwd, name)
  try {
    const text = await readFile(file, 'utf8')
    const clientId = /^\s*(?:export\s+)?CLIENT_ID\s*=\s*["']?([^\s"'#]+)/m.exec(text)?.[1]
    return { file, clientId, isOurs: text.startsWith(mark) }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw usageError(`${JSON.stringify(name)} cannot be read (${codeOf(error)}).`)
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
