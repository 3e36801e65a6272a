import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir, readlink, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'

/**
 * A name for a file that is on its way to become another, in the same folder.
 *
 * Nobody can guess it, so that nobody can be there first. It tells for which file it is and which process made it, so that a later
 * one can tell what was left behind: `.patkit-<file>-<place>-<process>-<random>.tmp`.
 */
export async function temporaryBeside(file: string): Promise<string> {
  const writer = `${await placeOfProcesses()}-${process.pid}`
  return path.join(path.dirname(file), `${prefixOf(file)}${writer}-${randomBytes(12).toString('hex')}.tmp`)
}

/**
 * Removes what a process that was killed left beside a file that it was writing. Leaves everything alone whose writer may be alive, and
 * what was made on another machine or in another container, of whose processes nothing can be told. Never throws.
 */
export async function removeLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file)
  const prefix = `${prefixOf(file)}${await placeOfProcesses()}-`
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const [, pid] = /^([1-9]\d{0,9})-[0-9a-f]{24}\.tmp$/.exec(name.slice(prefix.length)) ?? []
    if (pid !== undefined && isGone(Number(pid))) await unlink(path.join(folder, name)).catch(() => undefined)
  }
}

function prefixOf(file: string): string {
  return `.patkit-${shortHash(path.basename(file))}-`
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    // EPERM: it is alive, but somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/**
 * Where the number of a process means the same process. Folders are shared between machines, and so may be their names; Linux tells
 * its start and the process namespace, by which containers are told apart.
 */
async function placeOfProcesses(): Promise<string> {
  const start = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return shortHash([hostname(), start, namespace].join('\n'))
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
