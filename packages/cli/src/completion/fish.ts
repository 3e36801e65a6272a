import type { CompletionOption, CompletionTree } from './tree.js'

/** The completion script for fish. */
export function fishCompletion(tree: CompletionTree): string {
  const lines = [
    '# Completion of patkit for fish: patkit completion fish > ~/.config/fish/completions/patkit.fish',
    '',
    '# Whether exactly these words, or at least these, stand before the place that is completed.',
    'function __patkit_at',
    '    set -l words (commandline -opc)[2..-1]',
    '    test (count $words) -eq (count $argv); or return 1',
    '    test "$words" = "$argv"',
    'end',
    'function __patkit_in',
    '    set -l words (commandline -opc)[2..-1]',
    '    set -l depth (count $argv)',
    '    test (count $words) -ge $depth; or return 1',
    '    test "$words[1..$depth]" = "$argv"',
    'end',
    '',
    'complete -c patkit -e',
    ...tree.first.map(({ word, description }) => entry('__patkit_at', `-f -a ${quote(word)} -d ${quote(description)}`)),
    entry('__patkit_at', `-f -s h -l help -d ${quote('show this help')}`),
    entry('__patkit_at', `-f -s V -l version -d ${quote('print the version')}`),
    ...tree.first.map(({ word }) => entry('__patkit_at help', `-f -a ${quote(word)}`)),
    ...tree.groups.flatMap(({ name, words }) =>
      words.map(({ word, description }) =>
        entry(`__patkit_at ${name}`, `-f -a ${quote(word)} -d ${quote(description)}`),
      ),
    ),
    ...tree.commands.flatMap(({ name, options, argument }) => [
      ...(argument.length === 0 ? [] : [entry(`__patkit_at ${name}`, `-f -a ${quote(argument.join(' '))}`)]),
      ...options.map((option) => entry(`__patkit_in ${name}`, optionWords(option))),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function entry(condition: string, rest: string): string {
  return `complete -c patkit -n ${quote(condition)} ${rest}`
}

function optionWords({ long, short, description, takesValue, choices }: CompletionOption): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(takesValue ? ['-r'] : ['-f']),
    ...(choices.length === 0 ? [] : [`-f -a ${quote(choices.join(' '))}`]),
    `-d ${quote(description)}`,
  ].join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
