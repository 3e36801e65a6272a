import type { CompletionCommand, CompletionTree, Word } from './tree.js'

/** The completion script for zsh, to be sourced or put into a folder of `fpath`. */
export function zshCompletion(tree: CompletionTree): string {
  return `#compdef patkit
# Completion of patkit for zsh: source <(patkit completion zsh)

# What may stand at a place, in patkit_found; with the words before it as arguments.
_patkit_find() {
  local first="$1" second="$2" previous="\${@[-1]}" at=2
  patkit_found=()
  patkit_files=0
  if (( $# == 0 )); then
    patkit_found=(${describe([...tree.first, { word: '--help', description: 'show this help' }, { word: '--version', description: 'print the version' }])})
    return
  fi
  case "$first" in
${tree.groups
  .map(
    ({ name, words }) => `    ${name})
      at=3
      if (( $# == 1 )); then
        patkit_found=(${describe(words)})
        return
      fi ;;`,
  )
  .join('\n')}
    help)
      patkit_found=(${describe(tree.first)})
      return ;;
  esac
  (( at == 3 )) && first="$first $second"
  case "$first" in
${tree.commands.map(commandCase).join('\n')}
  esac
}

_patkit() {
  local -a patkit_found
  local patkit_files
  _patkit_find "\${(@)words[2,CURRENT-1]}"
  (( \${#patkit_found} )) && _describe 'patkit' patkit_found
  (( patkit_files )) && _files
}

if [ "$funcstack[1]" = '_patkit' ]; then
  _patkit "$@"
elif (( $+functions[compdef] )); then
  compdef _patkit patkit
fi
`
}

function commandCase({ name, options, argument }: CompletionCommand): string {
  const spelled = ({ long, short }: CompletionCommand['options'][number]): string =>
    short === undefined ? long : `${long}|${short}`
  const withChoices = options
    .filter(({ choices }) => choices.length > 0)
    .map((option) => `        ${spelled(option)}) patkit_found=(${option.choices.map(quote).join(' ')}); return ;;`)
  const withFiles = options.filter(({ takesValue, choices }) => takesValue && choices.length === 0).map(spelled)
  const files = withFiles.length === 0 ? [] : [`        ${withFiles.join('|')}) patkit_files=1; return ;;`]
  const cases = [...withChoices, ...files]
  const values = cases.length === 0 ? '' : `\n      case "$previous" in\n${cases.join('\n')}\n      esac`
  const first =
    argument.length === 0
      ? ''
      : `\n      if (( $# == at - 1 )); then patkit_found=(${argument.map(quote).join(' ')}); return; fi`
  const words = options.flatMap(({ long, short, description }) =>
    [long, short].flatMap((word) => (word === undefined ? [] : [{ word, description }])),
  )
  return `    ${quote(name)})${values}${first}
      patkit_found=(${describe(words)})
      patkit_files=1 ;;`
}

/** `_describe` splits at the first colon. */
function describe(words: readonly Word[]): string {
  return words.map(({ word, description }) => quote(`${word.replaceAll(':', '\\:')}:${description}`)).join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
