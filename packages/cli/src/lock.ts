import { readFile, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { usageError } from './command-error.js'

/**
 * Makes sure that this process alone uses a file, by a second file beside it.
 *
 * Two reports that append to one checkpoint would write over each other. A lock whose process is gone (killed, power cut) is taken
 * over; the name of the machine is in it because home folders are shared.
 *
 * @returns the function that gives the file free again.
 * @throws {@link CommandError} With exit code 2 when somebody else uses it.
 */
export async function lockFile(file: string): Promise<() => Promise<void>> {
  const lock = `${file}.lock`
  const owner = `${process.pid} ${hostname()}`
  while (!(await tryWrite(lock, owner))) {
    const holder = await readFile(lock, 'utf8').catch(() => undefined)
    // Undefined: given free between the two calls.
    if (holder !== undefined && isAlive(holder)) {
      throw usageError(
        `Another patkit (process ${holder.split(' ')[0] ?? ''}) is working with ${file}.`,
        `Wait for it or stop it; if there is none, delete ${lock}.`,
      )
    }
    await unlink(lock).catch(() => undefined)
  }
  return () => unlink(lock).catch(() => undefined)
}

async function tryWrite(lock: string, owner: string): Promise<boolean> {
  try {
    await writeFile(lock, owner, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Of another machine nothing can be told, so its lock holds. */
function isAlive(holder: string): boolean {
  const [pid = '', host = ''] = holder.split(' ')
  if (host !== hostname()) return host !== ''
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    // EPERM: it lives, but is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
