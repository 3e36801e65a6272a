import type { CommandContext } from './context.js'
import { exitCodes, type ExitCode } from './exit-codes.js'
import { exitCodeOf, isClosedPipe, tellFailure } from './failure.js'
import { PlainTalk, type Talk } from './talk.js'
import { Terminal } from './terminal.js'

/** Runs the work of a command, tells on stderr whatever goes wrong, and says what the process ends with. */
export async function runWork(
  { quiet }: { readonly quiet?: true },
  context: CommandContext,
  work: (talk: Talk) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { io, interrupt, redactor } = context
  const talk = new PlainTalk(new Terminal(io.stderr, io.env, io.platform), { quiet: quiet === true, redactor })
  try {
    const exitCode = await work(talk)
    return interrupt.readerGone ? exitCodes.readerGone : exitCode
  } catch (error) {
    talk.endStatus()
    if (interrupt.readerGone || isClosedPipe(error)) return exitCodes.readerGone
    if (interrupt.signal.aborted) {
      talk.notice('Stopped.')
      return exitCodes.interrupted
    }
    tellFailure(error, { talk, env: io.env, redactor })
    return exitCodeOf(error)
  }
}
