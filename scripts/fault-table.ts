/**
 * Writes the table of faults in docs/reliability.md from the catalogue and from the tests that bear its numbers. With `--check` nothing is
 * written: a table that is not what it should be, a fault without test or reason, and a number nobody knows end with exit code 1.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { faultCatalogue, type Fault } from './fault-catalogue.js'
import { root, withPart, writeOrCheck } from './generated-page.js'

/** Numbers of faults in the names of the tests of a file, as the compiler reads it: what is skipped or yet to be written proves nothing. */
export function faultNumbersIn(text: string): number[] {
  const numbers: number[] = []
  const visit = (node: ts.Node): void => {
    const name = ts.isCallExpression(node) && runsTest(node.expression) ? node.arguments[0] : undefined
    if (name !== undefined && ts.isStringLiteralLike(name)) numbers.push(...numbersIn(name.text))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.test.ts', text, ts.ScriptTarget.Latest, true))
  return numbers
}

/** `it`, `test`, and whatever they are called with, such as `it.each([…])`. */
function runsTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test'
  if (ts.isCallExpression(callee)) return runsTest(callee.expression)
  if (ts.isTaggedTemplateExpression(callee)) return runsTest(callee.tag)
  if (!ts.isPropertyAccessExpression(callee)) return false
  return callee.name.text !== 'skip' && callee.name.text !== 'todo' && runsTest(callee.expression)
}

function numbersIn(name: string): number[] {
  const [, numbers = ''] = /^faults? (\d+(?:, \d+)*)[,:]/.exec(name) ?? []
  return numbers.split(', ').filter(Boolean).map(Number)
}

/** What does not fit between the catalogue and the tests; `tests` are files by number. */
export function faultsOfTheCatalogue(
  catalogue: readonly Fault[],
  tests: ReadonlyMap<number, readonly string[]>,
): string[] {
  const known = new Set(catalogue.map(({ number }) => number))
  return [
    ...catalogue.flatMap(({ number, untested }) => {
      const isTested = tests.has(number)
      if (!isTested && untested === undefined) return [`fault ${number} has neither a test nor a reason why not`]
      if (isTested && untested !== undefined) return [`fault ${number} has a test, and a reason why it has none`]
      return []
    }),
    ...[...tests].flatMap(([number, files]) =>
      known.has(number) ? [] : [`${files.join(', ')}: fault ${number} is not in the catalogue`],
    ),
  ]
}

function toTable(catalogue: readonly Fault[], tests: ReadonlyMap<number, readonly string[]>): string {
  const link = (file: string): string => `[${path.basename(file)}](../${file})`
  const rows = catalogue.map(({ number, fault, outcome, untested }) => {
    const proof = untested ?? (tests.get(number) ?? []).map(link).join(', ')
    return `| ${number} | ${fault} | ${outcome} | ${proof} |`
  })
  return ['|  | fault | what happens | test |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function findTests(): Map<number, string[]> {
  const argv = ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts']
  const files = execFileSync('git', argv, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
  const found = new Map<number, string[]>()
  for (const file of files.filter((each) => !each.startsWith('scripts/'))) {
    for (const number of new Set(faultNumbersIn(readFileSync(path.join(root, file), 'utf8'))))
      found.set(number, [...(found.get(number) ?? []), file])
  }
  return found
}

async function main(): Promise<void> {
  const tests = findTests()
  const complaints = faultsOfTheCatalogue(faultCatalogue, tests)
  const markdown = withPart('reliability.md', 'table of faults', toTable(faultCatalogue, tests))
  const summary = `faults: ${faultCatalogue.length} in the catalogue, ${tests.size} with tests`
  await writeOrCheck({ name: 'reliability.md', markdown, command: 'npm run docs:faults', complaints, summary })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
