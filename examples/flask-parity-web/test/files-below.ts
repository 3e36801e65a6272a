import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** The files of a folder and below, and what is in them. */
export async function filesBelow(folder: string): Promise<{ readonly name: string; readonly text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(name, 'utf8') })))
}
