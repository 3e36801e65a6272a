import { access, constants } from 'node:fs/promises'
import path from 'node:path'

/** Where a program is on the path, without running it; `undefined` where it is not. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    const file = path.join(folder, name)
    const executable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (executable) return file
  }
  return undefined
}
