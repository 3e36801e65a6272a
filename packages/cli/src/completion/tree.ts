import { Command } from 'commander'
import type { CommandPart } from '../context.js'
import { listFormats } from '../listing.js'
import { commands, groups } from '../registry.js'

/** A command line as a shell completes it. */
export interface CompletionTree {
  /** What may be the first word. */
  readonly first: readonly Word[]
  /** What may follow the first word, where it leads to several commands. */
  readonly groups: readonly { readonly name: string; readonly words: readonly Word[] }[]
  readonly commands: readonly CompletionCommand[]
}

/** A word with what it is good for. */
export interface Word {
  readonly word: string
  readonly description: string
}

/** One command. */
export interface CompletionCommand {
  /** Its words, joined by a space: `pats create`. */
  readonly name: string
  readonly options: readonly CompletionOption[]
  /** What its first argument may be, where that is one of a few words. */
  readonly argument: readonly string[]
}

/** One option. */
export interface CompletionOption {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  /** Whether a value follows; a file, unless there are choices. */
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

/** Loads every command and reads off what can be typed. */
export async function completionTree(): Promise<CompletionTree> {
  const loaded = await Promise.all(commands.map(async (entry) => ({ entry, part: await entry.load() })))
  const single = commands
    .filter(({ words }) => words.length === 1)
    .map(({ words, description }) => ({ word: words[0], description }))
  const help = { word: 'help', description: 'show the help of a command' }
  return {
    first: [...single, ...groups.map(({ name, description }) => ({ word: name, description })), help],
    groups: groups.map(({ name }) => ({
      name,
      words: commands
        .filter(({ words }) => words[0] === name)
        .map(({ words, description }) => ({ word: words[1] ?? '', description })),
    })),
    commands: loaded.map(({ entry, part }) => {
      const name = entry.words.join(' ')
      const command = part.addOptions(new Command(entry.words.at(-1)))
      const choices: NonNullable<CommandPart['choices']> = { '--output': listFormats, ...part.choices }
      return {
        name,
        argument: choices['argument'] ?? [],
        options: [
          ...command.options.map((option) => ({
            long: option.long ?? option.flags,
            short: option.short,
            description: option.description,
            takesValue: option.required || option.optional,
            choices: option.argChoices ?? choices[option.long ?? ''] ?? [],
          })),
          { long: '--help', short: '-h', description: 'show this help', takesValue: false, choices: [] },
        ],
      }
    }),
  }
}
