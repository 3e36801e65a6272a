import type { CompletionTree, Word } from './tree.js'

/** The completion script for PowerShell. */
export function pwshCompletion(tree: CompletionTree): string {
  return `# Completion of patkit for PowerShell: patkit completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName patkit -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $first = ${table(tree.first)}
  $groups = @{
${tree.groups.map(({ name, words }) => `    ${quote(name)} = ${table(words)}`).join('\n')}
  }
  $options = @{
${tree.commands.map(({ name, options }) => `    ${quote(name)} = ${table(options.map(({ long, description }) => ({ word: long, description })))}`).join('\n')}
  }
  $values = @{
${tree.commands
  .flatMap(({ name, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ long, choices }) => `    ${quote(`${name} ${long}`)} = ${list(choices)}`),
  )
  .join('\n')}
  }
  $arguments = @{
${tree.commands
  .filter(({ argument }) => argument.length > 0)
  .map(({ name, argument }) => `    ${quote(name)} = ${list(argument)}`)
  .join('\n')}
  }
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  $found = [ordered]@{}
  if ($words.Count -eq 0) { $found = $first }
  elseif ($words.Count -eq 1 -and $groups.Contains($words[0])) { $found = $groups[$words[0]] }
  elseif ($words[0] -eq 'help') { $found = $first }
  else {
    $depth = if ($groups.Contains($words[0])) { 2 } else { 1 }
    $name = ($words | Select-Object -First $depth) -join ' '
    $key = "$name $($words[-1])"
    if ($values.Contains($key)) { $values[$key] | ForEach-Object { $found[$_] = $_ } }
    elseif ($words.Count -eq $depth -and $arguments.Contains($name) -and -not $wordToComplete.StartsWith('-')) { $arguments[$name] | ForEach-Object { $found[$_] = $_ } }
    elseif ($options.Contains($name)) { $found = $options[$name] }
  }
  $found.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
  }
}
`
}

function table(words: readonly Word[]): string {
  return `[ordered]@{ ${words.map(({ word, description }) => `${quote(word)} = ${quote(description)}`).join('; ')} }`
}

function list(words: readonly string[]): string {
  return `@(${words.map(quote).join(', ')})`
}

/** In single quotes PowerShell reads nothing but the quote itself, in several shapes. */
function quote(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`
}
