import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { runReport, type CommandContext } from './commands/report.js'
import { exitCodes, type ExitCode } from './exit-codes.js'
import { Interrupt } from './interrupt.js'
import { exitCodeOf, tellFailure } from './failure.js'
import type { Io } from './io.js'
import { addReportOptions } from './options.js'
import { redactorOf } from './redact.js'
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
  let chosen: Command | undefined
  const program = createProgram(context, (command) => (chosen = command))
  try {
    if (argv.length === 0) program.outputHelp()
    else program.parse(argv, { from: 'user' })
    return chosen === undefined ? exitCodes.complete : await runReport(chosen, context)
  } catch (error) {
    return explain(error, context)
  }
}

function createProgram({ io, version }: CommandContext, choose: (command: Command) => void): Command {
  const program = new Command('patkit')
    .description('Reports on every personal access token of an Azure DevOps organization.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', programHelp)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are told once, by us, in one line.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
  addReportOptions(program.command('report'))
    .description('Write a report of every user and every token of an organization.')
    .allowExcessArguments(false)
    .addHelpText('after', reportHelp)
    .action((_options, command: Command) => choose(command))
  return program
}

const programHelp = `
Examples:
  $ patkit report --org fabrikam --out pats.xlsx
  $ patkit report --help
`

const reportHelp = `
Examples:
  A workbook and a page, with the access token of the Azure CLI:
  $ az login
  $ export PATKIT_TOKEN_COMMAND="az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv"
  $ patkit report --org fabrikam --out pats.xlsx pats.html

  Go on where an interrupted report stopped:
  $ patkit report --org fabrikam --out pats.xlsx --resume

  In a pipeline: fail when a token works for all organizations or ends within two weeks:
  $ patkit report --org fabrikam --json --fail-on all-orgs,expiring:14d > summary.json

  Only what ends within a month, into another program:
  $ patkit report --org fabrikam --status expiring --out - --format csv | head

Access token, the first of:
  --token-command, PATKIT_TOKEN_COMMAND   a shell command that prints one; run again when it is refused or near its end
  PATKIT_ACCESS_TOKEN                     an access token of Entra ID
  AZURE_DEVOPS_EXT_PAT                    a personal access token of an organization administrator

Exit codes:
  0    the report is complete
  1    failure: no report was written
  2    an option or a checkpoint does not fit; nothing was asked of the service
  3    --fail-on found tokens (also when the report is incomplete)
  4    sign-in needed: there is no access token, or it is not accepted
  5    the report is written but incomplete: the tokens of some users could not be read
  130  interrupted; what was read is kept for --resume
  141  the reader of standard output went away

--fail-on looks at all tokens, whatever --status shows; full-scope, all-orgs and no-expiry count tokens that still work.
The access token needs the right to administer tokens: a member of Project Collection Administrators, vso.graph and
vso.tokenadministration.
`

/** One line for what is wrong with the command line; nothing for help and version, which commander reports as errors. */
function explain(error: unknown, { io, redactor }: CommandContext): ExitCode {
  const talk = new PlainTalk(new Terminal(io.stderr, io.env, io.platform), { quiet: false, redactor })
  if (!(error instanceof CommanderError)) {
    tellFailure(error, { talk, env: io.env, redactor })
    return exitCodeOf(error)
  }
  if (error.exitCode === 0) return exitCodes.complete
  talk.fail(commanderSentence(error), 'See patkit report --help.')
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
