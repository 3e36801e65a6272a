import { open, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { CommandError, usageError } from './command-error.js'
import type { CommandContext } from './context.js'
import { ask, canAsk } from './confirm.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './io.js'

/** Where a secret is to go, as it was typed. */
export interface RawSecretOptions {
  readonly secretFile?: string
  readonly secretStdout?: true
}

/** Adds `--secret-file` and `--secret-stdout`. */
export function addSecretOptions(command: Command): Command {
  return command
    .option('--secret-file <file>', 'write the secret to a new file that you alone may read')
    .option('--secret-stdout', 'print the secret on standard output, and nothing else there unless --json is given')
}

/**
 * The one place a secret is brought to. It is ready before the token is made, so that a secret never has nowhere to go.
 *
 * Nothing in here prints a secret but {@link SecretPlace.deliver}.
 */
export interface SecretPlace {
  /** How people are told of it: `in ci.token`, `on standard output`. */
  readonly words: string
  /** Whether standard output is taken by the secret. */
  readonly isStdout: boolean
  /** Brings the secret there, and makes sure of it as far as the place allows. */
  deliver(secret: string): Promise<void>
  /** Undoes the preparation, when there is no secret after all. */
  discard(): Promise<void>
}

/**
 * Prepares the place a secret goes to: the file or standard output if asked for, or the terminal once somebody agreed.
 *
 * @throws {@link CommandError} With exit code 2 when there is none, or the file cannot be made or exists.
 */
export async function prepareSecretPlace(
  { secretFile, secretStdout }: RawSecretOptions,
  context: CommandContext,
): Promise<SecretPlace> {
  const { io, interrupt } = context
  if (secretFile !== undefined && secretStdout === true) {
    throw usageError('--secret-file and --secret-stdout contradict each other.', 'A secret goes to one place only.')
  }
  if (secretFile !== undefined) {
    const file = await SecretFile.reserve(secretFile, io.cwd)
    return {
      words: `in ${secretFile}`,
      isStdout: false,
      deliver: (secret) => file.write(secret),
      discard: () => file.discard(),
    }
  }
  if (secretStdout === true) return stdoutPlace(io.stdout)
  if (io.stdout.isTTY !== true || !canAsk(io)) {
    throw usageError(
      'It is not said where the secret goes, and the service shows it only once.',
      'Add --secret-file FILE, or --secret-stdout to print it.',
    )
  }
  const answer = await ask('The secret will be shown on this terminal, once. Go on? (y/N)', io, interrupt.signal)
  if (/^y(?:es)?$/i.test(answer)) return stdoutPlace(io.stdout)
  throw new CommandError('Nothing was changed.', {
    exitCode: exitCodes.failure,
    hint: 'With --secret-file FILE the secret is written to a file that you alone may read.',
  })
}

function stdoutPlace(stdout: Output): SecretPlace {
  return {
    words: 'on standard output',
    isStdout: true,
    deliver: (secret) =>
      new Promise((resolve, reject) => {
        stdout.write(`${secret}\n`, (error) => {
          if (error === undefined || error === null) resolve()
          else reject(new CommandError('Standard output was closed.', { exitCode: exitCodes.failure }))
        })
      }),
    discard: () => Promise.resolve(),
  }
}

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
