import { homedir } from 'node:os'
import { main } from './main.js'
import { exitCodes } from './exit-codes.js'
import type { Io } from './io.js'

/** Signals that ask a program to end. */
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[]

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
  homeDirectory: homedir(),
  onSignal: (listener) => {
    for (const signal of endSignals) process.on(signal, listener)
    return () => {
      for (const signal of endSignals) process.removeListener(signal, listener)
    }
  },
}

// A fault of ours is told in one line as well; what it printed otherwise could hold anything.
process.on('uncaughtException', (error: Error) => {
  process.stderr.write(`patkit: Unexpected failure (${error.name}). This is a fault of patkit.\n`)
  process.exit(exitCodes.failure)
})

const exitCode = await main(process.argv.slice(2), io)
// What is under way (a request, a token command) must not hold the process; what is written must be out before.
process.stdout.write('', () => process.exit(exitCode))
