import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

/** Folder of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** A page of docs/ that a script makes. */
export interface GeneratedPage {
  /** Name in docs/. */
  readonly name: string
  readonly markdown: string
  /** What makes it anew. */
  readonly command: string
  /** What its sources lack, a sentence each. */
  readonly complaints: readonly string[]
  /** What it holds, for the last line of the output. */
  readonly summary: string
}

/** A page of docs/ with its generated part made anew: what stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. */
export function withPart(page: string, name: string, part: string): string {
  const text = readFileSync(path.join(root, 'docs', page), 'utf8')
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`]
  const [before = '', rest, ...more] = text.split(begin)
  const [, after, ...others] = rest?.split(end) ?? []
  if (after === undefined || more.length + others.length > 0)
    throw new Error(`docs/${page} needs one ${begin} … ${end}`)
  return `${before}${begin}\n\n${part}\n\n${end}${after}`
}

/** Writes a page; with `--check` nothing is written, and a page that is not up to date is a complaint. Complaints end with exit code 1. */
export async function writeOrCheck({ name, markdown, command, complaints, summary }: GeneratedPage): Promise<void> {
  const page = path.join(root, 'docs', name)
  const wanted = await format(markdown, { ...(await resolveConfig(page)), parser: 'markdown' })
  const all = [...complaints]
  if (!process.argv.includes('--check')) writeFileSync(page, wanted)
  else if (wanted !== readFileSync(page, 'utf8')) all.push(`docs/${name} is not up to date: ${command}`)
  for (const complaint of all) console.error(complaint)
  console.log(`${summary}, ${all.length} complaints`)
  if (all.length > 0) process.exitCode = 1
}
