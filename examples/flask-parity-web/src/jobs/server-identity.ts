import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Names a process, so that another one can tell later whether it still runs. */
export function identityOf(pid: number): string {
  return JSON.stringify([hostname(), pid, startOf(pid)])
}

/**
 * Whether the process of that name, which is not this one, still runs on this machine. Of another machine nobody can tell; as containers
 * get a new name with each start, it counts as gone.
 */
export function isAnotherRunning(identity: string): boolean {
  const pid = Number(/,(\d+),/.exec(identity)?.[1] ?? NaN)
  return Number.isSafeInteger(pid) && pid !== process.pid && isRunning(pid) && identityOf(pid) === identity
}

/** Whether a process of that name, be it this one, is certainly no more; of what is no name, nobody can tell. */
export function isGone(identity: string): boolean {
  return identity !== '' && identity !== identityOf(process.pid) && !isAnotherRunning(identity)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It runs, but for somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process began, so that a number given out again is not taken for it; proc(5), field 22. Linux only. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
