import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Cost } from './child.js'

const run = promisify(execFile)

/** Runs one task in a process of its own. */
export async function costOf(task: string, rows: number, folder: string): Promise<Cost> {
  const child = fileURLToPath(new URL('child.ts', import.meta.url))
  const flags = ['--conditions=@patkit/source', '--import', 'tsx', '--expose-gc']
  const { stdout } = await run(process.execPath, [...flags, child, task, String(rows), folder])
  return JSON.parse(stdout) as Cost
}

/** What XlsxWriter took, or why that could not be measured. */
export type PythonResult =
  | { readonly kind: 'measured'; readonly seconds: number; readonly fingerprint: number; readonly version: string }
  | { readonly kind: 'not-installed'; readonly because: string }

/** The interpreter that Debian's python3-xlsxwriter belongs to. */
const python = '/usr/bin/python3'

/** Writes the ten columns with Python's XlsxWriter. */
export async function costOfXlsxWriter(rows: number, file: string): Promise<PythonResult> {
  try {
    await run(python, ['-c', 'import xlsxwriter'])
  } catch {
    return { kind: 'not-installed', because: `${python} has no xlsxwriter (Debian: python3-xlsxwriter)` }
  }
  const program = fileURLToPath(new URL('with_xlsxwriter.py', import.meta.url))
  const { stdout } = await run(python, [program, String(rows), file])
  const { seconds, fingerprint, version } = JSON.parse(stdout) as {
    seconds: number
    fingerprint: number
    version: string
  }
  return { kind: 'measured', seconds, fingerprint, version }
}

/** The middle of a few runs; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN
}
