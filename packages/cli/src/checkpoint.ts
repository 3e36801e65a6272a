import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { FileCheckpoint, ReadOutcome, ScanCheckpoint } from '@patkit/core'
import { usageError } from './command-error.js'
import { isSdkError } from './failure.js'
import { variable, type Io } from './io.js'
import { lockFile } from './lock.js'
import type { ReportSettings } from './report-options.js'

/** The folder that checkpoints of reports are kept in. */
export function checkpointFolder({
  env,
  platform,
  homeDirectory,
}: Pick<Io, 'env' | 'platform' | 'homeDirectory'>): string {
  return path.join(stateFolder(env, platform, homeDirectory), 'patkit', 'reports')
}

/** Where this user's programs keep what outlives a run but is no setting. */
export function stateFolder(env: Io['env'], platform: NodeJS.Platform, homeDirectory: string): string {
  if (platform === 'win32') return variable(env, 'LOCALAPPDATA') ?? path.join(homeDirectory, 'AppData', 'Local')
  const stateHome = variable(env, 'XDG_STATE_HOME')
  // A relative path is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  return stateHome !== undefined && path.isAbsolute(stateHome) ? stateHome : path.join(homeDirectory, '.local', 'state')
}

/**
 * The settings that a resumed report must share with the one it goes on with, by the name under which a difference is reported.
 *
 * Where the report goes and how fast it is read may change: a full disk is a reason to resume with another `--out`.
 */
export function checkpointSettings(settings: ReportSettings, baseUrl: string): Readonly<Record<string, string>> {
  return {
    '--base-url': baseUrl,
    '--status': settings.status,
    '--expiring-within': `${settings.expiringWithinDays}d`,
    '--columns': settings.columns,
  }
}

/** What a checkpoint belongs to. */
export interface CheckpointOwner {
  readonly organization: string
  readonly settings: Readonly<Record<string, string>>
}

/** The path of a new checkpoint: `<organization>-<options>-<random>.ndjson`. */
export function newCheckpointPath(folder: string, owner: CheckpointOwner): string {
  return path.join(folder, `${prefixOf(owner)}${randomBytes(4).toString('hex')}.ndjson`)
}

/** Makes the folder of checkpoints, which nobody else may look into: names of people and of their tokens lie there. */
export async function makeCheckpointFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
}

/**
 * Finds the checkpoint that `--resume` without a name means: the newest of this organization and these options; if there is none, the
 * newest of the organization, whose refusal then names the option that differs.
 *
 * @throws {@link CommandError} With exit code 2 when there is none of the organization.
 */
export async function findCheckpoint(folder: string, owner: CheckpointOwner): Promise<string> {
  const ofOrganization = await newestFirst(
    folder,
    new RegExp(`^${owner.organization.toLowerCase()}-[0-9a-f]{8}-[0-9a-f]{8}\\.ndjson$`),
  )
  const fitting = ofOrganization.find((name) => name.startsWith(prefixOf(owner)))
  const found = fitting ?? ofOrganization[0]
  if (found === undefined) {
    throw usageError(
      `There is no unfinished report of ${owner.organization} to go on with.`,
      'Leave out --resume to begin one.',
    )
  }
  return path.join(folder, found)
}

/** Checks the checkpoint that `--resume FILE` names before it is opened. */
export async function checkCheckpointFile(name: string, cwd: string): Promise<string> {
  const file = path.resolve(cwd, name)
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) {
    throw usageError(
      `There is no checkpoint ${JSON.stringify(name)}.`,
      'Leave out its name for the newest one of the organization.',
    )
  }
  if (!found.isFile())
    throw usageError(
      `${JSON.stringify(name)} is no checkpoint file.`,
      'Name the file that the interrupted run printed.',
    )
  return file
}

/** The service takes no notice of upper and lower case in the name of an organization. */
function prefixOf({ organization, settings }: CheckpointOwner): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(Object.entries(settings).sort()))
    .digest('hex')
  return `${organization.toLowerCase()}-${hash.slice(0, 8)}-`
}

async function newestFirst(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names
      .filter((name) => pattern.test(name))
      .map(async (name) => ({ name, time: await changedAt(path.join(folder, name)) })),
  )
  return found.sort((a, b) => b.time - a.time).map(({ name }) => name)
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

/** The checkpoint of a run of the command: its file, and how much is in it. */
export class RunCheckpoint implements ScanCheckpoint {
  readonly file: string
  readonly #checkpoint: FileCheckpoint
  readonly #unlock: () => Promise<void>
  #recorded = 0
  #closed = false

  private constructor(file: string, checkpoint: FileCheckpoint, unlock: () => Promise<void>) {
    this.file = file
    this.#checkpoint = checkpoint
    this.#unlock = unlock
  }

  /** Begins a new one in `folder`. */
  static async begin(folder: string, owner: CheckpointOwner): Promise<RunCheckpoint> {
    await makeCheckpointFolder(folder)
    return RunCheckpoint.#open(newCheckpointPath(folder, owner), owner, 'new')
  }

  /**
   * Goes on with one.
   *
   * @throws {@link CommandError} With exit code 2 when it belongs to something else, or another process works with it.
   */
  static async resume(file: string, owner: CheckpointOwner): Promise<RunCheckpoint> {
    try {
      return await RunCheckpoint.#open(file, owner, 'resume')
    } catch (error) {
      throw isSdkError(error) ? usageError(error.message, error.hint) : error
    }
  }

  static async #open(file: string, owner: CheckpointOwner, mode: 'new' | 'resume'): Promise<RunCheckpoint> {
    const { openScanCheckpoint } = await import('@patkit/core')
    const unlock = await lockFile(file)
    try {
      return new RunCheckpoint(file, await openScanCheckpoint(file, { ...owner, mode }), unlock)
    } catch (error) {
      await unlock()
      throw error
    }
  }

  /** Users whose tokens are in it. */
  get users(): number {
    return this.#checkpoint.finished + this.#recorded
  }

  recall(descriptor: string): Promise<ReadOutcome | undefined> {
    return this.#checkpoint.recall(descriptor)
  }

  async record(outcome: ReadOutcome): Promise<void> {
    await this.#checkpoint.record(outcome)
    this.#recorded++
  }

  /** Writes it out and lets go of it. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // What could not be forced to the disk was still handed to the system; there is nothing more to do about it.
    await this.#checkpoint.flush().catch(() => undefined)
    await this.#checkpoint.close().catch(() => undefined)
    await this.#unlock()
  }

  /** Closes it and takes it away. */
  async remove(): Promise<void> {
    await this.close()
    await unlink(this.file).catch(() => undefined)
  }
}
