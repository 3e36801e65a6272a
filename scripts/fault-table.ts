/**
 * Keeps the tables of faults in docs/reliability.md equal to the catalogue and to the tests that bear a fault's number in their name
 * (`fault 19: …`, `faults 5, 6: …`). With `--check` nothing is written. Exits with 1 if a fault has neither a test nor a reason, if a
 * test bears an unknown number, or if the tables are old.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'
import { catalogue, type Fault, type FaultSection } from './fault-catalogue.js'

/** Packages whose tests may show what happens under a fault. */
const packages = ['core', 'report', 'cli', 'express']
const begin = '<!-- The tables up to the end mark are made by `npm run docs:faults`. -->'
const end = '<!-- End of the tables. -->'

/** Test files by the number of the fault they show. */
export type TestsByFault = ReadonlyMap<number, readonly string[]>

/** Titles of the tests in a file that are run, by the compiler's own reading. */
export function titlesOf(text: string, fileName = 'file.test.ts'): string[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true)
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) && isTest(node.expression) ? node.arguments[0] : undefined
    if (title !== undefined && ts.isStringLiteralLike(title)) titles.push(title.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

/** `it`, `test`, `it.each([…])` and the like, but nothing that is skipped or yet to be written. */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test'
  if (ts.isCallExpression(callee)) return isTest(callee.expression)
  if (ts.isTaggedTemplateExpression(callee)) return isTest(callee.tag)
  if (!ts.isPropertyAccessExpression(callee)) return false
  return !/^(?:skip|todo)$/.test(callee.name.text) && isTest(callee.expression)
}

/** Numbers in a title: `fault 19, R6: …` or `faults 5, 6, 7: …`. */
export function faultsIn(title: string): number[] {
  const [, numbers = ''] = /\bfaults? (\d+(?:, \d+)*)\b/.exec(title) ?? []
  return numbers === '' ? [] : numbers.split(', ').map(Number)
}

/** What does not fit together, one sentence each. */
export function complaintsAbout(sections: readonly FaultSection[], tests: TestsByFault): string[] {
  const faults = new Map<number, Fault>()
  for (const section of sections)
    for (const [number, fault] of Object.entries(section.faults)) faults.set(Number(number), fault)
  const unknown = [...tests].filter(([number]) => !faults.has(number))
  return [
    ...unknown.map(([number, files]) => `Fault ${number} of ${files.join(', ')} is not in the catalogue.`),
    ...[...faults].flatMap(([number, fault]) => {
      const tested = tests.has(number)
      if ('untested' in fault) return tested ? [`Fault ${number} has a test and a reason to have none.`] : []
      return tested ? [] : [`Fault ${number} has neither a test nor a reason to have none.`]
    }),
  ]
}

/** The tables as Markdown; `linkTo` turns a test file into the address of a link. */
export function tablesOf(
  sections: readonly FaultSection[],
  tests: TestsByFault,
  linkTo: (file: string) => string,
): string {
  return sections
    .map(({ title, faults }) => {
      const rows = Object.entries(faults).map(([number, fault]) => {
        const shown =
          'untested' in fault
            ? [`Not tested: ${fault.untested}`, '–']
            : [fault.outcome, (tests.get(Number(number)) ?? []).map((file) => toLink(file, linkTo)).join('<br>')]
        return `| ${[number, fault.fault, ...shown].map(toCell).join(' | ')} |`
      })
      return [`### ${title}`, '', '| # | Fault | What happens | Test |', '| --: | --- | --- | --- |', ...rows].join(
        '\n',
      )
    })
    .join('\n\n')
}

const toLink = (file: string, linkTo: (file: string) => string): string =>
  `[${file.split('/')[1] ?? ''} ${basename(file, '.test.ts')}](${linkTo(file)})`

const toCell = (text: string): string => text.replaceAll('|', '\\|')

/** The document with other tables between its marks. */
export function withTables(document: string, tables: string): string {
  const [before, rest] = split(document, begin)
  const [, after] = split(rest, end)
  return `${before}${begin}\n\n${tables}\n\n${end}${after}`
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  if (at === -1) throw new Error(`docs/reliability.md has lost its mark ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

function* testFilesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* testFilesUnder(path)
    else if (entry.name.endsWith('.test.ts')) yield path
  }
}

function findTests(root: string): TestsByFault {
  const found = new Map<number, string[]>()
  const folders = packages.flatMap((name) => ['test', 'src'].map((room) => join(root, 'packages', name, room)))
  for (const path of folders.flatMap((folder) => [...testFilesUnder(folder)].sort())) {
    const file = relative(root, path).split(sep).join('/')
    for (const number of new Set(titlesOf(readFileSync(path, 'utf8'), file).flatMap(faultsIn)))
      found.set(number, [...(found.get(number) ?? []), file])
  }
  return found
}

async function main(): Promise<void> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const path = join(root, 'docs', 'reliability.md')
  const tests = findTests(root)
  const complaints = complaintsAbout(catalogue, tests)
  const old = readFileSync(path, 'utf8')
  const document = withTables(
    old,
    tablesOf(catalogue, tests, (file) => `../${file}`),
  )
  const made = await format(document, { ...(await resolveConfig(path)), parser: 'markdown' })
  if (!process.argv.includes('--check')) writeFileSync(path, made)
  else if (made !== old) complaints.push('The tables in docs/reliability.md are old: run npm run docs:faults.')
  for (const complaint of complaints) console.error(complaint)
  const count = catalogue.reduce((sum, { faults }) => sum + Object.keys(faults).length, 0)
  console.log(`faults: ${count} in the catalogue, ${tests.size} with tests, ${complaints.length} complaints`)
  if (complaints.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
