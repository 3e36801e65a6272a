import { homedir, userInfo } from 'node:os'
import { exitCodes } from './exit-codes.js'
import { tellFailure } from './failure.js'
import type { Io } from './io.js'
import { main } from './main.js'
import { redactorOf } from './redact.js'
import { PlainTalk } from './talk.js'
import { Terminal } from './terminal.js'

/** Signals that ask a program to end. */
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[]

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
  homeDirectory: homedir(),
  userName: userName(),
  onSignal: (listener) => {
    for (const signal of endSignals) process.on(signal, listener)
    return () => {
      for (const signal of endSignals) process.removeListener(signal, listener)
    }
  },
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

// A fault of ours is told in one line as well; what Node prints by itself could hold anything.
process.on('uncaughtException', (error: unknown) => {
  const redactor = redactorOf(process.env)
  const talk = new PlainTalk(new Terminal(process.stderr, process.env, process.platform), { quiet: false, redactor })
  tellFailure(error, { talk, env: process.env, redactor })
  process.exit(exitCodes.failure)
})

const exitCode = await main(process.argv.slice(2), io)
// What is under way (a request, a token command) must not hold the process; what is written must be out before.
process.stdout.write('', () => process.exit(exitCode))
