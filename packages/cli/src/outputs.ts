import { randomBytes } from 'node:crypto'
import { access, constants, lstat, open, realpath, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { Stats } from 'node:fs'
import { usageError } from './command-error.js'
import type { Output } from './io.js'
import type { OutputRequest } from './report-options.js'

/** What the outputs of a report are checked against. */
export interface OutputSurroundings {
  readonly cwd: string
  readonly stdout: Output
  /** Whether files that exist may be replaced. */
  readonly force: boolean
}

/**
 * Makes sure that every output can be written, before anything is asked of the service: a report takes minutes, and its end is a
 * bad time to learn that the folder was misspelled.
 *
 * @throws {@link CommandError} With exit code 2 for the first one that cannot.
 */
export async function checkOutputs(outputs: readonly OutputRequest[], surroundings: OutputSurroundings): Promise<void> {
  const seen = new Map<string, string>()
  const folders = new Set<string>()
  for (const output of outputs) {
    if (output.kind === 'stdout') {
      checkStdout(output, surroundings.stdout)
      continue
    }
    const file = path.resolve(surroundings.cwd, output.path)
    const folder = await checkFolder(path.dirname(file))
    await checkFile(file, output.path, surroundings.force)
    await checkSeenOnce(path.join(folder, path.basename(file)), output.path, seen)
    folders.add(folder)
  }
  for (const folder of folders) await checkWritable(folder)
}

function checkStdout(output: OutputRequest, stdout: Output): void {
  if (output.format === 'xlsx' && stdout.isTTY === true) {
    throw usageError(
      'A workbook is no text for a terminal.',
      'Use --out pats.xlsx, or send standard output to a file or a program.',
    )
  }
}

async function checkFolder(folder: string): Promise<string> {
  const found = await statOf(folder, stat)
  if (found === undefined) {
    throw usageError(
      `The folder ${JSON.stringify(folder)} does not exist.`,
      'Create it first, or choose another path for --out.',
    )
  }
  if (!found.isDirectory())
    throw usageError(`${JSON.stringify(folder)} is not a folder.`, 'Choose another path for --out.')
  return realpath(folder)
}

async function checkFile(file: string, name: string, force: boolean): Promise<void> {
  // A symbolic link counts as what it points to; one that points to nothing still is in the way.
  const found = (await statOf(file, stat)) ?? (await statOf(file, lstat))
  if (found === undefined) return
  if (found.isDirectory()) throw usageError(`${JSON.stringify(name)} is a folder.`, 'Name a file inside it.')
  if (!force)
    throw usageError(`${JSON.stringify(name)} exists already.`, 'Add --force to replace it, or choose another path.')
  await checkReplaceable(file, name)
}

/** Renaming would need no right to the old file; whoever took that right away means the file to stay. */
async function checkReplaceable(file: string, name: string): Promise<void> {
  try {
    await access(file, constants.W_OK)
  } catch (error) {
    // A link that leads nowhere leads to a file that will be new.
    if (systemCode(error) === 'ENOENT') return
    throw usageError(
      `${JSON.stringify(name)} may not be written (${systemCode(error)}).`,
      'Choose another path, or make the file writable.',
    )
  }
}

async function checkSeenOnce(file: string, name: string, seen: Map<string, string>): Promise<void> {
  const target = await realpath(file).catch(() => file)
  const earlier = seen.get(target)
  if (earlier !== undefined) {
    const also = earlier === name ? '' : `, also as ${JSON.stringify(earlier)}`
    throw usageError(`--out names ${JSON.stringify(name)} twice${also}.`, 'Give each file once.')
  }
  seen.set(target, name)
}

/** Permissions, read-only disks, access lists, quotas: only creating a file tells. */
async function checkWritable(folder: string): Promise<void> {
  const probe = path.join(folder, `.patkit-${randomBytes(8).toString('hex')}`)
  try {
    const handle = await open(probe, 'wx', 0o600)
    await handle.close()
    await unlink(probe)
  } catch (error) {
    throw usageError(
      `Cannot write in the folder ${JSON.stringify(folder)} (${systemCode(error)}).`,
      'Choose a folder you may write to.',
    )
  }
}

async function statOf(file: string, look: (file: string) => Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await look(file)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR')
      throw usageError(`A part of ${JSON.stringify(file)} is a file, not a folder.`, 'Choose another path.')
    throw usageError(`Cannot look at ${JSON.stringify(file)} (${code}).`, 'Choose another path.')
  }
}

/** The operating system's name for a failure. */
function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
