import type { Command } from 'commander'
import { bashCompletion } from '../completion/bash.js'
import { fishCompletion } from '../completion/fish.js'
import { pwshCompletion } from '../completion/pwsh.js'
import { completionTree, type CompletionTree } from '../completion/tree.js'
import { zshCompletion } from '../completion/zsh.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { put } from '../listing.js'
import { oneOf } from '../options.js'
import { runWork } from '../run.js'
import type { CommandContext, CommandPart } from '../context.js'

const shells = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  pwsh: pwshCompletion,
} as const satisfies Readonly<Record<string, (tree: CompletionTree) => string>>

const shellNames = Object.keys(shells) as readonly (keyof typeof shells)[]

interface RawCompletionOptions {
  readonly quiet?: true
}

function addCompletionOptions(command: Command): Command {
  return command
    .argument('<shell>', `one of ${shellNames.join(', ')}`)
    .option('--quiet', 'say nothing but what somebody has to act on')
}

function runCompletion(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawCompletionOptions>(), context, async () => {
    const shell = oneOf('The shell', command.args[0] ?? '', shellNames)
    await put(context.io.stdout, shells[shell](await completionTree()))
    return exitCodes.complete
  })
}

const completionHelp = `
Examples:
  bash, in ~/.bashrc:
  $ source <(patkit completion bash)
  zsh, in ~/.zshrc after compinit:
  $ source <(patkit completion zsh)
  fish:
  $ patkit completion fish > ~/.config/fish/completions/patkit.fish
  PowerShell, in $PROFILE:
  $ patkit completion pwsh | Out-String | Invoke-Expression
`

/** `patkit completion`. */
export const completionCommand: CommandPart = {
  addOptions: addCompletionOptions,
  help: completionHelp,
  choices: { argument: shellNames },
  run: runCompletion,
}
