import { open, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { CommandError, usageError } from './command-error.js'
import { exitCodes } from './exit-codes.js'

/** A new file for a secret, made before the secret is: what cannot be written is known before a token exists. */
export class SecretFile {
  readonly #file: string
  readonly #name: string
  readonly #handle: FileHandle

  private constructor(file: string, name: string, handle: FileHandle) {
    this.#file = file
    this.#name = name
    this.#handle = handle
  }

  /**
   * Makes the file, empty and readable by its owner alone. A file that exists is never touched.
   *
   * @throws {@link CommandError} With exit code 2 when it exists or cannot be made.
   */
  static async reserve(name: string, cwd: string): Promise<SecretFile> {
    if (name.trim() === '') throw usageError('--secret-file names an empty file.', 'Give a name such as ci.token.')
    const file = path.resolve(cwd, name)
    try {
      return new SecretFile(file, name, await open(file, 'wx', 0o600))
    } catch (error) {
      throw cannotReserve(name, systemCode(error))
    }
  }

  /** Writes the secret and a line end, and makes sure they are on the disk. */
  async write(secret: string): Promise<void> {
    try {
      await this.#handle.writeFile(`${secret}\n`)
      await this.#handle.sync()
      await this.#handle.close()
    } catch (error) {
      throw new CommandError(`Cannot write ${JSON.stringify(this.#name)} (${systemCode(error)}).`, {
        exitCode: exitCodes.failure,
      })
    }
  }

  /** Takes the file away again, after a failure. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined)
    await unlink(this.#file).catch(() => undefined)
  }
}

function cannotReserve(name: string, code: string): CommandError {
  const quoted = JSON.stringify(name)
  switch (code) {
    case 'EEXIST':
      return usageError(`${quoted} exists already.`, 'A secret never replaces a file: choose another name.')
    case 'ENOENT':
    case 'ENOTDIR':
      return usageError(`The folder of ${quoted} does not exist.`, 'Create it first, or choose another name.')
    default:
      return usageError(`Cannot write ${quoted} (${code}).`, 'Choose a folder you may write to.')
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
