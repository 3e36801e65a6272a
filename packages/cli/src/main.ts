import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { withConfig } from './config-file.js'
import type { CommandContext, CommandPart } from './context.js'
import { exitCodes, type ExitCode } from './exit-codes.js'
import { fitHelp } from './help-text.js'
import { Interrupt } from './interrupt.js'
import { exitCodeOf, tellFailure } from './failure.js'
import type { Io } from './io.js'
import { redactorOf } from './redact.js'
import { commandIn, commands, groups, type CommandEntry } from './registry.js'
import { PlainTalk } from './talk.js'
import { Terminal } from './terminal.js'

/**
 * Runs the `patkit` command.
 *
 * @param argv - The words behind `patkit`.
 * @param io - The world around the command.
 * @returns what the process should end with. Never rejects.
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  // Nobody to tell when the terminal is gone.
  io.stderr.on('error', () => undefined)
  const interrupt = new Interrupt(io)
  const context: CommandContext = { io, interrupt, redactor: redactorOf(io.env), version: readVersion() }
  try {
    return await Promise.race([dispatch(argv, context), interrupt.insisted.then(() => exitCodes.interrupted)])
  } finally {
    interrupt.release()
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  // Only the command that was asked for is loaded, so that help and mistakes are answered at once.
  const entry = commandIn(argv)
  const part = await entry?.load()
  let chosen: Command | undefined
  const program = createProgram(context, { entry, part, choose: (command) => (chosen = command) })
  try {
    if (argv.length === 0) program.outputHelp()
    else program.parse(helpInWords(argv, entry), { from: 'user' })
    if (chosen === undefined || entry === undefined || part === undefined) return exitCodes.complete
    return await part.run(chosen, entry.settings === undefined ? withSettings(context) : context)
  } catch (error) {
    const words =
      entry?.words ??
      argv
        .filter((word) => word !== 'help')
        .slice(0, 1)
        .filter(isGroup)
    return explain(error, ['patkit', ...words].join(' '), context)
  }
}

/** The context with the kept settings in it: what is typed wins over variables, and variables win over the file. */
function withSettings(context: CommandContext): CommandContext {
  return { ...context, io: withConfig(context.io) }
}

/**
 * `patkit help pats create` and `patkit pats` are wishes for help as well; of a command that does not exist there is none, so it is told
 * that it does not.
 */
function helpInWords(argv: readonly string[], entry: CommandEntry | undefined): readonly string[] {
  const [first, ...rest] = argv
  if (first === 'help' && entry !== undefined) return [...rest, '--help']
  const words = (first === 'help' ? rest : argv).filter((word) => word !== '--help' && word !== '-h')
  if (entry !== undefined || words.length === 0) return argv
  if (words.length === 1 && words.every(isGroup)) return [...words, '--help']
  return words
}

function isGroup(word: string): boolean {
  return groups.some(({ name }) => name === word)
}

/** The command that was asked for. */
interface Chosen {
  readonly entry: CommandEntry | undefined
  readonly part: CommandPart | undefined
  readonly choose: (command: Command) => void
}

function createProgram({ io, version }: CommandContext, chosen: Chosen): Command {
  const program = new Command('patkit')
    .description('Reads, reports on and manages the personal access tokens of an Azure DevOps organization.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command...]', 'show the help of a command')
    .addHelpText('after', ({ command }) => fittedFor(command, programHelp))
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are told once, by us, in one line.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => new Terminal(io.stdout, io.env, io.platform).columns,
      getOutHasColors: () => false,
    })
  for (const entry of commands) if (entry.words.length === 1) addCommand(program, entry, chosen)
  for (const { name, description } of groups) {
    const group = program.command(name).description(description).helpOption('-h, --help', 'show this help')
    for (const entry of commands)
      if (entry.words.length === 2 && entry.words[0] === name) addCommand(group, entry, chosen)
  }
  return program
}

function addCommand(parent: Command, entry: CommandEntry, { entry: wanted, part, choose }: Chosen): void {
  const command = parent
    .command(entry.words.at(-1) ?? '')
    .description(entry.description)
    .allowExcessArguments(false)
    .action((..._values: unknown[]) => choose(command))
  if (entry !== wanted || part === undefined) return
  part
    .addOptions(command)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', () => fittedFor(command, part.help))
}

function fittedFor(command: Command, text: string): string {
  return fitHelp(text, command.configureOutput().getOutHelpWidth?.() ?? 80)
}

const programHelp = `
Examples:
  $ patkit login --tenant contoso.onmicrosoft.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444
  $ patkit report --org fabrikam --out pats.xlsx
  $ patkit pats create --org fabrikam --name ci --scope vso.code --expires 30d --secret-file ci.token
  $ patkit revoke --org fabrikam --full-scope --all-orgs
  $ patkit report --help

The first time: patkit login --help. Without an Azure account: patkit emulator.
`

/** One line for what is wrong with the command line; nothing for help and version, which commander reports as errors. */
function explain(error: unknown, name: string, { io, redactor }: CommandContext): ExitCode {
  const talk = new PlainTalk(new Terminal(io.stderr, io.env, io.platform), { quiet: false, redactor })
  if (!(error instanceof CommanderError)) {
    tellFailure(error, { talk, env: io.env, redactor })
    return exitCodeOf(error)
  }
  if (error.exitCode === 0) return exitCodes.complete
  talk.fail(commanderSentence(error), `See ${name} --help.`)
  return exitCodes.usage
}

/** `error: unknown option '--otu'\n(Did you mean --out?)` in one line and as a sentence. */
function commanderSentence({ message }: CommanderError): string {
  const [fault = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const sentence = `${fault.charAt(0).toUpperCase()}${fault.slice(1).replace(/\.$/, '')}.`
  return suggestion === undefined ? sentence : `${sentence} ${suggestion.replace(/^\(|\)$/g, '')}`
}

/** From package.json, which lies one folder above both the sources and the build. */
function readVersion(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown'
}
