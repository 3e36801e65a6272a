import type { CompletionCommand, CompletionTree } from './tree.js'

/** The completion script for bash; it needs nothing but bash (3.2, as on macOS, will do). */
export function bashCompletion(tree: CompletionTree): string {
  return `# Completion of patkit for bash: source <(patkit completion bash)
_patkit() {
  local current="\${COMP_WORDS[COMP_CWORD]:-}" previous="\${COMP_WORDS[COMP_CWORD-1]:-}"
  local first="\${COMP_WORDS[1]:-}" second="\${COMP_WORDS[2]:-}" at=2 words="" values=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${tree.first.map(({ word }) => word).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "$first" in
${tree.groups
  .map(({ name, words }) =>
    groupCase(
      name,
      words.map(({ word }) => word),
    ),
  )
  .join('\n')}
    help)
      COMPREPLY=($(compgen -W '${tree.first.map(({ word }) => word).join(' ')}' -- "$current"))
      return ;;
  esac
  if [ "$at" -eq 3 ]; then first="$first $second"; fi
  case "$first" in
${tree.commands.map(commandCase).join('\n')}
  esac
  # A value follows: of files bash itself knows more.
  case "$values" in *" $previous "*) return ;; esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _patkit patkit
`
}

function groupCase(name: string, words: readonly string[]): string {
  return `    ${name})
      at=3
      if [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current"))
        return
      fi ;;`
}

function commandCase({ name, options, argument }: CompletionCommand): string {
  const words = options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))
  const values = options
    .filter(({ takesValue, choices }) => takesValue && choices.length === 0)
    .flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))
  const chosen = options
    .filter(({ choices }) => choices.length > 0)
    .map(
      ({ long, short, choices }) =>
        `        ${short === undefined ? long : `${long}|${short}`}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$current")); return ;;`,
    )
  const choices = chosen.length === 0 ? '' : `\n      case "$previous" in\n${chosen.join('\n')}\n      esac`
  const first =
    argument.length === 0
      ? ''
      : `\n      if [ "$COMP_CWORD" -eq "$at" ]; then COMPREPLY=($(compgen -W '${argument.join(' ')}' -- "$current")); return; fi`
  return `    '${name}')${choices}${first}
      values=' ${values.join(' ')} '
      words='${words.join(' ')}' ;;`
}
