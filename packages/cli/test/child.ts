import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What lets Node run TypeScript. */
export const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

/** How a process ended, and what it said. */
export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `patkit`. */
export interface PatkitProcess {
  kill(signal: NodeJS.Signals): void
  /** Closes our end of its standard output, as `head` does. */
  closeStdout(): void
  /** The same for standard error, as a terminal that was closed. */
  closeStderr(): void
  /** Resolves with the first data on standard output. */
  readonly firstOutput: Promise<void>
  /** Waits until it has said something on standard error, and gives the first group. */
  said(pattern: RegExp): Promise<string>
  /** The same for standard output. */
  wrote(pattern: RegExp): Promise<string>
  readonly ended: Promise<Ended>
}

/** Where a process runs. */
export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** A program and its first arguments that starts `patkit` in turn, in surroundings of its making. */
  readonly through?: readonly string[]
}

/** Runs the real program in a process of its own, from its sources. */
export function startPatkit(argv: readonly string[], { cwd, env, through = [] }: Surroundings): PatkitProcess {
  const own = ['--conditions=@patkit/source', '--import', tsx, bin, ...argv]
  const [program, ...words] = through
  const [file, args] = program === undefined ? [process.execPath, own] : [program, [...words, process.execPath, ...own]]
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const firstOutput = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  const until = (stream: NodeJS.ReadableStream, find: () => RegExpExecArray | null): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find()
        if (found !== null) resolve(found[1] ?? found[0])
      }
      stream.on('data', look)
      void ended.then(() => reject(new Error(`It ended without saying that: ${stderr}`)))
      look()
    })
  return {
    kill: (signal) => void child.kill(signal),
    closeStdout: () => child.stdout.destroy(),
    closeStderr: () => child.stderr.destroy(),
    firstOutput,
    said: (pattern) => until(child.stderr, () => pattern.exec(stderr)),
    wrote: (pattern) => until(child.stdout, () => pattern.exec(stdout)),
    ended,
  }
}
