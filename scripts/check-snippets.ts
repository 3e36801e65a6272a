/**
 * Type-checks every ```ts block of the READMEs and docs against the packages, as if it stood in a file beside the page. What a block takes
 * for granted stands before it in a comment that readers do not see: `<!-- given` and the declarations. Prints each fault as
 * `page:line: message` and exits with 1 if there is any.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { compilerOptionsOf } from './compiler-options.js'

/** A block of a page. */
export interface Snippet {
  /** Path of the page, from the root of the repository. */
  readonly page: string
  /** Line of the page on which the code begins, 1 being the first. */
  readonly line: number
  readonly code: string
  /** Imports and declarations that the page takes for granted. */
  readonly given: string
}

/** The blocks of a page that are to be checked. */
export function snippetsOf(page: string, text: string): Snippet[] {
  const blocks = text.matchAll(/(?:^<!-- given\n([\s\S]*?)^-->\n+)?^([ \t]*)```ts[ \t]*\n([\s\S]*?)^\2```[ \t]*$/gm)
  return [...blocks].map(([block, given = '', , code = '']) => ({
    page,
    line: text.slice(0, text.indexOf(block) + block.indexOf('```ts')).split('\n').length + 1,
    code,
    given,
  }))
}

/** What the compiler has to say of snippets, each as `page:line: message`. */
export function faultsIn(snippets: readonly Snippet[], root: string): string[] {
  const files = new Map(
    snippets.map((snippet, index) => [
      path.join(root, path.dirname(snippet.page), `snippet-${index}.mts`),
      // A module of its own, whatever it contains, so that names of one do not meet those of another.
      { ...snippet, code: `${snippet.code}\n${snippet.given}\nexport {}\n` },
    ]),
  )
  const options = compilerOptionsOf(root)
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (file) => files.has(file) || host.fileExists(file),
    getSourceFile: (file, ...rest) => {
      const snippet = files.get(file)
      return snippet === undefined
        ? host.getSourceFile(file, ...rest)
        : ts.createSourceFile(file, snippet.code, ts.ScriptTarget.ESNext)
    },
  })
  return [...files].flatMap(([file, { page, line }]) => {
    const source = program.getSourceFile(file)
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return diagnostics.map(({ start = 0, messageText }) => {
      const at = source?.getLineAndCharacterOfPosition(start).line ?? 0
      return `${page}:${line + at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
  })
}

/** Every page of ours, from the root. */
export function pagesOf(root: string): string[] {
  const argv = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md']
  return execFileSync('git', argv, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
}

function main(): void {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  const pages = pagesOf(root)
  const snippets = pages.flatMap((page) => snippetsOf(page, readFileSync(path.join(root, page), 'utf8')))
  const faults = faultsIn(snippets, root)
  for (const fault of faults) console.error(fault)
  console.log(`snippets: ${snippets.length} in ${pages.length} pages, ${faults.length} faults`)
  if (faults.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
