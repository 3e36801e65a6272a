/**
 * Follows every relative link of the READMEs and docs to its file and its heading, by GitHub's rules for anchors. Prints each that leads
 * nowhere as `page:line: message` and exits with 1 if there is any. Addresses of other sites are not asked for.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** A link of a page. */
export interface Link {
  /** Line of the page, 1 being the first. */
  readonly line: number
  readonly target: string
}

/** The text without what GitHub shows as it stands or not at all; lines and columns stay where they were. */
function withoutCode(text: string): string {
  const blank = (hidden: string) => hidden.replace(/[^\n]/g, ' ')
  return text
    .replace(/^[ \t]*(`{3,}|~{3,})[^\n]*\n[\s\S]*?^[ \t]*\1[ \t]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
}

/** The targets of a page's links: `[…](target)`, `[…]: target`, `href` and `src`. */
export function linksOf(text: string): Link[] {
  const shown = withoutCode(text).replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, (code) => ' '.repeat(code.length))
  const links = shown.matchAll(/\]\(\s*<?([^\s<>)]*)|^[ ]{0,3}\[[^\]\n]+\]:\s*<?([^\s<>]+)|\b(?:href|src)="([^"]*)"/gm)
  return [...links].map((link) => ({
    line: shown.slice(0, link.index).split('\n').length,
    target: link[1] ?? link[2] ?? link[3] ?? '',
  }))
}

/** The anchors that GitHub gives to the headings of a page; what occurs twice is numbered. */
export function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = withoutCode(text).matchAll(
    /^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$|^ {0,3}(\S.*)\n {0,3}(?:=+|-{2,})[ \t]*$/gm,
  )
  const anchors = [...headings].map((heading) => {
    const words = (heading[1] ?? heading[2] ?? '')
      .trim()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/(?<!\w)_([^_`]+)_(?!\w)/g, '$1')
    const anchor = words
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
  const named = [...withoutCode(text).matchAll(/<[a-z]+\s[^>]*\b(?:id|name)="([^"]+)"/g)].map(([, name = '']) => name)
  return new Set([...anchors, ...named])
}

/** What leads nowhere among the links of pages, each as `page:line: message`. `files` are those of the repository, from its root. */
export function deadLinks(
  pages: readonly string[],
  files: readonly string[],
  read: (file: string) => string,
): string[] {
  const known = new Set(files)
  for (const file of files)
    for (let folder = path.posix.dirname(file); !known.has(folder); folder = path.posix.dirname(folder))
      known.add(folder)
  const anchors = new Map<string, Set<string>>()
  return pages.flatMap((page) =>
    linksOf(read(page)).flatMap(({ line, target }) => {
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return []
      const [address = '', anchor] = target.split('#', 2).map(decodeURIComponent)
      const file = address === '' ? page : path.posix.join(path.posix.dirname(page), address).replace(/\/$/, '')
      if (!known.has(file)) return [`${page}:${line}: ${target}: no file ${file} in the repository`]
      if (anchor === undefined || !file.endsWith('.md')) return []
      if (!anchors.has(file)) anchors.set(file, anchorsOf(read(file)))
      return anchors.get(file)?.has(anchor) ? [] : [`${page}:${line}: ${target}: no heading #${anchor} in ${file}`]
    }),
  )
}

function main(): void {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
  const pages = files.filter((file) => file.endsWith('.md'))
  const texts = new Map(pages.map((page) => [page, readFileSync(path.join(root, page), 'utf8')]))
  const dead = deadLinks(pages, files, (file) => texts.get(file) ?? '')
  for (const link of dead) console.error(link)
  const links = pages.reduce((count, page) => count + linksOf(texts.get(page) ?? '').length, 0)
  console.log(`links: ${links} in ${pages.length} pages, ${dead.length} dead`)
  if (dead.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
