import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustRun } from './run.js'

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** The packages that are published, by folder. */
export const published = ['core', 'report', 'express', 'cli', 'emulator'] as const
export type Published = (typeof published)[number]

/** Packs what was built, as it would be published; paths of the tarballs by folder. */
export async function packAll(): Promise<Readonly<Record<Published, string>>> {
  const built = published.filter((name) => existsSync(path.join(root, 'packages', name, 'dist')))
  if (built.length < published.length) throw new Error('The packages are not built: npm run build')
  const folder = path.join(root, 'out', 'packages')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const workspaces = published.flatMap((name) => ['--workspace', `@patkit/${name}`])
  await mustRun('npm', ['pack', '--ignore-scripts', '--silent', ...workspaces, '--pack-destination', folder], {
    cwd: root,
  })
  const files = await readdir(folder)
  const find = (name: Published): string => {
    const file = files.find((each) => each.startsWith(`patkit-${name}-`))
    if (file === undefined) throw new Error(`npm pack made no tarball of ${name}`)
    return path.join(folder, file)
  }
  return Object.fromEntries(published.map((name) => [name, find(name)])) as Record<Published, string>
}
