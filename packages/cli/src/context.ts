import type { Command } from 'commander'
import type { ExitCode } from './exit-codes.js'
import type { Interrupt } from './interrupt.js'
import type { Io } from './io.js'
import type { Redactor } from './redact.js'

/** What every command runs in. */
export interface CommandContext {
  readonly io: Io
  readonly interrupt: Interrupt
  readonly redactor: Redactor
  /** Version of this package. */
  readonly version: string
}

/** A command once it is loaded. */
export interface CommandPart {
  /** Adds its arguments and options. */
  addOptions(command: Command): Command
  /** What stands below the options in its help: examples first. */
  readonly help: string
  /** For shells: the few words that may follow an option, by its long name, or be the first argument (`argument`). */
  readonly choices?: Readonly<Record<string, readonly string[]>>
  /** Carries it out, tells on stderr whatever goes wrong, and says what the process ends with. Never rejects. */
  run(command: Command, context: CommandContext): Promise<ExitCode>
}
