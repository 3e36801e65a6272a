/**
 * Fits the text below the options of a help into a terminal: paragraphs are broken anew, notes on examples and rows of tables go on
 * below where they began. Command lines stay whatever their length, because people copy them.
 */
export function fitHelp(text: string, width: number): string {
  return joinParagraphs(text.trimEnd().split('\n'))
    .flatMap((line) => (line.length <= width || /^ *\$ /.test(line) ? [line] : wrap(line, width)))
    .join('\n')
}

/** What is not indented is one paragraph until an empty line, or one that is. */
function joinParagraphs(lines: readonly string[]): string[] {
  const joined: string[] = []
  for (const line of lines) {
    const before = joined.at(-1)
    if (isProse(line) && before !== undefined && isProse(before) && !before.endsWith(':')) {
      joined[joined.length - 1] = `${before} ${line}`
    } else joined.push(line)
  }
  return joined
}

function isProse(line: string): boolean {
  return /^\S/.test(line)
}

function wrap(line: string, width: number): string[] {
  const [lead = ''] = /^ +\S+(?:, \S+)* {2,}|^ */.exec(line) ?? []
  const lines: string[] = []
  let current = lead
  for (const word of line.slice(lead.length).split(' ')) {
    if (current.length + word.length > width && current.length > lead.length) {
      lines.push(current.trimEnd())
      current = ' '.repeat(lead.length)
    }
    current += `${word} `
  }
  return [...lines, current.trimEnd()]
}
