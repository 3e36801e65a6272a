import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Command } from 'commander'
import { CommandError } from '../command-error.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { shellQuote } from '../options.js'
import { runWork } from '../run.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawEmulatorOptions {
  readonly quiet?: true
}

/** The emulator's own options; it reads and judges their values. */
function addEmulatorOptions(command: Command): Command {
  return command
    .option('--users <number>', 'identities in the organization')
    .option('--org <name>', 'name of the organization')
    .option('--seed <number>', 'the same seed makes the same organization')
    .option('--port <number>', 'port on 127.0.0.1; any free one without it')
    .option('--latency <ms>', 'milliseconds added to each answer')
    .option('--page-size <number>', 'identities in a page of users')
    .option('--rate-limit <rate>', 'requests that each identity may send for ever, such as 50/s')
    .option('--rate-limit-used <percent>', 'how much of the limit is used up at the start')
    .option('--https', 'also speaks https, so that other programs can use it unchanged')
    .option('--plain-names', 'leaves out the names that break naive code')
    .option('--quiet', 'say nothing but what somebody has to act on')
}

function runEmulator(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawEmulatorOptions>(), context, () => {
    const words = typedWords(command)
    const program = findProgram([path.join(context.io.cwd, 'any.js'), import.meta.url])
    if (program !== undefined) return run(program, words, context)
    const line = ['npx', '@patkit/emulator', ...words].map((word) => shellQuote(word, context.io.platform)).join(' ')
    throw new CommandError('The emulator is not installed beside patkit.', {
      exitCode: exitCodes.failure,
      hint: `Run: ${line}`,
    })
  })
}

/** The options as they were typed, for the emulator to read. */
function typedWords(command: Command): readonly string[] {
  return command.options
    .filter(({ long }) => long !== '--quiet')
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .flatMap((option) => {
      const value: unknown = command.getOptionValue(option.attributeName())
      const name = option.long ?? option.flags
      return value === true ? [name] : [`${name}=${String(value)}`]
    })
}

/**
 * The emulator as a program: of the project one stands in, or installed beside this package. It is no dependency, because few who use
 * the command need it, and is never imported: it is a stand-in for the services, not a part of us.
 *
 * @param places - Files from whose point of view it is looked for.
 */
export function findProgram(places: readonly string[]): string | undefined {
  for (const from of places) {
    try {
      const file = createRequire(from).resolve('@patkit/emulator/package.json')
      const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
      const program = programIn(content)
      if (program !== undefined) return path.join(path.dirname(file), program)
    } catch {
      // Not there.
    }
  }
  return undefined
}

function programIn(content: unknown): string | undefined {
  if (typeof content !== 'object' || content === null || !('bin' in content)) return undefined
  const { bin } = content
  if (typeof bin !== 'object' || bin === null || !('patkit-emulator' in bin)) return undefined
  return typeof bin['patkit-emulator'] === 'string' ? bin['patkit-emulator'] : undefined
}

function run(program: string, words: readonly string[], { io, interrupt }: CommandContext): Promise<ExitCode> {
  const { signal } = interrupt
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: io.cwd,
      env: io.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.pipe(io.stdout, { end: false })
    child.stderr.pipe(io.stderr, { end: false })
    const stop = (): void => void child.kill('SIGINT')
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    child.once('error', reject)
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop)
      resolve(codes.find((known) => known === code) ?? exitCodes.failure)
    })
  })
}

/** The emulator's exit codes mean the same as ours. Ctrl-C is its usual end, and no failure. */
const codes = [exitCodes.complete, exitCodes.failure, exitCodes.usage] as const

const emulatorHelp = `
Examples:
  $ patkit emulator --users 1000
  $ patkit emulator --org contoso --port 5100 --latency 50

A stand-in for Azure DevOps' identity host, Entra ID and Microsoft Graph on this machine: no Azure account is needed. It prints what to
set for other commands, and how to sign in, and runs until Ctrl-C.

It is the package @patkit/emulator, of the project in the current folder or installed beside patkit (npm install @patkit/emulator);
without either: npx @patkit/emulator.
`

/** `patkit emulator`. */
export const emulatorCommand: CommandPart = { addOptions: addEmulatorOptions, help: emulatorHelp, run: runEmulator }
