/**
 * Holds the imports of the sources against the walls of the house: which package may import which, and, inside core, which layer may
 * import which. Prints each breach as `file: message` and exits with 1 if there is any.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const everyPackage = ['core', 'report', 'express', 'cli', 'emulator']

/** Our packages each package may import, in its sources, by folder name. `types` may be imported as types only. */
export const edges: Readonly<
  Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>
> = {
  core: { values: [], types: [] },
  report: { values: [], types: ['core'] },
  express: { values: ['core'], types: [] },
  cli: { values: ['core', 'report'], types: [] },
  emulator: { values: [], types: [] },
  kit: { values: everyPackage, types: [] },
  'flask-parity-web': { values: [...everyPackage, 'kit'], types: [] },
  'b2c-web': { values: [...everyPackage, 'kit'], types: [] },
}

/** Folders whose name is not that behind `@patkit/`. */
const folderOf: Readonly<Record<string, string>> = { 'example-kit': 'kit' }

/** What programs in a browser may share with the server: files that need nothing but the language. */
export const sharedWithBrowsers: readonly string[] = [
  'examples/flask-parity-web/src/report/filter',
  'examples/flask-parity-web/src/report/sort',
  'examples/flask-parity-web/src/report/totals',
  'examples/flask-parity-web/src/report/words',
  'examples/flask-parity-web/src/report/wire',
]

/** Layers of core, lowest first: a file imports from its own layer or a lower one. A bare name is a file at the top of `src`. */
export const coreLayers: readonly (readonly string[])[] = [
  ['errors', 'version', 'secret'],
  ['clock', 'abort'],
  ['paging'],
  ['model'],
  ['config'],
  ['http'],
  ['auth'],
  ['devops'],
  ['index'],
]

/** Packages that only one file may import, so that it can be replaced. */
export const onlyHere: Readonly<Record<string, string>> = {
  '@azure/msal-node': 'packages/core/src/auth/msal.ts',
}

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Every module a source file names, by the compiler's own reading. */
export function importsOf(text: string, fileName = 'file.ts'): Import[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: isTypeOnlyImport(node) })
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly })
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      node.arguments[0] !== undefined &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push({ specifier: node.arguments[0].text, typeOnly: false })
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      found.push({ specifier: node.argument.literal.text, typeOnly: true })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly)
}

/** What is wrong with the imports of one file; `file` is relative to the root, with forward slashes. */
export function breachesOf(file: string, imports: readonly Import[]): string[] {
  const [place = '', owner = '', , ...inside] = file.split('/')
  return imports.flatMap((each) => [
    ...edgeBreach(file, `${place}/${owner}`, owner, each),
    ...browserBreach(file, each),
    ...soleImporterBreach(file, each),
    ...(owner === 'core' ? layerBreach(file, inside.join('/'), each) : []),
  ])
}

function edgeBreach(file: string, room: string, owner: string, { specifier, typeOnly }: Import): string[] {
  const name = /^@patkit\/([^/]+)/.exec(specifier)?.[1]
  const target = name === undefined ? packageReachedBy(file, specifier) : (folderOf[name] ?? name)
  if (target === undefined || target === owner) return []
  const allowed = edges[owner]
  if (allowed === undefined) return [`${file}: ${room} is not in the table of edges`]
  if (allowed.values.includes(target) || (typeOnly && allowed.types.includes(target))) return []
  const kind = allowed.types.includes(target) ? 'may import types only from' : 'must not import'
  return [`${file}: ${room} ${kind} ${everyPackage.includes(target) ? 'packages' : 'examples'}/${target}`]
}

/** A browser has neither Node nor the rest of the server. */
function browserBreach(file: string, { specifier, typeOnly }: Import): string[] {
  const [folder] = /^.*\/src\/browser\//.exec(file) ?? []
  if (folder === undefined || typeOnly) return []
  if (!specifier.startsWith('.')) {
    return /^(node:|@patkit\/)/.test(specifier) ? [`${file}: a browser has no ${specifier}`] : []
  }
  const target = resolved(file, specifier).replace(/\.[jt]s$/, '')
  const isOwn = target.startsWith(folder) || sharedWithBrowsers.includes(target)
  return isOwn ? [] : [`${file}: ${target} is not for browsers`]
}

function resolved(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier))
    .split(sep)
    .join('/')
}

/** A relative path must not climb into another package either. */
function packageReachedBy(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return /^(?:packages|examples)\/([^/]+)\//.exec(resolved(file, specifier))?.[1]
}

function soleImporterBreach(file: string, { specifier, typeOnly }: Import): string[] {
  const owner = onlyHere[specifier]
  return owner === undefined || owner === file || typeOnly ? [] : [`${file}: only ${owner} may import ${specifier}`]
}

function layerBreach(file: string, inside: string, { specifier }: Import): string[] {
  if (!specifier.startsWith('.')) return []
  const target = resolved(inside, specifier)
  const from = layerOf(inside)
  const to = layerOf(target)
  if (from === -1) return [`${file}: not in the table of core's layers`]
  if (to === -1) return [`${file}: ${specifier} is not in the table of core's layers`]
  return to <= from ? [] : [`${file}: layer ${inside.split('/')[0] ?? ''} must not import the higher ${target}`]
}

function layerOf(inside: string): number {
  const room = inside.includes('/') ? inside.split('/')[0] : inside.replace(/\.[jt]s$/, '')
  return coreLayers.findIndex((layer) => layer.includes(room ?? ''))
}

function* sourcesUnder(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* sourcesUnder(path)
    else if (/\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name)) yield path
  }
}

function main(): void {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const breaches: string[] = []
  let files = 0
  const rooms = ['packages', 'examples'].flatMap((place) =>
    readdirSync(join(root, place)).map((name) => join(root, place, name, 'src')),
  )
  for (const room of rooms.filter((path) => existsSync(path))) {
    for (const path of sourcesUnder(room)) {
      const file = relative(root, path).split(sep).join('/')
      files++
      breaches.push(...breachesOf(file, importsOf(readFileSync(path, 'utf8'), file)))
    }
  }
  for (const breach of breaches) console.error(breach)
  console.log(`architecture: ${files} files, ${breaches.length} breaches`)
  if (breaches.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
