import { spawn } from 'node:child_process'

/** What a program ended with. */
export interface RunEnd {
  readonly exitCode: number | null
  /** Standard output and standard error as they came. */
  readonly output: string
}

/** Runs a program to its end. */
export function run(
  program: string,
  argv: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<RunEnd> {
  const child = spawn(program, argv, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** Runs a program that has to succeed. @throws Error with everything it said when it does not. */
export async function mustRun(...call: Parameters<typeof run>): Promise<string> {
  const { exitCode, output } = await run(...call)
  if (exitCode !== 0) throw new Error(`${call[0]} ${call[1].join(' ')} ended with ${String(exitCode)}:\n${output}`)
  return output
}
