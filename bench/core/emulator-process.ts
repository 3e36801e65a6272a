/** An emulator in a process of its own, so that a benchmark measures the client alone. Options come as JSON on the command line. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startEmulator, type EmulatorOptions } from '@patkit/emulator'

export interface EmulatorProcess {
  readonly url: string
  readonly organization: string
  readonly token: string
  close(): Promise<void>
}

/** Starts the emulator as a child and waits until it serves. */
export async function forkEmulator(options: EmulatorOptions): Promise<EmulatorProcess> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)])
  const ready = await new Promise<Omit<EmulatorProcess, 'close'>>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Omit<EmulatorProcess, 'close'>))
    child.once('exit', (code) => reject(new Error(`the emulator ended with code ${String(code)}`)))
  })
  return { ...ready, close: () => end(child) }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill()
  })
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const emulator = await startEmulator(JSON.parse(process.argv[2] ?? '{}') as EmulatorOptions)
  process.send({
    url: emulator.url,
    organization: emulator.organization,
    token: emulator.tokenFor('administrator', { expiresInSeconds: 24 * 3600 }),
  })
}
